//! Callers for whom an identity provider vouches: a real one, in both wirings.

use std::time::Duration;

use anyhow::{Context as _, Result};
use arki_integration_tests::processes::Process;
use arki_integration_tests::{Suite, api::Api, servers, tools};
use serde_json::{Value, json};

use crate::wirings::in_both_wirings;

in_both_wirings!(a_provider_lets_in_whom_roles_are_bound_to_and_its_keys_rotate);

const PACKAGES: &[&str] = &["oidc-provider@9.13.3"];
const PATIENCE: Duration = Duration::from_secs(30);

/// The provider, with a client for its tokens.
struct Provider {
    uri: String,
    client: reqwest::Client,
    _process: Process,
}

impl Provider {
    async fn start(suite: &Suite) -> Result<Self> {
        let folder = tools::node("oidc-provider", PACKAGES)?;
        let script = "oidc_provider.mjs";
        std::fs::copy(tools::here("tests/clients").join(script), folder.join(script))?;
        let port = servers::free_port()?.to_string();
        let path = folder.join(script);
        let arguments = [path.to_str().context("a name in UTF-8")?, &port];
        let node = tools::succeed(std::process::Command::new("sh").args(["-c", "command -v node"]))?;
        let process = Process::start(node.trim(), &arguments, suite.folder.path(), &[])?;
        let this = Self {
            uri: format!("http://127.0.0.1:{port}"),
            client: reqwest::Client::new(),
            _process: process,
        };
        let deadline = std::time::Instant::now() + PATIENCE;
        while this.client.get(format!("{}/jwks", this.uri)).send().await.is_err() {
            anyhow::ensure!(
                std::time::Instant::now() < deadline,
                "the provider has not come up: {}",
                this._process.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(this)
    }

    async fn token(&self, client: &str, resource: &str) -> Result<String> {
        let request = self
            .client
            .post(format!("{}/token", self.uri))
            .basic_auth(client, Some("a-secret-of-the-tests"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("grant_type=client_credentials&scope=api&resource={resource}"));
        let answer: Value = request.send().await?.json().await?;
        Ok(answer["access_token"].as_str().with_context(|| answer.to_string())?.to_owned())
    }

    async fn rotates(&self, query: &str) -> Result<()> {
        self.client.post(format!("{}/rotate{query}", self.uri)).send().await?.error_for_status()?;
        Ok(())
    }
}

async fn bind(api: &Api, provider: &str, group: &str, role: &str, unit: &str) -> Result<Value> {
    let binding = json!({
        "role": role, "memberKind": "MEMBER_KIND_GROUP", "member": group, "identityProvider": provider, "unit": unit
    });
    api.post("/v1/roleBindings", &binding).await?.ok()
}

async fn a_provider_lets_in_whom_roles_are_bound_to_and_its_keys_rotate(suite: Suite) -> Result<()> {
    let api = suite.api();
    let provider = Provider::start(&suite).await?;
    let north = api.post("/v1/units", &json!({"displayName": "North"})).await?.ok()?;
    let south = api.post("/v1/units", &json!({"displayName": "South"})).await?.ok()?;
    let (north, south) = (north["name"].as_str().unwrap(), south["name"].as_str().unwrap());
    let person = json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "Aino Esimerkki", "unit": north});
    let person = api.post("/v1/people", &person).await?.ok()?["name"].as_str().unwrap().to_owned();

    let audience = "urn:arki:api";
    let token = provider.token("analyst-app", audience).await?;
    let analyst = api.with_key(&token);
    let unknown = analyst.get("/v1/visions").await?;
    assert_eq!(
        (unknown.status.as_u16(), unknown.reason()),
        (401, "UNAUTHENTICATED"),
        "nobody knows the provider"
    );
    let known = json!({"displayName": "Test", "issuer": provider.uri, "audiences": [audience]});
    let known = api.post("/v1/identityProviders", &known).await?.ok()?;
    let idp = known["name"].as_str().unwrap();

    let unbound = analyst.get_until("/v1/visions", PATIENCE, |reply| reply.status == 403).await?;
    assert_eq!(unbound.reason(), "NO_ROLE");
    bind(&api, idp, "analysts", "ACCESS_ROLE_ANALYST", "").await?;
    bind(&api, idp, "leaders", "ACCESS_ROLE_LEADER", north).await?;
    let seen = analyst.get_until("/v1/visions", PATIENCE, |reply| reply.status == 200).await?;
    assert!(seen.body["visions"].is_array());
    assert_eq!(analyst.get("/v1/tree").await?.ok()?["units"].as_array().map(Vec::len), Some(2));
    for path in [format!("/v1/{person}"), "/v1/people".to_owned()] {
        assert_eq!(analyst.get(&path).await?.reason(), "OUT_OF_REACH", "{path}");
    }
    assert_eq!(analyst.post("/v1/units", &json!({"displayName": "Mine"})).await?.reason(), "SCOPE_MISSING");

    let leader = api.with_key(&provider.token("leader-app", audience).await?);
    leader.get(&format!("/v1/{person}")).await?.ok()?;
    leader.get(&format!("/v1/{north}")).await?.ok()?;
    assert_eq!(leader.get(&format!("/v1/{south}")).await?.reason(), "OUT_OF_REACH");
    let log =
        api.get(&format!("/v1/auditEntries?resource={south}&outcome=AUDIT_OUTCOME_DENIED")).await?.ok()?;
    let entry = &log["entries"][0];
    assert_eq!(
        (entry["action"].as_str(), entry["reason"].as_str()),
        (Some("directory.GetUnit"), Some("OUT_OF_REACH"))
    );
    assert!(entry["subject"].as_str().unwrap().starts_with(idp), "{entry}");

    let stranger = api.with_key(&provider.token("nobody-app", audience).await?);
    assert_eq!(stranger.get("/v1/visions").await?.reason(), "NO_ROLE");
    let elsewhere = api.with_key(&provider.token("analyst-app", "urn:another:api").await?);
    assert_eq!(elsewhere.get("/v1/visions").await?.reason(), "UNAUTHENTICATED");
    let (head, rest) = token.split_once('.').unwrap();
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", rest.split_once('.').unwrap().0);
    for forged in [none, format!("{head}.{rest}x"), format!("{head}.e30.{}", rest.split_once('.').unwrap().1)]
    {
        assert_eq!(api.with_key(&forged).get("/v1/visions").await?.reason(), "UNAUTHENTICATED");
    }
    let short = api.with_key(&provider.token("short-app", audience).await?);
    short.get("/v1/visions").await?.ok()?;

    provider.rotates("").await?;
    let renewed = api.with_key(&provider.token("analyst-app", audience).await?);
    renewed.get_until("/v1/visions", PATIENCE, |reply| reply.status == 200).await?;
    analyst.get("/v1/visions").await?.ok()?;
    api::deleted(&api, idp).await?;
    analyst.get_until("/v1/visions", PATIENCE, |reply| reply.status == 401).await?;
    Ok(())
}

mod api {
    use anyhow::Result;
    use arki_integration_tests::api::{Api, reply};

    pub(super) async fn deleted(api: &Api, name: &str) -> Result<()> {
        reply(api.request(reqwest::Method::DELETE, &format!("/v1/{name}"))).await?.ok()?;
        Ok(())
    }
}
