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
    extract::RawQuery,
    response::Redirect,
    routing::{get, post},
};

pub(crate) use self::seal::{Seal, session_secret};
use self::{organisation::Organisation, place::Place, room::Room};
use super::State;

/// Whoever just comes in is shown how it is.
async fn enter(RawQuery(query): RawQuery) -> Redirect {
    Redirect::to(&Place::read(&query.unwrap_or_default()).address(Room::Truth.path()))
}

/// Every page of the console.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/console", get(enter))
        .route("/console/", get(enter))
        .route("/console/sign-in", get(session::ask).post(session::sign_in))
        .route("/console/sign-out", post(session::sign_out))
        .route("/console/truth", get(truth::show))
        .route("/console/truth/{file}", get(truth::file))
        .route("/console/everyday", get(everyday::show))
        .route("/console/everyday/coverage.csv", get(everyday::file))
        .route("/console/tell", get(tell::show))
}
