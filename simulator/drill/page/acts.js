// What people do.

import { act } from "./connect.js";
import { isUp, toast } from "./frame.js";
import { byId, clock, element, say } from "./words.js";

const forms = () => Array.from(document.querySelectorAll("form.act"));

/** Wires the acts. */
export function start() {
  forms().forEach((form) => form.addEventListener("submit", (event) => {
    event.preventDefault();
    give(form);
  }));
}

async function give(form) {
  if (form.dataset.sending === "true") return;
  const body = { do: form.dataset.act };
  for (const input of form.querySelectorAll("input")) body[input.name] = Number(input.value);
  form.dataset.sending = "true";
  const number = form.querySelector(".number");
  const amount = number ? ` ${number.firstChild.value} ${number.textContent}` : "";
  const label = form.querySelector("button").firstChild.textContent + amount;
  const answer = await act(body);
  form.dataset.sending = "false";
  toast(answer.error ? `Not done: ${answer.error}` : `Given: ${label}`);
}

/** Why nothing can be done as things stand; empty if something can. */
function why(view) {
  if (!isUp()) return "No connection: acts wait until it is back.";
  if (view.stopped_by !== null) return "The exercise is stopped.";
  if (view.state === "ready") return "The exercise has not started.";
  if (view.state === "over") return "The exercise is over.";
  return "";
}

/** Shows what hands are at, and whether more can be done. */
export function show(view) {
  const reason = why(view);
  say(byId("acts-why"), reason);
  byId("hands").hidden = view.state === "over";
  forms().forEach((form) => {
    form.querySelector("button").disabled = reason !== "";
  });
  hands(view);
}

let shown = "";

function hands(view) {
  const key = JSON.stringify(view.hands);
  if (key === shown) return;
  shown = key;
  const list = byId("hands");
  list.dataset.busy = String(view.hands.length > 0);
  if (view.hands.length === 0) return list.replaceChildren("Hands are free.");
  const [now, ...then] = view.hands;
  list.replaceChildren(element("strong", "", `${now.text}, until ${clock(view, now.until_s)}.`));
  if (then.length > 0) list.append(` Then: ${then.map((task) => task.text.toLowerCase()).join(", ")}.`);
}
