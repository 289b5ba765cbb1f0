//! The web pages: what respondents, readers of messages and leaders see.
//!
//! Server-rendered, working without scripts, in the reader's language, with no third party. The pages know no rule of
//! the domain: they call the same RPCs as everyone else. Start reading at [`layout`], then [`respond`].

mod assets;
mod console;
mod fields;
mod layout;
mod message;
mod preferences;
mod respond;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use console::session_secret;

use std::sync::Arc;

use arki_process::Clock;
use axum::{
    Router,
    http::HeaderMap,
    routing::{get, post},
};

use crate::{auth::Authenticator, wiring::Peers};

/// What the pages need.
#[derive(Clone)]
pub(crate) struct State {
    /// The services.
    pub(crate) peers: Peers,
    /// Turns keys into callers, for signing in.
    pub(crate) authenticator: Authenticator,
    /// Seals sessions.
    pub(crate) seal: Arc<console::Seal>,
    /// What time it is.
    pub(crate) clock: Arc<dyn Clock>,
    always_https: bool,
}

impl State {
    /// The pages over these services.
    pub(crate) fn new(
        peers: Peers,
        authenticator: Authenticator,
        clock: Arc<dyn Clock>,
        secret: &[u8],
    ) -> Self {
        Self { peers, authenticator, seal: Arc::new(console::Seal::new(secret)), clock, always_https: false }
    }

    /// Whether browsers come by https, whatever the proxy says.
    #[must_use]
    pub(crate) fn always_https(self, always_https: bool) -> Self {
        Self { always_https, ..self }
    }

    /// Whether the browser of this request came by https. The header can be invented, by which a stranger spoils
    /// nothing but the own cookie.
    fn is_https(&self, headers: &HeaderMap) -> bool {
        let proxy =
            headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.always_https || proxy.split(',').next().is_some_and(|first| first.trim() == "https")
    }
}

/// Every page.
pub(crate) fn router(state: State) -> Router {
    Router::new()
        .route("/s/{token}", get(respond::show).post(respond::submit))
        .route("/m/{token}", get(message::show))
        .route("/m/{token}/answer", post(message::answer))
        .route("/u/{token}", get(preferences::show).post(preferences::choose))
        .merge(console::router())
        .with_state(state)
        .merge(assets::router())
}
