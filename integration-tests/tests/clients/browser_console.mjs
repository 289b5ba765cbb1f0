// A leader signs in, looks at the rooms by keyboard, and signs out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, heading, openBrowser, person, signIn, tabTo, world } from "./browser.mjs";

const ROOMS = {
  fi: { truth: "Miten meillä on", everyday: "Mitä tämä on arjessa", tell: "Mitä kerrotaan", door: "Kirjaudu" },
  sv: { truth: "Hur det är", everyday: "Vad det betyder i vardagen", tell: "Vad som berättas", door: "Logga in" },
  en: { truth: "How it is", everyday: "What it means in everyday work", tell: "What is told", door: "Sign in" },
};

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser.close());

async function opensTable(page, selector) {
  await tabTo(page, selector);
  await page.keyboard.press("Enter");
  const table = page.locator("details[open] table").first();
  await table.waitFor();
  assert.ok((await table.locator("tbody tr").count()) > 1, "the table behind the chart has rows");
}

for (const [language, words] of Object.entries(ROOMS)) {
  test(`a leader goes through the rooms by keyboard in ${language}`, async () => {
    const visitor = await person(browser, { size: DESK, language });
    const { page } = visitor;
    await signIn(visitor, language);
    const isIn = async (room) => {
      await page.waitForURL(`**/console/${room}*`);
      assert.ok((await heading(page)).startsWith(words[room]), await heading(page));
      assert.equal(await page.locator("html").getAttribute("lang"), language);
    };
    await isIn("truth");
    assert.ok((await page.locator("svg[role=img]:visible").count()) >= 10, "the measures are drawn");
    await opensTable(page, "details.data > summary");
    const file = await page.locator('a[href*=".csv"]').first().getAttribute("href");
    const csv = await page.request.get(new URL(file, page.url()).href);
    assert.match(csv.headers()["content-type"], /^text\/csv/);
    assert.ok((await csv.text()).split("\n").length > 2, "the data behind the chart has rows");

    for (const room of ["everyday", "tell"]) {
      await tabTo(page, `.rooms a[href^="/console/${room}"]`, "Shift+Tab");
      await page.keyboard.press("Enter");
      await isIn(room);
      if (room === "everyday") {
        assert.ok((await page.locator("svg[role=img]:visible").count()) >= 5, "how far it came is drawn");
        await opensTable(page, "details.data > summary");
      } else {
        assert.ok((await page.locator("table.calendar tbody tr").count()) >= 4, "the month is a table");
        assert.ok((await page.locator("table.calendar .entry").count()) >= 1, "what was told stands in it");
      }
    }

    await tabTo(page, 'form[action^="/console/sign-out"] button', "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/sign-in*");
    await visitor.go("/console/truth");
    assert.ok(page.url().includes("/console/sign-in"), "who signed out sees nothing");
    await visitor.leave();
  });
}

test("a wrong key is told so, and lets nobody in", async () => {
  const visitor = await person(browser, { size: PHONE });
  const { page } = visitor;
  await visitor.go("/console/sign-in?lang=fi");
  assert.equal(await heading(page), ROOMS.fi.door);
  assert.equal(await page.evaluate(() => document.activeElement.id), "key");
  await page.keyboard.type("arki_0000000000000000000000000000000000000000000");
  await page.keyboard.press("Enter");
  await page.locator("[role=alert]").waitFor();
  await visitor.go("/console/truth");
  assert.ok(page.url().includes("/console/sign-in"));
  await visitor.leave();
});

test("a unit is chosen from the tree by keyboard, without scripts too", async () => {
  const visitor = await person(browser, { size: PHONE, javaScriptEnabled: false });
  const { page } = visitor;
  await visitor.go("/console/sign-in?lang=en");
  await page.locator("#key").fill(world.key);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/console/truth*");
  await page.locator(".tree > summary").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL("**unit=unt_*");
  assert.ok((await page.locator(".path li").count()) >= 3, "the path leads to the unit");
  await visitor.leave();
});

test("a unit that is not there is told so, with a way back", async () => {
  const visitor = await person(browser, { size: PHONE });
  await signIn(visitor);
  const lost = await visitor.go("/console/truth?unit=unt_nowhere&lang=fi");
  assert.equal(lost.status(), 404);
  await visitor.page.locator("main a").first().click();
  await visitor.page.waitForURL("**/console/truth?lang=fi");
  await visitor.leave();
});
