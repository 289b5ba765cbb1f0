//! Tell: what was told this month, of which kinds, and whether it was understood.

mod balance;
mod calendar;
mod understood;

use arki_proto::communication::v1 as pb;
use axum::{extract::State as Extract, response::Response};
use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use maud::{Markup, html};
use tonic::Status;

use super::{
    ask::Ask,
    room::{self, Room},
    session::Visitor,
};
use crate::pages::{State, words::Words};

/// Something told or to be told, at its local time.
struct Told {
    at: NaiveDateTime,
    is_past: bool,
    occurrence: pb::Occurrence,
}

pub(super) async fn show(Extract(state): Extract<State>, visitor: Visitor) -> Response {
    let page = Box::pin(write(&state, &visitor)).await;
    page.unwrap_or_else(|status| room::refused(&visitor, Room::Tell, &status))
}

async fn write(state: &State, visitor: &Visitor) -> Result<Response, Status> {
    let ask = Ask::new(state, visitor);
    let organisation = ask.organisation().await?;
    let now = state.clock.now();
    let today = now.with_timezone(&organisation.zone).date_naive();
    let month = visitor.place.month.unwrap_or(today).with_day(1).unwrap_or(today);
    let next = month + Months::new(1);
    let occurrences = ask.occurrences(month, next, organisation.zone.name()).await?;
    let told: Vec<_> =
        occurrences.into_iter().filter_map(|own| Told::new(own, organisation.zone, now)).collect();
    let understood = understood::ask(ask, &told).await?;
    let words = &visitor.words;
    let heading = words.with("tell-heading", [("month", name(words, month).into())]);
    let content = html! {
        (steps(visitor, month))
        @if told.is_empty() {
            (room::empty(words, "tell"))
        } @else {
            (balance::section(words, &told))
            (understood::section(visitor, &organisation, &understood))
            (calendar::section(words, month, today, &told))
        }
        (acts(visitor))
    };
    Ok(room::page(visitor, &organisation, Room::Tell, &heading, &content))
}

impl Told {
    fn new(occurrence: pb::Occurrence, zone: Tz, now: DateTime<chrono::Utc>) -> Option<Self> {
        let time = occurrence.time?;
        let time = DateTime::from_timestamp(time.seconds, 0)?;
        Some(Self { at: time.with_timezone(&zone).naive_local(), is_past: time <= now, occurrence })
    }
}

/// The month in words, as in "November 2026".
fn name(words: &Words, month: NaiveDate) -> String {
    let number = words.with("month-name", [("month", month.month().into())]);
    format!("{number} {}", month.year())
}

/// The months before and after.
fn steps(visitor: &Visitor, month: NaiveDate) -> Markup {
    let words = &visitor.words;
    let step = |month: Option<NaiveDate>, key: &str, rel: &'static str| {
        html! {
            @if let Some(month) = month {
                a href=(visitor.place.during(month).address(Room::Tell.path())) rel=(rel) {
                    (words.with(key, [("month", name(words, month).into())]))
                }
            }
        }
    };
    html! {
        nav .steps aria-label=(words.text("months")) {
            (step(month.checked_sub_months(Months::new(1)), "month-before", "prev"))
            (step(month.checked_add_months(Months::new(1)), "month-after", "next"))
        }
    }
}

fn acts(visitor: &Visitor) -> Markup {
    let words = &visitor.words;
    html! {
        nav .acts aria-label=(words.text("acts")) {
            p { (words.text("act-retell")) }
            a .act href=(visitor.place.address(Room::Everyday.path())) { (words.text("act-everyday")) }
            a .act .second href=(visitor.place.address(Room::Truth.path())) { (words.text("act-truth")) }
        }
    }
}

/// The class of a kind, for its colour.
fn class(kind: pb::MessageKind) -> &'static str {
    match kind {
        pb::MessageKind::Strategy => "strategy",
        pb::MessageKind::Focus => "focus",
        pb::MessageKind::Success => "success",
        pb::MessageKind::Uncertainty => "uncertainty",
        pb::MessageKind::NextStep => "next-step",
        pb::MessageKind::Invitation => "invitation",
        pb::MessageKind::Reminder | pb::MessageKind::Unspecified => "reminder",
    }
}
