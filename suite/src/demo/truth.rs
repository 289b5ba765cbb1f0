//! Truth: the few metrics, the chosen feelings, and what the scorecard makes of the answers.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use arki_proto::{google::r#type::Date, scorecard::v1 as pb};
use chrono::{Datelike as _, Days, NaiveDate};
use serde::Deserialize;
use tonic::Code;

use super::{
    listening::{Asked, Listening},
    organisation::Organisation,
    summary,
    words::{self, Words, text},
};
use crate::{progress::Progress, remote::Server};

/// How long the events may take from the survey service to the scorecard.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct File {
    metrics: Vec<Metric>,
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Metric {
    display_name: String,
    audience: Audience,
    question: String,
    kind: Kind,
    role: Role,
    relevance: i32,
    evidence: String,
    meanings: Vec<Meaning>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Audience {
    Customers,
    Employees,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Nps,
    Enps,
    Csat,
    Ces,
    Favourable,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Cause,
    Consequence,
}

#[derive(Deserialize)]
struct Meaning {
    from: f64,
    words: Words,
}

#[derive(Deserialize)]
struct Profile {
    display_name: String,
    audience: Audience,
    terms: Vec<Term>,
}

#[derive(Deserialize)]
struct Term {
    term: String,
    role: TermRole,
    low: f64,
    high: f64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TermRole {
    Wanted,
    Neutral,
    Unwanted,
}

/// What the scorecard says.
pub(super) struct Truth {
    pub(super) readings: Vec<summary::Reading>,
    pub(super) gaps: Vec<summary::Gap>,
}

/// Declares the metrics and profiles, waits for the answers to arrive, and reads the results.
pub(super) async fn measure(
    server: &Server,
    whole: &Organisation,
    listening: &Listening,
    today: NaiveDate,
    progress: &Progress,
) -> Result<Truth> {
    let file: File = words::read("truth.toml", include_str!("../../demo/truth.toml"))?;
    let owner = whole.employee("E0001")?;
    let review = today.checked_add_days(Days::new(180)).context("a review day in half a year")?;
    let mut readings = Vec::new();
    let mut scorecard = server.scorecard();
    for metric in &file.metrics {
        let asked = asked(listening, metric.audience);
        let create = pb::CreateMetricRequest {
            metric: Some(declared(metric, asked, &owner, review)),
            request_id: String::new(),
        };
        let created = scorecard.create_metric(create).await.with_context(|| metric.display_name.clone())?;
        let name = created.into_inner().metric.context("no metric in the reply")?.name;
        for reading in arrived(server, &name, metric, asked).await? {
            readings.push(told(metric, whole, reading));
        }
    }
    progress.done(&format!("{} metrics over {} readings", file.metrics.len(), readings.len()));

    let mut gaps = Vec::new();
    for profile in &file.profiles {
        let asked = asked(listening, profile.audience);
        let create = pb::CreateTargetProfileRequest {
            target_profile: Some(profile_of(profile, asked)?),
            request_id: String::new(),
        };
        let created = scorecard.create_target_profile(create).await?;
        let target_profile = created.into_inner().target_profile.context("no profile in the reply")?.name;
        let request = pb::GetEmotionGapRequest {
            target_profile,
            wave: asked.wave.clone(),
            language: "en".to_owned(),
            ..Default::default()
        };
        let gap =
            scorecard.get_emotion_gap(request).await?.into_inner().gap.context("no gap in the reply")?;
        gaps.push(gap_told(profile, &gap));
    }
    progress.done("the gap between chosen and lived feelings is measured");
    Ok(Truth { readings, gaps })
}

fn asked(listening: &Listening, audience: Audience) -> &Asked {
    match audience {
        Audience::Customers => &listening.customers,
        Audience::Employees => &listening.employees,
    }
}

fn declared(metric: &Metric, asked: &Asked, owner: &str, review: NaiveDate) -> pb::Metric {
    let kind = match metric.kind {
        Kind::Nps => pb::MetricKind::Nps,
        Kind::Enps => pb::MetricKind::Enps,
        Kind::Csat => pb::MetricKind::Csat,
        Kind::Ces => pb::MetricKind::Ces,
        Kind::Favourable => pb::MetricKind::Favourable,
    };
    let role = match metric.role {
        Role::Cause => pb::MetricRole::Cause,
        Role::Consequence => pb::MetricRole::Consequence,
    };
    let meaning = |meaning: &Meaning| pb::BandMeaning { from: meaning.from, words: text(&meaning.words) };
    let day = |value: u32| i32::try_from(value).unwrap_or_default();
    pb::Metric {
        display_name: metric.display_name.clone(),
        kind: kind.into(),
        role: role.into(),
        headline: true,
        question: format!("{}/questions/{}", asked.questionnaire, metric.question),
        owner: owner.to_owned(),
        customer_relevance: Some(pb::CustomerRelevance {
            score: metric.relevance,
            evidence: metric.evidence.clone(),
        }),
        review_day: Some(Date { year: review.year(), month: day(review.month()), day: day(review.day()) }),
        meanings: metric.meanings.iter().map(meaning).collect(),
        ..Default::default()
    }
}

/// The readings of a metric once the answers of its wave have arrived.
async fn arrived(server: &Server, name: &str, metric: &Metric, asked: &Asked) -> Result<Vec<pb::Reading>> {
    let deadline = Instant::now() + PATIENCE;
    let wave = &asked.wave;
    // Answers travel in batches: all are there when the needed question has as many as responded.
    let expected = if metric.question == asked.needed { i64::try_from(asked.responses)? } else { 0 };
    let all_there = |readings: &[pb::Reading]| {
        readings.iter().filter_map(|reading| reading.figure.as_ref()).map(|figure| figure.n).max()
            >= Some(expected)
    };
    loop {
        let request = pb::ListReadingsRequest {
            metric: name.to_owned(),
            wave: wave.clone(),
            language: "en".to_owned(),
            page_size: 1000,
            ..Default::default()
        };
        match server.scorecard().list_readings(request).await.map(|reply| reply.into_inner().readings) {
            Ok(readings) if all_there(&readings) => return Ok(readings),
            Err(status) if status.code() != Code::NotFound => return Err(status.into()),
            _ if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(200)).await,
            _ => bail!("the answers of {wave} have not reached the scorecard after {PATIENCE:?}"),
        }
    }
}

fn told(metric: &Metric, whole: &Organisation, reading: pb::Reading) -> summary::Reading {
    summary::Reading {
        metric: metric.display_name.clone(),
        question: metric.question.clone(),
        wave: reading.wave,
        unit: whole.codes.get(&reading.unit).cloned().unwrap_or_default(),
        unit_display_name: reading.unit_display_name,
        shown: reading.shown,
        figure: reading.figure.map(|figure| summary::Figure {
            value: figure.value,
            low: figure.low,
            high: figure.high,
            n: figure.n,
            unit: figure.unit,
            interval: figure.interval,
        }),
        words: reading.words,
    }
}

fn profile_of(profile: &Profile, asked: &Asked) -> Result<pb::TargetProfile> {
    let mut terms = Vec::new();
    for term in &profile.terms {
        let label = asked.palette.iter().find(|(key, _)| *key == term.term);
        let label = label.with_context(|| format!("the palette has no {}", term.term))?;
        let role = match term.role {
            TermRole::Wanted => pb::TermRole::Wanted,
            TermRole::Neutral => pb::TermRole::Neutral,
            TermRole::Unwanted => pb::TermRole::Unwanted,
        };
        terms.push(pb::TargetTerm {
            term: term.term.clone(),
            label: text(&label.1),
            role: role.into(),
            low_percent: term.low,
            high_percent: term.high,
        });
    }
    let audience = match profile.audience {
        Audience::Customers => pb::ProfileAudience::Customers,
        Audience::Employees => pb::ProfileAudience::Employees,
    };
    Ok(pb::TargetProfile {
        display_name: profile.display_name.clone(),
        audience: audience.into(),
        question: format!("{}/questions/feelings", asked.questionnaire),
        terms,
        ..Default::default()
    })
}

fn gap_told(profile: &Profile, gap: &pb::EmotionGap) -> summary::Gap {
    summary::Gap {
        profile: profile.display_name.clone(),
        wave: gap.wave.clone(),
        n: gap.n,
        fit: gap.fit,
        fit_by_chance: gap.fit_by_chance,
        distinguishable: gap.distinguishable,
        terms: gap
            .terms
            .iter()
            .map(|term| summary::Term {
                term: term.term.clone(),
                label: term.label.clone(),
                low: term.low_percent,
                high: term.high_percent,
                percent: term.percent,
                gap: term.gap,
                state: term.state().as_str_name().trim_start_matches("GAP_STATE_").to_lowercase(),
            })
            .collect(),
    }
}
