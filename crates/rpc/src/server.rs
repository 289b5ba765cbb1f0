//! Being called: what a call passes before it reaches its handler, over TCP and in one process alike.
//!
//! tonic's own server would do some of this for calls over TCP only; a call inside the process skips that server. So
//! all of it stands here, in one service around the routes, before the split into TCP and in-process. In order:
//!
//! 1. **observe**: continues the caller's trace, opens the span `goal.UpdateGoal`, and counts and times the call until
//!    the last byte of its answer. First, so that a refusal of any later step is seen too.
//! 2. **catch panics**: a bug in one handler is one `INTERNAL` answer, never a lost connection with other calls on it.
//! 3. **identify**: the caller is the one that a client in this process passed along, or the one whose assertion is
//!    signed. Before any rule can ask about it.
//! 4. **rule**: the caller holds the scope that the contract declares for the method, and reaches what it answers. A method that the contract
//!    doesn't know is refused here, so nothing can be served by accident without a rule.
//! 5. **limit**: no more than so many calls at once; one more is refused at once with a time to retry, because a queue
//!    that nobody bounds only turns overload into timeouts. After the rule, so that strangers take no place.
//! 6. **deadline**: the handler has the caller's time, no more; its own calls inherit what is left.
//!
//! Health and reflection pass only the first two: they must answer strangers, and when the service is full.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service;
use tracing::Instrument;

use crate::{AssertionKey, Caller, Failure, Peer, Unreachable, assertion, deadline, failure, method};

mod observe;
mod rules;
mod unread;

pub use rules::{Decision, Error, Rows, Rule, Rules};
pub use unread::unread_message;

/// Upper bounds of a histogram of seconds. The SDK's own are meant for milliseconds.
pub const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How a service wants to be called.
#[derive(Clone, Debug)]
pub struct Options {
    /// The encoded `FileDescriptorSet` of the contract, with its options.
    pub descriptor: &'static [u8],
    /// Verifies who calls from another process.
    pub assertion: AssertionKey,
    /// The time a call has when its caller gives none. Default 30 s.
    pub deadline: Duration,
    /// The most time that a caller can give. Default 5 min.
    pub longest_deadline: Duration,
    /// Most calls at once. Default 1,024.
    pub concurrency: usize,
}

impl Options {
    /// The defaults for a contract.
    pub fn new(descriptor: &'static [u8], assertion: AssertionKey) -> Self {
        Self {
            descriptor,
            assertion,
            deadline: Duration::from_secs(30),
            longest_deadline: Duration::from_secs(300),
            concurrency: 1024,
        }
    }
}

/// Puts the stack around a service. What comes out is called in this process, or served over TCP behind
/// [`from_wire`].
///
/// # Errors
/// When the descriptor can't be read, or a method of the contract has no rule.
pub fn stack(routes: Routes, options: Options) -> Result<Peer, Error> {
    let Options { descriptor, assertion, deadline, longest_deadline, concurrency } = options;
    let inner = Arc::new(Inner {
        rules: Rules::read(descriptor)?,
        assertion,
        deadline,
        longest_deadline,
        places: Arc::new(Semaphore::new(concurrency)),
        meter: observe::Meter::new(),
    });
    Ok(Peer::new(Stack { routes: routes.prepare(), inner }))
}

/// Takes off a request what only this process may put on it. Every request that came over a socket goes through here.
pub fn from_wire<B>(request: &mut Request<B>) {
    request.extensions_mut().remove::<Caller>();
}

#[derive(Clone)]
struct Stack {
    routes: Routes,
    inner: Arc<Inner>,
}

struct Inner {
    rules: Rules,
    assertion: AssertionKey,
    deadline: Duration,
    longest_deadline: Duration,
    places: Arc<Semaphore>,
    meter: observe::Meter,
}

impl Service<Request<Body>> for Stack {
    type Response = Response<Body>;
    type Error = Unreachable;
    type Future = BoxFuture<'static, Result<Response<Body>, Unreachable>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unreachable>> {
        // Routes are always ready, and a full service refuses instead of holding back its caller.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { routes, inner } = self.clone();
        async move { Ok(inner.answer(routes, request).await) }.boxed()
    }
}

impl Inner {
    async fn answer(&self, routes: Routes, request: Request<Body>) -> Response<Body> {
        let known = self.rules.find(request.uri().path());
        let call = self.meter.start(known.map(|(path, _)| path), request.headers());
        let span = call.span().clone();
        let answered = AssertUnwindSafe(self.admit(routes, request, known.map(|(_, decision)| decision)))
            .catch_unwind()
            .instrument(span)
            .await;
        let response = answered.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        call.watch(response.unwrap_or_else(refusal))
    }

    async fn admit(
        &self,
        mut routes: Routes,
        mut request: Request<Body>,
        decision: Option<&Decision>,
    ) -> Result<Response<Body>, Failure> {
        let path = request.uri().path();
        if method::is_plumbing(path) {
            let Ok(response) = routes.call(request).await;
            return Ok(response);
        }
        let Some(decision) = decision else {
            let unknown = Failure::no_such_method(path);
            return Err(unknown);
        };
        let caller = self.identify(&request)?;
        if let Rule::Scope(scope) = &decision.rule {
            let caller = caller.as_ref().ok_or_else(|| Failure::no_caller("the call has no caller"))?;
            if !caller.allows(scope) {
                return Err(Failure::scope_missing(scope));
            }
            if !decision.is_within(&caller.reach) {
                return Err(Failure::out_of_reach());
            }
        }
        if let Some(caller) = caller {
            observe::identified(&caller);
            request.extensions_mut().insert(caller);
        }
        let place =
            self.places.clone().try_acquire_owned().map_err(|_| Failure::overloaded(failure::RETRY_AFTER))?;
        let time = deadline::read(request.headers()).unwrap_or(self.deadline).min(self.longest_deadline);
        let until = Instant::now() + time;
        let answer = deadline::within(until, routes.call(request));
        let Ok(response) =
            tokio::time::timeout_at(until, answer).await.map_err(|_| Failure::deadline_exceeded())?;
        let response = unread::in_our_words(response);
        Ok(response.map(|body| Body::new(observe::Holding::new(deadline::Limited::new(body, until), place))))
    }

    /// The caller, if the request names one. A request without any is for the rule to judge; one with an assertion
    /// that can't be believed is refused even where a caller isn't needed.
    fn identify(&self, request: &Request<Body>) -> Result<Option<Caller>, Failure> {
        if let Some(caller) = request.extensions().get::<Caller>() {
            return Ok(Some(caller.clone()));
        }
        let Some(assertion) = request.headers().get(assertion::HEADER) else { return Ok(None) };
        let assertion = assertion.to_str().map_err(|_| assertion::Error::Malformed);
        let caller = assertion.and_then(|assertion| self.assertion.verify(assertion, request.uri().path()));
        caller.map(Some).map_err(|error| Failure::no_caller(error.to_string()))
    }
}

/// A refusal is an answer like any other: trailers only, never an error of the service, which a transport would show
/// as a broken connection.
fn refusal(failure: Failure) -> Response<Body> {
    Status::from(failure).into_http()
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let said = panic.downcast_ref::<&str>().map(ToString::to_string);
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    Failure::internal(format!("a handler panicked: {}", said.as_deref().unwrap_or("it said nothing")))
}
