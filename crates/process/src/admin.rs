//! The port for those who operate the process: is it alive, may it be called, what does it count.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Longest time that a check of readiness may take: a probe that hangs is a failed one.
const LONGEST_CHECK: Duration = Duration::from_secs(2);

/// Whether a service can do its work now: its migrations are current and its database answers. Not whether its peers
/// are up, or one restart becomes everybody's.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// Nothing when it can, else what is missing.
    async fn ready(&self) -> Result<(), String>;
}

/// Ready when all of them are.
#[async_trait]
impl Readiness for Vec<Arc<dyn Readiness>> {
    async fn ready(&self) -> Result<(), String> {
        for one in self {
            one.ready().await?;
        }
        Ok(())
    }
}

/// Things without which the process goes on answering while something is left undone, such as the event bus: events
/// wait in the outbox as long as it is away. Operators should hear of it; callers should not be turned away for it.
/// Clones are the same ones.
#[derive(Clone, Default)]
pub struct Backing {
    parts: Arc<RwLock<BTreeMap<&'static str, Check>>>,
}

type Check = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

impl Backing {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more, by the name that `?exclude=` leaves out. The check is a look at what is known already, no waiting.
    pub fn watch(&self, name: &'static str, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.parts.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::new(check));
    }

    fn check(&self, is_excluded: impl Fn(&str) -> bool) -> Result<(), String> {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        parts.iter().filter(|(name, _)| !is_excluded(name)).try_for_each(|(_, check)| check())
    }
}

/// What stands between the process and its callers: opened when it can be called, closed when it stops.
#[derive(Clone, Default)]
pub struct Gate {
    state: Arc<RwLock<GateState>>,
}

#[derive(Clone, Default)]
enum GateState {
    #[default]
    Starting,
    Open(Arc<dyn Readiness>),
    Stopping,
}

impl Gate {
    /// A gate that isn't open yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets callers in as long as `readiness` says so. A gate that was closed stays closed.
    pub fn open(&self, readiness: Arc<dyn Readiness>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, GateState::Stopping) {
            *state = GateState::Open(readiness);
        }
    }

    /// Tells load balancers to send no more.
    pub fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = GateState::Stopping;
    }

    fn state(&self) -> GateState {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Readiness for Gate {
    async fn ready(&self) -> Result<(), String> {
        match self.state() {
            GateState::Starting => Err("starting".to_owned()),
            GateState::Stopping => Err("stopping".to_owned()),
            GateState::Open(readiness) => tokio::time::timeout(LONGEST_CHECK, readiness.ready())
                .await
                .unwrap_or_else(|_| Err("the check took too long".to_owned())),
        }
    }
}

/// The routes of the admin port.
///
/// `/readyz` tells of everything that the process needs, also of its [`Backing`]; `/readyz?exclude=bus` leaves that
/// part out. What decides whether calls are sent here asks the second way: a process whose bus is away does its work.
pub fn router(gate: Gate, backing: Backing, registry: Registry) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state((gate, backing))
        .route("/metrics", get(metrics).with_state(registry))
}

/// Serves the admin port until `stop`.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    gate: Gate,
    backing: Backing,
    registry: Registry,
    stop: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, router(gate, backing, registry))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

async fn readyz(State((gate, backing)): State<(Gate, Backing)>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let is_excluded = |name: &str| query.split('&').any(|pair| pair.strip_prefix("exclude=") == Some(name));
    match gate.ready().await.and_then(|()| backing.check(is_excluded)) {
        Ok(()) => "ok\n".into_response(),
        Err(missing) => (StatusCode::SERVICE_UNAVAILABLE, format!("{missing}\n")).into_response(),
    }
}

async fn metrics(State(registry): State<Registry>) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics can't be shown");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
