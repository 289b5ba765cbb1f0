//! The end of a wave, and what is told of it.

use std::collections::BTreeMap;

use arki_proto::event::v1 as event;
use arki_proto::survey::v1 as pb;
use arki_rpc::time;
use arki_test_support::{eventually, on_each_database, told};
use chrono::TimeDelta;
use tonic::Code;

use crate::house::{House, PALETTE, crowd, felt, number, questionnaire, unit, wave};

on_each_database!(
    counts_of_employees_are_told_once_at_the_end_and_equal_a_recount,
    counts_of_customers_are_told_as_they_come,
    a_wave_closes_once_and_a_repeated_request_gets_the_first_answer,
    a_wave_ends_by_itself,
    a_closing_that_was_interrupted_is_finished,
    answers_on_their_way_are_in_the_count_or_refused,
    only_an_open_wave_closes,
);

/// By question, unit and value.
type Counts = BTreeMap<(String, String, i32), i64>;

/// Responses, and how often each value was given, over all parts.
fn sums(told: &[event::ResponsesCounted]) -> (BTreeMap<String, i64>, Counts) {
    let (mut responses, mut counts) = (BTreeMap::new(), Counts::new());
    for part in told {
        for of in &part.responses {
            *responses.entry(of.unit.clone()).or_default() += of.responses;
        }
        for of in &part.counts {
            let question = of.question.rsplit('/').next().unwrap().to_owned();
            for (value, times) in &of.counts {
                *counts.entry((question.clone(), of.unit.clone(), *value)).or_default() += times;
            }
        }
    }
    (responses, counts)
}

async fn counts_of_employees_are_told_once_at_the_end_and_equal_a_recount(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let mut expected = Counts::new();
    for (turn, invitation) in house.invitations(&wave).await.iter().enumerate() {
        let turn = i32::try_from(turn).unwrap();
        let place = usize::try_from(turn).unwrap() % 8;
        let answers = vec![number("recommend", turn % 11), felt(&[PALETTE[place]], &[])];
        house.submits(&invitation.token, answers).await.unwrap();
        let place = i32::try_from(place).unwrap();
        *expected.entry(("recommend".to_owned(), invitation.unit.clone(), turn % 11)).or_default() += 1;
        *expected.entry(("felt".to_owned(), invitation.unit.clone(), place)).or_default() += 1;
    }
    house.hears::<event::WaveOpened>(1).await;
    assert_eq!(house.heard().len(), 1, "nothing but the opening is told while employees answer");
    let outbox = house.rows("SELECT subject FROM outbox").await;
    assert_eq!(outbox, ["arki.survey.wave.opened"], "nothing waits to be told either");

    let closed = house.closes(&wave).await.unwrap();
    assert_eq!((closed.state(), closed.responses), (pb::WaveState::Closed, 16));
    assert_eq!(closed.close_time, Some(time::timestamp(house.now())));
    let ended = house.hears::<event::WaveClosed>(1).await.remove(0);
    let (responses, counts) = sums(&house.hears::<event::ResponsesCounted>(1).await);
    assert_eq!(responses, BTreeMap::from([(unit(2).name(), 12), (unit(3).name(), 4)]));
    assert_eq!(counts, expected);
    let invited: Vec<_> = ended.invited.iter().map(|of| (of.unit.clone(), of.invited)).collect();
    assert_eq!(invited, [(unit(2).name(), 12), (unit(3).name(), 4)]);
    let subjects: Vec<_> = house.heard().into_iter().map(|event| event.subject).collect();
    assert_eq!(subjects.last().unwrap(), "arki.survey.wave.closed", "the end comes last: {subjects:?}");
    assert!(house.heard().iter().all(|event| event.aggregate == wave.name));
}

async fn counts_of_customers_are_told_as_they_come(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    for invitation in house.invitations(&wave).await {
        let choice = pb::Answer {
            question: "channel".to_owned(),
            value: Some(pb::answer::Value::Choice("phone".to_owned())),
        };
        house.submits(&invitation.token, vec![number("recommend", 10), choice]).await.unwrap();
    }
    let (responses, counts) = sums(&house.hears::<event::ResponsesCounted>(3).await);
    assert_eq!(responses, BTreeMap::from([(unit(2).name(), 3)]));
    let phone = ("channel".to_owned(), unit(2).name(), 1);
    let ten = ("recommend".to_owned(), unit(2).name(), 10);
    assert_eq!(counts, BTreeMap::from([(phone, 3), (ten, 3)]));
    house.closes(&wave).await.unwrap();
    house.hears::<event::WaveClosed>(1).await;
    assert_eq!(house.hears::<event::ResponsesCounted>(3).await.len(), 3, "nothing is told twice");
}

