//! The port for those who operate the process: is it alive, may it be called, what does it count.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
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
pub fn router(gate: Gate, registry: Registry) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state(gate)
        .route("/metrics", get(metrics).with_state(registry))
}

/// Serves the admin port until `stop`.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    gate: Gate,
    registry: Registry,
    stop: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, router(gate, registry)).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn readyz(State(gate): State<Gate>) -> Response {
    match gate.ready().await {
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
