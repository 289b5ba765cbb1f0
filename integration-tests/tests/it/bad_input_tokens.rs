//! Links that are unknown, used or too late, by the API and by the page; and keys that are no longer good.

use std::time::Duration;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, api::Api};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    faults_load::{Asked, answer, asked},
    wirings::in_both_wirings,
};

in_both_wirings!(links_that_are_no_longer_good_say_so, a_revoked_key_opens_nothing);

/// A link as the page and the API show it.
struct Link<'a> {
    api: &'a Api,
    page: String,
    token: String,
}

impl Link<'_> {
    async fn form(&self) -> Result<(u16, String)> {
        let reply = self.api.get(&format!("/v1/forms/{}", self.token)).await?;
        let said = if reply.status.is_success() { &reply.body["state"] } else { &reply.body["reason"] };
        Ok((reply.status.as_u16(), said.as_str().unwrap_or_default().to_owned()))
    }

    async fn submits(&self, body: &Value) -> Result<(u16, String)> {
        let reply = self.api.post(&format!("/v1/forms/{}:submit", self.token), body).await?;
        Ok((reply.status.as_u16(), reply.reason().to_owned()))
    }

    /// The heading of the page.
    async fn shows(&self) -> Result<(u16, String)> {
        heading(reqwest::get(&self.page).await?).await
    }

    /// The heading of what a browser shows after the form was sent.
    async fn shows_after(&self, form: &'static [u8]) -> Result<(u16, String)> {
        let request = reqwest::Client::new().post(&self.page).body(form);
        heading(request.header("content-type", "application/x-www-form-urlencoded").send().await?).await
    }
}

async fn heading(reply: reqwest::Response) -> Result<(u16, String)> {
    let status = reply.status().as_u16();
    let text = reply.text().await?;
    let heading = text.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
    Ok((status, heading.with_context(|| format!("no heading in {text}"))?.to_owned()))
}

fn said(status: u16, words: &str) -> (u16, String) {
    (status, words.to_owned())
}

const GONE: &str = "This link does not lead anywhere";
const THANKS: &str = "Thank you. Your answers have arrived.";
const OVER: &str = "The time to answer is over";

async fn links_that_are_no_longer_good_say_so(suite: Suite) -> Result<()> {
    let admin = suite.api();
    let api = admin.with_key("");
    let Asked { wave, tokens, question: _ } = asked(&admin, 3).await?;
    let link = |token: &str| {
        let page = format!("{}/s/{token}", suite.uri);
        Link { api: &api, page, token: token.to_owned() }
    };

    // Unknown: one letter is another one, or the whole is something else.
    let last = if tokens[0].ends_with('A') { 'B' } else { 'A' };
    let changed = format!("{}{last}", &tokens[0][..tokens[0].len() - 1]);
    for token in [changed, "x".repeat(43), "../../admin.key/../../../..".replace('/', "%2f")] {
        let unknown = link(&token);
        let refused = said(404, "INVITATION_NOT_FOUND");
        if !token.contains('%') {
            assert_eq!(unknown.form().await?, refused, "{token}");
            assert_eq!(unknown.submits(&answer(1)).await?, refused, "{token}");
        }
        assert_eq!(unknown.shows().await?, said(404, GONE), "{token}");
        assert_eq!(unknown.shows_after(b"q.recommend=3&language=en").await?, said(404, GONE), "{token}");
    }

    // Wrong answers leave the link as it was.
    let [first, second, third] = [link(&tokens[0]), link(&tokens[1]), link(&tokens[2])];
    for wrong in [
        json!({"answers": [{"question": "recommend", "number": 11}]}),
        json!({"answers": [{"question": "recommend", "text": "ten"}]}),
        json!({"answers": [{"question": "nothing", "number": 1}]}),
        json!({"answers": [{"question": "recommend", "number": 1}, {"question": "recommend", "number": 2}]}),
        json!({"answers": []}),
    ] {
        assert_eq!(first.submits(&wrong).await?, said(400, "ANSWER_INVALID"), "{wrong}");
    }
    let (status, _) = first.shows_after(b"\xff\xfe=%zz&q.recommend=%ff&q.recommend=99").await?;
    assert_eq!(status, 422);
    assert_eq!(first.form().await?, said(200, "FORM_STATE_ANSWERABLE"));

    // Used: the same answer again is a retry, another one is refused, and the page thanks as it did.
    assert_eq!(first.submits(&answer(5)).await?, said(200, ""));
    assert_eq!(first.submits(&answer(5)).await?, said(200, ""));
    assert_eq!(first.submits(&answer(6)).await?, said(409, "RESPONSE_ALREADY_SUBMITTED"));
    assert_eq!(first.form().await?, said(200, "FORM_STATE_ALREADY_SUBMITTED"));
    assert_eq!(first.shows().await?, said(200, THANKS));
    assert_eq!(first.shows_after(b"q.recommend=9&language=en").await?, said(200, THANKS));
    assert_eq!(second.shows_after(b"q.recommend=9&language=en").await?, said(200, THANKS));
    assert_eq!(second.submits(&answer(3)).await?, said(409, "RESPONSE_ALREADY_SUBMITTED"));

    // Too late: the wave is closed.
    let closed = admin.post(&format!("/v1/{wave}:close"), &json!({})).await?.ok()?;
    assert_eq!(closed["responses"], "2");
    assert_eq!(third.form().await?, said(200, "FORM_STATE_CLOSED"));
    assert_eq!(third.submits(&answer(2)).await?, said(409, "WAVE_STATE_WRONG"));
    assert_eq!(third.shows().await?, said(410, OVER));
    assert_eq!(third.shows_after(b"q.recommend=3&language=en").await?, said(410, OVER));
    let wave = admin.get(&format!("/v1/{wave}")).await?.ok()?;
    assert_eq!(wave["responses"], "2", "a link that was no longer good changed something");
    Ok(())
}

async fn a_revoked_key_opens_nothing(suite: Suite) -> Result<()> {
    let api = suite.api();
    let key = json!({"displayName": "writer", "scopes": ["directory.write", "directory.read"]});
    let key = api.post("/v1/apiKeys", &key).await?.ok()?;
    let writer = api.with_key(key["secret"].as_str().context("no secret")?);
    writer.post("/v1/units", &json!({"displayName": "Sales"})).await?.ok()?;
    let name = key["apiKey"]["name"].as_str().context("no name")?;
    for _ in 0..2 {
        api.post(&format!("/v1/{name}:revoke"), &json!({})).await?.ok()?;
    }
    // The edge remembers a key for a few seconds at most.
    let patience = Duration::from_secs(30);
    let refused =
        writer.get_until("/v1/units", patience, |reply| reply.status == StatusCode::UNAUTHORIZED).await?;
    assert_eq!(refused.reason(), "UNAUTHENTICATED");
    assert!(refused.headers.contains_key("www-authenticate"));
    let write = writer.post("/v1/units", &json!({"displayName": "Late"})).await?;
    assert_eq!((write.status.as_u16(), write.reason()), (401, "UNAUTHENTICATED"));
    let units = api.get("/v1/units").await?.ok()?;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(1), "a revoked key changed something");
    // The console's door takes the key by a form.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let secret = key["secret"].as_str().context("no secret")?;
    let form = format!("key={secret}");
    let entered = client
        .post(format!("{}/console/sign-in", suite.uri))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await?;
    assert!(!entered.headers().contains_key("set-cookie"), "a revoked key opened the console");
    assert!(entered.status().is_client_error(), "{}", entered.status());
    Ok(())
}
