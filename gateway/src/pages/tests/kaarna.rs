//! Kaarna, a fictional organisation, as its services tell of it.

use arki_proto::communication::v1 as communication;
use arki_proto::directory::v1 as directory;
use arki_proto::goal::v1 as goal;
use arki_proto::google::r#type::Date;
use arki_proto::scorecard::v1 as scorecard;
use arki_proto::survey::v1 as survey;
use arki_proto::r#type::v1::LocalizedText;
use tonic::Status;

use super::peer::Fake;

/// A number that may not be shown, and that a reply carries against its own word.
pub(super) const SECRET: f64 = 77.25;

/// The units: (id, name, parent).
pub(super) const UNITS: [(&str, &str, &str); 9] = [
    ("units/unt_00000000000000000000000000", "Kaarna", ""),
    ("units/unt_00000000000000000000000001", "Asiakaspalvelu", "units/unt_00000000000000000000000000"),
    ("units/unt_00000000000000000000000002", "Kenttä ja kuljetus", "units/unt_00000000000000000000000000"),
    ("units/unt_00000000000000000000000003", "Myymälät", "units/unt_00000000000000000000000000"),
    (
        "units/unt_00000000000000000000000004",
        "Verkkokauppa ja tuotetiedot <b>",
        "units/unt_00000000000000000000000000",
    ),
    ("units/unt_00000000000000000000000005", "Huolto", "units/unt_00000000000000000000000000"),
    ("units/unt_00000000000000000000000006", "Tukitoiminnot", "units/unt_00000000000000000000000000"),
    ("units/unt_00000000000000000000000007", "Puhelin", "units/unt_00000000000000000000000001"),
    ("units/unt_00000000000000000000000008", "=Chat", "units/unt_00000000000000000000000001"),
];

pub(super) fn said(fi: &str, sv: &str, en: &str) -> Option<LocalizedText> {
    let by_language = [("fi", fi), ("sv", sv), ("en", en)];
    Some(LocalizedText {
        by_language: by_language.map(|(tag, text)| (tag.to_owned(), text.to_owned())).into(),
    })
}

/// Every service of Kaarna, behind a key that may read everything.
pub(super) fn fake() -> Fake {
    let fake = Fake::default().key(&["admin"]);
    telling(everyday(truth(directory(fake))))
}

pub(super) fn directory(fake: Fake) -> Fake {
    fake.on("directory.v1.DirectoryService/GetTenant", |asked: directory::GetTenantRequest| {
        let tenant = directory::Tenant {
            name: asked.name,
            display_name: "Kaarna Oy".to_owned(),
            default_language: "fi".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            ..Default::default()
        };
        Ok(directory::GetTenantResponse { tenant: Some(tenant) })
    })
    .on("directory.v1.DirectoryService/GetTree", |_: directory::GetTreeRequest| {
        let unit = |(name, display_name, parent): (&str, &str, &str)| directory::TreeUnit {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            parent: parent.to_owned(),
            ..Default::default()
        };
        Ok(directory::GetTreeResponse { as_of: None, units: UNITS.map(unit).to_vec() })
    })
    .on("directory.v1.DirectoryService/ListRoles", |_: directory::ListRolesRequest| {
        let role = directory::Role {
            name: "roles/rol_1".to_owned(),
            display_name: "Asiakasneuvoja".to_owned(),
            ..Default::default()
        };
        Ok(directory::ListRolesResponse { roles: vec![role], next_page_token: String::new() })
    })
}

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

