//! Preparing and opening waves.

use arki_proto::directory::v1::PersonKind;
use arki_proto::event::v1 as event;
use arki_proto::google::r#type::Date;
use arki_proto::survey::v1 as pb;
use arki_rpc::{Failure, time};
use arki_test_support::{Organisation, mask, on_each_database, told};
use chrono::TimeDelta;
use tonic::Code;

use crate::house::{House, add, crowd, number, questionnaire, unit, wave};

on_each_database!(
    a_created_wave_reads_back,
    a_wave_asks_a_version_that_is_there,
    opening_invites_the_audience_and_fixes_what_was_promised,
    a_wave_opens_once_and_a_repeated_request_gets_the_first_answer,
    only_people_of_the_units_are_asked_each_once_over_all_pages,
    every_kind_of_person_can_be_asked_and_staff_of_every_kind_is_kept_apart,
    a_wave_for_nobody_stays_a_draft,
    without_the_directory_a_wave_does_not_open,
    an_etag_from_before_a_change_is_refused,
    an_open_wave_keeps_its_promises,
    while_employees_answer_only_coarse_numbers_show,
    of_customers_numbers_show_as_they_are,
    five_thousand_are_invited_in_one_go,
);

async fn draft(house: &House) -> pb::Wave {
    let version = house.publishes(questionnaire()).await;
    house.creates(wave(&version, pb::WaveAudience::Employees, pb::Anonymity::Confidential)).await
}

async fn update(house: &House, wave: pb::Wave, paths: &[&str]) -> Result<pb::Wave, tonic::Status> {
    let request =
        pb::UpdateWaveRequest { wave: Some(wave), update_mask: mask(paths), request_id: String::new() };
    Ok(house.client.clone().update_wave(house.ask(request)).await?.into_inner().wave.unwrap())
}

async fn a_created_wave_reads_back(house: House) {
    let version = house.publishes(questionnaire()).await;
    let given = pb::Wave {
        units: vec![unit(2).name()],
        close_time: Some(time::timestamp(house.now() + TimeDelta::days(7))),
        results_day: Some(Date { year: 2026, month: 12, day: 24 }),
        ..wave(&version, pb::WaveAudience::Customers, pb::Anonymity::Identified)
    };
    let created = house.creates(given.clone()).await;
    assert_eq!(created.state(), pb::WaveState::Draft);
    assert_eq!(house.sees(&created).await, created);
    let expected = pb::Wave {
        name: created.name.clone(),
        state: pb::WaveState::Draft.into(),
        create_time: created.create_time,
        update_time: created.update_time,
        etag: "1".to_owned(),
        ..given
    };
    assert_eq!(created, expected);
    let request = pb::ListWavesRequest::default();
    let listed = house.client.clone().list_waves(house.ask(request)).await.unwrap().into_inner();
    assert_eq!(listed.waves, [created]);
}

async fn a_wave_asks_a_version_that_is_there(house: House) {
    let mut version = house.publishes(questionnaire()).await;
    version.name = version.name.replace("/versions/1", "/versions/2");
    let given = wave(&version, pb::WaveAudience::Employees, pb::Anonymity::Anonymous);
    let request = pb::CreateWaveRequest { wave: Some(given.clone()), request_id: String::new() };
    let refused = house.client.clone().create_wave(house.ask(request)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "VERSION_NOT_FOUND".to_owned()));
    let past = pb::Wave { close_time: Some(time::timestamp(house.now())), ..given };
    let request = pb::CreateWaveRequest { wave: Some(past), request_id: String::new() };
    let refused = house.client.clone().create_wave(house.ask(request)).await.unwrap_err();
    assert_eq!(Failure::from_status(&refused).violations[0].field, "wave.close_time");
}

async fn opening_invites_the_audience_and_fixes_what_was_promised(house: House) {
    let opened = house.opens(&draft(&house).await).await.unwrap();
    assert_eq!((opened.state(), opened.invitations, opened.responses), (pb::WaveState::Open, 16, 0));
    assert_eq!(opened.minimum_group, 5);
    assert_eq!(opened.open_time, Some(time::timestamp(house.now())));
    let invitations = house.invitations(&opened).await;
    assert_eq!(invitations.len(), 16);
    let told = house.hears::<event::WaveOpened>(1).await.remove(0);
    assert_eq!(told.wave, opened.name);
    assert_eq!((told.audience.as_str(), told.anonymity.as_str()), ("employees", "confidential"));
    assert_eq!(told.open_day, Some(Date { year: 2026, month: 11, day: 23 }));
    assert_eq!((told.minimum_group, told.questions.len()), (5, 5));
    let questionnaire = opened.questionnaire_version.split("/versions/").next().unwrap();
    assert_eq!(told.questions[2].question, format!("{questionnaire}/questions/channel"));
    assert_eq!(told.questions[2].kind, "single_choice");
    assert_eq!(told.questions[2].options, ["counter", "phone"]);
}

