// The connection: views come down a stream of events, what people do goes up as requests.
//
// Every view is whole, so nothing is lost with a connection that breaks. A request carries a key of
// its own and is sent again under it until it is answered: it is done once.

/** What is said of a request that no answer came to. */
export const NO_CONNECTION = "no connection";

const seat = document.body.dataset.seat;

/** Silence after which the connection counts as broken [ms]; the server gives a sign every 2 s. */
const SILENCE = 6000;
/** How long an answer is waited for [ms]: the server gives one within 10 s. */
const WAIT = 12000;
/** How long an act is sent again before it is given up [ms]. */
const PATIENCE = 30000;

let heard = 0;
let source = null;
let elsewhere = false;

/** Whether newer windows of this seat have the connection. */
export const isElsewhere = () => elsewhere;

/** Watches the exercise: `onView` for each view, `onUp` when the connection comes or goes. */
export function watch(onView, onUp) {
  let up = null;
  const set = (now) => {
    if (now !== up) onUp((up = now));
  };
  const open = () => {
    source?.close();
    source = new EventSource(`/${seat}/events`);
    source.addEventListener("view", (event) => {
      heard = performance.now();
      set(true);
      onView(JSON.parse(event.data));
    });
    source.addEventListener("beat", () => {
      heard = performance.now();
      set(true);
    });
    source.addEventListener("elsewhere", () => {
      source.close();
      elsewhere = true;
      set(false);
    });
    source.addEventListener("error", () => set(false));
  };
  open();
  // The seat is open in newer windows; whoever comes back to this one has it here again.
  const back = () => {
    if (elsewhere && !document.hidden) {
      elsewhere = false;
      open();
    }
  };
  for (const event of ["focus", "pointerdown", "keydown"]) addEventListener(event, back);
  document.addEventListener("visibilitychange", back);
  setInterval(() => {
    if (elsewhere) return;
    const silent = performance.now() - heard > SILENCE;
    if (silent) set(false);
    if (source.readyState === EventSource.CLOSED || (silent && heard > 0)) {
      heard = performance.now();
      open();
    }
  }, 2000);
}

async function post(path, body, key) {
  const headers = { "Content-Type": "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  const answer = await fetch(`/${seat}/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(WAIT),
  });
  const said = await answer.json();
  return answer.ok ? { done: said.done } : { error: said.error, again: answer.status === 504 };
}

/** Asks once. */
export async function ask(path, body = {}) {
  try {
    return await post(path, body);
  } catch {
    return { error: NO_CONNECTION };
  }
}

/** Asks until there is an answer; the server does it once. */
export async function act(body) {
  const key = crypto.randomUUID ? crypto.randomUUID() : random();
  const until = performance.now() + PATIENCE;
  for (;;) {
    try {
      const answer = await post("act", body, key);
      if (!answer.again) return answer;
    } catch {
      // The answer may be lost and the act done: the same key finds out.
    }
    if (performance.now() > until) return { error: "no connection: it may not have been done" };
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** A key where the browser makes none: pages that are not of this machine. */
function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
