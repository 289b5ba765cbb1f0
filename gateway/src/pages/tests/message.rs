//! The page of a message.

use std::sync::Arc;

use arki_proto::communication::v1 as pb;
use axum::http::{StatusCode, header};
use tonic::Status;

use super::{Fake, House};

const LINK: &str = "/m/abcdefghijklmnopqrstuvwxyz";
const GET: &str = "communication.v1.CommunicationService/GetMessagePage";
const ANSWER: &str = "communication.v1.CommunicationService/AnswerComprehension";

pub(super) fn message(fake: Fake, answered: bool) -> Fake {
    fake.on(GET, move |asked: pb::GetMessagePageRequest| {
        if asked.token != "abcdefghijklmnopqrstuvwxyz" {
            return Err(Status::not_found("no such link"));
        }
        let option = |key: &str, label: &str| pb::PageOption { key: key.to_owned(), label: label.to_owned() };
        let page = pb::MessagePage {
            language: if asked.language.is_empty() { "fi".to_owned() } else { asked.language },
            languages: ["fi", "sv"].map(str::to_owned).to_vec(),
            subject: "Mitä emme vielä tiedä uudesta tavasta".to_owned(),
            body: "Tapa alkaa tammikuussa.\n\nEmme vielä tiedä, miten iltavuorot <jaetaan>. Vastaa: \
                   https://arki.example/m/abcdefghijklmnopqrstuvwxyz\n\n\
                   Oma sivusi: https://arki.example/m/abcdefghijklmnopqrstuvwxyz"
                .to_owned(),
            why: "Asiakkaat joutuvat kertomaan asiansa kolmesti.".to_owned(),
            what_stays: "Tiimit ja palkat pysyvät.".to_owned(),
            where_to_get_help: String::new(),
            question: "Mitä tiedämme iltavuoroista nyt?".to_owned(),
            options: vec![option("open", "Asia on auki."), option("decided", "Vuorot on jo jaettu.")],
            answered,
            has_preferences: true,
        };
        Ok(pb::GetMessagePageResponse { page: Some(page) })
    })
}

#[tokio::test]
async fn a_message_tells_why_and_what_stays_and_asks_one_question() {
    let house = House::new(message(Fake::default(), false));
    let got = house.get(LINK).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(
        got.has("<p>Tapa alkaa tammikuussa.</p><p>Emme vielä tiedä, miten iltavuorot &lt;jaetaan&gt;.</p>")
    );
    assert!(got.has("<h2>Miksi</h2>") && got.has("<h2>Mikä pysyy</h2>") && !got.has("Mistä saa apua"));
    assert!(got.has(r#"name="option" value="decided""#) && !got.has("correct"));
    assert!(house.get(&format!("{LINK}?lang=sv")).await.has("<h2>Varför</h2>"));
    assert_eq!(got.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn a_message_does_not_tell_the_way_to_where_the_reader_is() {
    let got = House::new(message(Fake::default(), false)).get(LINK).await;
    for never in ["arki.example", "Oma sivusi", "Vastaa:", "<p></p>"] {
        assert!(!got.has(never), "{never}: {}", got.text);
    }
}

#[tokio::test]
async fn an_answer_is_sent_once_and_thanked_for() {
    let fake = message(Fake::default(), true).on(ANSWER, |_: pb::AnswerComprehensionRequest| {
        Ok(pb::AnswerComprehensionResponse { replayed: false })
    });
    let asked = Arc::clone(&fake.asked);
    let house = House::new(fake);
    let got = house.post(&format!("{LINK}/answer"), "language=fi&option=open").await;
    assert_eq!(got.header(header::LOCATION), format!("{LINK}?lang=fi"));
    let sent = Fake::requests::<pb::AnswerComprehensionRequest>(&asked, ANSWER);
    assert_eq!(sent.iter().map(|sent| &*sent.option).collect::<Vec<_>>(), ["open"]);
    let thanks = house.get(LINK).await;
    assert!(thanks.has("Vastauksesi auttaa meitä") && !thanks.has("name=\"option\""));
}

#[tokio::test]
async fn nothing_chosen_sends_nothing_and_a_second_answer_is_no_error() {
    let fake = message(Fake::default(), false).on(ANSWER, |_: pb::AnswerComprehensionRequest| {
        Err::<pb::AnswerComprehensionResponse, _>(Status::already_exists("answered"))
    });
    let asked = Arc::clone(&fake.asked);
    let house = House::new(fake);
    let answer = format!("{LINK}/answer");
    assert_eq!(
        house.post(&answer, "language=%0d%0afi").await.header(header::LOCATION),
        format!("{LINK}?lang=fi")
    );
    assert!(Fake::requests::<pb::AnswerComprehensionRequest>(&asked, ANSWER).is_empty());
    assert_eq!(house.post(&answer, "language=fi&option=open").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_that_is_no_good_says_so() {
    let house = House::new(message(Fake::default(), false));
    let got = house.get_in("en", "/m/unknown-unknown-unknown-unk").await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert!(got.has("This link does not lead anywhere"));
}
