//! The room of telling.

use arki_proto::communication::v1 as pb;
use axum::http::StatusCode;

use super::{House, kaarna};

#[tokio::test]
async fn the_month_is_a_table_of_weeks_in_local_time() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/tell?lang=fi").await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.has("<h1>Mitä kerrotaan: marraskuu 2026</h1>"));
    assert!(got.has(r#"scope="col">maanantai</th>"#) && got.has(r#"scope="row""#));
    assert!(got.has("9.00</span> Viikon onnistuminen &lt;u&gt;"), "{}", got.text);
    assert!(got.has("lähetetty 236 henkilölle"));
    assert!(house.get("/console/tell?lang=en").await.has("09:00</span>"));
    assert!(
        got.has("/console/tell?month=2026-10&amp;lang=fi")
            && got.has("/console/tell?month=2026-12&amp;lang=fi")
    );
}

#[tokio::test]
async fn a_month_that_never_tells_of_uncertainty_is_told_so() {
    let house = House::signed_in(kaarna::fake()).await;
    assert!(house.get("/console/tell?lang=fi").await.has("Mikään ei kerro, mitä ei vielä tiedetä."));
    let fake = kaarna::fake().on(
        "communication.v1.CommunicationService/ListOccurrences",
        |_: pb::ListOccurrencesRequest| {
            let mut occurrences = kaarna::november();
            occurrences[0].kind = pb::MessageKind::Uncertainty.into();
            Ok(pb::ListOccurrencesResponse { occurrences })
        },
    );
    let got = House::signed_in(fake).await.get("/console/tell?lang=fi").await;
    assert!(!got.has("Mikään ei kerro") && got.has("Tätä ei kerrota lainkaan: mihin menemme."));
}

#[tokio::test]
async fn messages_are_judged_by_whether_they_were_understood() {
    let house = House::signed_in(kaarna::fake()).await;
    let got = house.get("/console/tell?lang=fi").await;
    assert!(got.has("64\u{a0}% ymmärsi") && got.has("95 %:n luottamusväli 56…71\u{a0}%"));
    assert!(got.has("Tämän viestin alla ei kysytty mitään."));
    assert!(got.has("Ei näytetä, ihmisten suojaksi") && !got.has("77\u{a0}%"), "what may not be shown");
    let unit = house.get("/console/tell?lang=fi&unit=unt_00000000000000000000000006").await;
    assert!(unit.has("Tätä ei ole kerrottu tässä yksikössä.") && !unit.has("64\u{a0}%"));
}

#[tokio::test]
async fn a_silent_month_says_what_silence_does() {
    let house = House::signed_in(kaarna::fake()).await;
    for (language, words) in
        [("fi", "Tässä kuussa ei kerrota mitään."), ("sv", "Ingenting berättas"), ("en", "Nothing is told")]
    {
        let got = house.get(&format!("/console/tell?lang={language}&month=2027-02")).await;
        assert_eq!(got.status, StatusCode::OK);
        assert!(got.has(words), "{}", got.text);
    }
}
