//! The pages as a browser gets them, over peers that answer from a table.

mod everyday;
mod kaarna;
mod kaarna_truth;
mod message;
mod peer;
mod preferences;
mod respondent;
mod session;
mod tell;
mod truth;
mod whole;

use std::sync::{Arc, Mutex};

use arki_process::Clock;
use arki_rpc::Peer;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use self::peer::Fake;
use super::State;
use crate::{auth::Authenticator, wiring::Peers};

/// A clock that stands until it is moved.
struct Standing(Mutex<DateTime<Utc>>);

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// What a browser got.
struct Got {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
}

impl Got {
    fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The value of a field of a form.
    fn field(&self, name: &str) -> String {
        let marked = format!("name=\"{name}\" value=\"");
        let (_, rest) =
            self.text.split_once(&marked).unwrap_or_else(|| panic!("no field {name}:\n{}", self.text));
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// One peer in the place of every service.
fn peers(peer: &Peer) -> Peers {
    Peers {
        directory: peer.clone(),
        survey: peer.clone(),
        scorecard: peer.clone(),
        goal: peer.clone(),
        communication: peer.clone(),
    }
}

/// The pages, and a browser with one cookie.
struct House {
    pages: Router,
    clock: Arc<Standing>,
    cookie: Mutex<String>,
}

impl House {
    fn new(fake: Fake) -> Self {
        Self::with(fake, false)
    }

    fn with(fake: Fake, always_https: bool) -> Self {
        let time = DateTime::parse_from_rfc3339("2026-11-22T10:00:00Z").unwrap().to_utc();
        let clock = Arc::new(Standing(Mutex::new(time)));
        let peer = fake.peer();
        let peers = peers(&peer);
        let authenticator = Authenticator::new(peer, clock.clone(), 10);
        let state = State::new(peers, authenticator, clock.clone(), b"a secret of this test");
        Self { pages: super::router(state.always_https(always_https)), clock, cookie: Mutex::default() }
    }

    /// The pages with somebody signed in.
    async fn signed_in(fake: Fake) -> Self {
        let house = Self::new(fake);
        let got = house.post("/console/sign-in", "key=arki_good").await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
        house
    }

    fn passes(&self, time: TimeDelta) {
        *self.clock.0.lock().unwrap() += time;
    }

    async fn get(&self, path: &str) -> Got {
        self.send(Request::get(path), "").await
    }

    async fn get_in(&self, language: &str, path: &str) -> Got {
        self.send(Request::get(path).header(header::ACCEPT_LANGUAGE, language), "").await
    }

    async fn post(&self, path: &str, form: &str) -> Got {
        self.send(Request::post(path), form).await
    }

    async fn send(&self, request: http::request::Builder, form: &str) -> Got {
        let cookie = self.cookie.lock().unwrap().clone();
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie)
            .body(Body::from(form.to_owned()))
            .unwrap();
        let response = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            pair.clone_into(&mut self.cookie.lock().unwrap());
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        Got { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}
