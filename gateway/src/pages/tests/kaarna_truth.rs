//! The numbers and feelings of Kaarna.

use arki_proto::google::r#type::Date;
use arki_proto::scorecard::v1 as scorecard;
use arki_proto::survey::v1 as survey;
use tonic::Status;

use super::kaarna::{SECRET, UNITS, places};
use super::peer::Fake;

fn metric(id: u32, name: &str, kind: scorecard::MetricKind, headline: bool) -> scorecard::Metric {
    scorecard::Metric {
        name: format!("metrics/met_{id:026}"),
        display_name: name.to_owned(),
        kind: kind.into(),
        role: scorecard::MetricRole::Cause.into(),
        headline,
        state: if id == 9 { "retired" } else { "active" }.to_owned(),
        customer_relevance: Some(scorecard::CustomerRelevance {
            score: 9,
            evidence: "Kysyttiin 40 kuvitteelliselta asiakkaalta keväällä.".to_owned(),
        }),
        ..Default::default()
    }
}

pub(super) fn metrics() -> Vec<scorecard::Metric> {
    use scorecard::MetricKind::{Ces, Csat, Enps, Favourable, Nps};
    vec![
        metric(1, "Suosittelu", Nps, true),
        metric(2, "Asioinnin helppous", Ces, true),
        metric(3, "Työpaikan suosittelu", Enps, true),
        metric(4, "Tehtäväni on selvä", Favourable, true),
        metric(5, "Tyytyväisyys kohtaamiseen", Csat, false),
        metric(9, "Päättynyt mittari", Csat, true),
    ]
}

/// How the figures of each metric begin: the whole, then each part.
fn base(metric: &str) -> (f64, &'static str, &'static str) {
    match metric.chars().last() {
        Some('1') => (22.0, "points", "Suosittelijoita on vähän enemmän kuin varoittajia."),
        Some('2') => (54.0, "percent", "Asian saa hoidettua vain vaivalla."),
        Some('3') => (-12.0, "points", "Moni ei toisi ystäväänsä tänne töihin."),
        Some('4') => (92.0, "percent", "Useimmat tietävät, mitä tehdä ja mikä riittää."),
        _ => (71.0, "percent", ""),
    }
}

fn reading(metric: &str, place: usize) -> scorecard::Reading {
    let (unit, name, _) = UNITS[place];
    let (value, measure, words) = base(metric);
    let is_staff = metric.ends_with(['3', '4']);
    let shown = place != 5;
    let n = if place == 0 { 1_412 } else { 90 / i64::try_from(place).unwrap() };
    let spread = if place == 0 { 3.0 } else { 6.0 + 3.0 * f64::from(u32::try_from(place).unwrap()) };
    let shift = [0.0, -14.0, 9.0, 17.0, -3.0, 0.0, 4.0, -20.0, -8.0][place];
    let value = if shown { (value + shift).clamp(-100.0, 100.0) } else { SECRET };
    let band = if metric.ends_with('4') && place == 3 {
        scorecard::FigureBand::AtLeastNinetyPercent
    } else {
        scorecard::FigureBand::Unspecified
    };
    let figure = scorecard::Figure {
        value: value.min(if measure == "percent" { 97.0 } else { 100.0 }),
        low: value - spread,
        high: (value + spread).min(99.0),
        interval: "Wilson".to_owned(),
        unit: measure.to_owned(),
        n,
        band: band.into(),
        ..Default::default()
    };
    scorecard::Reading {
        metric: metric.to_owned(),
        metric_version: 1,
        unit: unit.to_owned(),
        unit_display_name: name.to_owned(),
        wave: if is_staff { "waves/wav_2" } else { "waves/wav_1" }.to_owned(),
        shown,
        figure: Some(figure),
        words: words.to_owned(),
        review_overdue: metric.ends_with('2'),
        first_day: Some(Date { year: 2026, month: 10, day: 1 }),
        last_day: Some(Date { year: 2026, month: 10, day: 31 }),
        provenance: format!("Aalto Syksy 2026: {n} vastausta 2 900 kutsusta."),
    }
}

fn term(
    label: (&str, &str),
    role: scorecard::TermRole,
    aim: (f64, f64),
    felt: (f64, f64, f64),
) -> scorecard::TermGap {
    let (percent, low, high) = felt;
    let state = if high < aim.0 {
        scorecard::GapState::Below
    } else if low > aim.1 {
        scorecard::GapState::Above
    } else {
        scorecard::GapState::OnTarget
    };
    let gap = if percent < aim.0 { percent - aim.0 } else { (percent - aim.1).max(0.0) };
    scorecard::TermGap {
        term: label.0.to_owned(),
        label: label.1.to_owned(),
        role: role.into(),
        low_percent: aim.0,
        high_percent: aim.1,
        percent: Some(percent),
        interval_low: Some(low),
        interval_high: Some(high),
        gap: Some(gap),
        state: state.into(),
    }
}

