//! An identity provider, as it talks to `/scim/v2`.

use anyhow::{Context as _, Result};
use arki_integration_tests::{
    Suite,
    api::{self, Api, Reply},
};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A program with a key that holds `scim` and nothing else.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) api: Api,
    pub(crate) token: String,
    /// The resource name of the key.
    pub(crate) key: String,
}

impl Provider {
    /// Makes a key for one with a key of an administrator.
    pub(crate) async fn of(admin: &Api) -> Result<Self> {
        let key = json!({"displayName": "identity provider", "scopes": ["scim"]});
        let made = admin.post("/v1/apiKeys", &key).await?.ok()?;
        let token = made["secret"].as_str().context("a secret")?.to_owned();
        let key = made["apiKey"]["name"].as_str().context("a name")?.to_owned();
        Ok(Self { api: admin.with_key(&token), token, key })
    }

    pub(crate) async fn new(suite: &Suite) -> Result<Self> {
        Self::of(&suite.api()).await
    }

    /// Sends a request below `/scim/v2`; its answer must be SCIM, whatever it says.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply> {
        let mut request = self.api.request(method, &format!("/scim/v2{path}"));
        request = request.header("accept", "application/scim+json, application/json");
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let reply = api::reply(request).await?;
        if !reply.body.is_null() {
            assert_eq!(reply.headers["content-type"], "application/scim+json", "{path}: {}", reply.body);
        }
        if reply.status.as_u16() >= 400 {
            let schema = json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
            assert_eq!(reply.body["schemas"], schema, "{path}: {}", reply.body);
            assert_eq!(reply.body["status"], json!(reply.status.as_u16().to_string()), "{path}");
        }
        Ok(reply)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Reply> {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Result<Reply> {
        let body = json!({"schemas": [PATCH], "Operations": operations});
        self.send(Method::PATCH, path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Reply> {
        self.send(Method::DELETE, path, None).await
    }

    /// Makes a user, and returns the id.
    pub(crate) async fn user(&self, user: Value) -> Result<String> {
        let mut user = user;
        if user.get("schemas").is_none() {
            user["schemas"] = json!([USER]);
        }
        let made = self.post("/Users", &user).await?;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.body["id"].as_str().context("an id")?.to_owned();
        assert!(made.headers["location"].to_str()?.ends_with(&format!("/scim/v2/Users/{id}")));
        Ok(id)
    }

    /// What a filter finds.
    pub(crate) async fn find(&self, endpoint: &str, filter: &str) -> Result<Value> {
        let mut url = reqwest::Url::parse("http://localhost/")?;
        url.query_pairs_mut().append_pair("filter", filter);
        let found = self.get(&format!("/{endpoint}?{}", url.query().unwrap_or_default())).await?;
        assert_eq!(found.status, 200, "{filter}: {}", found.body);
        Ok(found.body)
    }
}

/// A resource without what differs from one to the next anyway.
pub(crate) fn comparable(resource: &Value, own: &[&str]) -> Value {
    let mut resource = resource.clone();
    for name in ["id", "meta"].iter().chain(own) {
        resource.as_object_mut().unwrap().remove(*name);
    }
    resource
}
