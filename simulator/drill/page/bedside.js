// The reading and the pump's display.

import { byId, clock, digits, say, span } from "./words.js";

const LOW = 70;
const VERY_LOW = 54;
const HIGH = 180;

/** What a reading means, as monitors of the market say it. */
function level(mgDl) {
  if (mgDl < VERY_LOW) return ["very-low", "Very low"];
  if (mgDl < LOW) return ["low", "Low"];
  if (mgDl > HIGH) return ["high", "High"];
  return ["in-range", "In range"];
}

/** Shows the reading. */
export function reading(view) {
  const now = view.reading;
  const [kind, word] = now ? level(now.mg_dl) : ["none", "No reading"];
  byId("reading").dataset.level = kind;
  say(byId("reading-value"), now ? now.mg_dl.toFixed(0) : "---");
  say(byId("reading-arrow"), now?.arrow ?? "");
  const age = now ? `, changed ${span(view.now_s - now.at_s)} ago` : "";
  say(byId("reading-words"), [word, now?.trend].filter(Boolean).join(", ") + age);
}

const STATES = { 0: "RUNNING", 1: "STOPPED", 2: "TEMP BASAL" };

/** Shows the pump as a device. */
export function pump(view) {
  const pump = view.pump;
  byId("pump-card").hidden = pump === null;
  if (pump === null) return;
  const on = pump.power === "on";
  const value = (field) => (on ? pump.fields[field] : null);
  byId("pump").dataset.power = pump.power;
  byId("pump").dataset.stopped = String(value("state") === 1);
  say(byId("pump-state"), state(pump, value("state")));
  say(byId("pump-time"), on ? clock(view, view.now_s) : "");
  say(byId("pump-basal"), digits(value("basal"), 2));
  say(byId("pump-bolus"), digits(value("last-bolus"), 2));
  const dose = on && value("last-bolus") !== null ? view.doses.at(-1) : undefined;
  say(byId("pump-bolus-at"), dose ? `at ${clock(view, dose[0])}` : "");
  say(byId("pump-on-board"), digits(value("insulin-on-board"), 1));
  say(byId("pump-reservoir"), digits(value("reservoir"), 0));
}

function state(pump, value) {
  if (pump.power === "off") return "OFF";
  if (pump.power === "failed") return "FAILED";
  return STATES[value] ?? "RUNNING";
}
