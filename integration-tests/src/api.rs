//! Speaking REST to Arki, as any HTTP client would.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// An HTTP client with a key.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    uri: String,
    key: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body; null when it is no JSON.
    pub body: Value,
}

impl Reply {
    /// The reason of a problem.
    pub fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or_default()
    }

    /// The body of a success.
    ///
    /// # Errors
    /// With the problem when it is none.
    pub fn ok(self) -> Result<Value> {
        if self.status.is_success() { Ok(self.body) } else { bail!("{}: {}", self.status, self.body) }
    }
}

impl Api {
    /// A client for the Arki at `uri`.
    pub fn new(uri: &str, key: &str) -> Self {
        Self { client: reqwest::Client::new(), uri: uri.to_owned(), key: key.to_owned() }
    }

    /// The same with another key; an empty one sends none.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// A request to be worked on further.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.uri));
        if self.key.is_empty() { request } else { request.bearer_auth(&self.key) }
    }

    /// GET.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn get(&self, path: &str) -> Result<Reply> {
        reply(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        reply(self.request(Method::POST, path).json(body)).await
    }

    /// PATCH with a JSON body.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Reply> {
        reply(self.request(Method::PATCH, path).json(body)).await
    }

    /// Asks again until `enough` says so.
    ///
    /// # Errors
    /// When it is not enough after the patience; with the last reply.
    pub async fn get_until(
        &self,
        path: &str,
        patience: Duration,
        enough: impl Fn(&Reply) -> bool,
    ) -> Result<Reply> {
        let deadline = Instant::now() + patience;
        loop {
            let reply = self.get(path).await?;
            if enough(&reply) {
                return Ok(reply);
            }
            if Instant::now() > deadline {
                bail!("{path} after {patience:?}: {} {}", reply.status, reply.body);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Sends a request and reads its reply.
///
/// # Errors
/// When nothing answers.
pub async fn reply(request: RequestBuilder) -> Result<Reply> {
    let response = request.send().await.context("no answer")?;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.context("half an answer")?;
    Ok(Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

/// The local time at which a campaign is due at once in the zone of a new tenant: it has passed there, and not yet
/// everywhere on Earth, where there would be nothing left to send.
#[expect(clippy::disallowed_methods, reason = "the server has the time of day too")]
pub fn at_once() -> String {
    let now = prost_types::Timestamp::from(std::time::SystemTime::now());
    now.to_string().chars().take("2026-01-05T09:00".len()).collect()
}
