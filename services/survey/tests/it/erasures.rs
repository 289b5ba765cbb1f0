//! Forgetting who answered, without touching what was told of the answers.

use std::collections::BTreeMap;

use arki_ids::ErasureId;
use arki_privacy::{COMMON, schema};
use arki_proto::event::v1::{ErasureConfirmed, PersonErased, ResponsesCounted};
use arki_proto::survey::v1 as pb;
use arki_survey::storage::privacy::ROOMS;
use arki_test_support::{eventually, on_each_database};

use crate::answers::{recommend, tokens};
use crate::house::House;

on_each_database!(
    every_table_says_what_it_holds_of_a_person,
    a_linked_answer_goes_with_the_person_and_what_was_told_stays,
    in_an_open_wave_of_employees_the_number_follows_and_the_close_counts_what_is_left,
    an_anonymous_answer_cannot_be_found_and_that_is_said,
);

async fn every_table_says_what_it_holds_of_a_person(house: House) {
    let wrong = schema::unclassified(house.store.reader(), &[ROOMS, COMMON]).await.unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Has the directory say that a person is to be forgotten, twice, and tells what the survey confirmed first.
async fn erased(house: &House, person: &str, heard_before: usize) -> ErasureConfirmed {
    let (tenant, now) = (house.tenant, house.now());
    let message =
        PersonErased { erasure: ErasureId::generate().name(), person: person.to_owned(), merged: Vec::new() };
    for _ in 0..2 {
        let message = message.clone();
        house
            .store
            .write("Test", move |tx| {
                let message = message.clone();
                Box::pin(async move { arki_events::append(tx, tenant, &message.person, now, &message).await })
            })
            .await
            .unwrap();
    }
    let confirmed = house.hears::<ErasureConfirmed>(heard_before + 2).await;
    assert!(confirmed[heard_before + 1].rows.is_empty(), "the second time nothing is left");
    confirmed[heard_before].clone()
}

fn counts(confirmed: &ErasureConfirmed) -> BTreeMap<&str, i64> {
    confirmed.rows.iter().map(|one| (one.kind.as_str(), one.rows)).collect()
}

async fn a_linked_answer_goes_with_the_person_and_what_was_told_stays(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let tokens = tokens(&house, &wave).await;
    for token in &tokens {
        house.submits(token, recommend(9)).await.unwrap();
    }
    let person = house.invitations(&wave).await[0].person.clone();
    let all = i64::try_from(tokens.len()).unwrap();
    eventually("every answer is told", async || {
        let told = house.hears::<ResponsesCounted>(1).await;
        told.iter().flat_map(|part| part.responses.iter().map(|unit| unit.responses)).sum::<i64>() == all
    })
    .await;
    let told = house.heard().len();
    let before = house.sees(&wave).await.responses;

    let confirmed = erased(&house, &person, 0).await;
    assert_eq!(counts(&confirmed), BTreeMap::from([("invitation", 1), ("response", 1)]));
    assert_eq!((confirmed.service.as_str(), confirmed.limits.len()), ("survey", 0));
    assert_eq!(house.count("response").await, tokens.len() - 1);
    assert!(house.invitations(&wave).await.iter().all(|invitation| invitation.person != person));
    assert_eq!(house.sees(&wave).await.responses, before, "what is published is not counted again");
    let news: Vec<_> = house.heard()[told..].iter().map(|event| event.subject.clone()).collect();
    assert!(news.iter().all(|subject| !subject.starts_with("arki.survey.")), "{news:?}");
}

async fn in_an_open_wave_of_employees_the_number_follows_and_the_close_counts_what_is_left(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    for token in &tokens(&house, &wave).await {
        house.submits(token, recommend(8)).await.unwrap();
    }
    let invitations = house.invitations(&wave).await;
    let confirmed = erased(&house, &invitations[0].person, 0).await;
    assert_eq!(counts(&confirmed), BTreeMap::from([("invitation", 1), ("response", 1), ("wave_count", 1)]));
    house.closes(&wave).await.unwrap();
    let left = i64::try_from(invitations.len()).unwrap() - 1;
    assert_eq!(house.sees(&wave).await.responses, left);
    let told: i64 = house
        .hears::<ResponsesCounted>(1)
        .await
        .iter()
        .flat_map(|part| part.responses.iter().map(|unit| unit.responses))
        .sum();
    assert_eq!(told, left);

    // Once it is told, another erasure changes no number.
    let confirmed = erased(&house, &invitations[1].person, 2).await;
    assert_eq!(counts(&confirmed), BTreeMap::from([("invitation", 1), ("response", 1)]));
    assert_eq!(house.sees(&wave).await.responses, left);
}

async fn an_anonymous_answer_cannot_be_found_and_that_is_said(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let tokens = tokens(&house, &wave).await;
    for token in &tokens[1..] {
        house.submits(token, recommend(7)).await.unwrap();
    }
    let invitations = house.invitations(&wave).await;
    // The same is said of who answered and of who did not: else the report would tell.
    let mut said = Vec::new();
    for (place, invitation) in invitations.iter().take(2).enumerate() {
        let confirmed = erased(&house, &invitation.person, place * 2).await;
        let rows = counts(&confirmed).into_iter().map(|(kind, rows)| (kind.to_owned(), rows));
        said.push((rows.collect::<Vec<_>>(), confirmed.limits));
    }
    let expected = (vec![("invitation".to_owned(), 1)], vec!["anonymous_responses".to_owned()]);
    assert_eq!(said, [expected.clone(), expected]);
    assert_eq!(house.count("response").await, tokens.len() - 1);
}
