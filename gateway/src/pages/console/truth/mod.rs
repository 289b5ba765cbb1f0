//! Truth: how it is, and how surely that is known.

mod feelings;
mod file;
mod measured;
mod tile;
mod units;

use axum::{extract::State as Extract, response::Response};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use maud::{Markup, html};
use tonic::Status;

pub(super) use self::file::file;
use self::{
    feelings::Felt,
    measured::{Audience, Measured},
};
use super::{
    Organisation,
    ask::{AT_ONCE, Ask},
    room::{self, Room},
    session::Visitor,
};
use crate::pages::State;

pub(super) async fn show(Extract(state): Extract<State>, visitor: Visitor) -> Response {
    let page = Box::pin(write(&state, &visitor)).await;
    page.unwrap_or_else(|status| room::refused(&visitor, Room::Truth, &status))
}

async fn write(state: &State, visitor: &Visitor) -> Result<Response, Status> {
    let ask = Ask::new(state, visitor);
    let (organisation, metrics, profiles) =
        futures::try_join!(ask.organisation(), ask.metrics(), ask.profiles())?;
    let unit = visitor.place.unit_name();
    if !unit.is_empty() && !organisation.is_flat() && organisation.unit(&unit).is_none() {
        return Ok(room::lost(visitor, &organisation, Room::Truth));
    }
    let mut felt: Vec<Felt> = stream::iter(profiles.clone())
        .map(|profile| feelings::felt(ask, profile, &unit))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    felt.sort_by_key(Felt::audience);
    let mut measured: Vec<Measured> = stream::iter(metrics)
        .map(|metric| measured::measure(ask, metric, &unit, &organisation, &profiles))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    // The few at the top come first; within them each keeps the order in which it was declared.
    measured.sort_by_key(|measured| (!measured.metric.headline, measured.audience));
    let whole = if unit.is_empty() { &organisation.name } else { organisation.name_of(&unit) };
    let heading = visitor.words.text("truth-heading");
    let heading = if whole.is_empty() { heading } else { format!("{heading}: {whole}") };
    let content = content(visitor, &organisation, &measured, &felt);
    Ok(room::page(visitor, &organisation, Room::Truth, &heading, &content))
}

fn content(visitor: &Visitor, organisation: &Organisation, measured: &[Measured], felt: &[Felt]) -> Markup {
    let words = &visitor.words;
    if measured.is_empty() && felt.is_empty() {
        return room::empty(words, "truth");
    }
    let any_headline = measured.iter().any(|measured| measured.metric.headline);
    let is_top = |measured: &&Measured| measured.metric.headline || !any_headline;
    let (top, rest): (Vec<_>, Vec<_>) = measured.iter().partition(is_top);
    html! {
        (feelings::standout(words, felt))
        @if !top.is_empty() {
            section aria-labelledby="numbers" {
                h2 #numbers { (words.text("numbers-heading")) }
                (side_by_side(visitor, &top))
            }
        }
        (feelings::section(visitor, felt))
        @if top.iter().any(|measured| !measured.parts.is_empty()) {
            section aria-labelledby="units" {
                h2 #units { (words.text("units-heading")) }
                p .quiet .small { (words.text("units-how")) }
                div .pair { @for measured in &top { (units::figure(visitor, measured)) } }
            }
        }
        @if !rest.is_empty() {
            details .more {
                summary { (words.with("more-metrics", [("count", count(rest.len()).into())])) }
                (side_by_side(visitor, &rest))
            }
        }
        section .caution aria-labelledby="caution" {
            h2 #caution { (words.text("caution-heading")) }
            ul {
                @for key in ["caution-overlap", "caution-cause", "caution-level", "caution-hidden"] {
                    li { (words.text(key)) }
                }
            }
        }
        (acts(visitor, organisation))
    }
}

/// Customers on one side, staff on the other: one does not go without the other.
fn side_by_side(visitor: &Visitor, measured: &[&Measured]) -> Markup {
    let groups = [
        (Some(Audience::Customers), "audience-customers"),
        (Some(Audience::Staff), "audience-staff"),
        (None, "audience-unknown"),
    ];
    html! {
        div .pair {
            @for (audience, key) in groups {
                @let own: Vec<_> = measured.iter().filter(|measured| measured.audience == audience).collect();
                @if !own.is_empty() {
                    div .group {
                        h3 .group-name { (visitor.words.text(key)) }
                        @for measured in own { (tile::tile(visitor, measured)) }
                    }
                }
            }
        }
    }
}

/// A page that ends in nothing one can do has told its reader nothing.
fn acts(visitor: &Visitor, organisation: &Organisation) -> Markup {
    let words = &visitor.words;
    let key =
        if organisation.is_flat() || visitor.place.unit.is_empty() { "act-choose" } else { "act-goals" };
    html! {
        nav .acts aria-label=(words.text("acts")) {
            p { (words.text(key)) }
            a .act href=(visitor.place.address(Room::Everyday.path())) { (words.text("act-everyday")) }
            a .act .second href=(visitor.place.address(Room::Tell.path())) { (words.text("act-tell")) }
        }
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
