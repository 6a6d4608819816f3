// The strip of alarms, their sound, and the log.
//
// Priority is told by words, marks and place as well as by colour.

import * as sound from "./sound.js";
import { byId, clock, element, say } from "./words.js";

const MARKS = { 1: "!", 2: "!!", 3: "!!!" };
const PRIORITIES = { 1: "low", 2: "medium", 3: "high" };

let last = null;
let strip = "";

/** Shows the alarms that stand; sounds and says those that are new. */
export function show(view) {
  const standing = view.alarms.filter((alarm) => !alarm.momentary);
  news(view);
  if (view.state === "running" && view.stopped_by === null) {
    sound.remind(Math.max(0, ...standing.map((alarm) => alarm.priority)));
  }
  const text = JSON.stringify(view.alarms);
  if (text === strip) return;
  strip = text;
  byId("alarms-none").hidden = view.alarms.length > 0;
  byId("alarm-list").replaceChildren(...view.alarms.map((alarm) => item(view, alarm)));
}

function item(view, alarm) {
  const made = element("li", "alarm");
  made.dataset.priority = PRIORITIES[alarm.priority];
  const mark = element("span", "mark", MARKS[alarm.priority]);
  mark.setAttribute("aria-hidden", "true");
  const priority = element("span", "priority", `${PRIORITIES[alarm.priority]} priority`);
  const text = element("strong", "", `${alarm.device}: ${alarm.text}`);
  made.append(mark, text, priority, element("span", "at", clock(view, alarm.since_s)));
  return made;
}

/** Alarms raised since the last view, by the number of their line in the log. */
function news(view) {
  const newest = view.log.at(-1)?.n ?? 0;
  const raised = view.log.filter((line) => line.kind === "alarm" && last !== null && line.n > last);
  last = newest;
  if (raised.length === 0) return;
  sound.raise(Math.max(...raised.map((line) => line.priority)));
  const loudest = raised.reduce((a, b) => (b.priority >= a.priority ? b : a));
  say(byId("said"), `${PRIORITIES[loudest.priority]} priority alarm. ${loudest.text}`);
}

let shown = "";

/** Shows the lines of a log, the newest at the top. */
export function log(view, lines) {
  const key = lines.length === 0 ? "" : `${lines.length}/${lines.map((line) => line.n).join()}`;
  if (key === shown) return;
  shown = key;
  const list = byId("log");
  const keep = new Map(Array.from(list.children, (item) => [item.dataset.line, item]));
  const items = lines.map((line) => keep.get(name(line)) ?? entry(view, line));
  // Only what is new is moved in, so that a screen reader reads no line twice.
  Array.from(list.children).filter((item) => !items.includes(item)).forEach((item) => item.remove());
  items.reverse().forEach((item, at) => {
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
}

const name = (line) => `${line.from ?? ""}${line.n}`;

function entry(view, line) {
  const made = element("li", "line");
  made.dataset.line = name(line);
  made.dataset.kind = line.kind;
  if (line.priority) made.dataset.priority = PRIORITIES[line.priority];
  made.append(element("time", "", clock(view, line.at_s)), element("span", "text", line.text));
  return made;
}
