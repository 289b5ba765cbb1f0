use arki_ids::{DeadLetterId, EventId};
use arki_process::{Clock, SystemClock};
use arki_proto::directory::v1 as pb;
use arki_proto::event::v1::{OutcomeRecorded, PersonChanged, UnitChanged};
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, mask, on_each_database};
use sea_orm::{ConnectionTrait, Statement};
use tonic::Code;

use crate::server::Server;
use crate::user::{date, employee};

on_each_database!(
    a_unit_is_told_with_its_whole_history,
    a_person_is_told_without_who_it_is,
    the_present_state_is_told_again_on_demand,
    dead_letters_are_listed_and_asked_for_again,
);

async fn a_unit_is_told_with_its_whole_history(server: Server) {
    let user = &server.admin;
    let group = user.unit("Group", "").await.name;
    let shop = user.unit("Shop", "").await.name;
    let request = pb::MoveUnitRequest {
        name: shop.clone(),
        parent: group.clone(),
        valid_from: Some(date(2026, 9, 1)),
        ..Default::default()
    };
    user.move_unit(request.clone()).await.unwrap();
    // A move to where the unit is already changes nothing and is not told.
    user.move_unit(request).await.unwrap();
    let close =
        pb::CloseUnitRequest { name: shop.clone(), valid_to: Some(date(2027, 1, 1)), ..Default::default() };
    user.close_unit(close).await.unwrap();
    let told = server.events::<UnitChanged>(4).await;
    let told: Vec<_> = told.into_iter().filter(|event| event.unit == shop).collect();
    assert_eq!(told.iter().map(|event| event.revision).collect::<Vec<_>>(), [1, 2, 3]);
    let last: Vec<_> = told[2]
        .versions
        .iter()
        .map(|version| (version.parent.as_str(), version.valid_from.unwrap(), version.valid_to.unwrap()))
        .collect();
    assert_eq!(
        last,
        [("", date(2026, 1, 1), date(2026, 9, 1)), (group.as_str(), date(2026, 9, 1), date(2027, 1, 1))]
    );
}

async fn a_person_is_told_without_who_it_is(server: Server) {
    let user = &server.admin;
    let unit = user.unit("Shop", "").await.name;
    let person =
        pb::Person { unit: unit.clone(), email: "aino@example.com".to_owned(), ..employee("Aino Esimerkki") };
    let person = user.person(person).await.unwrap();
    let change = pb::Person {
        name: person.name.clone(),
        employment_state: pb::EmploymentState::LongLeave.into(),
        ..Default::default()
    };
    let request = pb::UpdatePersonRequest {
        person: Some(change),
        update_mask: mask(&["employment_state"]),
        ..Default::default()
    };
    user.update_person(request).await.unwrap();
    let told = server.events::<PersonChanged>(2).await;
    assert_eq!(
        told.iter().map(|event| (event.revision, event.active)).collect::<Vec<_>>(),
        [(1, true), (2, false)]
    );
    assert_eq!((told[0].kind.as_str(), told[0].memberships[0].unit.as_str()), ("employee", unit.as_str()));
    let all = format!("{told:?}");
    assert!(!all.contains("Aino") && !all.contains("example.com"));
}

async fn the_present_state_is_told_again_on_demand(server: Server) {
    let user = &server.admin;
    let unit = user.unit("Shop", "").await.name;
    let person = user.employee("Aino Esimerkki", &unit).await.name;
    let outcome = pb::Outcome {
        kind: pb::OutcomeKind::Churn.into(),
        time: Some(timestamp(server.now())),
        ..Default::default()
    };
    user.outcome(outcome).await.unwrap();
    let units_only = pb::ReplayEventsRequest {
        subject_prefix: "arki.directory.unit".to_owned(),
        request_id: "r-1".to_owned(),
    };
    assert_eq!(user.replay_events(units_only.clone()).await.unwrap().events, 1);
    assert_eq!(user.replay_events(units_only).await.unwrap().events, 1, "as answered before");
    assert_eq!(user.replay_events(pb::ReplayEventsRequest::default()).await.unwrap().events, 3);
    let units = server.events::<UnitChanged>(3).await;
    assert_eq!(units.len(), 3, "made, asked for alone, asked for with all");
    assert!(units.iter().all(|event| event.unit == unit && event.revision == 1));
    let people = server.events::<PersonChanged>(2).await;
    assert!(people.iter().all(|event| event.person == person && event.revision == 1));
    assert_eq!(server.events::<OutcomeRecorded>(2).await.len(), 2);
}

async fn dead_letters_are_listed_and_asked_for_again(server: Server) {
    let user = &server.admin;
    let store = arki_database::Store::connect(&server.config.database).await.unwrap();
    // By the machine's clock: a letter that is too old for the database is not sent again.
    let (tenant, now) = (user.caller.tenant, SystemClock.now());
    let ids = [DeadLetterId::generate(), DeadLetterId::generate()];
    for id in ids {
        let done: Result<(), arki_database::Error> = store
            .write("test", move |tx| {
                Box::pin(async move {
                    let sql = "INSERT INTO dead_letter (tenant_id, id, consumer, event_id, subject, aggregate, payload, \
                               event_time, attempts, last_error, create_time) VALUES ($1, $2, 'directory.test', $3, \
                               'arki.goal.goal.changed', 'goals/1', $4, $5, 8, 'out of order', $5)";
                    let values = [
                        tenant.to_string().into(),
                        id.to_string().into(),
                        EventId::generate().to_string().into(),
                        vec![0_u8].into(),
                        now.into(),
                    ];
                    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
                    tx.execute_raw(statement).await?;
                    Ok(())
                })
            })
            .await;
        done.unwrap();
    }
    let first = pb::ListDeadLettersRequest { page_size: 1, ..Default::default() };
    let first = user.list_dead_letters(first).await.unwrap();
    let page_token = first.next_page_token;
    let second =
        user.list_dead_letters(pb::ListDeadLettersRequest { page_size: 1, page_token }).await.unwrap();
    assert_eq!(second.next_page_token, "");
    let mut found: Vec<_> =
        [&first.dead_letters[0], &second.dead_letters[0]].map(|letter| letter.id.clone()).into();
    found.sort();
    assert_eq!(found, ids.map(|id| id.to_string()));
    assert_eq!(first.dead_letters[0].last_error, "out of order");

    let replay =
        pb::ReplayDeadLetterRequest { dead_letter: ids[0].to_string(), request_id: "r-1".to_owned() };
    let asked = user.replay_dead_letter(replay.clone()).await.unwrap().dead_letter.unwrap();
    assert_eq!((asked.id.as_str(), asked.attempts), (replay.dead_letter.as_str(), 8));
    let again = pb::ReplayDeadLetterRequest { dead_letter: ids[1].to_string(), ..replay.clone() };
    user.replay_dead_letter(again).await.refused(Code::InvalidArgument, HouseReason::RequestIdReused);
    for unknown in [DeadLetterId::generate().to_string(), "17".to_owned()] {
        let replay = pb::ReplayDeadLetterRequest { dead_letter: unknown, ..Default::default() };
        user.replay_dead_letter(replay).await.refused(Code::NotFound, HouseReason::DeadLetterNotFound);
    }
    let stranger = server.stranger().await;
    let replay = pb::ReplayDeadLetterRequest { request_id: String::new(), ..replay };
    stranger.replay_dead_letter(replay).await.refused(Code::NotFound, HouseReason::DeadLetterNotFound);
}
