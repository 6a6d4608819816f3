// The attack: its steps, how each fares, and a button to start it now.

import { act } from "./connect.js";
import { isUp, toast } from "./frame.js";
import { byId, element, say } from "./words.js";

let shown = "";

/** Shows the steps. */
export function show(view) {
  const { steps, disclosed, outside_model: outside } = view.truth;
  const can = isUp() && view.stopped_by === null && ["running", "paused"].includes(view.state);
  const key = JSON.stringify([steps, can]);
  const now = view.truth.glucose.at(-1);
  say(byId("true-now"), `True: ${now ? now[1].toFixed(0) : "--"} mg/dL`);
  const facts = [`${disclosed} readings or doses overheard`];
  if (outside) facts.push("glucose is outside what the patient model describes");
  say(byId("attack-facts"), facts.join("; ") + ".");
  if (key === shown) return;
  shown = key;
  const held = document.activeElement?.dataset?.step;
  byId("steps").replaceChildren(...steps.map((step) => item(step, can)));
  if (held) document.querySelector(`button[data-step="${CSS.escape(held)}"]`)?.focus();
}

function standing(step) {
  if (step.succeeded > 0) return ["succeeded", `succeeded ${times(step.succeeded)} of ${times(step.attempts)}`];
  if (step.denied_by.length > 0) return ["stopped", `stopped, tried ${times(step.attempts)}`];
  if (step.attempts > 0) return ["tried", `tried ${times(step.attempts)}`];
  return ["waiting", "waiting"];
}

const times = (n) => `${n} ×`;

function item(step, can) {
  const [kind, words] = standing(step);
  const made = element("li", "step");
  made.dataset.standing = kind;
  const head = element("div", "step-head");
  head.append(element("strong", "", step.id), element("span", "standing", words));
  const start = element("button", "", "Start now");
  start.type = "button";
  start.disabled = !can;
  start.dataset.step = String(step.number);
  start.setAttribute("aria-label", `Start ${step.id} now`);
  start.addEventListener("click", async () => {
    const answer = await act({ do: "start-step", step: step.number });
    toast(answer.error ? `Not started: ${answer.error}` : `Started: ${step.id}`);
  });
  made.append(head, element("p", "what", `${step.by} ${step.what}, ${step.when}.`));
  const more = [...step.denied_by.map((rule) => `stopped by ${rule}`), ...step.notes];
  if (more.length > 0) made.append(element("p", "what", more.join("; ")));
  made.append(start);
  return made;
}
