//! What the domain answers, as messages.

use arki_ids::{Id, Kind};
use arki_proto::scorecard::v1 as pb;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::time::{date, timestamp};

use crate::domain::emotion::{
    EmotionGap, GapState, Profile, ProfileAudience, ProfileContent, Term, TermGap, TermRole,
};
use crate::domain::metric::{
    BandMeaning, Computation, CustomerRelevance, Metric, MetricContent, MetricKind, MetricRole, Words,
};
use crate::domain::reading::{Band, Figure, MeanFigure, Provenance, Reading, RoundedClasses};
use crate::domain::stored::Stored;
use crate::service::Gap;

fn name<K: Kind>(id: Option<Id<K>>) -> String {
    id.map(|id| id.name()).unwrap_or_default()
}

fn text(words: Words) -> Option<LocalizedText> {
    Some(LocalizedText { by_language: words })
}

/// A count of people or of versions; none comes near the end of the range.
fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn percent(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

pub(super) fn metric(metric: Stored<Metric>) -> pb::Metric {
    let Stored { value, revision, create_time, update_time } = metric;
    let MetricContent {
        display_name,
        role,
        headline,
        computation,
        owner,
        customer_relevance,
        review_day,
        meanings,
    } = value.content().clone();
    let Computation { kind, question, reversed, target_profile } = computation;
    let kind = match kind {
        MetricKind::Nps => pb::MetricKind::Nps,
        MetricKind::Enps => pb::MetricKind::Enps,
        MetricKind::Csat => pb::MetricKind::Csat,
        MetricKind::Ces => pb::MetricKind::Ces,
        MetricKind::Favourable => pb::MetricKind::Favourable,
        MetricKind::EmotionFit => pb::MetricKind::EmotionFit,
    };
    let role = match role {
        MetricRole::Cause => pb::MetricRole::Cause,
        MetricRole::Consequence => pb::MetricRole::Consequence,
    };
    let meaning = |BandMeaning { from, words }| pb::BandMeaning { from, words: text(words) };
    pb::Metric {
        name: value.id().name(),
        display_name,
        kind: kind.into(),
        role: role.into(),
        headline,
        question: question.to_string(),
        reversed,
        target_profile: name(target_profile),
        owner: owner.name(),
        customer_relevance: customer_relevance.map(|CustomerRelevance { score, evidence }| {
            pb::CustomerRelevance { score: score.into(), evidence }
        }),
        review_day: Some(date(review_day)),
        meanings: meanings.into_iter().map(meaning).collect(),
        version: i32::try_from(value.version()).unwrap_or(i32::MAX),
        state: if value.is_retired() { "retired" } else { "active" }.to_owned(),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: revision.to_string(),
    }
}

pub(super) fn profile(profile: Stored<Profile>) -> pb::TargetProfile {
    let Stored { value: Profile { id, content }, revision, create_time, update_time } = profile;
    let ProfileContent { display_name, audience, question, terms } = content;
    let audience = match audience {
        ProfileAudience::Customers => pb::ProfileAudience::Customers,
        ProfileAudience::Employees => pb::ProfileAudience::Employees,
    };
    let term = |Term { key, label, role, low_percent, high_percent }| pb::TargetTerm {
        term: key,
        label: text(label),
        role: term_role(role).into(),
        low_percent,
        high_percent,
    };
    pb::TargetProfile {
        name: id.name(),
        display_name,
        audience: audience.into(),
        question: question.to_string(),
        terms: terms.into_iter().map(term).collect(),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: revision.to_string(),
    }
}

fn term_role(role: TermRole) -> pb::TermRole {
    match role {
        TermRole::Wanted => pb::TermRole::Wanted,
        TermRole::Neutral => pb::TermRole::Neutral,
        TermRole::Unwanted => pb::TermRole::Unwanted,
    }
}

pub(super) fn reading(metric: &str, reading: Reading, said: String) -> pb::Reading {
    let Reading { figure, words, provenance, is_stale_review } = reading;
    let Provenance { metric_version, wave, unit, unit_name, days, answered: _ } = provenance;
    pb::Reading {
        metric: metric.to_owned(),
        metric_version: i32::try_from(metric_version).unwrap_or(i32::MAX),
        unit: name(unit),
        unit_display_name: unit_name,
        wave: name(wave),
        shown: figure.is_some(),
        figure: figure.map(self::figure),
        words: words.unwrap_or_default(),
        review_overdue: is_stale_review,
        first_day: days.map(|days| date(days.first)),
        last_day: days.map(|days| date(days.last)),
        provenance: said,
    }
}

fn figure(figure: Figure) -> pb::Figure {
    let Figure { value, low, high, interval, unit, n, band, classes, mean, histogram } = figure;
    let band = match band {
        None => pb::FigureBand::Unspecified,
        Some(Band::AtMostTenPercent) => pb::FigureBand::AtMostTenPercent,
        Some(Band::AtLeastNinetyPercent) => pb::FigureBand::AtLeastNinetyPercent,
    };
    let classes = classes.map(|RoundedClasses { unfavourable, neutral, favourable }| pb::ClassShares {
        unfavourable_percent: percent(unfavourable),
        neutral_percent: percent(neutral),
        favourable_percent: percent(favourable),
    });
    let values = histogram.iter().flat_map(|histogram| histogram.iter());
    pb::Figure {
        value,
        low,
        high,
        interval: interval.to_string(),
        unit: unit.to_string(),
        n: count(n),
        histogram: values.map(|(value, people)| pb::ValueCount { value, count: count(people) }).collect(),
        band: band.into(),
        classes,
        mean: mean.map(|MeanFigure { mean, low, high }| pb::MeanRating { mean, low, high }),
    }
}

pub(super) fn gap(gap: Gap) -> pb::EmotionGap {
    let Gap { profile, wave, unit, gap } = gap;
    let hidden = pb::EmotionGap {
        target_profile: profile.name(),
        wave: wave.name(),
        unit: name(unit),
        ..pb::EmotionGap::default()
    };
    let Some(EmotionGap { n, terms, fit, fit_by_chance, is_distinguishable }) = gap else { return hidden };
    pb::EmotionGap {
        shown: true,
        n: count(n),
        terms: terms.into_iter().map(term_gap).collect(),
        fit,
        fit_by_chance,
        distinguishable: is_distinguishable,
        ..hidden
    }
}

fn term_gap(term: TermGap) -> pb::TermGap {
    let TermGap {
        key,
        label,
        role,
        low_percent,
        high_percent,
        percent,
        interval_low,
        interval_high,
        gap,
        state,
    } = term;
    let state = match state {
        GapState::OnTarget => pb::GapState::OnTarget,
        GapState::Below => pb::GapState::Below,
        GapState::Above => pb::GapState::Above,
        GapState::Unclear => pb::GapState::Unclear,
    };
    pb::TermGap {
        term: key,
        label,
        role: term_role(role).into(),
        low_percent,
        high_percent,
        percent,
        interval_low,
        interval_high,
        gap,
        state: state.into(),
    }
}
