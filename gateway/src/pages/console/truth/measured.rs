//! A metric with what was measured, and how a figure is said.

use arki_proto::scorecard::v1 as pb;
use arki_proto::survey::v1::WaveAudience;
use maud::{Markup, html};
use tonic::Status;

use super::super::{
    Organisation,
    ask::Ask,
    chart::{Marks, Scale},
};
use crate::pages::words::Words;

/// Whose experience a number tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Audience {
    /// Of customers, and of those who may become some.
    Customers,
    /// Of staff.
    Staff,
}

impl Audience {
    /// Whom a wave asked.
    fn of_wave(audience: WaveAudience) -> Option<Self> {
        match audience {
            WaveAudience::Employees | WaveAudience::Candidates | WaveAudience::Leavers => Some(Self::Staff),
            WaveAudience::Customers | WaveAudience::Prospects | WaveAudience::FormerCustomers => {
                Some(Self::Customers)
            }
            WaveAudience::Unspecified => None,
        }
    }

    /// Whose feelings a profile describes.
    pub(super) fn of_profile(audience: pb::ProfileAudience) -> Option<Self> {
        match audience {
            pb::ProfileAudience::Customers => Some(Self::Customers),
            pb::ProfileAudience::Employees => Some(Self::Staff),
            pb::ProfileAudience::Unspecified => None,
        }
    }

    /// The key of its name.
    pub(super) fn key(audience: Option<Self>) -> &'static str {
        match audience {
            Some(Self::Customers) => "audience-customers",
            Some(Self::Staff) => "audience-staff",
            None => "audience-unknown",
        }
    }
}

/// A metric, the reading of the whole, and those of its parts.
pub(super) struct Measured {
    /// The metric.
    pub(super) metric: pb::Metric,
    /// Whose experience it tells of, where that is known.
    pub(super) audience: Option<Audience>,
    /// The whole that is looked at; none where it was not asked.
    pub(super) whole: Option<pb::Reading>,
    /// The units right below.
    pub(super) parts: Vec<pb::Reading>,
}

/// Reads a metric at a unit.
pub(super) async fn measure(
    ask: Ask<'_>,
    metric: pb::Metric,
    unit: &str,
    organisation: &Organisation,
    profiles: &[pb::TargetProfile],
) -> Result<Measured, Status> {
    let readings = ask.readings(&metric.name, unit).await?;
    let (whole, parts) = split(readings, unit, organisation);
    let asked = match &whole {
        Some(reading) => ask.audience(&reading.wave).await.and_then(Audience::of_wave),
        None => None,
    };
    let audience = asked.or_else(|| meant(&metric, profiles));
    Ok(Measured { metric, audience, whole, parts })
}

/// The reading of the whole, and those of its parts.
fn split(
    mut readings: Vec<pb::Reading>,
    unit: &str,
    organisation: &Organisation,
) -> (Option<pb::Reading>, Vec<pb::Reading>) {
    if readings.is_empty() {
        return (None, readings);
    }
    // Parents come before children. The whole stands before several roots only where it may be shown; otherwise the
    // first of the roots must not be taken for it.
    let root = organisation.only_root().map_or("", |root| &root.name);
    let first = &readings[0].unit;
    let is_whole = first == unit || (unit.is_empty() && (first == root || organisation.is_flat()));
    let whole = if is_whole { readings.remove(0) } else { pb::Reading::default() };
    if unit.is_empty() {
        let wanted = organisation.parts("");
        readings.retain(|reading| wanted.iter().any(|part| part.name == reading.unit));
    }
    (Some(whole), readings)
}

/// Whom a metric is meant for, by itself. Satisfaction and agreement may be asked of either.
fn meant(metric: &pb::Metric, profiles: &[pb::TargetProfile]) -> Option<Audience> {
    match metric.kind() {
        pb::MetricKind::Nps => Some(Audience::Customers),
        pb::MetricKind::Enps => Some(Audience::Staff),
        pb::MetricKind::EmotionFit => {
            let profile = profiles.iter().find(|profile| profile.name == metric.target_profile)?;
            Audience::of_profile(profile.audience())
        }
        _ => None,
    }
}

/// The figure of a reading that may be shown. There is no other way to it on these pages.
pub(super) fn figure(reading: &pb::Reading) -> Option<&pb::Figure> {
    reading.figure.as_ref().filter(|_| reading.shown)
}

/// The number as it is said: with its unit, or as the band where only that is known.
pub(super) fn said(words: &Words, figure: &pb::Figure) -> String {
    match figure.band() {
        pb::FigureBand::AtMostTenPercent => words.with("band-low", [("percent", words.percent(10.0).into())]),
        pb::FigureBand::AtLeastNinetyPercent => {
            words.with("band-high", [("percent", words.percent(90.0).into())])
        }
        pb::FigureBand::Unspecified => number(words, figure, figure.value),
    }
}

/// The interval as it is said; empty where only the band is known.
pub(super) fn interval(words: &Words, figure: &pb::Figure) -> String {
    if is_band(figure) {
        return String::new();
    }
    let (low, high) = (words.number(figure.low, 0), number(words, figure, figure.high));
    words.with("interval", [("low", low.into()), ("high", high.into())])
}

