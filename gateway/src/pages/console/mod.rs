//! The console: the rooms in which leaders and teams see how it is, what it asks of them, and what has been told.
//!
//! A page answers one question, says what may not be concluded from it, and ends in what can be done. Start reading at
//! [`room`], then [`truth`]. Who may see what is decided by the services: a page asks them on behalf of its visitor.

mod ask;
mod chart;
mod csv;
mod everyday;
mod organisation;
mod place;
mod room;
mod seal;
mod session;
mod tell;
mod truth;

use axum::{
    Router,
    response::Redirect,
    routing::{get, post},
};

use self::organisation::Organisation;
pub(crate) use self::seal::{Seal, session_secret};
use super::State;

/// Every page of the console.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/console", get(|| async { Redirect::to("/console/truth") }))
        .route("/console/", get(|| async { Redirect::to("/console/truth") }))
        .route("/console/sign-in", get(session::ask).post(session::sign_in))
        .route("/console/sign-out", post(session::sign_out))
        .route("/console/truth", get(truth::show))
        .route("/console/truth/{file}", get(truth::file))
        .route("/console/everyday", get(everyday::show))
        .route("/console/everyday/coverage.csv", get(everyday::file))
        .route("/console/tell", get(tell::show))
}
