//! One attempt.

use std::sync::Arc;
use std::time::Duration;

use arki_process::Clock;
use arki_proto::directory::v1 as pb;
use arki_webhooks::{CONTENT_TYPE, Destination};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE as CONTENT_TYPE_HEADER, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use tokio::time::Instant;

use super::dial::{Dial, word};

/// How much of an answer's body is read, so that the connection can be used again. Nothing of it is kept.
const BODY: usize = 16 * 1024;
const BODY_TIME: Duration = Duration::from_secs(1);

/// How long a connection stays open for the next event.
const IDLE: Duration = Duration::from_secs(30);

const AGENT: &str = concat!("Arki-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Makes attempts. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Sender {
    client: Client<HttpsConnector<Dial>, Full<Bytes>>,
    allow_private: bool,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    attempts: Counter<u64>,
}

/// What came of an attempt.
struct Outcome {
    status: u16,
    word: &'static str,
    retry_after: i64,
}

impl Outcome {
    fn failed(word: &'static str) -> Self {
        Self { status: 0, word, retry_after: 0 }
    }
}

impl Sender {
    /// Connects by `dial`, and gives each attempt `timeout` in all.
    pub(crate) fn new(dial: Dial, timeout: Duration, clock: Arc<dyn Clock>) -> Self {
        let allow_private = dial.allow_private();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(32)
            // Whether an attempt is made again is decided by the schedule alone.
            .retry_canceled_requests(true)
            .build(dial.with_tls());
        let attempts = opentelemetry::global::meter("arki.gateway")
            .u64_counter("arki_webhook_attempts")
            .with_description("Attempts to deliver an event, by what came of them.")
            .build();
        Self { client, allow_private, timeout, clock, attempts }
    }

    /// Sends a delivery, and reports what came of it.
    pub(crate) async fn send(&self, delivery: pb::ClaimedWebhookDelivery) -> pb::WebhookAttemptReport {
        let pb::ClaimedWebhookDelivery {
            tenant,
            delivery,
            fence,
            url,
            headers,
            webhook_id,
            webhook_timestamp,
            webhook_signature,
            body,
        } = delivery;
        let began = Instant::now();
        let standard = [
            ("webhook-id", webhook_id),
            ("webhook-timestamp", webhook_timestamp.to_string()),
            ("webhook-signature", webhook_signature),
        ];
        let headers = headers.into_iter().chain(standard.map(|(name, value)| (name.to_owned(), value)));
        let outcome = match self.request(&url, headers, body) {
            Some(request) => tokio::time::timeout(self.timeout, self.attempt(request))
                .await
                .unwrap_or(Outcome::failed("timed out")),
            None => Outcome::failed("address not allowed"),
        };
        let kind = if (200..300).contains(&outcome.status) { "taken" } else { "failed" };
        self.attempts.add(1, &[KeyValue::new("outcome", kind)]);
        let attempt = pb::WebhookAttempt {
            time: None,
            duration_ms: i32::try_from(began.elapsed().as_millis()).unwrap_or(i32::MAX),
            status_code: outcome.status.into(),
            outcome: outcome.word.to_owned(),
        };
        let retry_after_seconds = outcome.retry_after;
        pb::WebhookAttemptReport { tenant, delivery, fence, attempt: Some(attempt), retry_after_seconds }
    }

    /// The request; none where the URL is not one that may be sent to, or not any more.
    fn request(
        &self,
        url: &str,
        headers: impl Iterator<Item = (String, String)>,
        body: Bytes,
    ) -> Option<Request<Full<Bytes>>> {
        let destination = Destination::parse(url, self.allow_private).ok()?;
        let mut request = Request::post(destination.url()).body(Full::new(body)).ok()?;
        for (name, value) in headers {
            let (name, value) = (HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
            request.headers_mut().insert(name, value);
        }
        request.headers_mut().insert(CONTENT_TYPE_HEADER, HeaderValue::from_static(CONTENT_TYPE));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        Some(request)
    }

    async fn attempt(&self, request: Request<Full<Bytes>>) -> Outcome {
        match self.client.request(request).await {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let word = match parts.status {
                    status if status.is_redirection() => "redirect not followed",
                    _ => "answered",
                };
                let retry_after = retry_after(parts.status, &parts.headers, self.clock.now());
                drain(body).await;
                Outcome { status: parts.status.as_u16(), word, retry_after }
            }
            Err(error) => Outcome::failed(word(&error)),
        }
    }
}

/// Reads what is left of an answer. What came of the attempt is known by then, so nothing here can fail it.
async fn drain(body: Incoming) {
    let _ = tokio::time::timeout(BODY_TIME, Limited::new(body, BODY).collect()).await;
}

/// What the endpoint asks to wait, in seconds (RFC 9110, section 10.2.3).
fn retry_after(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> i64 {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return 0;
    }
    let Some(value) = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()) else { return 0 };
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().unwrap_or(i64::MAX);
    }
    DateTime::parse_from_rfc2822(value)
        .map_or(0, |time| (time.with_timezone(&Utc) - now).num_seconds().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_asks_to_wait_in_seconds_or_until_a_date() {
        let now = "2026-11-27T08:00:00Z".parse().unwrap();
        let asked = |status, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            retry_after(StatusCode::from_u16(status).unwrap(), &headers, now)
        };
        for (status, value, seconds) in [
            (429, "120", 120),
            (503, " 7 ", 7),
            (503, "Fri, 27 Nov 2026 08:01:30 GMT", 90),
            (503, "Fri, 27 Nov 2026 07:00:00 GMT", 0),
            (503, "99999999999999999999999", i64::MAX),
            (503, "-5", 0),
            (503, "soon", 0),
            (500, "120", 0),
            (200, "120", 0),
        ] {
            assert_eq!(asked(status, value), seconds, "{status} {value}");
        }
    }
}
