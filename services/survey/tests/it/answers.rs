//! Forms, and answering them exactly once.

use arki_proto::survey::v1 as pb;
use arki_rpc::{Failure, time};
use arki_test_support::{fields, on_each_database, told};
use chrono::TimeDelta;
use tonic::Code;

use crate::house::{House, PALETTE, felt, number};

on_each_database!(
    a_form_shows_the_questions_in_the_invited_language,
    a_palette_has_an_order_of_its_own_for_each_link_and_keeps_it,
    an_answer_is_stored_once_and_the_same_one_again_is_the_same,
    fifty_who_submit_the_same_at_once_have_one_effect,
    of_fifty_who_submit_differently_at_once_one_wins,
    many_at_once_are_all_stored,
    answers_that_do_not_fit_are_named_and_change_nothing,
    one_bad_answer_does_not_take_others_down,
    a_link_that_leads_nowhere_is_not_found,
    late_answers_are_refused_before_anybody_swept,
);

pub(crate) fn recommend(value: i32) -> Vec<pb::Answer> {
    vec![number("recommend", value)]
}

pub(crate) async fn tokens(house: &House, wave: &pb::Wave) -> Vec<String> {
    house.invitations(wave).await.into_iter().map(|invitation| invitation.token).collect()
}

async fn a_form_shows_the_questions_in_the_invited_language(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let token = &house.invitations(&wave).await[0].token;
    let form = house.form(token, "").await.unwrap();
    assert_eq!((form.language.as_str(), form.title.as_str()), ("fi", "How was it (fi)"));
    assert_eq!(form.sender, "Testi Oy (fi)");
    assert_eq!(form.languages, ["fi", "sv", "en"]);
    assert_eq!((form.anonymity(), form.minimum_group), (pb::Anonymity::Confidential, 5));
    assert_eq!((form.state(), form.minutes), (pb::FormState::Answerable, 1));
    let recommend = &form.questions[0];
    assert_eq!((recommend.minimum, recommend.maximum, recommend.required), (0, 10, true));
    assert_eq!(recommend.low_label, "En lainkaan todennäköisesti");
    assert_eq!(house.form(token, "sv-FI").await.unwrap().language, "sv");
    // A language that there isn't falls back to the invited one.
    assert_eq!(house.form(token, "de").await.unwrap().language, "fi");
}

async fn a_palette_has_an_order_of_its_own_for_each_link_and_keeps_it(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let mut orders = std::collections::HashSet::new();
    for token in tokens(&house, &wave).await {
        let order =
            |form: pb::Form| form.questions[3].options.iter().map(|one| one.key.clone()).collect::<Vec<_>>();
        let drawn = order(house.form(&token, "").await.unwrap());
        assert_eq!(order(house.form(&token, "en").await.unwrap()), drawn);
        let mut sorted = drawn.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, PALETTE);
        orders.insert(drawn);
    }
    assert!(orders.len() > 12, "sixteen people got {} orders", orders.len());
}

async fn an_answer_is_stored_once_and_the_same_one_again_is_the_same(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let token = &tokens(&house, &wave).await[0];
    let answers = vec![number("recommend", 9), felt(&["calm", "glad"], &PALETTE), number("easy", 7)];
    assert!(!house.submits(token, answers.clone()).await.unwrap());
    let mut turned = answers;
    turned.reverse();
    assert!(house.submits(token, turned).await.unwrap());
    let refused = house.submits(token, recommend(9)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::AlreadyExists, "RESPONSE_ALREADY_SUBMITTED".to_owned()));
    assert_eq!(house.count("response").await, 1);
    assert_eq!(house.form(token, "").await.unwrap().state(), pb::FormState::AlreadySubmitted);
}

async fn fifty_who_submit_the_same_at_once_have_one_effect(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let token = &tokens(&house, &wave).await[0];
    let all = futures::future::join_all((0..50).map(|_| house.submits(token, recommend(8)))).await;
    let first = all.iter().filter(|result| !result.as_ref().unwrap()).count();
    assert_eq!(first, 1);
    assert_eq!(house.count("response").await, 1);
}

