use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::{ErrorReason, Likeness};
use arki_proto::event::v1::{PersonChanged, PersonMerged};
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    what_a_duplicate_had_is_the_survivors,
    a_dry_run_moves_nothing_and_a_repeat_moves_nothing_twice,
    names_lead_on_through_several_mergers,
    refuses_mergers_that_lose_or_circle,
    namesakes_are_proposed_and_pages_hold_each_pair_once,
    another_tenant_merges_nobody,
);

fn merge(survivor: &str, duplicates: &[&str]) -> pb::MergePeopleRequest {
    pb::MergePeopleRequest {
        survivor: survivor.to_owned(),
        duplicates: duplicates.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    }
}

fn known(name: &str, source: &str, external_id: &str) -> pb::Person {
    pb::Person { source: source.to_owned(), external_id: external_id.to_owned(), ..employee(name) }
}

async fn get(user: &User, name: &str) -> pb::Person {
    user.get_person(pb::GetPersonRequest { name: name.to_owned() }).await.unwrap().person.unwrap()
}

async fn what_a_duplicate_had_is_the_survivors(server: Server) {
    let user = &server.admin;
    let shop = user.unit("Shop", "").await.name;
    let account = user.account("Keksitty Oy", "").await.name;
    let aino = user.person(known("Aino Esimerkki", "hr", "E-1")).await.unwrap();
    let double = pb::Person {
        email: "aino@example.com".to_owned(),
        account: account.clone(),
        unit: shop.clone(),
        attributes: BTreeMap::from([("site".to_owned(), "Turku".to_owned())]),
        ..known("Aino E.", "crm", "C-1")
    };
    let double = user.person(double).await.unwrap().name;
    let report = pb::Person { manager: double.clone(), ..employee("Bo Exempel") };
    let report = user.person(report).await.unwrap().name;
    let led = pb::Unit { display_name: "Kiosk".to_owned(), leader: double.clone(), ..Default::default() };
    let led =
        user.create_unit(pb::CreateUnitRequest { unit: Some(led), ..Default::default() }).await.unwrap();
    let outcome = pb::Outcome {
        kind: pb::OutcomeKind::Complaint.into(),
        time: Some(timestamp(server.now())),
        person: double.clone(),
        ..Default::default()
    };
    let outcome = user.outcome(outcome).await.unwrap().name;
    let ambassador = |person: &str| pb::CreateAmbassadorRequest {
        ambassador: Some(pb::Ambassador {
            person: person.to_owned(),
            unit: shop.clone(),
            hours_per_month: 4,
            ..Default::default()
        }),
        ..Default::default()
    };
    for person in [&aino.name, &double] {
        user.create_ambassador(ambassador(person)).await.unwrap();
    }

    let mut request = merge(&aino.name, &[&double]);
    request.etag = aino.etag.clone();
    let merged = user.merge_people(request).await.unwrap();
    let counts = (merged.external_ids_moved, merged.reports_moved, merged.units_moved, merged.outcomes_moved);
    assert_eq!((merged.merged.as_slice(), counts), ([double.clone()].as_slice(), (1, 1, 1, 1)));
    let person = merged.person.unwrap();
    assert_eq!((person.display_name.as_str(), person.email.as_str()), ("Aino Esimerkki", "aino@example.com"));
    assert_eq!((&person.account, &person.unit), (&account, &shop));
    assert_eq!(person.attributes["site"], "Turku");
    assert_eq!(person.leads, [led.unit.unwrap().name]);
    // The old name leads to the one who stays, and so does the old key.
    assert_eq!(get(user, &double).await, person);
    let key = pb::LookUpPersonRequest { source: "crm".to_owned(), external_id: "C-1".to_owned() };
    assert_eq!(user.look_up_person(key).await.unwrap().person, Some(person.clone()));
    assert_eq!(get(user, &report).await.manager, aino.name);
    let outcome = user.get_outcome(pb::GetOutcomeRequest { name: outcome }).await.unwrap().outcome.unwrap();
    assert_eq!((outcome.person.as_str(), outcome.etag.as_str()), (aino.name.as_str(), "2"));
    let ambassadors = user.list_ambassadors(Default::default()).await.unwrap().ambassadors;
    assert_eq!(ambassadors.iter().map(|one| &one.person).collect::<Vec<_>>(), [&aino.name]);
    let listed = user.list_people(pb::ListPeopleRequest::default()).await.unwrap().people;
    assert_eq!(listed.len(), 2);
    let told = server.events::<PersonMerged>(1).await;
    assert_eq!((&told[0].survivor, &told[0].duplicate), (&aino.name, &double));
    let gone = server.events::<PersonChanged>(6).await;
    let gone = gone.iter().rfind(|event| event.person == double).unwrap();
    assert!(!gone.active && gone.memberships.is_empty() && gone.revision > 1, "{gone:?}");
    user.replay_events(pb::ReplayEventsRequest::default()).await.unwrap();
    assert_eq!(server.events::<PersonMerged>(2).await[1], told[0]);
}

