// The instructor's seat: the bedside, what is true, the attack, and the clock.

import * as acts from "./acts.js";
import * as alarms from "./alarms.js";
import * as attack from "./attack.js";
import * as bedside from "./bedside.js";
import * as charts from "./charts.js";
import { ask, watch } from "./connect.js";
import * as frame from "./frame.js";
import * as keys from "./keys.js";
import { byId, say } from "./words.js";

let view = null;

/** Lines of both logs, in order of time. */
function everything(view) {
  const told = view.truth.log.map((line) => ({ ...line, from: "true" }));
  return [...view.log, ...told].sort((a, b) => a.at_s - b.at_s);
}

/** What is true, for the charts. */
function truth(view, colour) {
  const glucose = {
    name: "true glucose",
    x: view.truth.glucose.map((point) => point[0] * 60),
    y: view.truth.glucose.map((point) => point[1]),
    mode: "lines",
    line: { color: colour("--truth"), width: 2.5 },
  };
  const line = (entry, dash, name) => ({
    type: "line", x0: entry.at_s, x1: entry.at_s, y0: 0, y1: 1, yref: "paper",
    line: { color: colour(name), width: 1.5, dash },
  });
  const attacks = view.truth.log.filter((entry) => entry.kind === "attack");
  const team = view.log.filter((entry) => entry.kind === "team");
  const shapes = [
    ...attacks.map((entry) => line(entry, "solid", "--attack")),
    ...team.map((entry) => line(entry, "dot", "--team")),
  ];
  return { glucose: [glucose], insulin: [], shapes };
}

function controls(view) {
  const { state } = view;
  const stopped = view.stopped_by !== null;
  const over = state === "over";
  const running = state === "running" && !stopped;
  const run = byId("run");
  run.disabled = over || !frame.isUp();
  say(run, running ? "Pause" : state === "ready" ? "Start" : "Resume");
  byId("step").querySelector("button").disabled = running || over || stopped || !frame.isUp();
  byId("end").disabled = over || state === "ready" || !frame.isUp();
  const speed = byId("speed");
  const pace = String(view.speed);
  if (!Array.from(speed.options).some((option) => option.value === pace)) {
    speed.add(new Option(`${pace} × life`, pace));
  }
  if (document.activeElement !== speed) speed.value = pace;
}

function debrief(view) {
  if (view.state !== "over") return;
  const { is, why } = view.truth.debrief;
  if (is === "failed") return frame.notice("wrong", `The debrief could not be written: ${why}`);
  if (is !== "ready") return frame.notice("over", "The exercise is over. The debrief is being written.");
  frame.notice("over", "The exercise is over. ");
  const link = document.createElement("a");
  link.href = "/instructor/debrief";
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "Open the debrief";
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close the server";
  close.addEventListener("click", () => turn("close"));
  byId("notice").append(link, close);
}

let told = "";
let begun = false;

/** The guide makes room once the exercise has begun; it can be opened again. */
function begin() {
  if (begun || view.state === "ready") return;
  begun = true;
  byId("how-card").querySelector("details").open = false;
}

function show() {
  if (view === null) return;
  begin();
  const over = JSON.stringify([view.state, view.truth.debrief]);
  if (view.state !== "over" || over !== told) {
    told = over;
    frame.show(view);
    debrief(view);
  }
  alarms.show(view);
  alarms.log(view, everything(view));
  bedside.reading(view);
  bedside.pump(view);
  acts.show(view);
  attack.show(view);
  controls(view);
  charts.show(view, truth);
}

async function turn(path, body) {
  const answer = await ask(path, body);
  if (answer.error) frame.toast(`Not done: ${answer.error}`);
}

function toggle() {
  if (view === null || byId("run").disabled) return;
  const running = view.state === "running" && view.stopped_by === null;
  turn("clock", { do: running ? "pause" : "resume" });
}

function step() {
  const form = byId("step");
  if (form.querySelector("button").disabled) return;
  turn("clock", { do: "step", minutes: Number(form.elements.minutes.value) });
}

byId("run").addEventListener("click", toggle);
byId("speed").addEventListener("change", (event) => turn("clock", { do: "speed", x: Number(event.target.value) }));
byId("step").addEventListener("submit", (event) => {
  event.preventDefault();
  step();
});
byId("end").addEventListener("click", () => byId("ending").showModal());
byId("ending").addEventListener("close", (event) => {
  if (event.target.returnValue === "yes") turn("end");
});

frame.start();
acts.start();
keys.start({ " ": toggle, n: step });
watch(
  (newest) => {
    view = newest;
    show();
  },
  (up) => {
    frame.connection(up);
    show();
  },
);
setInterval(() => view && charts.show(view, truth), 1000);
