//! The page of a message: what it says, why, what stays, where to get help; under it one question.

use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::communication_service_client::CommunicationServiceClient;
use axum::{
    extract::{Path, Query, RawForm, State as Extract},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use tonic::{Code, Status};

use super::{State, fields::Filled, layout, words::Words};

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    lang: String,
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let request = pb::GetMessagePageRequest { token: token.clone(), language: wanted.lang };
    let reply =
        CommunicationServiceClient::new(state.peers.communication.clone()).get_message_page(request).await;
    let page = reply
        .and_then(|reply| reply.into_inner().page.ok_or_else(|| Status::internal("no page in the reply")));
    match page {
        Ok(page) => {
            let words = Words::of(&page.language);
            layout::reply(
                StatusCode::OK,
                layout::letter(&words, &page.subject, &content(&words, &token, &page)),
            )
        }
        Err(status) => layout::refused(&Words::of_browser(&headers), &status),
    }
}

pub(super) async fn answer(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let filled = Filled::read(&body);
    let back = Redirect::to(&format!("/m/{token}?lang={}", percent(filled.one("language"))));
    let option = filled.one("option").to_owned();
    if option.is_empty() {
        return back.into_response();
    }
    let request = pb::AnswerComprehensionRequest { token, option, request_id: String::new() };
    let mut communication = CommunicationServiceClient::new(state.peers.communication.clone());
    match communication.answer_comprehension(request).await {
        Ok(_) => back.into_response(),
        // Whoever answered before sees that they did.
        Err(status) if matches!(status.code(), Code::AlreadyExists | Code::FailedPrecondition) => {
            back.into_response()
        }
        Err(status) => layout::refused(&Words::of_browser(&headers), &status),
    }
}

/// A language tag is letters, digits and hyphens; anything else is left out.
fn percent(language: &str) -> String {
    language.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// A paragraph without the address of this very page, by which the mail brought the reader here, and without the words
/// that lead to it; nothing where it says nothing else.
fn without_way_here<'a>(paragraph: &'a str, token: &str) -> Option<&'a str> {
    let paragraph = paragraph.trim();
    let said = match paragraph.strip_suffix(&format!("/m/{token}")) {
        Some(before) => {
            let words = before.rfind(char::is_whitespace).map_or("", |end| before[..end].trim_end());
            words.rfind(['.', '!', '?']).map_or("", |end| &words[..=end])
        }
        None => paragraph,
    };
    (!said.is_empty()).then_some(said)
}

fn content(words: &Words, token: &str, page: &pb::MessagePage) -> Markup {
    let asides = [
        ("message-why", &page.why),
        ("message-stays", &page.what_stays),
        ("message-help", &page.where_to_get_help),
    ];
    html! {
        header {
            (layout::tongues(words, &page.languages, &page.language))
            h1 { (page.subject) }
        }
        div .prose {
            @for paragraph in page.body.split("\n\n").filter_map(|paragraph| without_way_here(paragraph, token)) {
                p { (paragraph) }
            }
            @for (heading, text) in asides {
                @if !text.is_empty() {
                    section .aside { h2 { (words.text(heading)) } p { (text) } }
                }
            }
        }
        @if page.answered {
            p .lead role="status" { (words.text("message-thanks")) }
        } @else if !page.question.is_empty() {
            form method="post" action={ "/m/" (token) "/answer" } {
                input type="hidden" name="language" value=(page.language);
                fieldset .card {
                    legend { span .count { (words.text("choose-one")) } span .title { (page.question) } }
                    div .picks {
                        @for option in &page.options {
                            label .pick {
                                input type="radio" name="option" value=(option.key) required;
                                span { (option.label) }
                            }
                        }
                    }
                }
                button type="submit" { (words.text("message-answer")) }
            }
        }
        @if page.has_preferences {
            p .quiet {
                a href={ "/u/" (token) "?lang=" (page.language) } { (words.text("message-preferences")) }
            }
        }
    }
}
