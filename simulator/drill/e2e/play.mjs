// Plays the first scenario: an instructor and a player, a kill, the end, the debrief, the replay.
//
//   MEDTWIN=path/to/medtwin PICTURES=directory node play.mjs

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { axe, enter, open, picture, text } from "./browser.mjs";
import { check, count, holds, until } from "./check.mjs";
import { run, start } from "./server.mjs";

const state = join(mkdtempSync(join(tmpdir(), "drill-")), "state");
let server = await start(state, ["--listen", "127.0.0.1:0", "--speed", "60"]);
const port = server.port;
const browser = await open();
const instructor = await enter(browser, server.instructor);
const player = await enter(browser, server.player);

const log = (page) => text(page, "#log");
const connected = (page) => until(async () => (await text(page, "#connection")) === "connected", "a connection");
const pace = (x) => instructor.selectOption("#speed", String(x));

await check("the token is gone from the address", async () => {
  await connected(player);
  await connected(instructor);
  for (const page of [player, instructor]) holds(!page.url().includes("token"), page.url());
  const script = await player.evaluate(() => document.cookie);
  holds(script === "", "no script reads the cookie");
});

await check("the player waits for the start", async () => {
  holds((await text(player, "#notice")).includes("will start"), "it says who starts");
  holds(await player.locator("form.act button").first().isDisabled(), "nothing can be done yet");
  await picture(instructor, "instructor-start");
});

await check("the instructor starts and sets the pace", async () => {
  await pace(600);
  await instructor.click("#run");
  await until(async () => (await text(player, "#state")).startsWith("running"), "a running clock");
  await until(async () => (await text(player, "#reading-value")) !== "---", "a reading");
});

await check("the player notices a bolus that nobody ordered, on the pump's display", async () => {
  await until(async () => (await log(player)).includes("bolus of 10 U"), "the forged bolus", 60000);
  await instructor.click("#run"); // pause: time to look
  await until(async () => (await text(player, "#state")) === "paused", "a pause");
  const shown = await text(player, "#pump-bolus");
  holds(shown === "10.00", `the display shows ${shown}`);
  holds((await log(instructor)).includes("obeys a forged bolus"), "the instructor is told");
  holds(!(await player.content()).match(/forged|eve\b/), "the player is not");
});

await check("the player's page is sound while alarms stand", async () => {
  await axe(player, "player");
  await picture(player, "player-attack");
});

await check("the instructor's page is sound", async () => {
  await axe(instructor, "instructor");
  await picture(instructor, "instructor-attack");
});

await check("the player stops the pump and eats, by mouse", async () => {
  await player.click('form[data-act="suspend"] button');
  await until(async () => (await text(player, "#hands")).includes("Stop the pump"), "busy hands");
  await player.fill('form[data-act="eat"] input', "30");
  await player.click('form[data-act="eat"] button');
  await until(async () => (await text(player, "#hands")).includes("eat 30 g"), "a second act");
});

await check("a killed drill goes on with all that was acknowledged", async () => {
  await server.kill();
  await until(async () => (await text(player, "#connection")) === "no connection", "a broken connection");
  await player.keyboard.press("x"); // the stop works here at once, and says what it cannot do
  await until(async () => (await text(player, "#notice")).includes("does not answer"), "a stop without a server");
  server = await start(state, ["--listen", `127.0.0.1:${port}`, "--speed", "60"]);
  await connected(player);
  await connected(instructor);
  await until(async () => (await log(instructor)).includes("was restarted here"), "the notice of a restart");
  holds((await text(player, "#hands")).includes("Stop the pump"), "the acts are still in hand");
  await until(async () => (await text(instructor, "#notice")).includes("pressed by the player"), "the stop that was not heard");
});

await check("the pump stops, and the wearer eats", async () => {
  await player.reload();
  await connected(player);
  await instructor.click("#run");
  await until(async () => (await text(player, "#pump-state")) === "STOPPED", "a pump that stopped");
  await until(async () => (await log(player)).includes("Alex eats 30 g"), "a wearer who ate");
});