async fn a_dry_run_moves_nothing_and_a_repeat_moves_nothing_twice(server: Server) {
    let user = &server.admin;
    let aino = user.person(known("Aino Esimerkki", "hr", "E-1")).await.unwrap();
    let double = user.person(known("Aino E.", "crm", "C-1")).await.unwrap();
    let dry = pb::MergePeopleRequest { dry_run: true, ..merge(&aino.name, &[&double.name]) };
    let told = user.merge_people(dry).await.unwrap();
    assert_eq!(told.external_ids_moved, 1);
    assert_eq!(get(user, &double.name).await, double);
    assert_eq!(get(user, &aino.name).await, aino);
    let done = user.merge_people(merge(&aino.name, &[&double.name])).await.unwrap();
    assert_eq!(done.merged, std::slice::from_ref(&double.name));
    let again = user.merge_people(merge(&aino.name, &[&double.name])).await.unwrap();
    assert_eq!((again.merged.len(), again.person), (0, done.person));
    let stale = pb::MergePeopleRequest { etag: "77".to_owned(), ..merge(&aino.name, &[&double.name]) };
    user.merge_people(stale).await.refused(Code::Aborted, HouseReason::EtagMismatch);
}

async fn names_lead_on_through_several_mergers(server: Server) {
    let user = &server.admin;
    let mut names = Vec::new();
    for number in 0..4 {
        names.push(user.person(employee(&format!("Person {number}"))).await.unwrap().name);
    }
    user.merge_people(merge(&names[1], &[&names[0]])).await.unwrap();
    user.merge_people(merge(&names[3], &[&names[1], &names[2]])).await.unwrap();
    for name in &names {
        assert_eq!(get(user, name).await.name, names[3]);
    }
    let written = pb::UpdatePersonRequest {
        person: Some(pb::Person { name: names[0].clone(), ..employee("Other") }),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    };
    user.update_person(written).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
}

async fn refuses_mergers_that_lose_or_circle(server: Server) {
    let user = &server.admin;
    let boss = user.person(employee("Boss")).await.unwrap().name;
    let middle = user.person(pb::Person { manager: boss.clone(), ..employee("Middle") }).await.unwrap().name;
    let low = user.person(pb::Person { manager: middle.clone(), ..employee("Low") }).await.unwrap().name;
    let refused = user.merge_people(merge(&low, &[&boss])).await;
    refused.refused(Code::FailedPrecondition, ErrorReason::ManagerCycle);
    assert_eq!(get(user, &boss).await.name, boss);
    let eeva = pb::Person { kind: pb::PersonKind::Customer.into(), ..employee("Eeva Asiakas") };
    let eeva = user.person(eeva).await.unwrap().name;
    assert_eq!(user.merge_people(merge(&eeva, &[&low])).await.fields(), ["duplicates"]);
    assert_eq!(user.merge_people(merge(&low, &[&low])).await.fields(), ["duplicates"]);
    let nobody = arki_ids::PersonId::generate().name();
    user.merge_people(merge(&low, &[&nobody])).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    // A customer can be found to be an employee.
    user.merge_people(merge(&low, &[&eeva])).await.unwrap();
}

async fn namesakes_are_proposed_and_pages_hold_each_pair_once(server: Server) {
    let user = &server.admin;
    let with = |name: &str, email: &str| pb::Person { email: email.to_owned(), ..employee(name) };
    let mut names = Vec::new();
    for person in [
        with("Aino Esimerkki", "aino@example.com"),
        with("AINO  esimerkki", ""),
        with("Bo Exempel", "AINO@example.com"),
        with("Bo Exempel", "bo@example.com"),
        known("Cai Keksitty", "hr", "7"),
        known("Dia Keksitty", "crm", "7"),
    ] {
        names.push(user.person(person).await.unwrap().name);
    }
    let mut request = pb::ListDuplicateCandidatesRequest { page_size: 2, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = user.list_duplicate_candidates(request.clone()).await.unwrap();
        found.extend(page.candidates.into_iter().map(|pair| {
            let likeness: Vec<_> = pair.likeness().collect();
            (pair.person.unwrap().name, pair.other.unwrap().name, likeness)
        }));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let expected = [
        (names[0].clone(), names[1].clone(), vec![Likeness::Name]),
        (names[0].clone(), names[2].clone(), vec![Likeness::Email]),
        (names[4].clone(), names[5].clone(), vec![Likeness::ExternalId]),
    ];
    assert_eq!(found, expected);
}

async fn another_tenant_merges_nobody(server: Server) {
    let (owner, stranger) = (&server.admin, server.stranger().await);
    let aino = owner.person(employee("Aino Esimerkki")).await.unwrap().name;
    let double = owner.person(employee("Aino Esimerkki")).await.unwrap().name;
    let own = stranger.person(employee("Aino Esimerkki")).await.unwrap().name;
    for request in [merge(&aino, &[&double]), merge(&own, &[&double])] {
        stranger.merge_people(request).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    }
    let candidates = stranger.list_duplicate_candidates(Default::default()).await.unwrap().candidates;
    assert!(candidates.is_empty());
    owner.merge_people(merge(&aino, &[&double])).await.unwrap();
    let get = pb::GetPersonRequest { name: double };
    stranger.get_person(get).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
}
