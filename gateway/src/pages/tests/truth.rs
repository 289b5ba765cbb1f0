//! The room of truth.

use std::sync::Arc;

use arki_proto::scorecard::v1 as pb;
use axum::http::{StatusCode, header};

use super::{Fake, House, kaarna, kaarna_truth};

/// Where a fake reply carries a number that may not be shown.
const SECRETS: [&str; 3] = ["77", "71,2", "83"];

#[tokio::test]
async fn everyday_words_come_before_the_number_and_its_interval() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/truth?lang=fi").await;
    assert_eq!(got.status, StatusCode::OK);
    let place = |text: &str| got.text.find(text).unwrap_or_else(|| panic!("{text} in\n{}", got.text));
    let words = place("Suosittelijoita on vähän enemmän kuin varoittajia.");
    let number = place("<strong>22</strong>");
    assert!(words < number && number < place("95 %:n luottamusväli 19…25"));
    assert!(got.has("1\u{a0}412 vastaajaa") && got.has("1.10.2026–31.10.2026"));
    assert!(got.has("Tarkistus myöhässä"));
    assert!(!got.has("Päättynyt mittari"), "what has ended is not shown");
    assert!(got.has("Työpaikan suosittelu"), "the second page of metrics is read too");
}

#[tokio::test]
async fn the_page_begins_with_the_feelings_furthest_from_their_aim() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/truth?lang=en").await;
    let (_, standout) = got.text.split_once("Furthest from what you chose").unwrap();
    let (standout, _) = standout.split_once("</section>").unwrap();
    let order: Vec<_> =
        ["kiireinen", "epävarma", "välitetty"].iter().map(|term| standout.find(term).unwrap()).collect();
    assert!(order.is_sorted(), "{standout}");
    assert!(standout.contains("34% felt it (32–37%). The aim is at most 10%."), "{standout}");
    assert!(standout.contains("24% felt it (22–26%). The aim is at least 35%."), "{standout}");
    assert!(!standout.contains("rauhallinen"));
    assert!(got.has("this is more than chance"));
}

#[tokio::test]
async fn what_may_not_be_shown_is_nowhere_on_the_page_or_in_the_file() {
    let fake = kaarna::fake().on(
        "scorecard.v1.ScorecardService/GetEmotionGap",
        |asked: pb::GetEmotionGapRequest| {
            let mut gap = kaarna_truth::gap(&asked.target_profile, &asked.unit);
            gap.shown = false;
            gap.n = 8_377;
            for term in &mut gap.terms {
                term.percent = Some(kaarna::SECRET);
            }
            Ok(pb::GetEmotionGapResponse { gap: Some(gap) })
        },
    );
    let house = House::signed_in(fake).await;
    let got = house.get("/console/truth?lang=fi").await;
    // Addresses hold ids, and the style's name its hash; neither is a number of the scorecard.
    let text: String =
        got.text.split("href=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect();
    let text: String =
        text.split("value=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect();
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    assert!(got.has("Ei näytetä, ihmisten suojaksi") && got.has("Huolto"));

    for id in ["met_00000000000000000000000001", "tpr_00000000000000000000000001"] {
        let file = house.get(&format!("/console/truth/{id}.csv")).await;
        assert_eq!(file.status, StatusCode::OK);
        assert!(!file.has("77") && file.has("not shown"), "{}", file.text);
    }
}

#[tokio::test]
async fn a_tile_of_a_unit_that_is_hidden_tells_nothing_but_that() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/truth?lang=fi&unit=unt_00000000000000000000000005").await;
    let (_, tiles) = got.text.split_once("Luvut sanoina").unwrap();
    let (tiles, _) = tiles.split_once("</section>").unwrap();
    for told in ["77", "luottamusväli", "vastaaja", "Suosittelijoita", "Aalto", "<svg"] {
        assert!(!tiles.contains(told), "{told} in\n{tiles}");
    }
    assert!(tiles.contains("Ei näytetä, ihmisten suojaksi"));
}

#[tokio::test]
async fn units_stand_highest_first_and_hidden_ones_last() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/truth?lang=fi").await;
    let (_, plot) = got.text.split_once("<h3>Suosittelu · Asiakkaat</h3>").unwrap();
    let (plot, _) = plot.split_once("</figure>").unwrap();
    let order =
        ["Myymälät", "Kenttä ja kuljetus", "Tukitoiminnot", "Verkkokauppa", "Asiakaspalvelu", "Huolto"];
    let places: Vec<_> = order.iter().map(|unit| plot.find(unit).unwrap()).collect();
    assert!(places.is_sorted(), "{plot}");
    assert!(!plot.contains("Puhelin"), "only units right below");
    assert!(
        plot.contains("role=\"img\"")
            && plot.contains("<title>Myymälät</title>")
            && plot.contains("<desc>39 95 %:n")
    );
    assert!(
        plot.contains("<table>")
            && plot.contains("/console/truth/met_00000000000000000000000001.csv?lang=fi")
    );
    // Only a band is known of one unit.
    assert!(got.has("vähintään 90\u{a0}%"));
}

