// Single keys. They move to an act, and Enter does it; only the stop is immediate.

import { stop } from "./frame.js";
import { byId } from "./words.js";

/** Wires the keys; `more` has those of a seat. */
export function start(more = {}) {
  const on = byId("keys-on");
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input[type=number], select, textarea, dialog[open]");
    if (typing || !on.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    const press = event.key === "x" ? stop : more[event.key] ?? goTo(event.key);
    if (!press) return;
    // Space on a button presses the button.
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    event.preventDefault();
    press();
  });
}

function goTo(key) {
  const button = document.querySelector(`form.act button[aria-keyshortcuts="${CSS.escape(key)}"]`);
  if (!button) return null;
  return () => {
    button.closest("details")?.setAttribute("open", "");
    const number = button.form.querySelector("input");
    (number ?? button).focus();
    number?.select();
  };
}
