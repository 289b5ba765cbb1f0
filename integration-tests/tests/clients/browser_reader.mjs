// The reader of a message answers its question by keyboard, and the answer is counted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, heading, openBrowser, person, tabTo, world } from "./browser.mjs";

const WORDS = {
  fi: { why: "Miksi", thanks: "Kiitos. Vastauksesi auttaa", gone: "Tämä linkki ei johda mihinkään" },
  sv: { why: "Varför", thanks: "Tack. Ditt svar hjälper", gone: "Den här länken leder ingenstans" },
  en: { why: "Why", thanks: "Thank you. Your answer helps", gone: "This link does not lead anywhere" },
};

let browser;
let countedBefore;
before(async () => {
  browser = await openBrowser();
  countedBefore = await counted();
});
after(() => browser.close());

async function ask(path, body) {
  const headers = { authorization: `Bearer ${world.key}`, "content-type": "application/json" };
  const rest = body && { method: "POST", body: JSON.stringify(body) };
  const reply = await fetch(`${world.uri}/v1/${path}`, { headers, ...rest });
  assert.equal(reply.status, 200, await reply.clone().text());
  return reply.json();
}

const counted = async () => Number((await ask(`${world.message}/understanding`)).total.answered);

for (const [place, [language, words]] of Object.entries(WORDS).entries()) {
  test(`the question under a message is answered by keyboard in ${language}`, async () => {
    const visitor = await person(browser, { size: PHONE, language, javaScriptEnabled: language !== "sv" });
    const { page } = visitor;
    const address = `/m/${world.messages[place]}?lang=${language}`;
    await visitor.go(address);
    const text = await page.locator("main").innerText();
    assert.ok(text.includes(words.why), text);
    assert.ok(!text.includes("/m/"), `the page tells the way to itself: ${text}`);
    if (language === "sv") {
      // Without scripts in the page nothing can be asked about the focus; the first choice is two keys away from it.
      await page.locator('input[name="option"]').first().focus();
    } else {
      await tabTo(page, 'input[name="option"]');
    }
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText(words.thanks).waitFor();
    assert.equal(await page.locator('input[name="option"]').count(), 0);
    const told = await ask(`messagePages/${world.messages[place]}`);
    assert.equal((told.page ?? told).answered, true, "the answer has arrived");
    await visitor.go(address);
    assert.equal(await page.locator('input[name="option"]').count(), 0, "a used link asks no second time");
    await visitor.leave();
  });

  test(`an unknown link to a message says so kindly in ${language}`, async () => {
    const visitor = await person(browser, { size: PHONE, language });
    const gone = await visitor.go("/m/unknown-unknown-unknown-unk");
    assert.equal(gone.status(), 404);
    assert.equal(await heading(visitor.page), words.gone);
    await visitor.leave();
  });
}

test("answers are counted, in fives so that no single one shows", async () => {
  for (const token of world.messages.slice(3, 5)) {
    const told = await ask(`messagePages/${token}`);
    await ask(`messagePages/${token}:answer`, { option: (told.page ?? told).options[0].key });
  }
  const deadline = Date.now() + 20_000;
  while ((await counted()) !== countedBefore + 5) {
    assert.ok(Date.now() < deadline, `${await counted()} are counted after ${countedBefore} and five more`);
    await new Promise((wait) => setTimeout(wait, 50));
  }
});
