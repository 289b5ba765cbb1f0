//! The page on which a recipient chooses what to get, and the one click that mail programs offer (RFC 8058).
//!
//! Reading the page changes nothing: scanners of mail open every link. Only a POST does, without a cookie, and it is
//! answered as it is, without a redirect, which programs would not follow.

use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::preference_service_client::PreferenceServiceClient;
use arki_proto::r#type::v1::ContactPurpose;
use axum::{
    body::Bytes,
    extract::{Path, Query, State as Extract},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{State, fields::Filled, layout, words::LANGUAGES, words::Words};

/// The field that a mail program sends, and its value.
const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    lang: String,
}

/// What was chosen just now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chosen {
    Nothing,
    Less,
    More,
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let request = pb::GetPreferencesRequest { token: token.clone() };
    match PreferenceServiceClient::new(state.peers.communication.clone()).get_preferences(request).await {
        Ok(reply) => {
            let pb::GetPreferencesResponse { preferences, language } = reply.into_inner();
            page(&words(&wanted.lang, &language), &token, &preferences, Chosen::Nothing)
        }
        Err(status) => layout::refused(&Words::of_browser(&headers), &status),
    }
}

pub(super) async fn choose(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_multipart = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data"));
    let filled = if is_multipart { Filled::default() } else { Filled::read(&body) };
    let mut service = PreferenceServiceClient::new(state.peers.communication.clone());
    let one_click = if is_multipart { has_part(&body) } else { filled.one(ONE_CLICK.0) == ONE_CLICK.1 };
    let (purpose, is_subscribed) = if one_click {
        (Some(ContactPurpose::Communication), false)
    } else {
        (purpose_of(filled.one("purpose")), filled.one("choice") == "more")
    };
    let Some(purpose) = purpose else {
        return layout::notice(&Words::of_browser(&headers), StatusCode::BAD_REQUEST, "gone");
    };
    let request =
        pb::UpdatePreferenceRequest { token: token.clone(), purpose: purpose.into(), is_subscribed };
    match service.update_preference(request).await {
        Ok(reply) => {
            let pb::UpdatePreferenceResponse { preferences, language } = reply.into_inner();
            let chosen = if is_subscribed { Chosen::More } else { Chosen::Less };
            page(&words(filled.one("language"), &language), &token, &preferences, chosen)
        }
        Err(status) => layout::refused(&Words::of_browser(&headers), &status),
    }
}

/// Whether a multipart body is the one click: a program that sends one sends this part alone (RFC 8058, section 3.2).
fn has_part(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    text.split_once(&format!("name=\"{}\"", ONE_CLICK.0)).is_some_and(|(_, rest)| {
        let value = rest.split_once("\r\n\r\n").map(|(_, value)| value);
        value.is_some_and(|value| value.split("\r\n").next() == Some(ONE_CLICK.1))
    })
}

/// The words of the language that was wished for, else of the recipient's own.
fn words(wished: &str, own: &str) -> Words {
    Words::of(if wished.is_empty() { own } else { wished })
}

fn purpose_of(word: &str) -> Option<ContactPurpose> {
    match word {
        "survey" => Some(ContactPurpose::Survey),
        "communication" => Some(ContactPurpose::Communication),
        "story" => Some(ContactPurpose::Story),
        _ => None,
    }
}

/// The word of a purpose in the form and in the keys of the words.
fn word_of(purpose: ContactPurpose) -> Option<&'static str> {
    match purpose {
        ContactPurpose::Survey => Some("survey"),
        ContactPurpose::Communication => Some("communication"),
        ContactPurpose::Story => Some("story"),
        ContactPurpose::Unspecified => None,
    }
}

fn page(words: &Words, token: &str, preferences: &[pb::Preference], chosen: Chosen) -> Response {
    let title = words.text("preferences-heading");
    let content = content(words, token, preferences, chosen);
    layout::reply(StatusCode::OK, layout::letter(words, &title, &content))
}

fn content(words: &Words, token: &str, preferences: &[pb::Preference], chosen: Chosen) -> Markup {
    let known = preferences.iter().filter_map(|one| Some((word_of(one.purpose())?, one.is_subscribed)));
    let languages = LANGUAGES.map(str::to_owned);
    html! {
        header {
            (layout::tongues(words, &languages, words.language()))
            h1 { (words.text("preferences-heading")) }
        }
        @match chosen {
            Chosen::Nothing => p .lead { (words.text("preferences-lead")) },
            Chosen::Less => p .lead role="status" { (words.text("preferences-less-done")) },
            Chosen::More => p .lead role="status" { (words.text("preferences-more-done")) },
        }
        @for (purpose, is_subscribed) in known {
            section .aside {
                h2 { (words.text(&format!("preferences-{purpose}"))) }
                p {
                    (words.text(if is_subscribed { "preferences-gets" } else { "preferences-gets-not" }))
                }
                form method="post" action={ "/u/" (token) } {
                    input type="hidden" name="language" value=(words.language());
                    input type="hidden" name="purpose" value=(purpose);
                    @if is_subscribed {
                        button type="submit" name="choice" value="less" { (words.text("preferences-less")) }
                    } @else {
                        button type="submit" name="choice" value="more" { (words.text("preferences-more")) }
                    }
                }
            }
        }
    }
}
