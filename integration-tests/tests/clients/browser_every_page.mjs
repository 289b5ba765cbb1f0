// What every page holds to: axe finds nothing, nothing scrolls sideways, nothing complains, nobody else is spoken to.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { DESK, PHONE, openBrowser, person, signIn, world } from "./browser.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const LANGUAGES = ["fi", "sv", "en"];
const PAGES = {
  "the form": `/s/${world.open}`,
  "a used link": `/s/${world.used}`,
  "a closed link": `/s/${world.closed}`,
  "an unknown link": "/s/unknown-unknown-unknown-unk",
  "a message": `/m/${world.unread}`,
  "a message that was answered": `/m/${world.read}`,
  "the door": "/console/sign-in",
  "the truth": "/console/truth",
  "the truth of a unit": `/console/truth?unit=${world.unit}`,
  "a unit that is not there": "/console/truth?unit=unt_nowhere",
  "the everyday": "/console/everyday",
  "the everyday of a unit": `/console/everyday?unit=${world.unit}`,
  "what is told": "/console/tell",
  "a month without a message": "/console/tell?month=2031-02",
};

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser.close());

async function* each(visitor, languages = LANGUAGES) {
  for (const language of languages) {
    for (const [name, path] of Object.entries(PAGES)) {
      const reply = await visitor.go(`${path}${path.includes("?") ? "&" : "?"}lang=${language}`);
      assert.ok(reply.status() < 500, `${name}: ${reply.status()}`);
      yield `${name} in ${language}`;
    }
  }
}

// What is folded away is part of the page.
const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));

const EVERY_RULE = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};
// Dark differs from light in nothing but colours, and colours are the same in every language: dark is judged for them
// alone, and in Finnish, whose words are the longest.
const RULES_OF_COLOUR = { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } };

const judge = (page, rules) =>
  page.evaluate(async (options) => {
    const result = await window.axe.run(document, options);
    if (result.passes.length === 0) throw new Error("axe has checked nothing");
    return result.violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
    );
  }, rules);

async function judgeLightAndDark(page, name) {
  const found = await judge(page, EVERY_RULE);
  if (!name.includes(" in fi")) return found.map((violation) => `${name}: ${violation}`);
  await page.emulateMedia({ colorScheme: "dark" });
  for (const violation of await judge(page, RULES_OF_COLOUR)) found.push(`dark: ${violation}`);
  await page.emulateMedia({ colorScheme: "light" });
  return found.map((violation) => `${name}: ${violation}`);
}

for (const [where, size] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`axe finds nothing on any page on ${where}, in light and in dark`, async () => {
    // Only this context may break the policy: axe is put into the page. Colours are judged where they have come to rest.
    const visitor = await person(browser, { size, bypassCSP: true, reducedMotion: "reduce" });
    const { page } = visitor;
    await signIn(visitor);
    const found = [];
    for await (const name of each(visitor)) {
      await unfold(page);
      await page.addScriptTag({ path: AXE });
      found.push(...(await judgeLightAndDark(page, name)));
      if (!name.startsWith("the form") || size !== PHONE) continue;
      // Where questions come in turns: with a problem, and further on with something chosen.
      const on = page.locator(".turn button:last-child");
      await on.click();
      await page.locator("[role=alert]").waitFor();
      found.push(...(await judgeLightAndDark(page, `${name}, a problem`)));
      await page.locator(".step input").first().check({ force: true });
      await on.click();
      await page.locator(".feeling input[value='2']").first().check({ force: true });
      found.push(...(await judgeLightAndDark(page, `${name}, further on`)));
    }
    assert.deepEqual(found, []);
    await visitor.leave();
  });
}

// 640 px is what a wide screen has left at a zoom of 200 %.
for (const width of [320, 640]) {
  test(`nothing scrolls sideways at ${width} px`, async () => {
    const visitor = await person(browser, { size: { width, height: 640 } });
    const { page } = visitor;
    await signIn(visitor);
    for await (const name of each(visitor)) {
      await unfold(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} is ${wide} px wide`);
    }
    await visitor.leave();
  });
}

test("no page complains, breaks its policy, or speaks to anybody else", async () => {
  const visitor = await person(browser, { size: DESK });
  await signIn(visitor);
  for await (const name of each(visitor)) assert.deepEqual(visitor.seen, [], name);
  await visitor.leave();
});

test("the watch over the policy would see a page that breaks it", async () => {
  const visitor = await person(browser, { size: DESK });
  await visitor.go("/console/sign-in");
  await visitor.page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.head.append(script);
  });
  assert.equal(await visitor.page.evaluate(() => window.ran), undefined);
  assert.equal(visitor.seen.length, 1, visitor.seen.join());
  await visitor.context.close();
});

test("who wants less motion gets none", async () => {
  const moving = (page) =>
    page.evaluate(() => {
      const lasts = (style) => `${style.transitionDuration} ${style.animationDuration}`.match(/[1-9]/) !== null;
      return [...document.querySelectorAll("*")].filter((node) => lasts(getComputedStyle(node))).length;
    });
  const still = await person(browser, { reducedMotion: "reduce" });
  await signIn(still);
  for await (const name of each(still, ["fi"])) assert.equal(await moving(still.page), 0, name);
  await still.leave();
  const usual = await person(browser, { reducedMotion: "no-preference" });
  await usual.go(PAGES["the form"]);
  assert.ok((await moving(usual.page)) > 0, "there is motion to leave out");
  await usual.leave();
});