#[tokio::test]
async fn a_unit_is_asked_for_by_its_name_and_a_wrong_one_is_not_the_whole() {
    let fake = kaarna::fake();
    let asked = Arc::clone(&fake.asked);
    let house = House::signed_in(fake).await;
    let got = house.get("/console/truth?lang=fi&unit=unt_00000000000000000000000001").await;
    assert!(got.has("<h1>Miten meillä on: Asiakaspalvelu</h1>") && got.has("Puhelin"));
    let readings =
        Fake::requests::<pb::ListReadingsRequest>(&asked, "scorecard.v1.ScorecardService/ListReadings");
    assert!(readings.iter().all(|asked| asked.unit == kaarna::UNITS[1].0 && asked.language == "fi"));

    let lost = house.get("/console/truth?lang=fi&unit=unt_nowhere").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert!(lost.has("Täällä ei ole mitään") && lost.has("Kaarna Oy"));
}

#[tokio::test]
async fn names_are_words_and_no_markup_and_no_formula() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/truth?lang=fi").await;
    assert!(got.has("Verkkokauppa ja tuotetiedot &lt;b&gt;") && !got.has("<b>"));
    let file = house.get("/console/truth/met_00000000000000000000000001.csv").await;
    assert_eq!(file.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert_eq!(
        file.header(header::CONTENT_DISPOSITION),
        "attachment; filename=\"met_00000000000000000000000001.csv\""
    );
    assert!(file.has("\"'=Chat\""), "{}", file.text);
    assert!(
        file.has(",\"points\",22.0,19.0,25.0,\"Wilson\",1412,\"2026-10-01\",\"2026-10-31\",\"\"\r\n"),
        "{}",
        file.text
    );
    for path in ["/console/truth/met_1.csv", "/console/truth/x.csv", "/console/truth/met_1"] {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn where_only_a_band_is_known_the_file_has_no_number() {
    let house = House::signed_in(kaarna::fake()).await;
    let file = house.get("/console/truth/met_00000000000000000000000004.csv").await;
    let line = file.text.lines().find(|line| line.contains("Myymälät")).unwrap();
    assert!(line.contains("\"percent\",,,,,30,") && line.ends_with("\"at least 90 percent\""), "{line}");
}

#[tokio::test]
async fn an_organisation_that_measures_nothing_is_told_how_to_begin() {
    let fake = kaarna::fake()
        .on("scorecard.v1.ScorecardService/ListMetrics", |_: pb::ListMetricsRequest| {
            Ok(pb::ListMetricsResponse::default())
        })
        .on("scorecard.v1.ScorecardService/ListTargetProfiles", |_: pb::ListTargetProfilesRequest| {
            Ok(pb::ListTargetProfilesResponse::default())
        });
    let house = House::signed_in(fake).await;
    for (language, words) in
        [("fi", "Mitään ei vielä mitata."), ("sv", "Ingenting mäts"), ("en", "Nothing is measured")]
    {
        let got = house.get(&format!("/console/truth?lang={language}")).await;
        assert_eq!(got.status, StatusCode::OK);
        assert!(got.has(words), "{}", got.text);
    }
}
