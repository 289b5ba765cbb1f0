"""Verifies recorded webhooks with the libraries of the standards, as a receiver would.

Arguments: a file with {"secret", "requests": [{"headers", "body"}]}.
"""

import json
import sys

from cloudevents.v1.http import from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

with open(sys.argv[1], encoding="utf-8") as file:
    recorded = json.load(file)
webhook = Webhook(recorded["secret"])
for request in recorded["requests"]:
    headers, body = request["headers"], request["body"]
    payload = webhook.verify(body, headers)
    event = from_http(headers, body)
    assert event["specversion"] == "1.0"
    assert event["id"] == headers["webhook-id"] == payload["id"]
    assert event["type"].startswith("arki.") and event["type"].endswith(".v1")
    assert event["dataschema"].endswith(event["type"])
    assert isinstance(event.data, dict) and event.data
    changed = body.replace('"specversion"', '"specVersion"')
    other = {**headers, "webhook-id": "evt_other"}
    for tampered_body, tampered_headers in ((changed, headers), (body, other)):
        try:
            webhook.verify(tampered_body, tampered_headers)
        except WebhookVerificationError:
            continue
        raise AssertionError("a tampered request was verified")
print(len(recorded["requests"]))
