// A person at a browser: Debian's Chromium, driven as a hand would drive it, and watched for what must never happen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

// What the test wrote down: where Arki is, the key, the secrets of links.
export const world = JSON.parse(readFileSync(process.argv[2], "utf8"));

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// Long enough for a busy machine: nothing waits for it where the page does as it should.
const PATIENCE = 20_000;

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };

export const openBrowser = () =>
  chromium.launch({ executablePath: world.chromium, headless: true, args: FLAGS });

// A person with a browser of their own. `seen` collects what no page may do: complain on the console, break the policy,
// or speak to anybody else.
export async function person(browser, { size = DESK, language = "fi", ...rest } = {}) {
  const context = await browser.newContext({ viewport: size, locale: language, ...rest });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const seen = [];
  page.on("console", (message) => {
    // A page that is meant to be an error is one to the browser too, and says so in these words.
    const status = message.text().startsWith("Failed to load resource: the server responded with a status of 4");
    if (["error", "warning"].includes(message.type()) && !(status && message.location().url === page.url())) {
      seen.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => seen.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    // What was still on its way when the person went on is no failure of the page.
    const why = request.failure()?.errorText ?? "";
    if (!why.includes("ERR_ABORTED")) seen.push(`failed: ${request.url()} ${why}`);
  });
  context.on("request", (request) => {
    if (new URL(request.url()).hostname !== "127.0.0.1") seen.push(`went out: ${request.url()}`);
  });
  const go = (path) => page.goto(world.uri + path);
  const leave = async () => {
    await context.close();
    assert.deepEqual(seen, []);
  };
  return { page, context, seen, go, leave };
}

// Presses Tab until what has the focus fits; fails when the keyboard cannot get there.
export async function tabTo(page, selector, key = "Tab") {
  for (let presses = 0; presses < 120; presses += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${key} does not lead to ${selector}`);
}

// Signs in at the console, by keyboard.
export async function signIn(visitor, language = "fi") {
  await visitor.go(`/console/sign-in?lang=${language}`);
  await tabTo(visitor.page, "#key");
  await visitor.page.keyboard.type(world.key);
  await visitor.page.keyboard.press("Enter");
  await visitor.page.waitForURL("**/console/truth*");
}

export const heading = (page) => page.locator("h1").innerText();
