// Verifies recorded webhooks with the libraries of the standards, as a receiver would.
// Arguments: a file with {"secret", "requests": [{"headers", "body"}]}.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { HTTP } from "cloudevents";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const recorded = JSON.parse(readFileSync(process.argv[2], "utf8"));
const webhook = new Webhook(recorded.secret);
for (const { headers, body } of recorded.requests) {
  const payload = webhook.verify(body, headers);
  const event = HTTP.toEvent({ headers, body });
  assert.ok(event.validate());
  assert.equal(event.specversion, "1.0");
  assert.equal(event.id, headers["webhook-id"]);
  assert.equal(payload.id, event.id);
  assert.match(event.type, /^arki\..*\.v1$/);
  assert.ok(event.data && typeof event.data === "object");
  const changed = body.replace('"specversion"', '"specVersion"');
  assert.throws(() => webhook.verify(changed, headers), WebhookVerificationError);
  assert.throws(() => webhook.verify(body, { ...headers, "webhook-id": "evt_other" }), WebhookVerificationError);
}
console.log(recorded.requests.length);
