//! Batches of CRM systems.

use arki_proto::directory::v1 as pb;
use arki_proto::event::v1::{OutcomeRecorded, PersonChanged};
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, on_each_database};
use chrono::{DateTime, TimeDelta, Utc};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    each_item_is_answered_by_itself_and_in_order,
    what_was_told_again_is_unchanged_and_tells_nothing,
    what_is_older_changes_nothing,
    a_retry_has_one_effect,
    a_batch_has_a_thousand_items_at_most,
    keys_of_two_sources_are_two_things,
    a_person_with_two_keys_is_one_person,
    values_of_keys_are_one_persons,
    money_has_a_currency_and_its_digits,
    employees_are_not_for_a_crm_to_say,
    another_tenant_has_the_same_keys_for_itself
);

const CREATED: i32 = pb::UpsertState::Created as i32;
const UPDATED: i32 = pb::UpsertState::Updated as i32;
const UNCHANGED: i32 = pb::UpsertState::Unchanged as i32;
const STALE: i32 = pb::UpsertState::Stale as i32;
const FAILED: i32 = pb::UpsertState::Failed as i32;

fn person(key: &str, name: &str) -> pb::CrmPerson {
    pb::CrmPerson { external_id: key.to_owned(), display_name: Some(name.to_owned()), ..Default::default() }
}

fn account(key: &str) -> pb::CrmAccount {
    pb::CrmAccount { external_id: key.to_owned(), ..Default::default() }
}

fn outcome(server: &Server, key: &str) -> pb::CrmOutcome {
    pb::CrmOutcome {
        external_id: key.to_owned(),
        kind: Some("purchase".to_owned()),
        time: Some(timestamp(server.now())),
        ..Default::default()
    }
}

async fn people(user: &User, people: Vec<pb::CrmPerson>) -> Vec<pb::UpsertResult> {
    let request = pb::BatchUpsertPeopleRequest { source: "hubspot".to_owned(), people, ..Default::default() };
    user.batch_upsert_people(request).await.unwrap().results
}

async fn accounts(user: &User, accounts: Vec<pb::CrmAccount>) -> Vec<pb::UpsertResult> {
    let request =
        pb::BatchUpsertAccountsRequest { source: "hubspot".to_owned(), accounts, ..Default::default() };
    user.batch_upsert_accounts(request).await.unwrap().results
}

async fn outcomes(user: &User, outcomes: Vec<pb::CrmOutcome>) -> Vec<pb::UpsertResult> {
    let request =
        pb::BatchUpsertOutcomesRequest { source: "hubspot".to_owned(), outcomes, ..Default::default() };
    user.batch_upsert_outcomes(request).await.unwrap().results
}

fn states(results: &[pb::UpsertResult]) -> Vec<i32> {
    results.iter().map(|result| result.state).collect()
}

fn reasons(results: &[pb::UpsertResult]) -> Vec<(&str, &str)> {
    let errors = results.iter().filter_map(|result| result.error.as_ref());
    errors.map(|error| (error.reason.as_str(), error.field.as_str())).collect()
}

async fn get(user: &User, name: &str) -> pb::Person {
    user.get_person(pb::GetPersonRequest { name: name.to_owned() }).await.unwrap().person.unwrap()
}

async fn each_item_is_answered_by_itself_and_in_order(server: Server) {
    let user = &server.admin;
    accounts(user, vec![account("A-1")]).await;
    let bad = [
        pb::CrmPerson { email: Some("nowhere".to_owned()), ..person("P-2", "Ville Esimerkki") },
        pb::CrmPerson { kind: Some("employee".to_owned()), ..person("P-3", "Oona Esimerkki") },
        pb::CrmPerson { account_external_id: Some("A-9".to_owned()), ..person("P-4", "Eero Esimerkki") },
        pb::CrmPerson { display_name: None, ..person("P-5", "") },
        person("", "Nobody"),
        person("P-6", "a\0b"),
        person(&"x".repeat(201), "Long"),
    ];
    let good = pb::CrmPerson {
        account_external_id: Some("A-1".to_owned()),
        attributes: [("tier".to_owned(), "gold".to_owned())].into(),
        language: Some("FI".to_owned()),
        ..person("P-1", "Aino Esimerkki")
    };
    let twice =
        pb::CrmPerson { display_name: None, email: Some("aino@example.com".to_owned()), ..person("P-1", "") };
    let mut batch = vec![good];
    batch.extend(bad);
    batch.push(twice);
    let results = people(user, batch.clone()).await;
    assert_eq!(
        states(&results),
        [CREATED, FAILED, FAILED, FAILED, FAILED, FAILED, FAILED, FAILED, UPDATED],
        "{results:?}"
    );
    assert_eq!(
        reasons(&results),
        [
            ("INVALID_FIELDS", "email"),
            ("INVALID_FIELDS", "kind"),
            ("ACCOUNT_NOT_FOUND", "account_external_id"),
            ("INVALID_FIELDS", "display_name"),
            ("INVALID_FIELDS", "external_id"),
            ("INVALID_FIELDS", "display_name"),
            ("INVALID_FIELDS", "external_id"),
        ]
    );
    let aino = get(user, &results[0].name).await;
    assert_eq!((aino.display_name.as_str(), aino.email.as_str()), ("Aino Esimerkki", "aino@example.com"));
    assert_eq!((aino.language.as_str(), aino.source.as_str()), ("fi", "hubspot"));
    assert_eq!(aino.attributes["tier"], "gold");
    assert_eq!(user.list_people(pb::ListPeopleRequest::default()).await.unwrap().people, [aino]);
    // Only the failed ones need to be sent again, when what was wrong is right.
    let failed = results.iter().zip(batch).filter(|(result, _)| result.state == FAILED);
    let again = failed
        .filter(|(result, _)| result.external_id == "P-2")
        .map(|(_, item)| pb::CrmPerson { email: Some("ville@example.com".to_owned()), ..item });
    assert_eq!(states(&people(user, again.collect()).await), [CREATED]);
}