pub(super) fn gap(profile: &str, unit: &str) -> scorecard::EmotionGap {
    use scorecard::TermRole::{Neutral, Unwanted, Wanted};
    let terms = if profile.ends_with('1') {
        vec![
            term(("hurried", "kiireinen"), Unwanted, (0.0, 10.0), (34.0, 31.5, 36.6)),
            term(("cared_for", "välitetty"), Wanted, (35.0, 60.0), (24.0, 21.8, 26.4)),
            term(("uncertain", "epävarma"), Unwanted, (0.0, 10.0), (14.0, 12.3, 15.9)),
            term(("frustrated", "turhautunut"), Unwanted, (0.0, 8.0), (9.0, 7.6, 10.6)),
            term(("calm", "rauhallinen"), Wanted, (40.0, 60.0), (41.0, 38.4, 43.6)),
            term(("welcome", "tervetullut"), Wanted, (45.0, 70.0), (52.0, 49.4, 54.6)),
            term(("confident", "luottavainen"), Wanted, (30.0, 55.0), (39.0, 36.5, 41.6)),
            term(("indifferent", "yhdentekevä"), Neutral, (0.0, 15.0), (11.0, 9.5, 12.7)),
        ]
    } else {
        vec![
            term(("uncertain", "epävarma"), Unwanted, (0.0, 15.0), (31.0, 24.9, 37.9)),
            term(("heard", "kuultu"), Wanted, (40.0, 65.0), (29.0, 23.0, 35.8)),
            term(("exhausted", "uupunut"), Unwanted, (0.0, 10.0), (14.0, 9.8, 19.6)),
            term(("hopeful", "toiveikas"), Wanted, (35.0, 60.0), (37.0, 30.5, 44.0)),
            term(("capable", "osaava"), Wanted, (40.0, 65.0), (55.0, 47.9, 61.9)),
            term(("enthusiastic", "innostunut"), Wanted, (25.0, 50.0), (27.0, 21.2, 33.7)),
        ]
    };
    scorecard::EmotionGap {
        target_profile: profile.to_owned(),
        wave: "waves/wav_1".to_owned(),
        unit: unit.to_owned(),
        shown: true,
        n: if profile.ends_with('1') { 1_380 } else { 190 },
        terms,
        fit: Some(71.4),
        fit_by_chance: Some(93.2),
        distinguishable: Some(true),
    }
}

fn profile(id: u32, name: &str, audience: scorecard::ProfileAudience) -> scorecard::TargetProfile {
    scorecard::TargetProfile {
        name: format!("targetProfiles/tpr_{id:026}"),
        display_name: name.to_owned(),
        audience: audience.into(),
        ..Default::default()
    }
}

pub(super) fn truth(fake: Fake) -> Fake {
    fake.on("scorecard.v1.ScorecardService/ListMetrics", |asked: scorecard::ListMetricsRequest| {
        // Two pages, so that whoever reads one alone misses some.
        let (metrics, next_page_token) = if asked.page_token.is_empty() {
            (metrics()[..2].to_vec(), "more".to_owned())
        } else {
            (metrics()[2..].to_vec(), String::new())
        };
        Ok(scorecard::ListMetricsResponse { metrics, next_page_token })
    })
    .on("scorecard.v1.ScorecardService/GetMetric", |asked: scorecard::GetMetricRequest| {
        let metric = metrics().into_iter().find(|metric| metric.name == asked.name);
        let metric = metric.ok_or_else(|| Status::not_found("no such metric"))?;
        Ok(scorecard::GetMetricResponse { metric: Some(metric) })
    })
    .on("scorecard.v1.ScorecardService/ListReadings", |asked: scorecard::ListReadingsRequest| {
        assert_eq!(asked.page_size, 1000);
        if asked.metric.ends_with('5') {
            return Err(Status::not_found("no readings"));
        }
        let readings = places(&asked.unit).into_iter().map(|place| reading(&asked.metric, place)).collect();
        Ok(scorecard::ListReadingsResponse { readings, next_page_token: String::new() })
    })
    .on("scorecard.v1.ScorecardService/ListTargetProfiles", |_: scorecard::ListTargetProfilesRequest| {
        let target_profiles = vec![
            profile(2, "Miltä työssä pitäisi tuntua", scorecard::ProfileAudience::Employees),
            profile(1, "Miltä asiakkaasta pitäisi tuntua", scorecard::ProfileAudience::Customers),
        ];
        Ok(scorecard::ListTargetProfilesResponse { target_profiles, next_page_token: String::new() })
    })
    .on("scorecard.v1.ScorecardService/GetTargetProfile", |asked: scorecard::GetTargetProfileRequest| {
        let own = scorecard::TargetProfile { name: asked.name, ..Default::default() };
        Ok(scorecard::GetTargetProfileResponse { target_profile: Some(own) })
    })
    .on("scorecard.v1.ScorecardService/GetEmotionGap", |asked: scorecard::GetEmotionGapRequest| {
        Ok(scorecard::GetEmotionGapResponse { gap: Some(gap(&asked.target_profile, &asked.unit)) })
    })
    .on("survey.v1.SurveyService/GetWave", |asked: survey::GetWaveRequest| {
        let audience = if asked.name.ends_with('2') {
            survey::WaveAudience::Employees
        } else {
            survey::WaveAudience::Customers
        };
        let wave = survey::Wave { name: asked.name, audience: audience.into(), ..Default::default() };
        Ok(survey::GetWaveResponse { wave: Some(wave) })
    })
}
