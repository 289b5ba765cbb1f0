//! Kaarna, a fictional organisation, as its services tell of it.

use arki_proto::communication::v1 as communication;
use arki_proto::directory::v1 as directory;
use arki_proto::goal::v1 as goal;
use arki_proto::google::r#type::Date;
use arki_proto::r#type::v1::LocalizedText;

use super::{kaarna_truth::truth, peer::Fake};

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

/// The places of a unit and those right below it; all for an empty name.
pub(super) fn places(unit: &str) -> Vec<usize> {
    let is_meant = |place: &usize| {
        let (name, _, parent) = UNITS[*place];
        unit.is_empty() || name == unit || parent == unit
    };
    (0..UNITS.len()).filter(is_meant).collect()
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