async fn what_was_told_again_is_unchanged_and_tells_nothing(server: Server) {
    let user = &server.admin;
    let unit = user.unit("Shop", "").await;
    assert_eq!(unit.external_id, "");
    assert_eq!(states(&accounts(user, vec![account("A-1"), account("A-2")]).await), [CREATED, CREATED]);
    let customer =
        pb::CrmPerson { account_external_id: Some("A-1".to_owned()), ..person("P-1", "Aino Esimerkki") };
    let sale = pb::CrmOutcome {
        person_external_id: Some("P-1".to_owned()),
        account_external_id: Some("A-1".to_owned()),
        amount_minor: Some(1_250),
        currency: Some("EUR".to_owned()),
        ..outcome(&server, "O-1")
    };
    assert_eq!(states(&people(user, vec![customer.clone()]).await), [CREATED]);
    assert_eq!(states(&outcomes(user, vec![sale.clone()]).await), [CREATED]);
    for _ in 0..2 {
        assert_eq!(states(&accounts(user, vec![account("A-1")]).await), [UNCHANGED]);
        assert_eq!(states(&people(user, vec![customer.clone()]).await), [UNCHANGED]);
        assert_eq!(states(&outcomes(user, vec![sale.clone()]).await), [UNCHANGED]);
    }
    // Of what changed after, there is one event more; of what did not, none.
    assert_eq!(states(&people(user, vec![person("P-1", "Aino Toinen")]).await), [UPDATED]);
    let told = server.events::<PersonChanged>(2).await;
    assert_eq!(told.iter().map(|event| event.revision).collect::<Vec<_>>(), [1, 2]);
    let told = server.events::<OutcomeRecorded>(1).await;
    assert_eq!((told.len(), told[0].amount_minor), (1, 1_250));
}

async fn what_is_older_changes_nothing(server: Server) {
    let user = &server.admin;
    let at = |minutes: i64| -> Option<prost_types::Timestamp> {
        let time: DateTime<Utc> = server.now() + TimeDelta::minutes(minutes);
        Some(timestamp(time))
    };
    let named = |name: &str, minutes| pb::CrmPerson { source_time: at(minutes), ..person("P-1", name) };
    assert_eq!(states(&people(user, vec![named("Second", 2)]).await), [CREATED]);
    let older = people(user, vec![named("First", 1), named("Second", 2)]).await;
    assert_eq!(states(&older), [STALE, UNCHANGED]);
    assert_eq!(get(user, &older[0].name).await.display_name, "Second");
    let shuffled = people(user, vec![named("Fourth", 4), named("Third", 3), named("Fourth", 4)]).await;
    assert_eq!(states(&shuffled), [UPDATED, STALE, UNCHANGED]);
    assert_eq!(get(user, &shuffled[0].name).await.display_name, "Fourth");
    // A failed item is not the newest that was applied.
    let failed = pb::CrmPerson { email: Some("nowhere".to_owned()), ..named("Sixth", 6) };
    assert_eq!(states(&people(user, vec![failed, named("Fifth", 5)]).await), [FAILED, UPDATED]);
    let sale = pb::CrmOutcome { source_time: at(2), ..outcome(&server, "O-1") };
    assert_eq!(states(&outcomes(user, vec![sale]).await), [CREATED]);
    let older =
        pb::CrmOutcome { kind: Some("churn".to_owned()), source_time: at(1), ..outcome(&server, "O-1") };
    assert_eq!(states(&outcomes(user, vec![older]).await), [STALE]);
    // Another source counts for itself.
    let request = pb::BatchUpsertPeopleRequest {
        source: "salesforce".to_owned(),
        people: vec![named("Old", 0)],
        ..Default::default()
    };
    assert_eq!(states(&user.batch_upsert_people(request).await.unwrap().results), [CREATED]);
}

