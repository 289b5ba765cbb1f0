//! Forgetting people here, and hearing that others did.

use std::collections::BTreeMap;

use arki_directory::storage::privacy::ROOMS;
use arki_events::{Envelope, Payload};
use arki_ids::{ErasureId, EventId};
use arki_privacy::{COMMON, schema};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::event::v1::{ErasedRows, ErasureConfirmed, PersonErased, UnitChanged};
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, eventually, on_each_database};
use prost::Message;
use serde_json::json;
use tonic::Code;

use crate::audit::{listed, verified};
use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    every_table_says_what_it_holds_of_a_person,
    who_is_erased_leaves_no_trace_in_any_table,
    who_was_erased_is_not_brought_back_until_it_is_lifted,
    an_erasure_is_complete_when_every_service_has_confirmed,
    an_erasure_is_its_tenants_and_happens_once,
);

/// Text that is nowhere but in what a person was known by.
const MARK: &str = "zqxj7";

fn request(person: &str) -> pb::CreateErasureRequest {
    let erasure = pb::Erasure { person: person.to_owned(), ..Default::default() };
    pb::CreateErasureRequest { erasure: Some(erasure), request_id: "erase-1".to_owned() }
}

async fn erase(user: &User, person: &str) -> pb::Erasure {
    user.create_erasure(request(person)).await.unwrap().erasure.unwrap()
}

async fn every_table_says_what_it_holds_of_a_person(server: Server) {
    let store = server.store().await;
    let wrong = schema::unclassified(store.reader(), &[ROOMS, COMMON]).await.unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let left_out = schema::unclassified(store.reader(), &[&ROOMS[1..], COMMON]).await.unwrap();
    assert_eq!(left_out.len(), 1, "a table that the list leaves out is found: {left_out:?}");
}

fn hr_file(line: &str) -> pb::ImportHrFileRequest {
    let columns = [("id", "person_id"), ("name", "name"), ("email", "email"), ("boss", "manager_id")];
    pb::ImportHrFileRequest {
        content: format!("id;name;email;boss\n{line}\nE-2;Bo Exempel;bo@example.com;E-{MARK}\n"),
        mapping: Some(pb::ColumnMapping {
            columns: columns.map(|(from, to)| (from.to_owned(), to.to_owned())).into(),
            delimiter: ";".to_owned(),
            ..Default::default()
        }),
        request_id: format!("import-{}", line.len()),
        ..Default::default()
    }
}

fn marked_line() -> String {
    format!("E-{MARK};Aino {MARK};{MARK}@example.com;")
}