await check("anybody stops it, a kill does not undo that, the instructor goes on", async () => {
  await player.click("#stop");
  await until(async () => (await text(instructor, "#notice")).includes("pressed by the player"), "the stop");
  const time = await text(player, "#time");
  await player.waitForTimeout(800);
  holds((await text(player, "#time")) === time, "time stands still");
  await server.kill();
  server = await start(state, ["--listen", `127.0.0.1:${port}`, "--speed", "60"]);
  await connected(player);
  await connected(instructor);
  await until(async () => (await text(instructor, "#notice")).includes("pressed by the player"), "a stop that is kept");
  await picture(player, "player-stopped");
  await instructor.click("#run");
  await until(async () => (await text(player, "#state")).startsWith("running"), "a running clock");
});

await check("six windows of a seat leave room for a stop", async () => {
  const more = [];
  for (let n = 0; n < 5; n++) {
    const page = await player.context().newPage();
    await page.goto(`http://127.0.0.1:${port}/player/`);
    await connected(page);
    more.push(page);
  }
  await more[0].click("#stop"); // an early one, whose views newer windows had
  await until(async () => (await text(instructor, "#notice")).includes("pressed by the player"), "the stop", 5000);
  for (const page of more) await page.close();
  await player.bringToFront();
  await player.click("#time");
  await connected(player);
  await instructor.click("#run");
  await until(async () => (await text(player, "#state")).startsWith("running"), "a running clock");
});

await check("by keys alone: help is called, and the remote turned off", async () => {
  await player.keyboard.press("h");
  await player.keyboard.press("Enter");
  await until(async () => (await log(player)).includes("Team: call for help"), "a call");
  await player.keyboard.press("m");
  await player.keyboard.press("Enter");
  await until(async () => (await log(player)).includes("Team: turn the remote off"), "a remote that is off");
  await player.keyboard.press("b");
  const focused = await player.evaluate(() => document.activeElement?.name);
  holds(focused === "units", `the focus is at ${focused}`);
});

await check("an instructor starts a step of the attack by keys", async () => {
  await instructor.focus('button[aria-label="Start forged-bolus now"]');
  await instructor.keyboard.press("Enter");
  await until(async () => (await log(instructor)).includes("The instructor starts forged-bolus"), "a step");
});

await check("the exercise ends, and the player is told where the debrief is", async () => {
  await instructor.click("#end");
  await instructor.click("#end-now");
  await until(async () => (await text(player, "#notice")).includes("is over"), "the end", 60000);
  holds((await text(player, "#notice")).includes("Your instructor has the debrief"), "who has it");
  const answer = await player.request.get(`http://127.0.0.1:${port}/player/debrief`);
  holds(answer.status() === 403, `the player gets ${answer.status()}`);
  await instructor.waitForSelector("#notice a", { timeout: 120000 });
  await picture(player, "player-over");
});

const [debrief] = await Promise.all([
  instructor.context().waitForEvent("page"),
  instructor.click("#notice a"),
]);
debrief.complaints = [];
await debrief.waitForLoadState();

await check("the debrief shows three curves that differ", async () => {
  const paths = await debrief.evaluate(() => {
    const chart = Array.from(document.querySelectorAll("svg")).find((svg) => svg.querySelector("polyline, path"));
    const lines = Array.from(chart.querySelectorAll("polyline, path"));
    return lines.map((line) => line.getAttribute("points") ?? line.getAttribute("d")).filter((d) => d.length > 400);
  });
  holds(new Set(paths).size >= 3, `${new Set(paths).size} of ${paths.length} curves differ`);
});

await check("the debrief is sound", async () => {
  holds((await debrief.content()).includes("EXERCISE"), "it says that it is an exercise");
  await axe(debrief, "debrief");
  await picture(debrief, "debrief");
});

await check("no page complained, of its policy least of all", async () => {
  const broken = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to fetch|status of 403/; // the kill, and the debrief
  for (const page of [player, instructor]) {
    const said = page.complaints.filter((words) => !broken.test(words));
    holds(said.length === 0, said.slice(0, 4).join("\n"));
  }
});

await check("the server closes when the instructor says so", async () => {
  await instructor.bringToFront();
  await instructor.click("#notice button");
  const code = await server.gone;
  holds(code === 0, `it ended with ${code}`);
});

await check("`medtwin replay` says that the drill runs again to the same", async () => {
  const { code, stdout, stderr } = await run("replay", state);
  holds(code === 0 && /same/.test(stdout), stdout + stderr);
});

await browser.close();
process.exitCode = count() ? 0 : 1;
