//! How the edge is put together: the only constructor of everything.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use arki_process::{Context, Readiness};
use arki_rpc::Peer;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures::future::BoxFuture;
use http::{Request, Response};
use tower::Service;

use crate::audit::Audit;
use crate::auth::Authenticator;
use crate::auth::token::Issuer;
use crate::config::Config;
use crate::contract::{Contract, Error};
use crate::docs::{Readied, Site};
use crate::export;
use crate::grpc::Grpc;
use crate::hooks;
use crate::oauth;
use crate::oidc::{Fetch, Oidc, Policy};
use crate::pages;
use crate::request_id::{self, RequestIds};
use crate::rest::Rest;
use crate::scim::Scim;
use crate::stack::{
    Answer, Authenticate, CatchPanic, Cors, Deadline, Find, LimitBody, LimitRate, Observe, Secure, Step,
    Target, Ticket, Tongue, rate,
};
use crate::webhooks;

/// The services behind the edge, each with the client stack around it.
#[derive(Clone, Debug)]
pub struct Peers {
    /// Serves `arki.directory.v1`.
    pub directory: Peer,
    /// Serves `arki.survey.v1`.
    pub survey: Peer,
    /// Serves `arki.scorecard.v1`.
    pub scorecard: Peer,
    /// Serves `arki.goal.v1`.
    pub goal: Peer,
    /// Serves `arki.communication.v1`.
    pub communication: Peer,
}

impl Peers {
    /// The peer that serves a package.
    pub(crate) fn of(&self, package: &str) -> Result<&Peer, Error> {
        match package {
            "arki.directory.v1" => Ok(&self.directory),
            "arki.survey.v1" => Ok(&self.survey),
            "arki.scorecard.v1" => Ok(&self.scorecard),
            "arki.goal.v1" => Ok(&self.goal),
            "arki.communication.v1" => Ok(&self.communication),
            _ => Err(Error::PackageUnserved(package.to_owned())),
        }
    }
}

/// The edge. Clones are the same one.
#[derive(Clone)]
pub struct Gateway {
    stack: Arc<dyn Stack>,
    ids: Arc<RequestIds>,
    config: Arc<Config>,
    readiness: Readied,
}

/// The stack without the names of its steps.
trait Stack: Send + Sync {
    fn run<'a>(&'a self, ticket: Ticket) -> BoxFuture<'a, Response<Body>>;
}

impl<S: Step> Stack for S {
    fn run<'a>(&'a self, ticket: Ticket) -> BoxFuture<'a, Response<Body>> {
        Box::pin(Step::run(self, ticket))
    }
}

impl Gateway {
    /// Puts the edge of the whole contract together.
    ///
    /// # Errors
    /// When the configuration or the contract can't be served.
    pub async fn build(config: Config, peers: Peers, context: &Context) -> anyhow::Result<Self> {
        webhooks::start(&config.webhooks, peers.directory.clone(), context)?;
        let rules = arki_rpc::server::Rules::read(arki_proto::DESCRIPTOR)?;
        let audit = Audit::new(peers.directory.clone(), Arc::clone(&context.clock), rules);
        let every = Duration::from_secs(config.audit_strangers_seconds);
        context
            .tasks
            .spawn("refused callers of the edge", audit.clone().keep_telling(every, context.tasks.stop()));
        let authenticator =
            Authenticator::new(peers.directory.clone(), Arc::clone(&context.clock), config.key_cache_entries)
                .telling(audit.clone());
        let secret = pages::session_secret(config.session_secret_file.as_deref())?;
        let policy =
            Policy { allow_loopback: config.oidc_allow_loopback, allow_private: config.oidc_allow_private };
        let refetch = chrono::TimeDelta::seconds(i64::from(config.oidc_refetch_seconds));
        let clock = Arc::clone(&context.clock);
        let oidc = Oidc::new(peers.directory.clone(), clock, Fetch::new(policy)?, refetch);
        let authenticator =
            authenticator.believing(oidc, Issuer::new(&secret), config.key_failures_per_minute);
        let hooks = hooks::router(
            peers.directory.clone(),
            authenticator.clone(),
            config.hooks.clone(),
            config.always_https,
        );
        let peers = audit.watch(export::gathered(peers));
        let state =
            pages::State::new(peers.clone(), authenticator.clone(), Arc::clone(&context.clock), &secret);
        let pages = pages::router(state.always_https(config.always_https))
            .merge(oauth::router(authenticator.clone(), config.always_https))
            .merge(hooks);
        Self::assemble(arki_proto::DESCRIPTOR, config, peers, authenticator, pages, context).await
    }

