//! Signing in and out, and who is signed in.

use arki_rpc::Caller;
use axum::{
    extract::{FromRequestParts, RawForm, RawQuery, State as Extract},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::html;
use tonic::Code;

use super::{
    place::Place,
    room,
    seal::{LIFETIME, Session},
};
use crate::{
    auth::hash_of,
    pages::{State, fields::Filled, layout, words::Words},
};

const SIGN_IN: &str = "/console/sign-in";
const ROOM: &str = "/console/truth";

/// Somebody who is signed in, on the way to a page.
pub(super) struct Visitor {
    /// On whose behalf the services are asked.
    pub(super) caller: Caller,
    /// What the forms of the page carry.
    pub(super) mark: String,
    /// In which words the page is written.
    pub(super) words: Words,
    /// Where the visitor is.
    pub(super) place: Place,
    /// The path of the page.
    pub(super) path: String,
    session: Session,
}

impl FromRequestParts<State> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        let place = Place::read(parts.uri.query().unwrap_or_default());
        let words = words(&place, &parts.headers);
        let secure = state.is_https(&parts.headers);
        let Some(value) = cookie(&parts.headers, name(secure)) else {
            let comes_from_elsewhere = header_is(&parts.headers, "sec-fetch-site", "cross-site");
            if comes_from_elsewhere && parts.method == http::Method::GET {
                return Err(step_inside(&words, &parts.uri.to_string()));
            }
            return Err(to_sign_in(&place));
        };
        let Some(session) = state.seal.open(value, state.clock.now()) else { return Err(to_sign_in(&place)) };
        match state.authenticator.caller_of_hash(session.key).await {
            Ok(caller) => {
                let (mark, path) = (state.seal.mark(&session), parts.uri.path().to_owned());
                Ok(Self { caller, mark, words, place, path, session })
            }
            Err(failure) if failure.code == Code::Unauthenticated => Err(to_sign_in(&place)),
            Err(_) => Err(room::away(&words, &parts.uri.to_string())),
        }
    }
}

/// A strict cookie is not sent when a link in a mail or a chat is followed. The same address again, asked for by our
/// own page, brings it along, so that nobody who is signed in has to sign in for that.
fn step_inside(words: &Words, address: &str) -> Response {
    let title = words.text("console");
    let content = html! {
        h1 { (title) }
        p { a href=(address) { (words.text("step-inside")) } }
    };
    let mut response = layout::reply(StatusCode::OK, layout::letter(words, &title, &content));
    if let Ok(refresh) = HeaderValue::try_from(format!("0; url={address}")) {
        response.headers_mut().insert("refresh", refresh);
    }
    response
}

pub(super) async fn ask(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let place = Place::read(&query.unwrap_or_default());
    door(&words(&place, &headers), &place, None)
}

pub(super) async fn sign_in(
    Extract(state): Extract<State>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let place = Place::read(&query.unwrap_or_default());
    let words = words(&place, &headers);
    // There is no session yet whose mark the form could carry; the browser itself tells where the form stands.
    if header_is(&headers, "sec-fetch-site", "cross-site") {
        return layout::notice(&words, StatusCode::FORBIDDEN, "foreign");
    }
    let filled = Filled::read(&body);
    let key = filled.one("key");
    match state.authenticator.caller_of_key(key).await {
        Ok(_) => {
            let session = Session::new(hash_of(key), uuid::Uuid::new_v4().into_bytes(), state.clock.now());
            let response = Redirect::to(&place.address(ROOM)).into_response();
            with_cookie(
                response,
                state.is_https(&headers),
                &state.seal.close(&session),
                LIFETIME.num_seconds(),
            )
        }
        Err(failure) if failure.code == Code::Unauthenticated => {
            door(&words, &place, Some("sign-in-refused"))
        }
        Err(_) => layout::notice(&words, StatusCode::SERVICE_UNAVAILABLE, "away"),
    }
}

pub(super) async fn sign_out(
    Extract(state): Extract<State>,
    visitor: Visitor,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    if !state.seal.fits(&visitor.session, Filled::read(&body).one("mark")) {
        return layout::notice(&visitor.words, StatusCode::FORBIDDEN, "foreign");
    }
    with_cookie(to_sign_in(&visitor.place), state.is_https(&headers), "", 0)
}

/// The page that asks for a key.
fn door(words: &Words, place: &Place, problem: Option<&str>) -> Response {
    let title = words.text("sign-in-heading");
    let content = html! {
        header {
            (room::tongues(words, place, SIGN_IN))
            h1 { (title) }
            p .lead { (words.text("sign-in-lead")) }
        }
        form method="post" action=(place.address(SIGN_IN)) {
            div .card .wrong[problem.is_some()] {
                label .title for="key" { (words.text("sign-in-key")) }
                @if let Some(problem) = problem { p .problem #problem role="alert" { (words.text(problem)) } }
                input #key type="password" name="key" autocomplete="current-password" required autofocus
                    aria-describedby=(if problem.is_some() { "problem" } else { "key-hint" })
                    aria-invalid=[problem.map(|_| "true")];
                p .quiet .small #key-hint { (words.text("sign-in-hint")) }
            }
            button type="submit" { (words.text("sign-in")) }
        }
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    layout::reply(status, layout::letter(words, &title, &content))
}

fn to_sign_in(place: &Place) -> Response {
    Redirect::to(&place.address(SIGN_IN)).into_response()
}

/// The words of the language that was chosen, else of the one that the browser likes best.
pub(super) fn words(place: &Place, headers: &HeaderMap) -> Words {
    if place.language.is_empty() { Words::of_browser(headers) } else { Words::of(&place.language) }
}

/// Over https the name itself makes browsers refuse the cookie from another host or path (RFC 6265bis, 4.1.3).
fn name(secure: bool) -> &'static str {
    if secure { "__Host-arki-session" } else { "arki-session" }
}

fn with_cookie(mut response: Response, secure: bool, value: &str, seconds: i64) -> Response {
    let name = name(secure);
    let only_https = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{only_https}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

fn header_is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|own| own.as_bytes() == value.as_bytes())
}
