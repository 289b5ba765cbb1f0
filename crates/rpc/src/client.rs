//! Calling: what a call passes before it leaves for its peer, in this process and over TCP alike.
//!
//! In order:
//!
//! 1. **deadline**: the call gets the least of what its request says, what is left for the call that this task
//!    answers, and the default. When nothing is left, the call is not sent at all.
//! 2. **caller**: becomes a signed assertion, which a peer in another process verifies; a peer in this process reads
//!    the caller itself, and nothing is signed for it. An assertion that came with the request is dropped: nobody hands on what he was given.
//! 3. **span and trace context**: one span around all tries, and the peer's span is its child.
//! 4. **retry**: `UNAVAILABLE` is tried again, with jitter, and only where calling twice is calling once: methods that
//!    read by their name, and requests that say so by [`retryable`]; and only after a quick answer, since a peer that
//!    took its time has waited already for what it needs.
//! 5. **one word for lateness**: a transport reports its own timeout as `CANCELLED`; here it is `DEADLINE_EXCEEDED`.
//!
//! Whatever goes wrong on the way is answered as a gRPC status, so a client has one kind of failure to understand.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt};
use tracing::{Instrument, Span, field};

use crate::{AssertionKey, Caller, Failure, Peer, Unreachable, assertion, deadline, method, table, trace};

mod replay;

use replay::Replay;

/// A try that took longer than this is the last one: a peer that waited, as for its database, has waited for what a
/// second try would wait for again.
const QUICK: Duration = Duration::from_millis(250);

/// How a peer is called.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time a call has when neither its request nor the call being answered gives one. Default 30 s.
    pub deadline: Duration,
    /// Most times a call is tried that may be tried again. Default 3.
    pub tries: u32,
    /// The longest pause before the second try; it doubles for each one after. Default 50 ms.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), tries: 3, pause: Duration::from_millis(50) }
    }
}

/// Puts the stack around a peer, with the default options.
pub fn stack(peer: Peer, assertion: AssertionKey) -> Peer {
    stack_with(peer, assertion, Options::default())
}

/// Puts the stack around a peer.
pub fn stack_with(peer: Peer, assertion: AssertionKey, options: Options) -> Peer {
    Peer::new(Stack { inner: Arc::new(Inner { peer, assertion: Some(assertion), options }) })
}

/// Puts the stack around a peer of this process. It reads the caller itself, so nothing is signed for it.
pub fn stack_here(peer: Peer) -> Peer {
    Peer::new(Stack { inner: Arc::new(Inner { peer, assertion: None, options: Options::default() }) })
}

/// The request, made on behalf of `caller`.
pub fn with_caller<T>(request: impl tonic::IntoRequest<T>, caller: &Caller) -> tonic::Request<T> {
    let mut request = request.into_request();
    request.extensions_mut().insert(caller.clone());
    request
}

/// Says that a request may be sent twice, because the peer tells the second from the first (it carries a
/// `request_id`). Only for methods whose client sends a single message.
pub fn retryable<T>(request: impl tonic::IntoRequest<T>) -> tonic::Request<T> {
    let mut request = request.into_request();
    request.extensions_mut().insert(Retryable);
    request
}

/// The mark of a request that may be sent twice, see [`retryable`].
#[derive(Clone, Copy, Debug)]
pub struct Retryable;

#[derive(Clone)]
struct Stack {
    inner: Arc<Inner>,
}

struct Inner {
    /// Cloned for each try, and not with each clone of the stack.
    peer: Peer,
    /// None when the peer is in this process.
    assertion: Option<AssertionKey>,
    options: Options,
}

