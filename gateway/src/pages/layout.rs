//! The frame that every page has, and the pages that say why there is nothing else to see.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};
use tonic::{Code, Status};

use super::{
    assets::{ICON_ADDRESS, STYLE_ADDRESS, TURNS_ADDRESS},
    words::Words,
};

/// Pages load nothing from elsewhere, run no script, and are framed by nobody.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same for the one page that runs a script: a file of ours, none that stands in the page.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page for a reader: its head, and the content in one column.
pub(super) fn letter(words: &Words, title: &str, content: &Markup) -> Markup {
    frame(words, title, &html! {}, &column(content))
}

/// A letter whose questions come one at a time where the screen is narrow.
pub(super) fn letter_in_turns(words: &Words, title: &str, content: &Markup) -> Markup {
    frame(words, title, &html! { script src=(*TURNS_ADDRESS) {} }, &column(content))
}

fn column(content: &Markup) -> Markup {
    html! { main #content .letter tabindex="-1" { (content) } }
}

/// A further stylesheet for the head of a page.
pub(super) fn sheet(address: &str) -> Markup {
    html! { link rel="stylesheet" href=(address); }
}

/// The frame around any body, with what its head holds further.
pub(super) fn frame(words: &Words, title: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="stylesheet" href=(*STYLE_ADDRESS);
                link rel="icon" type="image/svg+xml" href=(*ICON_ADDRESS);
                (head)
            }
            body {
                a .skip href="#content" { (words.text("skip-to-content")) }
                (body)
            }
        }
    }
}

/// A page as a reply. It is kept nowhere and tells nobody where the reader came from, since its address is a secret.
pub(super) fn reply(status: StatusCode, page: Markup) -> Response {
    let mut response = (status, page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A page that runs the script of ours.
pub(super) fn reply_with_script(status: StatusCode, page: Markup) -> Response {
    let mut response = reply(status, page);
    let policy = HeaderValue::from_static(POLICY_WITH_SCRIPT);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// A heading and a sentence, where there is nothing else to do.
pub(super) fn notice(words: &Words, status: StatusCode, key: &str) -> Response {
    let heading = words.text(&format!("{key}-heading"));
    let content = html! {
        h1 { (heading) }
        p .lead { (words.text(&format!("{key}-text"))) }
    };
    reply(status, letter(words, &heading, &content))
}

/// What a reader sees when a call was refused: the link is no good, or we are away.
pub(super) fn refused(words: &Words, status: &Status) -> Response {
    match status.code() {
        Code::NotFound | Code::InvalidArgument => notice(words, StatusCode::NOT_FOUND, "gone"),
        Code::ResourceExhausted => notice(words, StatusCode::TOO_MANY_REQUESTS, "away"),
        _ => notice(words, StatusCode::SERVICE_UNAVAILABLE, "away"),
    }
}

/// The languages to choose from, where there are several.
pub(super) fn tongues(words: &Words, languages: &[String], current: &str) -> Markup {
    html! {
        @if languages.len() > 1 {
            nav aria-label=(words.text("languages")) {
                ul .tongues {
                    @for language in languages {
                        li {
                            a href={ "?lang=" (language) } hreflang=(language) lang=(language)
                                aria-current=[(language == current).then_some("true")] { (language.to_uppercase()) }
                        }
                    }
                }
            }
        }
    }
}