/// The places of a unit and those right below it; all for an empty name.
fn places(unit: &str) -> Vec<usize> {
    let is_meant = |place: &usize| {
        let (name, _, parent) = UNITS[*place];
        unit.is_empty() || name == unit || parent == unit
    };
    (0..UNITS.len()).filter(is_meant).collect()
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

fn coverage(place: usize, employees: i32) -> goal::UnitCoverage {
    goal::UnitCoverage {
        unit: UNITS[place].0.to_owned(),
        display_name: UNITS[place].1.to_owned(),
        employees,
        with_goal: employees * 7 / 8,
        shown: place != 5,
        unseen: employees / 5,
        seen: employees / 5,
        understood: employees / 5,
        committed: employees - employees / 5 * 3 - employees / 12,
        objected: employees / 12,
    }
}

fn a_goal(id: u32, parent: u32, place: Option<usize>, title: &str, text: &str) -> goal::Goal {
    let list = |text: &str| vec![said(text, text, text).unwrap()];
    goal::Goal {
        name: format!("goals/gol_{id}"),
        parent: if parent == 0 { String::new() } else { format!("goals/gol_{parent}") },
        unit: place.map(|place| UNITS[place].0.to_owned()).unwrap_or_default(),
        role: if id == 4 { "roles/rol_1" } else { "" }.to_owned(),
        title: said(title, title, title),
        everyday_text: said(text, text, text),
        r#do: list("Sano nimesi ja seuraava askel."),
        enough: list("Asiakas tietää, kuka soittaa ja milloin."),
        not_asked: list("Kaikkea ei tarvitse ratkaista itse."),
        state: if id == 5 { "draft" } else { "active" }.to_owned(),
        ..Default::default()
    }
}

pub(super) fn everyday(fake: Fake) -> Fake {
    fake.on("goal.v1.GoalService/ListVisions", |_: goal::ListVisionsRequest| {
        let vision = |state: &str, statement: &str| goal::Vision {
            name: "visions/vis_1".to_owned(),
            statement: said(
                statement,
                "Ingen blir ensam med sitt bekymmer hos oss.",
                "With us nobody is left alone with a problem.",
            ),
            customer_meaning: said(
                "Kerron asiani kerran, ja joku pitää siitä kiinni, kunnes se on hoidettu.",
                "",
                "",
            ),
            staff_meaning: said("Saan auttaa loppuun asti, ja minulla on lupa pyytää apua.", "", ""),
            state: state.to_owned(),
            ..Default::default()
        };
        let visions =
            vec![vision("ended", "Vanha."), vision("active", "Kukaan ei jää meillä yksin pulmansa kanssa.")];
        Ok(goal::ListVisionsResponse { visions, next_page_token: String::new() })
    })
    .on("goal.v1.GoalService/ListGoals", |_: goal::ListGoalsRequest| {
        let goals = vec![
            a_goal(
                1,
                0,
                None,
                "Joku pitää kiinni",
                "Jokaisella asiakkaan asialla on nimetty ihminen, joka kertoo seuraavan askeleen.",
            ),
            a_goal(
                2,
                1,
                Some(1),
                "Kerron, kuka jatkaa",
                "Ennen kuin suljen puhelun, kerron kuka jatkaa ja minä päivänä asiakas kuulee meistä.",
            ),
            a_goal(
                3,
                1,
                Some(2),
                "Soitan, kun olen myöhässä",
                "Soitan asiakkaalle, kun olen myöhässä yli vartin, ja kerron uuden ajan.",
            ),
            a_goal(4, 2, Some(7), "Otan puhelun loppuun", "Kysyn ennen lopetusta, jäikö jotain auki <i>."),
            a_goal(5, 1, Some(3), "Luonnos", "Vielä kesken."),
        ];
        Ok(goal::ListGoalsResponse { goals, next_page_token: String::new() })
    })
    .on("goal.v1.GoalService/GetCoverage", |asked: goal::GetCoverageRequest| {
        let sizes = [240, 60, 48, 40, 32, 8, 52, 30, 30];
        let units = places(&asked.unit).into_iter().map(|place| coverage(place, sizes[place])).collect();
        Ok(goal::GetCoverageResponse {
            vision: asked.vision,
            total: Some(goal::UnitCoverage { unit: String::new(), ..coverage(0, 240) }),
            units,
            holes: vec![UNITS[6].0.to_owned(), UNITS[4].0.to_owned()],
        })
    })
}

fn occurrence(
    day: u32,
    kind: communication::MessageKind,
    name: &str,
    recipients: i64,
) -> communication::Occurrence {
    let date = chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    // Nine o'clock in Helsinki.
    let seconds = date.and_hms_opt(7, 0, 0).unwrap().and_utc().timestamp();
    communication::Occurrence {
        campaign: format!("campaigns/cmp_{day}"),
        display_name: name.to_owned(),
        message: format!("messages/msg_{day}"),
        kind: kind.into(),
        time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        recipients,
        sent: recipients,
    }
}

pub(super) fn november() -> Vec<communication::Occurrence> {
    use communication::MessageKind::{Focus, Invitation, NextStep, Reminder, Strategy, Success};
    vec![
        occurrence(2, Strategy, "Miksi joku pitää kiinni", 240),
        occurrence(4, Invitation, "Kutsu pulssiin", 240),
        occurrence(9, NextStep, "Tämän viikon askel: sano, kuka jatkaa", 236),
        occurrence(11, Reminder, "Muistutus pulssista", 120),
        occurrence(13, Success, "Viikon onnistuminen <u>", 236),
        occurrence(16, NextStep, "Tämän viikon askel: sano, kuka jatkaa", 236),
        occurrence(23, NextStep, "Tämän viikon askel: sano, kuka jatkaa", 0),
        occurrence(26, Focus, "Mikä on nyt tärkeää", 0),
    ]
}

pub(super) fn telling(fake: Fake) -> Fake {
    fake.on(
        "communication.v1.CommunicationService/ListOccurrences",
        |asked: communication::ListOccurrencesRequest| {
            assert_eq!(asked.time_zone, "Europe/Helsinki");
            let is_november = asked.from == Some(Date { year: 2026, month: 11, day: 1 });
            let occurrences = if is_november { november() } else { Vec::new() };
            Ok(communication::ListOccurrencesResponse { occurrences })
        },
    )
    .on("communication.v1.CommunicationService/GetMessage", |asked: communication::GetMessageRequest| {
        let title =
            if asked.name.ends_with("_2") { "Miksi joku pitää kiinni" } else { "Sano, kuka jatkaa" };
        let comprehension =
            (!asked.name.ends_with("_13")).then(communication::ComprehensionQuestion::default);
        let message = communication::Message {
            name: asked.name,
            subject: said(title, title, title),
            comprehension,
            ..Default::default()
        };
        Ok(communication::GetMessageResponse { message: Some(message) })
    })
    .on(
        "communication.v1.CommunicationService/GetUnderstanding",
        |asked: communication::GetUnderstandingRequest| {
            let hidden = asked.message.ends_with("_9");
            let of = |unit: &str| communication::UnitUnderstanding {
                unit: unit.to_owned(),
                delivered: 236,
                shown: !hidden,
                answered: Some(150),
                percent: Some(if hidden { SECRET } else { 64.0 }),
                low: Some(56.0),
                high: Some(71.2),
                ..Default::default()
            };
            Ok(communication::GetUnderstandingResponse { total: Some(of("")), units: vec![of(UNITS[1].0)] })
        },
    )
}
