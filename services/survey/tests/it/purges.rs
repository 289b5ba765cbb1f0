//! What goes when it was kept long enough, and the numbers that stay.

use arki_ids::PurgeId;
use arki_proto::event::v1::{PurgeConfirmed, PurgeCutoffs, PurgeDue};
use arki_proto::google::r#type::Date;
use arki_proto::survey::v1 as pb;
use arki_rpc::time::timestamp;
use arki_test_support::{eventually, on_each_database};
use chrono::{DateTime, Months, TimeDelta, Utc};
use sea_orm::ConnectionTrait;

use crate::answers::{recommend, tokens};
use crate::house::{House, number};

on_each_database!(
    links_go_first_and_who_was_asked_anonymously_with_them,
    answers_go_and_every_number_stays,
    answers_that_are_not_counted_yet_stay,
    own_words_go_and_the_rest_of_the_answer_stays,
    a_question_may_be_called_as_own_words_are_kept,
    many_answers_go_in_parts_and_each_once,
);

/// What is older than days or months before a time.
fn cutoffs(now: DateTime<Utc>, link_days: i64, answer_months: u32, comment_months: u32) -> PurgeCutoffs {
    let months = |months: u32| Some(timestamp(now - Months::new(months)));
    PurgeCutoffs {
        link_time: Some(timestamp(now - TimeDelta::days(link_days))),
        answer_time: months(answer_months),
        comment_time: months(comment_months),
        contact_time: months(24),
        delivery_time: months(24),
    }
}

/// Has the directory say that a purge is due, and gives what the survey confirmed, part by part.
async fn purged(house: &House, cutoffs: PurgeCutoffs) -> Vec<PurgeConfirmed> {
    let (tenant, now) = (house.tenant, house.now());
    let due = PurgeDue {
        purge: PurgeId::generate().name(),
        service: String::new(),
        part: 0,
        after: String::new(),
        cutoffs: Some(cutoffs),
    };
    let told = due.clone();
    house
        .store
        .write("Test", move |tx| {
            let due = told.clone();
            Box::pin(async move { arki_events::append(tx, tenant, &due.purge, now, &due).await })
        })
        .await
        .unwrap();
    let mut wanted = 1;
    loop {
        let mut parts = house.hears::<PurgeConfirmed>(wanted).await;
        parts.retain(|part| part.purge == due.purge);
        if parts.iter().any(|part| part.is_done) {
            assert!(parts.iter().all(|part| part.service == "survey"));
            return parts;
        }
        wanted = house.hears::<PurgeConfirmed>(wanted).await.len() + 1;
    }
}

/// How many rows of each kind went in all parts.
fn rows(parts: &[PurgeConfirmed]) -> Vec<(&str, i64)> {
    let mut all = std::collections::BTreeMap::new();
    for row in parts.iter().flat_map(|part| &part.rows) {
        *all.entry(row.kind.as_str()).or_default() += row.rows;
    }
    all.into_iter().collect()
}

async fn rate(house: &House, wave: &pb::Wave) -> pb::GetResponseRateResponse {
    let request = pb::GetResponseRateRequest { name: wave.name.clone() };
    house.client.clone().get_response_rate(house.ask(request)).await.unwrap().into_inner()
}

/// A wave of which everybody answered, and which is closed.
async fn answered(house: &House, audience: pb::WaveAudience, anonymity: pb::Anonymity) -> pb::Wave {
    let wave = house.asks(audience, anonymity).await;
    for token in &tokens(house, &wave).await {
        house.submits(token, recommend(8)).await.unwrap();
    }
    house.closes(&wave).await.unwrap()
}

