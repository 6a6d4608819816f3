// What every seat has: the clock, the state, the connection, sound, and the stop.

import { NO_CONNECTION, ask, isElsewhere } from "./connect.js";
import * as sound from "./sound.js";
import { byId, clock, exact, say } from "./words.js";

const STATES = { ready: "not started", running: "running", paused: "paused", over: "over" };

let stoppedHere = false;
let unheard = false;
let up = false;

/** Wires the buttons of the frame. */
export function start() {
  byId("stop").addEventListener("click", stop);
  byId("sound").addEventListener("click", () => {
    sound.turn(!sound.isOn());
    showSound();
    toast(sound.isOn() ? "Sound is on" : "Sound is muted");
  });
}

/** Stops: here at once, whether or not the server hears of it. */
export async function stop() {
  stoppedHere = true;
  sound.silence(true);
  notice("stop", "STOP. The exercise stands still.");
  const answer = await ask("stop");
  unheard = answer.error !== undefined;
  // Until it is heard and kept it is sent again.
  if (unheard) setTimeout(() => stoppedHere && stop(), 1000);
  const silent = "the server does not answer: call out to your instructor.";
  if (unheard) notice("stop", `STOP here; ${answer.error === NO_CONNECTION ? silent : answer.error}`);
}

/** Shows that the connection came or went. */
export function connection(now) {
  up = now;
  const element = byId("connection");
  element.dataset.up = String(now);
  say(element, now ? "connected" : isElsewhere() ? "open in another window: click to have it here" : "no connection");
  document.body.dataset.up = String(now);
}

/** Shows the clock and how the exercise stands. */
export function show(view) {
  const stopped = view.stopped_by !== null;
  // A stop that only this page knows of stays until the server has heard of it.
  if (stopped || view.state === "over") stoppedHere = false;
  document.body.dataset.state = stopped ? "stopped" : view.state;
  say(byId("time"), exact(view, view.now_s));
  const pace = view.speed === 1 ? "" : `, ${view.speed} × life`;
  const running = view.state === "running" && !stopped;
  say(byId("state"), stopped ? "stopped" : STATES[view.state] + (running ? pace : ""));
  if (!stopped && !stoppedHere) sound.silence(false);
  showNotice(view, stopped);
}

function showNotice(view, stopped) {
  const lead = document.body.dataset.seat === "instructor";
  if (stopped) {
    const goOn = lead ? "Resume when it is safe to go on." : "Your instructor decides when it goes on.";
    return notice("stop", `STOP, pressed by the ${view.stopped_by}. ${goOn}`);
  }
  if (stoppedHere) return;
  if (view.unsaved) {
    return notice("wrong", "What is done cannot be kept on disk. The clock is paused: free some space.");
  }
  if (view.state === "over" && !lead) {
    return notice("over", "The exercise is over. Your instructor has the debrief.");
  }
  if (view.state === "paused" && view.resumed) {
    const kept = `Restarted at ${clock(view, view.now_s)}: all that was done is kept.`;
    return notice("info", `${kept} ${lead ? "Resume to go on." : "Paused."}`);
  }
  if (view.state === "ready" && !lead) return notice("info", "Your instructor will start the exercise.");
  notice(null, "");
}

/** A notice over the full width. */
export function notice(kind, text) {
  const element = byId("notice");
  element.hidden = kind === null;
  element.dataset.kind = kind ?? "";
  say(element, text ? `EXERCISE: ${text}` : "");
}

let fading = 0;

/** Says something in passing. */
export function toast(text) {
  const element = byId("toast");
  say(element, text);
  element.dataset.shown = "true";
  clearTimeout(fading);
  fading = setTimeout(() => (element.dataset.shown = "false"), 5000);
}

/** Whether the server hears us. */
export const isUp = () => up;

function showSound() {
  const on = sound.isOn();
  byId("sound").setAttribute("aria-pressed", String(on));
  say(byId("sound"), on ? "Mute sound" : "Turn sound on");
}
