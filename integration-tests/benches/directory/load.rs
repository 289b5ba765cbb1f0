//! Requests from several connections at once, each of which waits for its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use reqwest::{Client, Method};
use serde_json::Value;

/// Connections at once.
const CONNECTIONS: usize = 32;

/// A request of a load: the method, the path with its query, the body.
pub(crate) type Asked = (Method, String, Option<Value>);

/// What a load took.
pub(crate) struct Took {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Of each request, the shortest first.
    pub(crate) times: Vec<Duration>,
    /// The answers, in the order of the requests.
    pub(crate) answers: Vec<Value>,
}

impl Took {
    /// The time that so many of a hundred requests kept.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.times[(self.times.len() - 1) * percent / 100]
    }
}

/// Sends every request once.
pub(crate) async fn run(base: &str, token: &str, requests: Vec<Asked>) -> Result<Took> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let workers = (0..CONNECTIONS).map(|_| {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        let (base, token) = (base.to_owned(), token.to_owned());
        #[expect(clippy::disallowed_methods, reason = "the workers are waited for below")]
        tokio::spawn(async move {
            // A client each: a shared one could put several on one connection.
            let client = Client::new();
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((method, path, body)) = requests.get(index) else { return anyhow::Ok(done) };
                let mut request = client.request(method.clone(), format!("{base}{path}")).bearer_auth(&token);
                if let Some(body) = body {
                    request = request.header("content-type", "application/scim+json").body(body.to_string());
                }
                let began = Instant::now();
                let response = request.send().await?;
                let status = response.status();
                let answer: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
                if !status.is_success() {
                    bail!("{method} {path}: {status} {answer}");
                }
                done.push((index, began.elapsed(), answer));
            }
        })
    });
    let mut all = Vec::with_capacity(requests.len());
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await??);
    }
    let rate = requests.len() as f64 / began.elapsed().as_secs_f64();
    all.sort_by_key(|(index, ..)| *index);
    let mut times: Vec<Duration> = all.iter().map(|(_, time, _)| *time).collect();
    times.sort_unstable();
    Ok(Took { rate, times, answers: all.into_iter().map(|(.., answer)| answer).collect() })
}
