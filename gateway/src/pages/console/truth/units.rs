//! The units right below, on one scale.

use std::cmp::Ordering;

use arki_proto::scorecard::v1 as pb;
use maud::{Markup, html};

use super::{
    super::{
        chart::{self, Plot, Row},
        room::Room,
        session::Visitor,
    },
    measured::{self, Audience, Measured},
};

/// The plot of a metric; nothing where there are no units below.
pub(super) fn figure(visitor: &Visitor, measured: &Measured) -> Markup {
    let Measured { metric, audience, whole, parts } = measured;
    if parts.is_empty() {
        return html! {};
    }
    let words = &visitor.words;
    let mut parts: Vec<_> = parts.iter().collect();
    parts.sort_by(|one, other| by_value(one, other));
    let reference = whole.as_ref().and_then(measured::figure).filter(|figure| !measured::is_band(figure));
    let title = format!("{} · {}", metric.display_name, words.text(Audience::key(*audience)));
    chart::plot(
        words,
        &Plot {
            scale: measured::scale(metric),
            reference: reference.map(|figure| figure.value),
            rows: parts.iter().map(|reading| row(visitor, reading)).collect(),
            table: table(visitor, &title, &parts),
            file: file(visitor, &metric.name, "metrics/"),
            title,
        },
    )
}

/// The address of the same numbers as a file.
pub(super) fn file(visitor: &Visitor, name: &str, collection: &str) -> String {
    let id = name.strip_prefix(collection).unwrap_or(name);
    visitor.place.address(&format!("/console/truth/{id}.csv"))
}

/// The highest first; what may not be shown comes last, by name, which tells nothing about it.
fn by_value(one: &pb::Reading, other: &pb::Reading) -> Ordering {
    let value = |reading: &pb::Reading| measured::figure(reading).map(|figure| figure.value);
    match (value(one), value(other)) {
        (Some(one), Some(other)) => other.total_cmp(&one),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.unit_display_name.cmp(&other.unit_display_name),
    }
}

fn row(visitor: &Visitor, reading: &pb::Reading) -> Row {
    let words = &visitor.words;
    let figure = measured::figure(reading);
    let said = figure.map(|figure| measured::said(words, figure)).unwrap_or_default();
    let interval = figure.map(|figure| measured::interval(words, figure)).unwrap_or_default();
    Row {
        name: reading.unit_display_name.clone(),
        link: Some(visitor.place.at(&reading.unit).address(Room::Truth.path())),
        marks: figure.map(measured::marks),
        description: [said.clone(), interval].join(" "),
        value: said,
        note: String::new(),
    }
}

fn table(visitor: &Visitor, title: &str, parts: &[&pb::Reading]) -> Markup {
    let words = &visitor.words;
    html! {
        table {
            caption { (title) }
            thead {
                tr {
                    th scope="col" { (words.text("unit")) }
                    th scope="col" .figure { (words.text("number")) }
                    th scope="col" .figure { (words.text("interval-head")) }
                    th scope="col" .figure { (words.text("answered-head")) }
                }
            }
            tbody {
                @for reading in parts {
                    tr {
                        th scope="row" { (reading.unit_display_name) }
                        @if let Some(figure) = measured::figure(reading) {
                            td .figure { (measured::said(words, figure)) }
                            td .figure {
                                @if !measured::is_band(figure) {
                                    (words.number(figure.low, 0)) "…" (words.number(figure.high, 0))
                                }
                            }
                            td .figure { (words.count(figure.n)) }
                        } @else {
                            td colspan="3" { (words.text("not-shown")) }
                        }
                    }
                }
            }
        }
    }
}