async fn a_wave_opens_once_and_a_repeated_request_gets_the_first_answer(house: House) {
    let draft = draft(&house).await;
    let request = pb::OpenWaveRequest {
        name: draft.name.clone(),
        etag: draft.etag.clone(),
        request_id: "open-1".to_owned(),
    };
    let first = house.client.clone().open_wave(house.ask(request.clone())).await.unwrap().into_inner();
    // The directory is not asked again, and may have changed meanwhile.
    house.directory.set_away(true);
    let again = house.client.clone().open_wave(house.ask(request)).await.unwrap().into_inner();
    assert_eq!(again, first);
    let refused = house.opens(&draft).await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "WAVE_STATE_WRONG".to_owned()));
    let failure = Failure::from_status(&refused);
    assert_eq!((&*failure.metadata["state"], &*failure.metadata["needed"]), ("open", "draft"));
    assert_eq!(house.count("invitation").await, 16);
}

async fn only_people_of_the_units_are_asked_each_once_over_all_pages(house: House) {
    house.directory.set_page(3);
    let version = house.publishes(questionnaire()).await;
    let given = pb::Wave {
        units: vec![unit(3).name()],
        ..wave(&version, pb::WaveAudience::Employees, pb::Anonymity::Confidential)
    };
    let opened = house.opens(&house.creates(given.clone()).await).await.unwrap();
    assert_eq!(opened.invitations, 4);
    let whole = pb::Wave { units: vec![unit(1).name()], ..given.clone() };
    let opened = house.opens(&house.creates(whole).await).await.unwrap();
    assert_eq!(opened.invitations, 16);
    let nowhere = pb::Wave { units: vec![unit(9).name()], ..given };
    let refused = house.opens(&house.creates(nowhere).await).await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "UNIT_UNKNOWN".to_owned()));
    assert_eq!(Failure::from_status(&refused).metadata["unit"], unit(9).name());
}

async fn every_kind_of_person_can_be_asked_and_staff_of_every_kind_is_kept_apart(house: House) {
    const KINDS: [(PersonKind, pb::WaveAudience, bool); 6] = [
        (PersonKind::Employee, pb::WaveAudience::Employees, true),
        (PersonKind::Candidate, pb::WaveAudience::Candidates, true),
        (PersonKind::Leaver, pb::WaveAudience::Leavers, true),
        (PersonKind::Customer, pb::WaveAudience::Customers, false),
        (PersonKind::Prospect, pb::WaveAudience::Prospects, false),
        (PersonKind::FormerCustomer, pb::WaveAudience::FormerCustomers, false),
    ];
    let mut all = crowd(0);
    for (count, (kind, ..)) in (11..).zip(KINDS) {
        add(&mut all, count, kind, Some(unit(2)), "fi");
    }
    house.directory.set(house.tenant, all);
    for (count, (kind, audience, guarded)) in (11..).zip(KINDS) {
        let wave = house.asks(audience, pb::Anonymity::Confidential).await;
        assert_eq!(wave.invitations, count, "{kind:?}");
        let token = house.invitations(&wave).await.remove(0).token;
        house.submits(&token, vec![number("recommend", 9)]).await.unwrap();
        assert_eq!(house.sees(&wave).await.responses, i64::from(!guarded), "{kind:?}");
    }
}

async fn a_wave_for_nobody_stays_a_draft(house: House) {
    let draft = draft(&house).await;
    house.directory.set(house.tenant, Organisation::default());
    let refused = house.opens(&draft).await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "AUDIENCE_EMPTY".to_owned()));
    assert_eq!(house.sees(&draft).await.state(), pb::WaveState::Draft);
}

async fn without_the_directory_a_wave_does_not_open(house: House) {
    let draft = draft(&house).await;
    house.directory.set_away(true);
    let refused = house.opens(&draft).await.unwrap_err();
    assert_eq!(told(&refused), (Code::Unavailable, "UNAVAILABLE".to_owned()));
    assert_eq!(house.sees(&draft).await.state(), pb::WaveState::Draft);
}

