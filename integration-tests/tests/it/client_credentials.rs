//! OAuth 2.0 client credentials: a key becomes a token of an hour.

use std::time::Duration;

use anyhow::{Context as _, Result};
use arki_integration_tests::{
    Suite, api,
    api::{Api, Reply},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::wirings::in_both_wirings;

in_both_wirings!(a_key_becomes_a_token_with_the_scopes_that_are_asked_for);

async fn key(api: &Api, scopes: &[&str]) -> Result<(String, String)> {
    let key = api.post("/v1/apiKeys", &json!({"displayName": "Machine", "scopes": scopes})).await?.ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
    Ok((text(&key["apiKey"]["name"])?, text(&key["secret"])?))
}

async fn asks(api: &Api, basic: Option<(&str, &str)>, body: &str) -> Result<Reply> {
    let request = api
        .with_key("")
        .request(Method::POST, "/oauth2/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.to_owned());
    let request = match basic {
        Some((id, secret)) => request.basic_auth(id.replace('/', "%2F"), Some(secret)),
        None => request,
    };
    api::reply(request).await
}

async fn a_key_becomes_a_token_with_the_scopes_that_are_asked_for(suite: Suite) -> Result<()> {
    let api = suite.api();
    let metadata = api.with_key("").get("/.well-known/oauth-authorization-server").await?.ok()?;
    assert_eq!(metadata["issuer"], suite.uri);
    assert_eq!(metadata["token_endpoint"], format!("{}/oauth2/token", suite.uri));
    let (id, secret) = key(&api, &["directory.write", "goal.read", "scim"]).await?;

    let grant = "grant_type=client_credentials";
    let all = asks(&api, Some((&id, &secret)), grant).await?;
    assert_eq!(all.headers["cache-control"], "no-store");
    let all = all.ok()?;
    assert_eq!((&all["token_type"], &all["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(all["scope"], "directory.write goal.read scim");
    let whole = api.with_key(all["access_token"].as_str().unwrap());
    whole.get("/v1/units").await?.ok()?;
    whole.post("/v1/units", &json!({"displayName": "Sales"})).await?.ok()?;

    let in_body = format!("{grant}&client_id={id}&client_secret={secret}&scope=goal.read%20directory.read");
    let narrow = asks(&api, None, &in_body).await?.ok()?;
    assert_eq!(narrow["scope"], "directory.read goal.read");
    let narrow = api.with_key(narrow["access_token"].as_str().unwrap());
    narrow.get("/v1/units").await?.ok()?;
    let beyond = narrow.post("/v1/units", &json!({"displayName": "Mine"})).await?;
    assert_eq!((beyond.status.as_u16(), beyond.reason()), (403, "SCOPE_MISSING"));

    let (other, _) = key(&api, &["goal.read"]).await?;
    let good = Some((id.as_str(), secret.as_str()));
    for (basic, body, status, error) in [
        (good, "grant_type=password", 400, "unsupported_grant_type"),
        (good, "scope=goal.read", 400, "invalid_request"),
        (good, "grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        (good, "grant_type=client_credentials&scope=goal.write", 400, "invalid_scope"),
        (good, "grant_type=client_credentials&scope=admin", 400, "invalid_scope"),
        (good, in_body.as_str(), 400, "invalid_request"),
        (Some((id.as_str(), "arki_wrong")), grant, 401, "invalid_client"),
        (Some((other.as_str(), secret.as_str())), grant, 401, "invalid_client"),
        (None, grant, 401, "invalid_client"),
    ] {
        let reply = asks(&api, basic, body).await?;
        assert_eq!((reply.status.as_u16(), reply.body["error"].as_str()), (status, Some(error)), "{body}");
        assert_eq!(reply.headers.contains_key("www-authenticate"), status == 401, "{body}");
    }
    let json = api.with_key("").post("/oauth2/token", &json!({"grant_type": "client_credentials"})).await?;
    assert_eq!((json.status.as_u16(), json.body["error"].as_str()), (400, Some("invalid_request")));
    let token = all["access_token"].as_str().unwrap();
    let again = asks(&api, Some((&id, token)), grant).await?;
    assert_eq!(again.status, 401, "a token is no key");

    let listed = api.get("/v1/apiKeys").await?.ok()?;
    let used = listed["apiKeys"].as_array().unwrap().iter().find(|key| key["name"] == id).unwrap();
    assert!(used["lastUseTime"].is_string(), "{used}");
    // Another key for the same program lives beside the first while the two are swapped.
    let (second, fresh) = key(&api, &["goal.read"]).await?;
    asks(&api, Some((&second, &fresh)), grant).await?.ok()?;
    api.post(&format!("/v1/{id}:revoke"), &json!({})).await?.ok()?;
    let minute = Duration::from_secs(60);
    whole.get_until("/v1/units", minute, |reply| reply.status == 401).await?;
    assert_eq!(asks(&api, Some((&id, &secret)), grant).await?.status, 401);
    asks(&api, Some((&second, &fresh)), grant).await?.ok()?;
    Ok(())
}
