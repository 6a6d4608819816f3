// Chromium, and what is done with its pages again and again.

import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

import { holds } from "./check.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const LAPTOP = { width: 1366, height: 768 };
export const TABLET = { width: 820, height: 1180 };

const pictures = process.env.PICTURES;

/** Debian's Chromium. */
export const open = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** A page of a seat, in a browser of its own; complaints of the page are kept. */
export async function enter(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: LAPTOP, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  await page.goto(address);
  return page;
}

/** Fails on what axe calls serious or critical. */
export async function axe(page, what) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300);
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
    const bad = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    const words = bad.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target).join(" ")}`);
    holds(bad.length === 0, `${what}, ${colorScheme}: ${words.join("; ")}`);
    const minor = violations.filter((v) => !bad.includes(v)).map((v) => v.id);
    if (minor.length > 0) console.log(`      ${what}, ${colorScheme}: minor: ${minor.join(", ")}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Pictures of a page, and that nothing of it lies beyond its sides. */
export async function picture(page, name) {
  for (const [size, viewport] of [["laptop", LAPTOP], ["tablet", TABLET]]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(2200); // the charts follow
      const beyond = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth);
      holds(beyond <= 0, `${name} at ${size} is ${beyond} px too wide`);
      if (pictures) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: `${pictures}/${name}-${size}-${colorScheme}.png` });
      }
    }
  }
  await page.setViewportSize(LAPTOP);
  await page.emulateMedia({ colorScheme: "light" });
}

/** The text of an element. */
export const text = (page, selector) => page.locator(selector).innerText();