    /// Puts the edge of any contract together, with further pages.
    ///
    /// # Errors
    /// When the configuration or the contract can't be served.
    pub async fn assemble(
        descriptor: &[u8],
        config: Config,
        peers: Peers,
        authenticator: Authenticator,
        pages: Router,
        context: &Context,
    ) -> anyhow::Result<Self> {
        config.validate()?;
        let contract = Arc::new(Contract::read(descriptor)?);
        let rest = Arc::new(Rest::new(&contract, &peers)?);
        let scim = Scim::new(peers.directory.clone(), config.body_limit_bytes, config.always_https);
        let grpc = Grpc::new(&contract, peers, config.reflection).await?;
        let ids = Arc::new(RequestIds::new());
        let limits = Arc::new(rate::Limits::new(&config));
        sweep(&limits, context);

        let readiness = Readied::default();
        let site = Site::new(&contract, Arc::clone(&readiness)).router(pages);
        let stack = Answer { rest: Arc::clone(&rest), grpc, scim, site };
        let stack = LimitRate { limits, next: stack };
        let stack = Authenticate { authenticator, next: stack };
        let stack = Deadline {
            usual: Duration::from_secs(config.deadline_seconds),
            stream: Duration::from_secs(config.stream_deadline_seconds),
            next: stack,
        };
        let stack =
            LimitBody { usual: config.body_limit_bytes, import: config.import_body_limit_bytes, next: stack };
        let stack = Find { contract, rest, next: stack };
        let stack = Secure(Cors::new(&config.cors_origins, stack));
        let stack = Observe::new(Arc::clone(&ids), CatchPanic(stack));
        Ok(Self { stack: Arc::new(stack), ids, config: Arc::new(config), readiness })
    }

    /// Lets the public `/readyz` answer as `readiness` says, from now on. Until then it answers that it is ready.
    #[must_use]
    pub fn ready_when(self, readiness: Arc<dyn Readiness>) -> Self {
        // The first one stays: a process has one gate.
        let _ = self.readiness.set(readiness);
        self
    }

    /// The settings that it was built with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers one request. The network address of the caller, where it counts, is in the request's extensions as
    /// [`ConnectInfo`].
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let request_id = self.ids.of(request.headers());
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip());
        let ticket = Ticket {
            tongue: Tongue::of(&request, request_id),
            request,
            target: Target::Unknown,
            caller: None,
            body_limit: self.config.body_limit_bytes,
            too_large: Arc::new(AtomicBool::new(false)),
            from,
        };
        request_id::within(Arc::clone(&ticket.tongue.request_id), self.stack.run(ticket)).await
    }
}

/// Gives back, now and then, what the rate limits remember of callers that went away.
fn sweep(limits: &Arc<rate::Limits>, context: &Context) {
    let (limits, stop) = (Arc::downgrade(limits), context.tasks.stop());
    context.tasks.spawn("rate limit sweep", async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(rate::SWEEP) => {}
            }
            match limits.upgrade() {
                Some(limits) => limits.sweep(),
                None => return,
            }
        }
    });
}

impl Service<Request<Body>> for Gateway {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let gateway = self.clone();
        Box::pin(async move { Ok(gateway.answer(request).await) })
    }
}