async fn a_wave_closes_once_and_a_repeated_request_gets_the_first_answer(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let request =
        pb::CloseWaveRequest { name: wave.name.clone(), etag: wave.etag.clone(), request_id: "c".to_owned() };
    let first = house.client.clone().close_wave(house.ask(request.clone())).await.unwrap().into_inner();
    house.clock.advance(TimeDelta::hours(1));
    let again = house.client.clone().close_wave(house.ask(request)).await.unwrap().into_inner();
    assert_eq!(again, first);
    let refused = house.closes(&wave).await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "WAVE_STATE_WRONG".to_owned()));
    house.hears::<event::WaveClosed>(1).await;
    assert_eq!(house.rows("SELECT subject FROM outbox WHERE subject LIKE '%closed'").await.len(), 1);
}

async fn a_wave_ends_by_itself(house: House) {
    let version = house.publishes(questionnaire()).await;
    let close_time = Some(time::timestamp(house.now() + TimeDelta::hours(1)));
    let wave =
        pb::Wave { close_time, ..wave(&version, pb::WaveAudience::Employees, pb::Anonymity::Anonymous) };
    let wave = house.opens(&house.creates(wave).await).await.unwrap();
    let token = house.invitations(&wave).await[0].token.clone();
    house.submits(&token, vec![number("recommend", 2)]).await.unwrap();
    house.clock.advance(TimeDelta::hours(2));
    eventually("the wave is closed", || async { house.sees(&wave).await.state() == pb::WaveState::Closed })
        .await;
    assert_eq!(house.sees(&wave).await.close_time, close_time);
    assert_eq!(house.hears::<event::ResponsesCounted>(1).await[0].responses[0].responses, 1);
    house.hears::<event::WaveClosed>(1).await;
    // Its links are gone, as after any end.
    eventually("the links are destroyed", || async {
        house.form(&token, "").await.is_err_and(|refused| told(&refused).1 == "INVITATION_NOT_FOUND")
    })
    .await;
}

async fn a_closing_that_was_interrupted_is_finished(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let token = house.invitations(&wave).await[0].token.clone();
    house.submits(&token, vec![number("recommend", 2)]).await.unwrap();
    // As a process leaves it that dies between the two transactions.
    house.executes("UPDATE wave SET state = 'closing'").await;
    assert_eq!(house.sees(&wave).await.state(), pb::WaveState::Closed);
    let counted = house.hears::<event::ResponsesCounted>(1).await;
    assert_eq!(counted[0].responses[0].responses, 1);
    house.hears::<event::WaveClosed>(1).await;
}

async fn answers_on_their_way_are_in_the_count_or_refused(house: House) {
    house.directory.set(house.tenant, crowd(200));
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let invitations = house.invitations(&wave).await;
    let all = invitations.iter().map(|one| house.submits(&one.token, vec![number("recommend", 4)]));
    let (stored, closed) = futures::join!(futures::future::join_all(all), async {
        eventually("some have answered", || async { house.count("response").await > 0 }).await;
        house.closes(&wave).await.unwrap()
    });
    let stored = stored.iter().filter(|result| result.is_ok()).count();
    let (responses, _) = sums(&house.hears::<event::ResponsesCounted>(1).await);
    assert_eq!(responses[&unit(2).name()], i64::try_from(stored).unwrap());
    assert_eq!(closed.responses, i64::try_from(stored).unwrap());
    assert_eq!(house.count("response").await, stored);
}

async fn only_an_open_wave_closes(house: House) {
    let version = house.publishes(questionnaire()).await;
    let draft = house.creates(wave(&version, pb::WaveAudience::Employees, pb::Anonymity::Anonymous)).await;
    let refused = house.closes(&draft).await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "WAVE_STATE_WRONG".to_owned()));
    let missing = pb::Wave { name: "waves/wav_00000000000000000000000000".to_owned(), ..draft };
    let refused = house.closes(&missing).await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "WAVE_NOT_FOUND".to_owned()));
}
