//! The room of everyday work.

use arki_proto::goal::v1 as pb;
use axum::http::StatusCode;

use super::{House, kaarna};

#[tokio::test]
async fn the_vision_in_force_is_told_with_both_meanings() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/everyday?lang=fi").await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.has("Kukaan ei jää meillä yksin pulmansa kanssa.") && !got.has("Vanha."));
    assert!(got.has("Asiakkaalle") && got.has("Saan auttaa loppuun asti"));
    let english = house.get("/console/everyday?lang=en").await;
    assert!(english.has("With us nobody is left alone with a problem."));
    assert!(
        english.has("Saan auttaa loppuun asti"),
        "what is not translated comes in the organisation's language"
    );
}

#[tokio::test]
async fn coverage_names_its_holes_and_hides_what_it_must() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/everyday?lang=fi").await;
    assert!(got.has("210/240 työntekijällä on tavoite arjen sanoin."));
    assert!(got.has("2 yksiköllä ei ole voimassa olevaa tavoitetta:"));
    assert!(got.has("/console/everyday?unit=unt_00000000000000000000000006&amp;lang=fi\">Tukitoiminnot"));
    assert!(
        got.has("<title>Miten pitkälle se on tullut</title><desc>sitoutunut 76, ymmärtänyt 48"),
        "{}",
        got.text
    );
    let (_, units) = got.text.split_once("<h3>Yksiköittäin</h3>").unwrap();
    let (_, hidden) = units.split_once(">Huolto<").unwrap();
    let (hidden, _) = hidden.split_once("</li>").unwrap();
    assert!(hidden.contains("Ei näytetä") && !hidden.contains("<svg"), "{hidden}");

    let file = house.get("/console/everyday/coverage.csv").await;
    let line = file.text.lines().find(|line| line.contains("Huolto")).unwrap();
    assert!(line.ends_with(",8,7,,,,,,\"not shown\""), "{line}");
}

#[tokio::test]
async fn goals_stand_under_each_other_with_what_is_asked_enough_and_not_asked() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/everyday?lang=fi").await;
    let place = |text: &str| got.text.find(text).unwrap_or_else(|| panic!("{text} in\n{}", got.text));
    assert!(place("Joku pitää kiinni") < place("Kerron, kuka jatkaa"));
    assert!(place("Kerron, kuka jatkaa") < place("Otan puhelun loppuun"));
    assert!(got.has("Tämä riittää") && got.has("Tätä ei pyydetä"));
    assert!(got.has("Puhelin · Asiakasneuvoja") && got.has("jotain auki &lt;i&gt;."));
    assert!(!got.has("Luonnos<") && got.has("Yksi tavoite on vielä luonnos."));
}

#[tokio::test]
async fn a_unit_sees_its_own_line_of_goals() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/everyday?lang=fi&unit=unt_00000000000000000000000001").await;
    assert!(got.has("Joku pitää kiinni") && got.has("Otan puhelun loppuun"));
    assert!(!got.has("Soitan, kun olen myöhässä"), "the goal of a unit beside");
}

#[tokio::test]
async fn without_a_vision_the_page_says_how_one_comes_into_force() {
    let fake = kaarna::fake().on("goal.v1.GoalService/ListVisions", |_: pb::ListVisionsRequest| {
        Ok(pb::ListVisionsResponse::default())
    });
    let house = House::signed_in(fake).await;
    let got = house.get("/console/everyday?lang=sv").await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.has("Ingen vision gäller ännu."));
    assert_eq!(house.get("/console/everyday/coverage.csv").await.text.lines().count(), 1);
}