async fn of_fifty_who_submit_differently_at_once_one_wins(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let token = &tokens(&house, &wave).await[0];
    let submit =
        |turn| house.submits(token, vec![number("recommend", turn % 10), number("easy", 1 + turn / 10)]);
    let all = futures::future::join_all((0..50).map(submit)).await;
    let won = all.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1);
    for refused in all.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(told(refused).1, "RESPONSE_ALREADY_SUBMITTED");
    }
    assert_eq!(house.count("response").await, 1);
}

async fn many_at_once_are_all_stored(house: House) {
    house.directory.set(house.tenant, crate::house::crowd(300));
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let tokens = tokens(&house, &wave).await;
    let all = tokens.iter().map(|token| house.submits(token, recommend(7)));
    assert!(futures::future::join_all(all).await.into_iter().all(|result| !result.unwrap()));
    assert_eq!(house.count("response").await, 300);
    assert_eq!(house.sees(&wave).await.responses, 300);
}

async fn answers_that_do_not_fit_are_named_and_change_nothing(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let token = &tokens(&house, &wave).await[0];
    let wrong = vec![number("recommend", 11), number("colour", 1), felt(&["calm", "calm"], &[])];
    let refused = house.submits(token, wrong).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "ANSWER_INVALID".to_owned()));
    assert_eq!(
        fields(&refused),
        ["answers[0].number", "answers[1].question", "answers[2].feelings.chosen[1].term"]
    );
    let empty = pb::Answer { question: "easy".to_owned(), value: None };
    let refused = house.submits(token, vec![number("recommend", 1), empty]).await.unwrap_err();
    assert_eq!(Failure::from_status(&refused).violations[0].field, "answers[1]");
    assert_eq!(house.count("response").await, 0);
    assert!(!house.submits(token, recommend(10)).await.unwrap());
}

async fn one_bad_answer_does_not_take_others_down(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let tokens = tokens(&house, &wave).await;
    let all = tokens.iter().enumerate().map(|(index, token)| {
        let text = if index % 2 == 0 { "good" } else { "bad\0" };
        let why =
            pb::Answer { question: "why".to_owned(), value: Some(pb::answer::Value::Text(text.to_owned())) };
        house.submits(token, vec![number("recommend", 1), why])
    });
    let all = futures::future::join_all(all).await;
    for (index, result) in all.iter().enumerate() {
        assert_eq!(result.is_ok(), index % 2 == 0, "{result:?}");
    }
    assert_eq!(house.count("response").await, 8);
}

async fn a_link_that_leads_nowhere_is_not_found(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let real = tokens(&house, &wave).await.remove(0);
    let mut changed = real.clone().into_bytes();
    changed[30] = if changed[30] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for token in [changed.as_str(), "no token at all but long enough", &format!("{real}A"), &real[..42]] {
        let refused = house.form(token, "").await.unwrap_err();
        assert_eq!(told(&refused), (Code::NotFound, "INVITATION_NOT_FOUND".to_owned()), "{token}");
        let refused = house.submits(token, recommend(1)).await.unwrap_err();
        assert_eq!(told(&refused), (Code::NotFound, "INVITATION_NOT_FOUND".to_owned()), "{token}");
    }
}

async fn late_answers_are_refused_before_anybody_swept(house: House) {
    let version = house.publishes(crate::house::questionnaire()).await;
    let wave = pb::Wave {
        close_time: Some(time::timestamp(house.now() + TimeDelta::hours(1))),
        ..crate::house::wave(&version, pb::WaveAudience::Employees, pb::Anonymity::Confidential)
    };
    let wave = house.opens(&house.creates(wave).await).await.unwrap();
    let tokens = tokens(&house, &wave).await;
    assert!(!house.submits(&tokens[0], recommend(1)).await.unwrap());
    house.clock.advance(TimeDelta::hours(1));
    let refused = house.submits(&tokens[1], recommend(1)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "WAVE_STATE_WRONG".to_owned()));
    assert_eq!(house.form(&tokens[1], "").await.unwrap().state(), pb::FormState::Closed);
    // Whoever never heard that the answer was stored, hears it now.
    assert!(house.submits(&tokens[0], recommend(1)).await.unwrap());
}
