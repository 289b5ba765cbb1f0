//! The frame of every room, and the pages that say why a room is empty or shut.

use arki_rpc::Failure;
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use tonic::{Code, Status};

use super::{Organisation, place::Place, session::Visitor};
use crate::pages::{assets::CONSOLE_STYLE_ADDRESS, layout, words::LANGUAGES, words::Words};

/// A room of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// How it is.
    Truth,
    /// What it means in everyday work.
    Everyday,
    /// What has been told.
    Tell,
}

impl Room {
    const ALL: [Self; 3] = [Self::Truth, Self::Everyday, Self::Tell];

    /// Its path.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Truth => "/console/truth",
            Self::Everyday => "/console/everyday",
            Self::Tell => "/console/tell",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Truth => "room-truth",
            Self::Everyday => "room-everyday",
            Self::Tell => "room-tell",
        }
    }
}

/// A page of a room.
pub(super) fn page(
    visitor: &Visitor,
    organisation: &Organisation,
    room: Room,
    heading: &str,
    content: &Markup,
) -> Response {
    shown(visitor, organisation, room, StatusCode::OK, heading, content)
}

fn shown(
    visitor: &Visitor,
    organisation: &Organisation,
    room: Room,
    status: StatusCode,
    heading: &str,
    content: &Markup,
) -> Response {
    let words = &visitor.words;
    let body = html! {
        header .top {
            div .line {
                a .organisation href=(visitor.place.at("").address(Room::Truth.path())) {
                    @if organisation.name.is_empty() { (words.text("console")) } @else { (organisation.name) }
                }
                (tongues(words, &visitor.place, room.path()))
            }
            div .line {
                nav .rooms aria-label=(words.text("rooms")) {
                    ul {
                        @for other in Room::ALL {
                            li {
                                a href=(visitor.place.address(other.path()))
                                    aria-current=[(other == room).then_some("page")] { (words.text(other.key())) }
                            }
                        }
                    }
                }
                form method="post" action=(visitor.place.address("/console/sign-out")) {
                    input type="hidden" name="mark" value=(visitor.mark);
                    button .plain type="submit" { (words.text("sign-out")) }
                }
            }
        }
        @if !organisation.is_flat() { (whereabouts(visitor, organisation, room)) }
        main #content .room tabindex="-1" {
            h1 { (heading) }
            (content)
        }
    };
    let title = if organisation.name.is_empty() {
        heading.to_owned()
    } else {
        format!("{heading} – {}", organisation.name)
    };
    layout::reply(status, layout::frame(words, &title, &layout::sheet(&CONSOLE_STYLE_ADDRESS), &body))
}

/// The unit as a path, and the tree to choose another one from.
fn whereabouts(visitor: &Visitor, organisation: &Organisation, room: Room) -> Markup {
    let (words, place) = (&visitor.words, &visitor.place);
    let here = place.unit_name();
    let path = organisation.path(&here);
    html! {
        nav .where aria-label=(words.text("units")) {
            ol .path {
                li {
                    a href=(place.at("").address(room.path())) aria-current=[here.is_empty().then_some("true")] {
                        (words.text("whole"))
                    }
                }
                @for unit in path {
                    li {
                        a href=(place.at(&unit.name).address(room.path()))
                            aria-current=[(unit.name == here).then_some("true")] { (unit.display_name) }
                    }
                }
            }
            details .tree {
                summary { (words.text("choose-unit")) }
                (branch(place, organisation, room, "", 0))
            }
        }
    }
}

/// Trees of organisations are some ten levels deep at most; a circle must not write for ever.
const DEEPEST: usize = 30;

fn branch(place: &Place, organisation: &Organisation, room: Room, above: &str, depth: usize) -> Markup {
    let mut units = organisation.below(above).peekable();
    html! {
        @if units.peek().is_some() && depth < DEEPEST {
            ul {
                @for unit in units {
                    li {
                        a href=(place.at(&unit.name).address(room.path())) { (unit.display_name) }
                        (branch(place, organisation, room, &unit.name, depth + 1))
                    }
                }
            }
        }
    }
}

/// The languages to choose from.
pub(super) fn tongues(words: &Words, place: &Place, path: &str) -> Markup {
    html! {
        nav aria-label=(words.text("languages")) {
            ul .tongues {
                @for language in LANGUAGES {
                    li {
                        a href=(place.speaking(language).address(path)) hreflang=(language) lang=(language)
                            aria-current=[(language == words.language()).then_some("true")] {
                            (language.to_uppercase())
                            // What is said begins with what is seen, so that a spoken command finds the link.
                            span .hidden { " " (words.text(&format!("language-{language}"))) }
                        }
                    }
                }
            }
        }
    }
}

/// Where there is nothing to show yet: why, and how something gets there.
pub(super) fn empty(words: &Words, key: &str) -> Markup {
    html! {
        div .empty {
            p .lead { (words.text(&format!("{key}-empty"))) }
            p .quiet { (words.text(&format!("{key}-empty-how"))) }
        }
    }
}

/// What a visitor sees when a service refused.
pub(super) fn refused(visitor: &Visitor, room: Room, status: &Status) -> Response {
    match status.code() {
        Code::PermissionDenied => {
            let failure = Failure::from_status(status);
            let scope = failure.metadata.get("scope").map_or("", String::as_str);
            forbidden(visitor, room, scope)
        }
        Code::NotFound | Code::InvalidArgument => lost(visitor, &Organisation::default(), room),
        code => {
            tracing::warn!(%code, message = status.message(), "a page of the console can't be written");
            away(&visitor.words, &visitor.place.address(&visitor.path))
        }
    }
}

/// The key lacks the scope.
pub(super) fn forbidden(visitor: &Visitor, room: Room, scope: &str) -> Response {
    let words = &visitor.words;
    let content = html! {
        p .lead { (words.text("forbidden-text")) }
        @if !scope.is_empty() {
            p { (words.text("forbidden-scope")) " " code { (scope) } }
        }
        p .quiet { (words.text("forbidden-how")) }
    };
    let heading = words.text("forbidden-heading");
    shown(visitor, &Organisation::default(), room, StatusCode::FORBIDDEN, &heading, &content)
}

/// There is no such unit or thing.
pub(super) fn lost(visitor: &Visitor, organisation: &Organisation, room: Room) -> Response {
    let words = &visitor.words;
    let content = html! {
        p .lead { (words.text("lost-text")) }
        p { a href=(visitor.place.at("").address(room.path())) { (words.text("lost-back")) } }
    };
    shown(visitor, organisation, room, StatusCode::NOT_FOUND, &words.text("lost-heading"), &content)
}

/// The services are away; the same address may answer in a moment.
pub(super) fn away(words: &Words, address: &str) -> Response {
    let heading = words.text("away-heading");
    let content = html! {
        h1 { (heading) }
        p .lead { (words.text("console-away-text")) }
        p { a .act href=(address) { (words.text("try-again")) } }
    };
    layout::reply(StatusCode::SERVICE_UNAVAILABLE, layout::letter(words, &heading, &content))
}