async fn a_retry_has_one_effect(server: Server) {
    let user = &server.admin;
    let request = |name: &str| pb::BatchUpsertPeopleRequest {
        source: "hubspot".to_owned(),
        people: vec![person("P-1", name)],
        request_id: "r-1".to_owned(),
    };
    let first = user.batch_upsert_people(request("Aino Esimerkki")).await.unwrap();
    people(user, vec![person("P-1", "Aino Toinen")]).await;
    assert_eq!(user.batch_upsert_people(request("Aino Esimerkki")).await.unwrap(), first);
    assert_eq!(get(user, &first.results[0].name).await.display_name, "Aino Toinen");
    user.batch_upsert_people(request("Somebody Else"))
        .await
        .refused(Code::InvalidArgument, arki_proto::r#type::v1::ErrorReason::RequestIdReused);
}

async fn a_batch_has_a_thousand_items_at_most(server: Server) {
    let user = &server.admin;
    let batch =
        |count: usize| (0..count).map(|number| person(&format!("P-{number}"), "Aino Esimerkki")).collect();
    let results = people(user, batch(1_000)).await;
    assert!(results.iter().all(|result| result.state == CREATED));
    assert!(results.iter().enumerate().all(|(number, result)| result.external_id == format!("P-{number}")));
    assert!(people(user, batch(1_000)).await.iter().all(|result| result.state == UNCHANGED));
    for count in [0, 1_001] {
        let request = pb::BatchUpsertPeopleRequest {
            source: "hubspot".to_owned(),
            people: batch(count),
            ..Default::default()
        };
        user.batch_upsert_people(request)
            .await
            .refused(Code::InvalidArgument, arki_proto::r#type::v1::ErrorReason::InvalidFields);
    }
}

async fn keys_of_two_sources_are_two_things(server: Server) {
    let user = &server.admin;
    // One that names no source is taken by the first that does.
    let nobodys = pb::Account {
        display_name: "Keksitty Oy".to_owned(),
        external_id: "A-1".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateAccountRequest { account: Some(nobodys), request_id: String::new() };
    let nobodys = user.create_account(request).await.unwrap().account.unwrap();
    let taken = accounts(user, vec![account("A-1")]).await;
    assert_eq!((taken[0].state, &taken[0].name), (UPDATED, &nobodys.name));
    let request = pb::BatchUpsertAccountsRequest {
        source: "salesforce".to_owned(),
        accounts: vec![account("A-1")],
        ..Default::default()
    };
    let other = user.batch_upsert_accounts(request).await.unwrap().results;
    assert_eq!(states(&other), [CREATED]);
    let get = pb::GetAccountRequest { name: nobodys.name };
    let account = user.get_account(get).await.unwrap().account.unwrap();
    assert_eq!((account.source.as_str(), account.display_name.as_str()), ("hubspot", "Keksitty Oy"));
}

async fn a_person_with_two_keys_is_one_person(server: Server) {
    let user = &server.admin;
    let results = people(user, vec![person("P-1", "Aino Esimerkki")]).await;
    let external_id = Some(pb::ExternalId {
        source: "hubspot".to_owned(),
        external_id: "P-2".to_owned(),
        ..Default::default()
    });
    let request =
        pb::AddExternalIdRequest { name: results[0].name.clone(), external_id, ..Default::default() };
    user.add_external_id(request).await.unwrap();
    let mail =
        pb::CrmPerson { email: Some("aino@example.com".to_owned()), display_name: None, ..person("P-2", "") };
    let both = people(user, vec![person("P-1", "Aino Toinen"), mail]).await;
    assert_eq!(states(&both), [UPDATED, UPDATED]);
    assert_eq!(both[0].name, both[1].name);
    let aino = get(user, &both[0].name).await;
    assert_eq!((aino.display_name.as_str(), aino.email.as_str()), ("Aino Toinen", "aino@example.com"));
    assert_eq!(aino.external_id, "P-1");
}

async fn values_of_keys_are_one_persons(server: Server) {
    let user = &server.admin;
    let definition = pb::AttributeDefinition {
        key: "card".to_owned(),
        r#type: pb::AttributeType::String.into(),
        is_key: true,
        ..Default::default()
    };
    let request =
        pb::CreateAttributeDefinitionRequest { attribute_definition: Some(definition), ..Default::default() };
    user.create_attribute_definition(request).await.unwrap();
    let with = |key: &str, attribute: &str, card: &str| pb::CrmPerson {
        attributes: [(attribute.to_owned(), card.to_owned())].into(),
        ..person(key, "Aino Esimerkki")
    };
    let results =
        people(user, vec![with("P-1", "card", "7"), with("P-2", "card", "7"), with("P-3", "card", "8")])
            .await;
    assert_eq!(states(&results), [CREATED, FAILED, CREATED]);
    let results =
        people(user, vec![with("P-3", "card", "7"), with("P-1", "card", "7"), with("P-4", "shoe", "44")])
            .await;
    assert_eq!(states(&results), [FAILED, UNCHANGED, FAILED]);
    assert_eq!(
        reasons(&results),
        [("ATTRIBUTE_VALUE_TAKEN", "attributes[\"card\"]"), ("INVALID_FIELDS", "attributes[\"shoe\"]")]
    );
}

async fn money_has_a_currency_and_its_digits(server: Server) {
    let user = &server.admin;
    let paid = |key: &str, amount: Option<i64>, currency: Option<&str>| pb::CrmOutcome {
        amount_minor: amount,
        currency: currency.map(str::to_owned),
        ..outcome(&server, key)
    };
    let batch = vec![
        paid("O-1", Some(-1_250), Some("EUR")),
        paid("O-2", Some(100), None),
        paid("O-3", Some(100), Some("FIM")),
        paid("O-4", Some(100), Some("eur")),
        paid("O-5", None, None),
        pb::CrmOutcome { kind: None, ..outcome(&server, "O-6") },
        pb::CrmOutcome { time: None, ..outcome(&server, "O-7") },
        pb::CrmOutcome { person_external_id: Some("P-9".to_owned()), ..outcome(&server, "O-8") },
        pb::CrmOutcome { unit_external_id: Some("U-9".to_owned()), ..outcome(&server, "O-9") },
        paid("O-1", Some(500), None),
    ];
    let results = outcomes(user, batch).await;
    let expected = [CREATED, FAILED, FAILED, FAILED, CREATED, FAILED, FAILED, FAILED, FAILED, UPDATED];
    assert_eq!(states(&results), expected, "{results:?}");
    assert_eq!(
        reasons(&results),
        [
            ("INVALID_FIELDS", "currency"),
            ("INVALID_FIELDS", "currency"),
            ("INVALID_FIELDS", "currency"),
            ("INVALID_FIELDS", "kind"),
            ("INVALID_FIELDS", "time"),
            ("PERSON_NOT_FOUND", "person_external_id"),
            ("UNIT_NOT_FOUND", "unit_external_id"),
        ]
    );
    let get = pb::GetOutcomeRequest { name: results[0].name.clone() };
    let stored = user.get_outcome(get).await.unwrap().outcome.unwrap();
    assert_eq!((stored.amount_minor, stored.currency.as_str()), (500, "EUR"));
}

async fn employees_are_not_for_a_crm_to_say(server: Server) {
    let user = &server.admin;
    let colleague = pb::Person {
        external_id: "E-1".to_owned(),
        source: "hubspot".to_owned(),
        ..employee("Aino Esimerkki")
    };
    user.person(colleague).await.unwrap();
    let left = pb::CrmPerson { kind: Some("former_customer".to_owned()), ..person("E-1", "Aino Esimerkki") };
    let mail =
        pb::CrmPerson { email: Some("aino@example.com".to_owned()), ..person("E-1", "Aino Esimerkki") };
    let results = people(user, vec![left, mail]).await;
    assert_eq!(states(&results), [FAILED, UPDATED]);
    let aino = get(user, &results[1].name).await;
    assert_eq!((aino.kind, aino.email.as_str()), (pb::PersonKind::Employee.into(), "aino@example.com"));
}

async fn another_tenant_has_the_same_keys_for_itself(server: Server) {
    let stranger = server.stranger().await;
    for user in [&server.admin, &stranger] {
        assert_eq!(states(&accounts(user, vec![account("A-1")]).await), [CREATED]);
        let customer =
            pb::CrmPerson { account_external_id: Some("A-1".to_owned()), ..person("P-1", "Aino Esimerkki") };
        let timed = pb::CrmPerson { source_time: Some(timestamp(server.now())), ..customer };
        assert_eq!(states(&people(user, vec![timed]).await), [CREATED]);
        assert_eq!(states(&outcomes(user, vec![outcome(&server, "O-1")]).await), [CREATED]);
    }
}
