// Times and numbers as people read them.

/** Time of day at `seconds` into the exercise: `23:05`. */
export function clock(view, seconds) {
  const day = (view.start_clock_s + seconds) % 86400;
  return `${two(Math.floor(day / 3600))}:${two(Math.floor(day / 60) % 60)}`;
}

/** The same with seconds: `23:05:12`. */
export function exact(view, seconds) {
  return `${clock(view, seconds)}:${two((view.start_clock_s + seconds) % 60)}`;
}

/** How long: `45 s`, `7 min`, `1 h 20 min`. */
export function span(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number with as many digits as its device shows; dashes if there is none. */
export function digits(value, places) {
  return value === null || value === undefined ? "--" : value.toFixed(places);
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Sets an element's text, if it differs: a reader is not told twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A new element with a class and a text. */
export function element(name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
}

const two = (number) => String(number).padStart(2, "0");
