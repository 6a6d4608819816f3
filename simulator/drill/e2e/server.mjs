// The program under test: started, killed, and started again.

import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const program = process.env.MEDTWIN ?? new URL("../../../target/debug/medtwin", import.meta.url).pathname;

/** Starts a drill; its addresses once it has printed them. */
export async function start(state, more = []) {
  const words = ["drill", "minimed-508-rf-control", "--state", state, ...more];
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const found = {};
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const [, seat, address] = /^(instructor|player)\s+(http:\S+)/.exec(line) ?? [];
      if (seat) found[seat] = address;
      if (found.instructor && found.player) resolve();
    });
    gone.then((code) => reject(new Error(`the program ended with ${code} before it served`)));
  });
  await ready;
  return {
    ...found,
    port: new URL(found.player).port,
    /** Kills it without a word. */
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
    /** How it ended by itself. */
    gone,
    stop: async () => {
      child.kill("SIGINT");
      await gone;
    },
  };
}

/** Runs another command of the program: what it printed, and its exit code. */
export function run(...words) {
  return new Promise((resolve) => {
    execFile(program, words, { encoding: "utf8" }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}
