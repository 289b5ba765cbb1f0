//! A number that never travels alone: what it means in everyday words first, then itself with its interval.

use arki_proto::scorecard::v1 as pb;
use maud::{Markup, html};

use super::{
    super::{chart, session::Visitor},
    measured::{self, Measured},
};

/// The tile of a metric.
pub(super) fn tile(visitor: &Visitor, measured: &Measured) -> Markup {
    let words = &visitor.words;
    let Measured { metric, whole, .. } = measured;
    let shown = whole.as_ref().and_then(|reading| Some((reading, measured::figure(reading)?)));
    html! {
        article .tile {
            @if let Some((reading, figure)) = shown {
                @let (said, interval) = (measured::said(words, figure), measured::interval(words, figure));
                @if reading.words.is_empty() {
                    h4 .plain-name { (metric.display_name) }
                } @else {
                    h4 .words { (reading.words) }
                }
                p .number {
                    strong { (said) }
                    @if figure.unit == "points" { " " span .measure { (words.text("points")) } }
                    @if !interval.is_empty() { " " span .measure .small { (interval) } }
                }
                (chart::strip(words, measured::scale(metric), &measured::marks(figure), &metric.display_name, &format!("{said}, {interval}")))
                @if !reading.words.is_empty() { p .small { (metric.display_name) } }
                (chips(visitor, reading, Some(figure)))
                (background(visitor, metric, reading, figure))
            } @else if let Some(reading) = whole {
                h4 .plain-name { (metric.display_name) }
                p .unshown { (words.text("not-shown")) }
                (chips(visitor, reading, None))
            } @else {
                h4 .plain-name { (metric.display_name) }
                p .quiet { (words.text("not-asked")) }
            }
        }
    }
}

fn chips(visitor: &Visitor, reading: &pb::Reading, figure: Option<&pb::Figure>) -> Markup {
    let words = &visitor.words;
    html! {
        ul .chips {
            @if let Some(figure) = figure {
                li { (measured::answered(words, figure.n)) }
                @if let Some(days) = measured::days(words, reading) { li { (words.with("days", [("days", days.into())])) } }
            }
            @if reading.review_overdue { li .overdue { (words.text("review-overdue")) } }
        }
    }
}

/// What an expert asks next, out of the way of everybody else.
fn background(visitor: &Visitor, metric: &pb::Metric, reading: &pb::Reading, figure: &pb::Figure) -> Markup {
    let words = &visitor.words;
    let evidence = metric.customer_relevance.as_ref().map(|relevance| relevance.evidence.as_str());
    html! {
        details .background {
            summary { (words.text("background")) }
            @if reading.words.is_empty() { p { (words.text("no-words")) } }
            @if let Some(evidence) = evidence { p { strong { (words.text("why-it-matters")) } " " (evidence) } }
            @if !reading.provenance.is_empty() { p { (reading.provenance) } }
            p {
                (words.text(match metric.role() {
                    pb::MetricRole::Cause => "role-cause",
                    pb::MetricRole::Consequence | pb::MetricRole::Unspecified => "role-consequence",
                }))
                @if !figure.interval.is_empty() && !measured::is_band(figure) {
                    " " (words.with("method", [("method", figure.interval.clone().into())]))
                }
            }
        }
    }
}
