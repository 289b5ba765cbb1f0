// A person answers by keyboard alone, on a phone, at a desk, and with scripts switched off.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, heading, openBrowser, person, tabTo, world } from "./browser.mjs";

const WORDS = {
  fi: {
    third: "Kysymys 3/7",
    needed: "Tähän tarvitaan vastaus.",
    skip: "Ohita",
    next: "Seuraava",
    thanks: "Kiitos. Vastauksesi tulivat perille.",
    results: "15.12.2030",
    once: "Jokaisella linkillä voi vastata kerran.",
    closed: "Vastausaika on päättynyt",
    gone: "Tämä linkki ei johda mihinkään",
  },
  sv: {
    third: "Fråga 3 av 7",
    needed: "Här behövs ett svar.",
    skip: "Hoppa över",
    next: "Nästa",
    thanks: "Tack. Dina svar har kommit fram.",
    results: "2030-12-15",
    once: "Varje länk tar emot ett svar.",
    closed: "Svarstiden är slut",
    gone: "Den här länken leder ingenstans",
  },
  en: {
    third: "Question 3 of 7",
    needed: "An answer is needed here.",
    skip: "Skip",
    next: "Next",
    thanks: "Thank you. Your answers have arrived.",
    results: "15 December 2030",
    once: "Each link takes one answer.",
    closed: "The time to answer is over",
    gone: "This link does not lead anywhere",
  },
};
const LANGUAGES = Object.keys(WORDS);
// What each person says in own words tells their answers apart in what was stored.
const KEYS = {
  recommend: ["Space", ...Array(9).fill("ArrowRight")],
  feelings: [],
  satisfied: ["Space", "ArrowRight", "ArrowRight", "ArrowRight"],
  easy: ["Space", "ArrowLeft", "ArrowLeft"],
  heard: ["ArrowDown", "ArrowUp"],
  channel: ["ArrowDown"],
  own_words: [],
};

let browser;
let next = 0;
const link = () => `/s/${world.respond[next++]}`;
before(async () => (browser = await openBrowser()));
after(() => browser.close());

async function answer(page, question, said) {
  if (question === "feelings") {
    // Feelings stand in the order that was drawn for this person.
    const names = await page.locator(".feeling").evaluateAll((all) => all.map((f) => f.querySelector("input").name));
    for (const name of names) {
      const presses = { "f.feelings.calm": 3, "f.feelings.welcome": 1 }[name] ?? 0;
      if (presses > 0) await tabTo(page, `input[name="${name}"]`);
      for (let press = 0; press < presses; press += 1) await page.keyboard.press("ArrowRight");
    }
  } else if (question === "own_words") {
    await tabTo(page, 'textarea[name="q.own_words"]');
    await page.keyboard.type(said);
  } else {
    await tabTo(page, `input[name="q.${question}"]`);
    for (const key of KEYS[question]) await page.keyboard.press(key);
  }
}

async function isThanked(page, words) {
  await page.waitForFunction((text) => document.querySelector("h1").innerText === text, words.thanks);
  const text = await page.locator("main").innerText();
  assert.ok(text.includes(words.results) && text.includes(words.once), text);
}

const visible = (page) => page.locator("fieldset.card:visible").count();
const ON = ".turn button:last-child";