/// Somebody with the mark in every field, who is also a user, a leader, a manager, an ambassador and a duplicate.
async fn somebody(server: &Server) -> String {
    let user = &server.admin;
    let site = pb::AttributeDefinition {
        key: "site".to_owned(),
        r#type: pb::AttributeType::String.into(),
        is_key: true,
        ..Default::default()
    };
    let site =
        pb::CreateAttributeDefinitionRequest { attribute_definition: Some(site), ..Default::default() };
    user.create_attribute_definition(site).await.unwrap();
    let taken = user.import_hr_file(hr_file(&marked_line())).await.unwrap().report.unwrap();
    assert_eq!(taken.errors, []);
    let query = pb::ListPeopleRequest { external_id: format!("E-{MARK}"), ..Default::default() };
    let aino = user.list_people(query).await.unwrap().people.remove(0).name;
    let known =
        pb::ExternalId { source: "crm".to_owned(), external_id: format!("C-{MARK}"), ..Default::default() };
    let add = pb::AddExternalIdRequest { name: aino.clone(), external_id: Some(known), ..Default::default() };
    user.add_external_id(add).await.unwrap();
    let double = pb::Person {
        attributes: BTreeMap::from([("site".to_owned(), format!("Turku {MARK}"))]),
        source: "old".to_owned(),
        external_id: format!("O-{MARK}"),
        ..employee(&format!("A. {MARK}"))
    };
    let double = user.person(double).await.unwrap().name;
    let merge =
        pb::MergePeopleRequest { survivor: aino.clone(), duplicates: vec![double], ..Default::default() };
    user.merge_people(merge).await.unwrap();
    let created = server
        .provider(user.caller.tenant)
        .post_user(json!({
            "userName": format!("aino.{MARK}@example.org"), "externalId": format!("X-{MARK}"),
            "name": {"familyName": format!("Esimerkki {MARK}")},
            "emails": [{"value": format!("{MARK}@example.com")}, {"value": format!("own-{MARK}@example.net")}],
            "phoneNumbers": [{"value": format!("+358 {MARK}")}],
        }))
        .await;
    assert_eq!((created.status, format!("people/{}", created.id)), (201, aino.clone()));
    server.provider(user.caller.tenant).post_group("Everybody", &[&created.id]).await;
    let led = pb::Unit { display_name: "Kiosk".to_owned(), leader: aino.clone(), ..Default::default() };
    let led = pb::CreateUnitRequest { unit: Some(led), request_id: "unit-1".to_owned() };
    let kiosk = user.create_unit(led).await.unwrap().unit.unwrap().name;
    let ambassador =
        pb::Ambassador { person: aino.clone(), unit: kiosk, hours_per_month: 4, ..Default::default() };
    let ambassador = pb::CreateAmbassadorRequest { ambassador: Some(ambassador), ..Default::default() };
    user.create_ambassador(ambassador).await.unwrap();
    let outcome = pb::Outcome {
        kind: pb::OutcomeKind::Complaint.into(),
        time: Some(timestamp(server.now())),
        person: aino.clone(),
        external_id: format!("order-{MARK}"),
        ..Default::default()
    };
    user.outcome(outcome).await.unwrap();
    let update = pb::UpdatePersonRequest {
        person: Some(pb::Person {
            name: aino.clone(),
            display_name: format!("Aino Esimerkki {MARK}"),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".to_owned()] }),
        request_id: "rename-1".to_owned(),
    };
    user.update_person(update).await.unwrap();
    aino
}

/// The tables in which a text is.
async fn found(server: &Server, text: &str) -> Vec<String> {
    let store = server.store().await;
    let dumped = schema::dump(store.reader()).await.unwrap();
    let holds = |bytes: &[u8]| {
        let bytes = bytes.to_ascii_lowercase();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    dumped.into_iter().filter(|(_, bytes)| holds(bytes)).map(|(table, _)| table).collect()
}

async fn who_is_erased_leaves_no_trace_in_any_table(server: Server) {
    let aino = somebody(&server).await;
    let id = aino.trim_start_matches("people/").to_owned();
    let before = found(&server, MARK).await;
    for table in [
        "person",
        "person_identity",
        "person_attribute",
        "scim_user",
        "scim_user_email",
        "request_id",
        "outcome",
    ] {
        assert!(before.iter().any(|found| found == table), "the mark is not in {table}: {before:?}");
    }

    let erasure = erase(&server.admin, &aino).await;
    assert_eq!(found(&server, MARK).await, Vec::<String>::new());
    // The answer to the request itself goes with the last confirmation.
    let kept = ["audit_entry", "erasure", "outbox", "request_id", "webhook_event", "webhook_delivery"];
    let with_id = found(&server, &id).await;
    let surprising: Vec<_> = with_id.iter().filter(|table| !kept.contains(&table.as_str())).collect();
    assert!(surprising.is_empty(), "{surprising:?}");

    let own = &erasure.confirmations[0];
    let counts: BTreeMap<&str, i64> = own.counts.iter().map(|one| (one.kind.as_str(), one.rows)).collect();
    assert_eq!(own.service, "directory");
    for (kind, rows) in [
        ("person", 1),
        ("person_identity", 3),
        ("person_redirect", 1),
        ("scim_user", 1),
        ("scim_user_email", 2),
        ("ambassador", 1),
        ("outcome", 1),
        ("unit_version", 1),
        ("reports", 1),
    ] {
        assert_eq!(counts.get(kind), Some(&rows), "{kind} of {counts:?}");
    }
    let gone = server.admin.get_person(pb::GetPersonRequest { name: aino.clone() }).await;
    gone.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let told = server.events::<PersonErased>(1).await;
    assert_eq!((told[0].person.as_str(), told[0].merged.len()), (aino.as_str(), 1));
    let leaders = server.events::<UnitChanged>(2).await;
    assert!(leaders.last().unwrap().versions.iter().all(|version| version.leader.is_empty()));
    assert_eq!(verified(&server, &server.admin).await.problem, "");
}

async fn who_was_erased_is_not_brought_back_until_it_is_lifted(server: Server) {
    let user = &server.admin;
    let aino = somebody(&server).await;
    let erasure = erase(user, &aino).await;

    let by_email = pb::Person { email: format!("{}@EXAMPLE.com", MARK.to_uppercase()), ..employee("A") };
    let by_key = pb::Person { source: "crm".to_owned(), external_id: format!("C-{MARK}"), ..employee("B") };
    for person in [by_email.clone(), by_key] {
        let refused = user.person(person).await.refused(Code::FailedPrecondition, ErrorReason::PersonErased);
        assert_eq!(refused.metadata.get("name"), Some(&erasure.name));
    }
    let other = user.person(employee("Cia Exempel")).await.unwrap().name;
    let known =
        pb::ExternalId { source: "old".to_owned(), external_id: format!("O-{MARK}"), ..Default::default() };
    let add = pb::AddExternalIdRequest { name: other, external_id: Some(known), ..Default::default() };
    user.add_external_id(add).await.refused(Code::FailedPrecondition, ErrorReason::PersonErased);
    let scim = json!({"userName": "a@example.org", "externalId": format!("E-{MARK}")});
    let provider = server.provider(user.caller.tenant);
    assert_eq!(provider.post_user(scim).await.status, 403);
    let another = provider.post_user(json!({"userName": "b@example.org"})).await.id;
    for (path, value) in [("externalId", format!("E-{MARK}")), ("userName", format!("{MARK}@example.com"))] {
        let changed = json!([{"op": "replace", "path": path, "value": value}]);
        assert_eq!(provider.patch_user(&another, changed).await.status, 403, "{path}");
    }

    let told = pb::CrmPerson {
        external_id: format!("C-{MARK}"),
        display_name: Some("Dan".to_owned()),
        ..Default::default()
    };
    let batch =
        pb::BatchUpsertPeopleRequest { source: "crm".to_owned(), people: vec![told], ..Default::default() };
    let result = user.batch_upsert_people(batch).await.unwrap().results.remove(0);
    let error = result.error.unwrap();
    assert_eq!((error.reason.as_str(), error.field.as_str()), ("PERSON_ERASED", "external_id"));

    let mut again = hr_file(&marked_line());
    again.request_id = "again".to_owned();
    let report = user.import_hr_file(again.clone()).await.unwrap().report.unwrap();
    assert_eq!(
        (report.errors.as_slice(), report.erased, report.erased_lines.as_slice()),
        (&[][..], 1, &[2][..])
    );
    assert_eq!(found(&server, MARK).await, Vec::<String>::new(), "the import wrote nothing of the person");

    let lift = pb::LiftErasureRequest { name: erasure.name.clone(), ..Default::default() };
    let lifted = user.lift_erasure(lift.clone()).await.unwrap().erasure.unwrap();
    assert!(lifted.lift_time.is_some());
    assert_eq!(user.lift_erasure(lift).await.unwrap().erasure.unwrap().lift_time, lifted.lift_time);
    again.request_id = "after".to_owned();
    let report = user.import_hr_file(again).await.unwrap().report.unwrap();
    assert_eq!((report.erased, report.errors.len()), (0, 0));
    let back = user.person(pb::Person { source: "x".to_owned(), ..employee("D") }).await.unwrap();
    assert_ne!(back.name, aino);
}

fn confirmed(server: &Server, erasure: &str, service: &str, rows: i64) -> Envelope {
    let limits = (service == "survey").then(|| "anonymous_responses".to_owned());
    let message = ErasureConfirmed {
        erasure: erasure.to_owned(),
        service: service.to_owned(),
        rows: vec![ErasedRows { kind: "row".to_owned(), rows }],
        limits: limits.into_iter().collect(),
    };
    Envelope {
        id: EventId::generate().to_string(),
        tenant: server.admin.caller.tenant,
        subject: ErasureConfirmed::SUBJECT.to_owned(),
        aggregate: erasure.to_owned(),
        time: server.now(),
        traceparent: None,
        payload: message.encode_to_vec().into(),
        replay: false,
    }
}

async fn an_erasure_is_complete_when_every_service_has_confirmed(server: Server) {
    let aino = somebody(&server).await;
    let name = erase(&server.admin, &aino).await.name;
    let get = || pb::GetErasureRequest { name: name.clone() };
    server.wait(chrono::TimeDelta::minutes(3));
    let services = ["goal", "survey", "communication", "scorecard"];
    for (place, service) in services.into_iter().enumerate() {
        let now = server.admin.get_erasure(get()).await.unwrap().erasure.unwrap();
        assert_eq!(now.state(), pb::ErasureState::Running);
        let waiting = now.confirmations.iter().find(|one| one.service == service).unwrap();
        assert_eq!(waiting.waiting.as_ref().unwrap().seconds, 180, "its age is shown");
        assert_eq!(now.confirmations.iter().filter(|one| one.waiting.is_none()).count(), place + 1);
        // A service that nobody asked, one that is heard twice and one that changes its mind change nothing.
        server.tell(confirmed(&server, &name, "weather", 1)).await;
        server.tell(confirmed(&server, &name, service, 7)).await;
        server.tell(confirmed(&server, &name, service, 8)).await;
    }
    let done = server.admin.get_erasure(get()).await.unwrap().erasure.unwrap();
    let limits: Vec<_> = done.limits().collect();
    assert_eq!(
        (done.state(), limits),
        (pb::ErasureState::Partly, vec![pb::ErasureLimit::AnonymousResponses])
    );
    assert!(done.confirmations.iter().skip(1).all(|one| one.counts[0].rows == 7));
    assert_eq!(done.report_hash.len(), 64);
    let filter = pb::ListAuditEntriesRequest { resource: name.clone(), ..Default::default() };
    let entries = listed(&server, &server.admin, filter).await.unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["directory.CompleteErasure", "directory.CreateErasure"]);
    assert!(entries[0].resources.contains(&format!("sha256:{}", done.report_hash)));
    assert_eq!(verified(&server, &server.admin).await.problem, "");
    server.tell(confirmed(&server, &name, "goal", 9)).await;
    assert_eq!(server.admin.get_erasure(get()).await.unwrap().erasure.unwrap(), done);
}

async fn an_erasure_is_its_tenants_and_happens_once(server: Server) {
    let aino = somebody(&server).await;
    let stranger = server.stranger().await;
    stranger.create_erasure(request(&aino)).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let first = erase(&server.admin, &aino).await;
    assert_eq!(erase(&server.admin, &aino).await, first, "the same request again");
    let other = pb::CreateErasureRequest { request_id: String::new(), ..request(&aino) };
    assert_eq!(server.admin.create_erasure(other).await.unwrap().erasure.unwrap().name, first.name);
    let get = pb::GetErasureRequest { name: first.name.clone() };
    stranger.get_erasure(get).await.refused(Code::NotFound, ErrorReason::ErasureNotFound);
    let lift = pb::LiftErasureRequest { name: ErasureId::generate().name(), ..Default::default() };
    server.admin.lift_erasure(lift).await.refused(Code::NotFound, ErrorReason::ErasureNotFound);
    assert!(stranger.list_erasures(pb::ListErasuresRequest::default()).await.unwrap().erasures.is_empty());
    let listed = server.admin.list_erasures(pb::ListErasuresRequest::default()).await.unwrap();
    assert_eq!(listed.erasures.len(), 1);
    eventually("the erasure is told once", async || server.events::<PersonErased>(1).await.len() == 1).await;
}