async fn an_etag_from_before_a_change_is_refused(house: House) {
    let draft = draft(&house).await;
    let renamed = pb::Wave { display_name: "Renamed".to_owned(), ..draft.clone() };
    update(&house, renamed.clone(), &["display_name"]).await.unwrap();
    let refused = update(&house, renamed, &["display_name"]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    for request in ["open", "close"] {
        let refused = if request == "open" {
            let request =
                pb::OpenWaveRequest { name: draft.name.clone(), etag: "1".to_owned(), ..Default::default() };
            house.client.clone().open_wave(house.ask(request)).await.unwrap_err()
        } else {
            let request =
                pb::CloseWaveRequest { name: draft.name.clone(), etag: "1".to_owned(), ..Default::default() };
            house.client.clone().close_wave(house.ask(request)).await.unwrap_err()
        };
        assert_eq!(told(&refused), (Code::Aborted, "ETAG_MISMATCH".to_owned()), "{request}");
    }
}

async fn an_open_wave_keeps_its_promises(house: House) {
    let opened = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let later = pb::Wave {
        display_name: "Renamed".to_owned(),
        close_time: Some(time::timestamp(house.now() + TimeDelta::days(1))),
        ..opened.clone()
    };
    let updated = update(&house, later, &["display_name", "close_time"]).await.unwrap();
    assert_eq!(updated.display_name, "Renamed");
    let broken = pb::Wave { anonymity: pb::Anonymity::Identified.into(), ..updated.clone() };
    let refused = update(&house, broken, &[]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "WAVE_STATE_WRONG".to_owned()));
    let refused = update(&house, updated, &["colour"]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "UPDATE_MASK_INVALID".to_owned()));
}

async fn while_employees_answer_only_coarse_numbers_show(house: House) {
    let opened = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let invitations = house.invitations(&opened).await;
    let mut told = Vec::new();
    for invitation in invitations.iter().take(11) {
        house.submits(&invitation.token, vec![number("recommend", 9)]).await.unwrap();
        told.push(house.sees(&opened).await.responses);
    }
    assert_eq!(told, [0, 0, 0, 0, 5, 5, 5, 5, 5, 10, 10]);
    let rates = || async {
        let request = pb::GetResponseRateRequest { name: opened.name.clone() };
        house.client.clone().get_response_rate(house.ask(request)).await.unwrap().into_inner()
    };
    let shown = rates().await;
    // 11 of 16 is 68.75, of the counters it is 11 of 12; the four drivers are too few.
    assert_eq!(shown.total, Some(pb::ResponseRate { invited: 16, percent: Some(70.0) }));
    let of_counters = |percent| pb::UnitResponseRate {
        unit: unit(2).name(),
        rate: Some(pb::ResponseRate { invited: 12, percent: Some(percent) }),
    };
    assert_eq!(shown.units.len(), 2);
    assert_eq!(shown.units[1], of_counters(90.0));
    let closed = house.closes(&opened).await.unwrap();
    assert_eq!(closed.responses, 11);
    let shown = rates().await;
    assert_eq!(shown.total.unwrap().percent, Some(68.75));
    assert_eq!(shown.units[1], of_counters(100.0 * 11.0 / 12.0));
    assert_eq!(shown.units.len(), 2, "four people are fewer than the smallest group");
}

async fn of_customers_numbers_show_as_they_are(house: House) {
    let opened = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let invitations = house.invitations(&opened).await;
    house.submits(&invitations[0].token, vec![number("recommend", 9)]).await.unwrap();
    assert_eq!(house.sees(&opened).await.responses, 1);
    let request = pb::GetResponseRateRequest { name: opened.name.clone() };
    let rates = house.client.clone().get_response_rate(house.ask(request)).await.unwrap().into_inner();
    assert_eq!(rates.total, Some(pb::ResponseRate { invited: 3, percent: Some(100.0 / 3.0) }));
    let request = pb::GetResponseRateRequest { name: "waves/wav_00000000000000000000000000".to_owned() };
    let refused = house.client.clone().get_response_rate(house.ask(request)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "WAVE_NOT_FOUND".to_owned()));
}

async fn five_thousand_are_invited_in_one_go(house: House) {
    house.directory.set(house.tenant, crowd(5_000));
    let opened = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    assert_eq!(opened.invitations, 5_000);
    let tokens: std::collections::HashSet<_> =
        house.invitations(&opened).await.into_iter().map(|invitation| invitation.token).collect();
    assert_eq!(tokens.len(), 5_000);
}