impl Service<Request<Body>> for Stack {
    type Response = Response<Body>;
    type Error = Unreachable;
    type Future = BoxFuture<'static, Result<Response<Body>, Unreachable>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unreachable>> {
        // Each try waits for the peer by itself, within its deadline.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = Arc::clone(&self.inner);
        let span = tracing::info_span!(
            "rpc",
            otel.name = method::short_name(request.uri().path()),
            otel.kind = "client",
            otel.status_code = field::Empty,
            rpc.system.name = "grpc",
            rpc.method = request.uri().path().trim_start_matches('/'),
            rpc.response.status_code = field::Empty,
        );
        async move { Ok(inner.send(request).await) }.instrument(span).boxed()
    }
}

impl Inner {
    async fn send(&self, mut request: Request<Body>) -> Response<Body> {
        let asked = deadline::read(request.headers()).unwrap_or(self.options.deadline);
        let until = Instant::now() + asked;
        let until = deadline::current().map_or(until, |outer| outer.min(until));

        request.headers_mut().remove(assertion::HEADER);
        if let Some(key) = &self.assertion
            && let Some(caller) = request.extensions().get::<Caller>()
        {
            let assertion = key.header(caller, request.uri().path());
            request.headers_mut().insert(assertion::HEADER, assertion);
        }
        trace::inject(&Span::current(), request.headers_mut());

        let response = self.attempt(request, until).await;
        let response = response.unwrap_or_else(Status::into_http);
        let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
        Span::current().record("rpc.response.status_code", table::of(code).name);
        if code != Code::Ok {
            Span::current().record("otel.status_code", "ERROR");
        }
        response
    }

    /// Tries until there is an answer other than `UNAVAILABLE`, or no try or no time is left.
    async fn attempt(&self, request: Request<Body>, until: Instant) -> Result<Response<Body>, Status> {
        let may_repeat =
            method::only_reads(request.uri().path()) || request.extensions().get::<Retryable>().is_some();
        let late = || Status::from(Failure::deadline_exceeded());
        let mut replay = if may_repeat {
            tokio::time::timeout_at(until, Replay::record(request)).await.map_err(|_| late())?
        } else {
            Replay::once(request)
        };
        let mut tries = 1;
        loop {
            let Some(mut request) = replay.next() else { return Err(late()) };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(late());
            }
            deadline::write(request.headers_mut(), left);
            let began = Instant::now();
            let sent = tokio::time::timeout_at(until, self.peer.clone().oneshot(request)).await;
            // A status is what the peer said, a failure is what became of the way there.
            let refused = match sent {
                Err(_) => return Err(late()),
                Ok(Err(error)) => Err(from_transport(error)),
                Ok(Ok(response)) => match Status::from_header_map(response.headers()) {
                    Some(status) if status.code() != Code::Ok => Ok(status),
                    _ => return Ok(response.map(|body| Body::new(deadline::Limited::new(body, until)))),
                },
            };
            let code = refused.as_ref().map_or_else(|failure| failure.code, Status::code);
            if code == Code::Cancelled && until <= Instant::now() {
                return Err(late());
            }
            let pause = self.pause(tries);
            let has_time = Instant::now() + pause < until;
            let was_slow = began.elapsed() > QUICK;
            let is_last = tries >= self.options.tries || !replay.can_repeat() || was_slow || !has_time;
            if code != Code::Unavailable || is_last {
                return Err(refused.unwrap_or_else(Status::from));
            }
            tries += 1;
            tracing::debug!(tries, "peer is unavailable, trying again");
            tokio::time::sleep(pause).await;
        }
    }

    /// A random pause, so that all those who lost the same peer don't come back at the same moment.
    fn pause(&self, tries: u32) -> Duration {
        let longest = self.options.pause * 2_u32.saturating_pow(tries - 1);
        longest.mul_f64(rand::random_range(0.5..=1.0))
    }
}

/// What a transport says when there was no answer. A channel's own timer is lateness; all else means that the peer
/// can't be reached, whatever stands in between.
fn from_transport(error: Unreachable) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.is::<tonic::TimeoutExpired>() {
            return Failure::deadline_exceeded();
        }
        cause = error.source();
    }
    Failure::away(error)
}
