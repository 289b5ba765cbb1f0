//! A request that comes again with its `Idempotency-Key` has one effect, whatever happens in between.

use anyhow::{Context as _, Result};
use arki_integration_tests::{
    Suite, api,
    api::{Api, Reply},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::wirings::in_both_wirings;

in_both_wirings!(a_repeated_post_has_one_effect_and_the_same_answer);

async fn posts(api: &Api, path: &str, key: &str, body: &Value) -> Result<Reply> {
    api::reply(api.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

async fn count(api: &Api, path: &str, field: &str) -> Result<usize> {
    let listed = api.get(&format!("{path}?pageSize=1000")).await?.ok()?;
    Ok(listed[field].as_array().context("no list")?.len())
}

async fn a_repeated_post_has_one_effect_and_the_same_answer(mut suite: Suite) -> Result<()> {
    let api = suite.api();
    let words = json!({"byLanguage": {"en": "Nobody is left alone with a problem"}});
    let cases = [
        ("/v1/units", "units", json!({"displayName": "Sales"}), json!({"displayName": "Other"})),
        ("/v1/roles", "roles", json!({"displayName": "Seller"}), json!({"displayName": "Other"})),
        (
            "/v1/people",
            "people",
            json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "Aino Esimerkki"}),
            json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "Other"}),
        ),
        (
            "/v1/visions",
            "visions",
            json!({"statement": words}),
            json!({"statement": {"byLanguage": {"en": "B"}}}),
        ),
    ];
    let mut first = Vec::new();
    for (path, field, body, other) in &cases {
        let reply = posts(&api, path, "again-1", body).await?;
        assert!(reply.status.is_success(), "{path}: {}", reply.body);
        let again = posts(&api, path, "again-1", body).await?;
        assert_eq!((again.status, &again.body), (reply.status, &reply.body), "{path}");
        let reused = posts(&api, path, "again-1", other).await?;
        assert_eq!((reused.status.as_u16(), reused.reason()), (409, "REQUEST_ID_REUSED"), "{path}");
        assert_eq!(count(&api, path, field).await?, 1, "{path}");

        let at_once = (0..8).map(|_| posts(&api, path, "at-once", other));
        let replies = futures::future::join_all(at_once).await.into_iter().collect::<Result<Vec<_>>>()?;
        let answered: Vec<_> = replies.iter().filter(|reply| reply.status.is_success()).collect();
        assert!(!answered.is_empty(), "{path}");
        assert!(answered.iter().all(|reply| reply.body == answered[0].body), "{path}");
        // Whoever is refused meanwhile hears to come again, and nothing else.
        let mut refused = replies.iter().filter(|reply| !reply.status.is_success());
        assert!(refused.all(|reply| reply.status == 503 || reply.status == 409), "{path}: {replies:?}");
        assert_eq!(count(&api, path, field).await?, 2, "{path}");
        first.push(reply);
    }
    suite.kill_directory().await?;
    let api = suite.api();
    for ((path, field, body, _), reply) in cases.iter().zip(first) {
        let again = posts(&api, path, "again-1", body).await?;
        assert_eq!((again.status, &again.body), (reply.status, &reply.body), "{path} after a restart");
        assert_eq!(count(&api, path, field).await?, 2, "{path}");
    }
    Ok(())
}
