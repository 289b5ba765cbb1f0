//! The respondent's page.

use std::sync::{Arc, Mutex};

use arki_proto::google::r#type::Date;
use arki_proto::survey::v1 as pb;
use axum::http::{StatusCode, header};
use tonic::Status;

use super::{Fake, House};

const LINK: &str = "/s/abcdefghijklmnopqrstuvwxyz";
const GET: &str = "survey.v1.SurveyService/GetForm";
const SUBMIT: &str = "survey.v1.SurveyService/SubmitResponse";

fn option(key: &str, label: &str) -> pb::FormOption {
    pb::FormOption { key: key.to_owned(), label: label.to_owned() }
}

pub(super) fn form(language: &str, state: pb::FormState) -> pb::Form {
    let question = |key: &str, kind: pb::QuestionKind, text: &str| pb::FormQuestion {
        key: key.to_owned(),
        kind: kind.into(),
        text: text.to_owned(),
        ..Default::default()
    };
    pb::Form {
        language: language.to_owned(),
        languages: ["fi", "sv", "en"].map(str::to_owned).to_vec(),
        title: "Miten meni <käynti>".to_owned(),
        purpose: "Jotta seuraava käynti on sujuvampi.".to_owned(),
        sender: "Kaarna Oy".to_owned(),
        anonymity: pb::Anonymity::Anonymous.into(),
        minimum_group: 5,
        questions: vec![
            pb::FormQuestion {
                required: true,
                minimum: 0,
                maximum: 10,
                low_label: "En lainkaan".to_owned(),
                high_label: "Varmasti".to_owned(),
                ..question("recommend", pb::QuestionKind::Nps, "Suosittelisitko meitä ystävälle?")
            },
            pb::FormQuestion {
                options: vec![
                    option("hurried", "kiireinen"),
                    option("calm", "rauhallinen"),
                    option("welcome", "tervetullut"),
                    option("uncertain", "epävarma"),
                    option("cared_for", "välitetty"),
                    option("frustrated", "turhautunut"),
                ],
                ..question("feelings", pb::QuestionKind::EmotionPalette, "Miltä käynti tuntui?")
            },
            pb::FormQuestion {
                options: vec![option("counter", "Tiskillä"), option("phone", "Puhelimessa")],
                ..question("where", pb::QuestionKind::SingleChoice, "Missä asioit?")
            },
            question("why", pb::QuestionKind::OpenText, "Mikä siihen vaikutti?"),
        ],
        results_day: Some(Date { year: 2026, month: 12, day: 15 }),
        state: state.into(),
        minutes: 2,
    }
}

/// A survey that is answered once.
pub(super) fn survey(fake: Fake) -> Fake {
    let done = Arc::new(Mutex::new(false));
    let is_done = Arc::clone(&done);
    fake.on(GET, move |asked: pb::GetFormRequest| {
        let state = match (&*asked.token, *is_done.lock().unwrap()) {
            ("abcdefghijklmnopqrstuvwxyz", false) => pb::FormState::Answerable,
            ("abcdefghijklmnopqrstuvwxyz", true) => pb::FormState::AlreadySubmitted,
            ("closed-closed-closed-closed", _) => pb::FormState::Closed,
            ("early-early-early-early-ear", _) => pb::FormState::NotOpen,
            _ => return Err(Status::not_found("no such link")),
        };
        let language = if asked.language.is_empty() { "fi" } else { &asked.language };
        Ok(pb::GetFormResponse { form: Some(form(language, state)) })
    })
    .on(SUBMIT, move |_: pb::SubmitResponseRequest| {
        *done.lock().unwrap() = true;
        Ok(pb::SubmitResponseResponse { replayed: false })
    })
}

#[tokio::test]
async fn the_form_says_who_asks_why_how_long_and_who_sees_the_answer() {
    let house = House::new(survey(Fake::default()));
    for (language, parts) in [
        (
            "fi",
            ["Kaarna Oy kysyy", "Vie noin 2 minuuttia.", "Kysymys 1/4 · tarvitaan", "vähintään 5 vastaajan"],
        ),
        ("sv", ["Kaarna Oy frågar", "Tar ungefär 2 minuter.", "Fråga 1 av 4 · behövs", "minst 5 svarande"]),
        ("en", ["Kaarna Oy asks", "Takes about 2 minutes.", "Question 1 of 4 · needed", "at least 5"]),
    ] {
        let got = house.get(&format!("{LINK}?lang={language}")).await;
        assert_eq!(got.status, StatusCode::OK);
        assert!(got.has(&format!("<html lang=\"{language}\">")));
        for part in parts {
            assert!(got.has(part), "{part} in\n{}", got.text);
        }
    }
}

#[tokio::test]
async fn words_of_the_questionnaire_are_words_and_no_markup() {
    let got = House::new(survey(Fake::default())).get(LINK).await;
    assert!(got.has("Miten meni &lt;käynti&gt;") && !got.has("<käynti>"));
}

