// Checks with a sentence each, and the count at the end.

let passed = 0;
let failed = 0;

/** Checks one thing; a failure is told and the rest goes on. */
export async function check(sentence, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok    ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${sentence}\n      ${String(error.message ?? error).split("\n").slice(0, 6).join("\n      ")}`);
  }
}

/** Says that something should hold. */
export function holds(what, words) {
  if (!what) throw new Error(words);
}

/** Waits until `look` gives something; the last thing seen is told if it does not. */
export async function until(look, words, patience = 30000) {
  const end = Date.now() + patience;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`waited in vain: ${words}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Prints the count; whether all passed. */
export function count() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