for (const language of LANGUAGES) {
  const words = WORDS[language];

  test(`every kind of question is answered by keyboard at a desk in ${language}`, async () => {
    const visitor = await person(browser, { size: DESK, language });
    const { page } = visitor;
    const address = link();
    await visitor.go(`${address}?lang=${language}`);
    assert.equal(await visible(page), 7, "a wide screen shows the group");
    for (const question of Object.keys(KEYS)) await answer(page, question, `desk ${language}`);
    await tabTo(page, "form > button[type=submit]");
    await page.keyboard.press("Enter");
    await isThanked(page, words);
    await visitor.go(`${address}?lang=${language}`);
    assert.equal(await heading(page), words.thanks, "a used link says kindly that it was used");
    await visitor.leave();
  });

  test(`a phone shows one question at a time in ${language}`, async () => {
    const visitor = await person(browser, { size: PHONE, language, hasTouch: true });
    const { page } = visitor;
    await visitor.go(`${link()}?lang=${language}`);
    for (const [place, question] of Object.keys(KEYS).entries()) {
      assert.equal(await visible(page), 1, question);
      const legend = await page.locator("fieldset.card:visible legend").innerText();
      if (place === 2) assert.ok(legend.startsWith(words.third), legend);
      const needed = place === 0;
      if (place < 6) assert.equal(await page.locator(ON).innerText(), needed ? words.next : words.skip);
      if (needed) {
        await tabTo(page, ON);
        await page.keyboard.press("Enter");
        assert.equal(await page.locator("[role=alert]").innerText(), words.needed);
        assert.equal(await page.evaluate(() => document.activeElement.name), "q.recommend");
      }
      await answer(page, question, `phone ${language}`);
      if (place === 6) break;
      assert.equal(await page.locator(ON).innerText(), words.next);
      await tabTo(page, ON);
      await page.keyboard.press("Enter");
      const focused = await page.evaluate(() => document.activeElement.matches("fieldset.now"));
      assert.ok(focused, "the next question is where the person is");
    }
    await tabTo(page, "form > button[type=submit]");
    await page.keyboard.press("Enter");
    await isThanked(page, words);
    await visitor.leave();
  });

  test(`a closed and an unknown link say so kindly in ${language}`, async () => {
    const visitor = await person(browser, { size: PHONE, language });
    const closed = await visitor.go(`/s/${world.closed}?lang=${language}`);
    assert.equal(closed.status(), 410);
    assert.equal(await heading(visitor.page), words.closed);
    const gone = await visitor.go("/s/unknown-unknown-unknown-unk");
    assert.equal(gone.status(), 404);
    assert.equal(await heading(visitor.page), words.gone);
    await visitor.leave();
  });
}

test("without scripts a phone shows the list, and what is missing is asked for again", async () => {
  const visitor = await person(browser, { size: PHONE, javaScriptEnabled: false });
  const { page } = visitor;
  await visitor.go(`${link()}?lang=fi`);
  assert.equal(await visible(page), 7);
  assert.equal(await page.locator(".turn:visible").count(), 0);
  const choose = async (selector) => {
    await page.locator(selector).focus();
    await page.keyboard.press("Space");
  };
  await choose('input[name="none.feelings"]');
  await page.locator("textarea").fill("no script");
  await page.locator("form > button[type=submit]").press("Enter");
  await page.locator(".wrong").waitFor();
  assert.ok((await page.locator(".wrong").innerText()).includes(WORDS.fi.needed));
  assert.equal(await page.locator("textarea").inputValue(), "no script", "nothing filled is lost");
  assert.ok(await page.locator('input[name="none.feelings"]').isChecked());
  await choose('input[name="q.recommend"][value="0"]');
  await page.locator("form > button[type=submit]").press("Enter");
  await page.getByText(WORDS.fi.thanks).waitFor();
  await visitor.leave();
});

test("the way back of a phone leads to the question before, with its answer", async () => {
  const visitor = await person(browser, { size: PHONE });
  const { page } = visitor;
  await visitor.go(`${link()}?lang=en`);
  await answer(page, "recommend");
  // Enter on a choice goes on, and sends nothing.
  await page.keyboard.press("Enter");
  await page.locator("legend:visible").getByText("Question 2 of 7").waitFor();
  await page.goBack();
  await page.locator("legend:visible").getByText("Question 1 of 7").waitFor();
  assert.ok(await page.locator('input[name="q.recommend"][value="9"]').isChecked());
  await page.goForward();
  await tabTo(page, ".turn button:first-child");
  await page.keyboard.press("Enter");
  await page.locator("legend:visible").getByText("Question 1 of 7").waitFor();
  await visitor.leave();
});

test("a sixth feeling is told at once on a phone", async () => {
  const visitor = await person(browser, { size: PHONE, hasTouch: true });
  const { page } = visitor;
  await visitor.go(`${link()}?lang=en`);
  await page.locator(".step", { hasText: "10" }).tap();
  await page.locator(ON).tap();
  for (const place of [0, 1, 2, 3, 4, 5]) {
    await page.locator(".feeling").nth(place).locator(".dot").nth(1).tap();
  }
  await page.locator(ON).tap();
  assert.equal(await page.locator("[role=alert]").innerText(), "Choose at most five feelings.");
  await page.locator(".feeling").nth(0).locator(".dot").nth(0).tap();
  await page.locator(ON).tap();
  await page.locator("legend:visible").getByText("Question 3 of 7").waitFor();
  await visitor.leave();
});

test("Enter on a choice does not send a half-filled form at a desk", async () => {
  const visitor = await person(browser, { size: DESK });
  const { page } = visitor;
  const posts = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
  await visitor.go(`${link()}?lang=en`);
  await answer(page, "recommend");
  await page.keyboard.press("Enter");
  await answer(page, "satisfied");
  assert.deepEqual(posts, []);
  assert.equal(await visible(page), 7);
  await visitor.leave();
});