async fn links_go_first_and_who_was_asked_anonymously_with_them(house: House) {
    let named = answered(&house, pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let nameless = answered(&house, pb::WaveAudience::Customers, pb::Anonymity::Anonymous).await;
    let open = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let before = (rate(&house, &named).await, rate(&house, &nameless).await);
    let asked = house.invitations(&named).await.len();
    house.clock.advance(TimeDelta::days(30));
    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    assert!(rows(&parts).is_empty(), "not older than thirty days: {parts:?}");

    house.clock.advance(TimeDelta::seconds(1));
    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    let gone = i64::try_from(asked).unwrap();
    assert_eq!(rows(&parts), [("invitation", gone), ("link", gone)]);
    assert_eq!(house.invitations(&named).await.len(), asked, "who was asked is known for longer");
    assert!(house.invitations(&nameless).await.is_empty());
    assert_eq!(house.invitations(&open).await.len(), asked);
    let links = "SELECT token_hash FROM invitation WHERE token_hash IS NOT NULL";
    assert_eq!(house.rows(links).await.len(), asked, "those of the open wave");
    assert_eq!((rate(&house, &named).await, rate(&house, &nameless).await), before);
    assert_eq!(house.count("response").await, 2 * asked);
    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    assert!(rows(&parts).is_empty(), "nothing is left: {parts:?}");
}

async fn answers_go_and_every_number_stays(house: House) {
    let employees = answered(&house, pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let customers = answered(&house, pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let anonymous = answered(&house, pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let waves = [employees, customers, anonymous];
    let mut before = Vec::new();
    for wave in &waves {
        before.push((rate(&house, wave).await, house.sees(wave).await));
    }
    let (answers, asked) = (house.count("response").await, house.count("invitation").await);
    house.clock.advance(TimeDelta::days(740));
    let recent = answered(&house, pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let fresh = house.invitations(&recent).await.len();
    eventually("all is told", async || {
        house.rows("SELECT id FROM outbox WHERE publish_time IS NULL").await.is_empty()
    })
    .await;
    let told = house.heard().len();

    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    let rows = rows(&parts);
    let of = |kind: &str| rows.iter().find(|(found, _)| *found == kind).map_or(0, |(_, rows)| *rows);
    assert_eq!((of("response"), of("invitation")), (as_rows(answers), as_rows(asked)));
    assert_eq!(house.count("response").await, fresh, "what is newer stays");
    assert_eq!(house.count("invitation").await, fresh);
    for (wave, (rate_before, seen)) in waves.iter().zip(before) {
        assert_eq!(rate(&house, wave).await, rate_before);
        assert_eq!(house.sees(wave).await, seen);
        assert!(house.invitations(wave).await.is_empty());
    }
    let news = house.heard();
    let of_survey = news[told..].iter().filter(|event| event.subject.starts_with("arki.survey."));
    assert_eq!(of_survey.count(), 0, "nothing is told of answers that go");
}

fn as_rows(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}

async fn answers_that_are_not_counted_yet_stay(house: House) {
    let employees = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let customers = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    for wave in [&employees, &customers] {
        for token in &tokens(&house, wave).await {
            house.submits(token, recommend(8)).await.unwrap();
        }
    }
    let of_employees = house.invitations(&employees).await.len();
    let of_customers = house.invitations(&customers).await.len();
    house.clock.advance(TimeDelta::days(100));
    let now = house.now();
    let parts = purged(&house, cutoffs(now, 1, 1, 1)).await;
    assert_eq!(rows(&parts), [("response", as_rows(of_customers))], "those were counted as they came");
    assert_eq!(house.sees(&customers).await.responses, as_rows(of_customers));
    house.closes(&employees).await.unwrap();
    // One of each customer, as they came, and that of the close.
    let told: i64 = house
        .hears::<arki_proto::event::v1::ResponsesCounted>(of_customers + 1)
        .await
        .iter()
        .filter(|part| part.wave == employees.name)
        .flat_map(|part| part.responses.iter().map(|unit| unit.responses))
        .sum();
    assert_eq!(told, as_rows(of_employees), "the close counts them all");
    let parts = purged(&house, cutoffs(now, 1, 1, 1)).await;
    assert_eq!(rows(&parts), [("response", as_rows(of_employees))]);
}

fn with_words(text: &str) -> Vec<pb::Answer> {
    let value = Some(pb::answer::Value::Text(text.to_owned()));
    vec![number("recommend", 9), pb::Answer { question: "why".to_owned(), value }]
}

async fn own_words_go_and_the_rest_of_the_answer_stays(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let tokens = tokens(&house, &wave).await;
    house.submits(&tokens[0], with_words("It said {\"t\":1} at the counter")).await.unwrap();
    house.submits(&tokens[1], recommend(3)).await.unwrap();
    house.clock.advance(TimeDelta::days(370));
    house.submits(&tokens[2], with_words("Yesterday")).await.unwrap();
    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    assert_eq!(rows(&parts), [("comment", 1)]);
    let mut answers = house.rows("SELECT answers FROM response").await;
    answers.sort();
    assert_eq!(
        answers,
        [
            r#"{"recommend":{"n":3}}"#,
            r#"{"recommend":{"n":9},"why":{"t":"Yesterday"}}"#,
            r#"{"recommend":{"n":9}}"#,
        ]
    );
    // What comes in of a day that was looked through is looked at again.
    let old = pb::ImportResponsesRequest {
        wave: wave.name.clone(),
        key: "paper-1".to_owned(),
        day: Some(Date { year: 2026, month: 10, day: 1 }),
        answers: with_words("On paper"),
        ..Default::default()
    };
    house.imports(vec![old]).await.unwrap();
    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    assert_eq!(rows(&parts), [("comment", 1)]);
    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    assert!(rows(&parts).is_empty(), "{parts:?}");
}

async fn a_question_may_be_called_as_own_words_are_kept(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    house.submits(&tokens(&house, &wave).await[0], recommend(9)).await.unwrap();
    house.clock.advance(TimeDelta::days(370));
    let day = cutoffs(house.now(), 30, 24, 12);
    writes(&house, r#"UPDATE response SET answers = '{"t":{"n":9}}'"#).await;
    let parts = purged(&house, day).await;
    assert!(rows(&parts).is_empty(), "a number is no words: {parts:?}");
    writes(&house, r#"UPDATE response SET answers = '{"t":{"t":"So it was"}}'"#).await;
    writes(&house, "DELETE FROM comments_purged").await;
    let parts = purged(&house, day).await;
    assert_eq!(rows(&parts), [("comment", 1)]);
    assert_eq!(house.rows("SELECT answers FROM response").await, ["{}"]);
}

async fn writes(house: &House, sql: &'static str) {
    let written: Result<(), arki_database::Error> = house
        .store
        .write("Test", move |tx| {
            Box::pin(async move {
                tx.execute_unprepared(sql).await?;
                Ok(())
            })
        })
        .await;
    written.unwrap();
}

async fn many_answers_go_in_parts_and_each_once(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let many: Vec<_> = (0..4_100)
        .map(|index| pb::ImportResponsesRequest {
            wave: wave.name.clone(),
            key: format!("k{index}"),
            answers: recommend(index % 11),
            ..Default::default()
        })
        .collect();
    house.imports(many).await.unwrap();
    house.closes(&wave).await.unwrap();
    let before = house.sees(&wave).await;
    house.clock.advance(TimeDelta::days(740));
    let parts = purged(&house, cutoffs(house.now(), 30, 24, 12)).await;
    assert!(parts.len() >= 3, "{} parts", parts.len());
    let numbers: Vec<_> = parts.iter().map(|part| part.part).collect();
    assert_eq!(numbers, (0..i32::try_from(parts.len()).unwrap()).collect::<Vec<_>>());
    assert!(parts.iter().all(|part| part.rows.iter().map(|one| one.rows).sum::<i64>() <= 2_100));
    let gone: i64 = rows(&parts).iter().filter(|(kind, _)| *kind == "response").map(|(_, rows)| *rows).sum();
    assert_eq!((gone, house.count("response").await), (4_100, 0));
    assert_eq!(house.sees(&wave).await, before);

    // A process that is stopped after the commit is told again.
    let told = house.heard();
    for event in told.iter().filter(|event| event.subject == <PurgeDue as arki_events::Payload>::SUBJECT) {
        arki_events::Bus::publish(&house.bus, event.clone()).await.unwrap();
    }
    let confirmed =
        house.rows("SELECT id FROM outbox WHERE subject = 'arki.directory.purge.confirmed'").await;
    assert_eq!(confirmed.len(), parts.len(), "nothing is confirmed twice");
}