/// Whether only the band is known.
pub(super) fn is_band(figure: &pb::Figure) -> bool {
    figure.band() != pb::FigureBand::Unspecified
}

fn number(words: &Words, figure: &pb::Figure, value: f64) -> String {
    if figure.unit == "points" { words.number(value, 0) } else { words.percent(value) }
}

/// What is drawn of a figure. The number of a band is no more than a mark, so no dot pretends to know it.
pub(super) fn marks(figure: &pb::Figure) -> Marks {
    let interval = match figure.band() {
        pb::FigureBand::AtMostTenPercent => (0.0, 10.0),
        pb::FigureBand::AtLeastNinetyPercent => (90.0, 100.0),
        pb::FigureBand::Unspecified => (figure.low, figure.high),
    };
    let point = (!is_band(figure)).then_some(figure.value);
    Marks { point, interval: Some(interval), ..Marks::default() }
}

/// The scale of a metric.
pub(super) fn scale(metric: &pb::Metric) -> Scale {
    match metric.kind() {
        pb::MetricKind::Nps | pb::MetricKind::Enps => Scale::POINTS,
        _ => Scale::PERCENT,
    }
}

/// The days of the answers.
pub(super) fn days(words: &Words, reading: &pb::Reading) -> Option<String> {
    let (first, last) = (reading.first_day.as_ref()?, reading.last_day.as_ref()?);
    Some(if first == last {
        words.date(last)
    } else {
        format!("{}–{}", words.date(first), words.date(last))
    })
}

/// How many answered.
pub(super) fn answered(words: &Words, n: i64) -> Markup {
    html! { (words.with("answered", [("count", n.into()), ("shown", words.count(n).into())])) }
}

#[cfg(test)]
mod tests {
    use arki_proto::directory::v1::{GetTreeResponse, Tenant, TreeUnit};

    use super::*;

    fn organisation(units: &[(&str, &str)]) -> Organisation {
        let unit = |(name, parent): &(&str, &str)| TreeUnit {
            name: (*name).to_owned(),
            parent: (*parent).to_owned(),
            ..TreeUnit::default()
        };
        let tree = GetTreeResponse { as_of: None, units: units.iter().map(unit).collect() };
        Organisation::new(Tenant::default(), tree)
    }

    fn readings(units: &[&str]) -> Vec<pb::Reading> {
        let reading =
            |unit: &&str| pb::Reading { unit: (*unit).to_owned(), shown: true, ..pb::Reading::default() };
        units.iter().map(reading).collect()
    }

    fn units(readings: &[pb::Reading]) -> Vec<&str> {
        readings.iter().map(|reading| reading.unit.as_str()).collect()
    }

    #[test]
    fn the_whole_is_what_was_asked_for_and_never_a_root_among_several() {
        let one = organisation(&[("k", ""), ("a", "k"), ("a1", "a")]);
        let (whole, parts) = split(readings(&["k", "a", "a1"]), "", &one);
        assert_eq!((whole.unwrap().unit.as_str(), units(&parts)), ("k", vec!["a"]));
        let (whole, parts) = split(readings(&["", "k", "a", "a1"]), "", &one);
        assert_eq!((whole.unwrap().unit.as_str(), units(&parts)), ("", vec!["a"]));
        let (whole, parts) = split(readings(&["a", "a1"]), "a", &one);
        assert_eq!((whole.unwrap().unit.as_str(), units(&parts)), ("a", vec!["a1"]));

        let two = organisation(&[("k", ""), ("l", ""), ("a", "k")]);
        let (whole, parts) = split(readings(&["k", "a", "l"]), "", &two);
        assert!(!whole.unwrap().shown);
        assert_eq!(units(&parts), ["k", "l"]);
        assert_eq!(split(Vec::new(), "", &two), (None, Vec::new()));
    }

    fn figure_of(unit: &str, band: pb::FigureBand) -> pb::Figure {
        pb::Figure {
            value: 95.0,
            low: 81.5,
            high: 97.2,
            unit: unit.to_owned(),
            band: band.into(),
            ..pb::Figure::default()
        }
    }

    #[test]
    fn where_only_a_band_is_known_no_number_is_said_or_drawn() {
        let words = Words::of("en");
        let figure = figure_of("percent", pb::FigureBand::AtLeastNinetyPercent);
        assert_eq!(said(&words, &figure), "at least 90%");
        assert_eq!(interval(&words, &figure), "");
        let marks = marks(&figure);
        assert_eq!((marks.point, marks.interval), (None, Some((90.0, 100.0))));
    }

    #[test]
    fn a_number_is_said_with_its_unit_and_interval() {
        let words = Words::of("fi");
        let percent = figure_of("percent", pb::FigureBand::Unspecified);
        assert_eq!(said(&words, &percent), "95\u{a0}%");
        let points = figure_of("points", pb::FigureBand::Unspecified);
        assert_eq!(said(&words, &points), "95");
        assert!(interval(&words, &points).ends_with("97"));
    }

    #[test]
    fn what_may_not_be_shown_has_no_figure_whatever_the_reply_carries() {
        let figure_there = Some(figure_of("percent", pb::FigureBand::Unspecified));
        let reading = pb::Reading { shown: false, figure: figure_there, ..pb::Reading::default() };
        assert_eq!(figure(&reading), None);
    }
}