#[tokio::test]
async fn what_a_browser_posts_is_submitted_and_the_page_then_says_thanks() {
    let fake = survey(Fake::default());
    let asked = Arc::clone(&fake.asked);
    let house = House::new(fake);
    let filled = "language=fi&q.recommend=9&f.feelings.hurried=0&f.feelings.calm=3&f.feelings.welcome=1\
                  &order.feelings=hurried,calm,welcome&q.where=phone&q.why=+Kuunneltiin.+";
    let got = house.post(LINK, filled).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    assert_eq!(got.header(header::LOCATION), format!("{LINK}?lang=fi"));

    let [submitted] = &Fake::requests::<pb::SubmitResponseRequest>(&asked, SUBMIT)[..] else {
        panic!("one response")
    };
    let feeling = |term: &str, intensity| pb::Feeling { term: term.to_owned(), intensity };
    let feelings = pb::Feelings {
        chosen: vec![feeling("calm", 3), feeling("welcome", 1)],
        order_shown: ["hurried", "calm", "welcome"].map(str::to_owned).to_vec(),
    };
    let answer = |question: &str, value| pb::Answer { question: question.to_owned(), value: Some(value) };
    assert_eq!(
        submitted.answers,
        [
            answer("recommend", pb::answer::Value::Number(9)),
            answer("feelings", pb::answer::Value::Feelings(feelings)),
            answer("where", pb::answer::Value::Choice("phone".to_owned())),
            answer("why", pb::answer::Value::Text("Kuunneltiin.".to_owned())),
        ]
    );

    let thanks = house.get(&format!("{LINK}?lang=fi")).await;
    assert!(thanks.has("Vastauksesi tulivat perille") && thanks.has("viimeistään 15.12.2026"));
}

#[tokio::test]
async fn a_form_with_a_problem_comes_back_with_what_was_filled() {
    let fake = survey(Fake::default());
    let asked = Arc::clone(&fake.asked);
    let filled = "language=fi&f.feelings.calm=2&q.where=phone&q.why=Kuunneltiin+%3Cb%3E";
    let got = House::new(fake).post(LINK, filled).await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(got.has("Yksi kohta kaipaa vielä katsomista") && got.has("Tähän tarvitaan vastaus."));
    assert!(got.has(r#"name="f.feelings.calm" value="2" checked"#), "{}", got.text);
    assert!(got.has(r#"name="q.where" value="phone" checked"#));
    assert!(got.has("Kuunneltiin &lt;b&gt;</textarea>"));
    assert!(Fake::requests::<pb::SubmitResponseRequest>(&asked, SUBMIT).is_empty());
}

#[tokio::test]
async fn an_answer_that_the_survey_refuses_is_not_lost() {
    let refusing = survey(Fake::default()).on(SUBMIT, |_: pb::SubmitResponseRequest| {
        Err::<pb::SubmitResponseResponse, _>(Status::invalid_argument("no"))
    });
    let got = House::new(refusing).post(LINK, "language=fi&q.recommend=9&q.why=Sana").await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(got.has("Sana</textarea>") && got.has("Vastaus ei sovi kysymykseen."));

    let late = survey(Fake::default()).on(SUBMIT, |_: pb::SubmitResponseRequest| {
        Err::<pb::SubmitResponseResponse, _>(Status::already_exists("used"))
    });
    let got = House::new(late).post(LINK, "language=fi&q.recommend=9").await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn links_that_take_no_answer_say_why() {
    let house = House::new(survey(Fake::default()));
    for (token, status, words) in [
        ("closed-closed-closed-closed", StatusCode::GONE, "Vastausaika on päättynyt"),
        ("early-early-early-early-ear", StatusCode::OK, "Kysely ei ole vielä auki"),
        ("unknown-unknown-unknown-unk", StatusCode::NOT_FOUND, "Tämä linkki ei johda mihinkään"),
    ] {
        let got = house.get_in("fi", &format!("/s/{token}")).await;
        assert_eq!(got.status, status);
        assert!(got.has(words), "{}", got.text);
        assert_eq!(got.header(header::CACHE_CONTROL), "no-store", "{token}");
        let late = house.post(&format!("/s/{token}"), "language=fi&q.recommend=9").await;
        assert_eq!(late.status, status, "{token}");
    }
    let away = House::new(Fake::default()).get_in("sv", LINK).await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(away.has("Vi är borta en stund"));
}

#[tokio::test]
async fn a_page_is_kept_nowhere_and_runs_no_script_but_ours() {
    let got = House::new(survey(Fake::default())).get(LINK).await;
    assert_eq!(got.header(header::CACHE_CONTROL), "no-store");
    assert_eq!(got.header(header::REFERRER_POLICY), "no-referrer");
    let policy = got.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let closed = House::new(survey(Fake::default())).get("/s/closed-closed-closed-closed").await;
    let policy = closed.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
}
