//! How long data is kept, who goes by time, and the runs in which it goes from every service.

use std::collections::BTreeMap;
use std::sync::Arc;

use arki_directory::{Config, Peers, build};
use arki_events::{Envelope, InProcess, Payload};
use arki_ids::{EventId, PurgeId};
use arki_process::Context;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::event::v1::{ErasedRows, PersonErased, PurgeConfirmed, PurgeDue};
use arki_proto::r#type::v1::{ContactChannel, ContactPurpose, ErrorReason as HouseReason};
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, eventually, mask, on_each_database};
use chrono::TimeDelta;
use prost::Message;
use tonic::Code;

use crate::audit::{listed, verified};
use crate::consents::refusal;
use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    a_policy_is_its_tenants_and_keeps_comments_no_longer_than_answers,
    a_purge_is_complete_when_every_part_of_every_service_is_confirmed,
    people_without_a_relation_go_by_time_and_may_come_back,
    many_people_go_in_parts_and_each_once,
    one_purge_begins_a_day_however_many_look,
);

async fn policy(user: &User) -> pb::RetentionPolicy {
    let policy = user.get_retention_policy(pb::GetRetentionPolicyRequest {}).await;
    policy.unwrap().retention_policy.unwrap()
}

fn change(policy: pb::RetentionPolicy, paths: &[&str]) -> pb::UpdateRetentionPolicyRequest {
    pb::UpdateRetentionPolicyRequest {
        retention_policy: Some(policy),
        update_mask: mask(paths),
        request_id: String::new(),
    }
}

async fn begins(user: &User) -> pb::Purge {
    let request = pb::CreatePurgeRequest { request_id: String::new() };
    user.create_purge(request).await.unwrap().purge.unwrap()
}

async fn sees(user: &User, name: &str) -> pb::Purge {
    user.get_purge(pb::GetPurgeRequest { name: name.to_owned() }).await.unwrap().purge.unwrap()
}

/// The purge once the directory itself is done.
async fn purged_here(user: &User, name: &str) -> pb::Purge {
    eventually("the directory has purged", async || {
        sees(user, name).await.confirmations[0].confirm_time.is_some()
    })
    .await;
    sees(user, name).await
}

fn confirmed(server: &Server, purge: &str, service: &str, part: i32, is_done: bool) -> Envelope {
    let message = PurgeConfirmed {
        purge: purge.to_owned(),
        service: service.to_owned(),
        part,
        rows: vec![ErasedRows { kind: "row".to_owned(), rows: 7 }],
        is_done,
    };
    Envelope {
        id: EventId::generate().to_string(),
        tenant: server.admin.caller.tenant,
        subject: PurgeConfirmed::SUBJECT.to_owned(),
        aggregate: purge.to_owned(),
        time: server.now(),
        traceparent: None,
        payload: message.encode_to_vec().into(),
        replay: false,
    }
}

async fn others_confirm(server: &Server, purge: &str) {
    for service in ["survey", "scorecard", "goal", "communication"] {
        server.tell(confirmed(server, purge, service, 0, true)).await;
    }
}

async fn a_policy_is_its_tenants_and_keeps_comments_no_longer_than_answers(server: Server) {
    let user = &server.admin;
    let default = policy(user).await;
    let numbers = |policy: &pb::RetentionPolicy| {
        let pb::RetentionPolicy { link_days, answer_months, comment_months, .. } = policy;
        (*link_days, *answer_months, *comment_months, policy.contact_months, policy.delivery_months)
    };
    assert_eq!((numbers(&default), default.update_time), ((30, 24, 12, 24, 24), None));

    let short = pb::RetentionPolicy { answer_months: 6, comment_months: 3, ..default.clone() };
    let changed = user.update_retention_policy(change(short.clone(), &["answer_months", "comment_months"]));
    let changed = changed.await.unwrap().retention_policy.unwrap();
    assert_eq!(numbers(&changed), (30, 6, 3, 24, 24));
    assert!(changed.update_time.is_some() && changed.etag != default.etag);
    let again = user.update_retention_policy(change(short, &["answer_months"])).await;
    again.refused(Code::Aborted, HouseReason::EtagMismatch);
    for (path, months) in [("comment_months", 7), ("contact_months", 5), ("answer_months", 121)] {
        let wrong = pb::RetentionPolicy {
            comment_months: months,
            contact_months: months,
            answer_months: months,
            ..Default::default()
        };
        let fields = user.update_retention_policy(change(wrong, &[path])).await.fields();
        assert!(fields.contains(&format!("retention_policy.{path}")), "{path}: {fields:?}");
    }
    let back = pb::RetentionPolicy::default();
    let back = user.update_retention_policy(change(back, &["answer_months", "comment_months"])).await;
    assert_eq!(numbers(&back.unwrap().retention_policy.unwrap()), (30, 24, 12, 24, 24), "0 is the default");

    let stranger = server.stranger().await;
    assert_eq!(policy(&stranger).await.update_time, None);
    let action = "directory.UpdateRetentionPolicy".to_owned();
    let filter = pb::ListAuditEntriesRequest { action, ..Default::default() };
    assert_eq!(listed(&server, user, filter).await.unwrap().len(), 2, "each change is in the log");
}

async fn a_purge_is_complete_when_every_part_of_every_service_is_confirmed(server: Server) {
    let user = &server.admin;
    let began = begins(user).await;
    assert_eq!((began.state(), began.report_hash.as_str()), (pb::PurgeState::Running, ""));
    let cutoffs = began.cutoffs.as_ref().unwrap();
    assert_eq!(cutoffs.answer_time, Some(timestamp("2024-06-01T08:00:00Z".parse().unwrap())));
    assert_eq!(cutoffs.link_time, Some(timestamp("2026-05-02T08:00:00Z".parse().unwrap())));
    assert_eq!(begins(user).await.name, began.name, "while one runs no other begins");
    let due = server.events::<PurgeDue>(1).await;
    assert_eq!((due.len(), &due[0].purge, due[0].service.as_str(), due[0].part), (1, &began.name, "", 0));
    purged_here(user, &began.name).await;

    server.wait(TimeDelta::minutes(3));
    for service in ["scorecard", "goal", "communication"] {
        server.tell(confirmed(&server, &began.name, service, 0, true)).await;
    }
    // A service that nobody asked, parts in any order, and one that is heard of twice.
    server.tell(confirmed(&server, &began.name, "weather", 0, true)).await;
    server.tell(confirmed(&server, &began.name, "survey", 1, true)).await;
    server.tell(confirmed(&server, &began.name, "survey", 1, true)).await;
    let now = sees(user, &began.name).await;
    let survey = now.confirmations.iter().find(|one| one.service == "survey").unwrap();
    assert_eq!((now.state(), survey.parts, survey.counts[0].rows), (pb::PurgeState::Running, 1, 7));
    assert_eq!(survey.waiting.as_ref().unwrap().seconds, 180);
    server.tell(confirmed(&server, &began.name, "survey", 0, false)).await;

    let done = sees(user, &began.name).await;
    let survey = done.confirmations.iter().find(|one| one.service == "survey").unwrap();
    assert_eq!((done.state(), survey.parts, survey.counts[0].rows), (pb::PurgeState::Completed, 2, 14));
    let names: Vec<_> = done.confirmations.iter().map(|one| one.service.as_str()).collect();
    assert_eq!(names, ["directory", "survey", "scorecard", "goal", "communication"]);
    assert_eq!(done.report_hash.len(), 64);
    let filter = pb::ListAuditEntriesRequest { resource: began.name.clone(), ..Default::default() };
    let entries = listed(&server, user, filter).await.unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["directory.CompletePurge", "directory.CreatePurge", "directory.CreatePurge"]);
    assert!(entries[0].resources.contains(&format!("sha256:{}", done.report_hash)));
    assert_eq!(verified(&server, user).await.problem, "");
    server.tell(confirmed(&server, &began.name, "survey", 2, true)).await;
    assert_eq!(sees(user, &began.name).await, done, "what is complete stays as it is");

    let next = begins(user).await;
    assert_ne!(next.name, began.name);
    let listed = user.list_purges(pb::ListPurgesRequest::default()).await.unwrap().purges;
    let names: Vec<_> = listed.into_iter().map(|purge| purge.name).collect();
    assert_eq!(names, [next.name, began.name.clone()], "newest first");
    let stranger = server.stranger().await;
    let get = |name: &str| pb::GetPurgeRequest { name: name.to_owned() };
    stranger.get_purge(get(&began.name)).await.refused(Code::NotFound, ErrorReason::PurgeNotFound);
    let unknown = PurgeId::generate().name();
    user.get_purge(get(&unknown)).await.refused(Code::NotFound, ErrorReason::PurgeNotFound);
}

fn somebody(kind: pb::PersonKind, name: &str) -> pb::Person {
    pb::Person {
        kind: kind.into(),
        email: format!("{}@example.com", name.to_lowercase()),
        source: "crm".to_owned(),
        external_id: name.to_owned(),
        ..employee(name)
    }
}

async fn names(user: &User) -> Vec<String> {
    let listed = user.list_people(pb::ListPeopleRequest::default()).await.unwrap();
    let mut names: Vec<_> = listed.people.into_iter().map(|person| person.display_name).collect();
    names.sort();
    names
}

async fn people_without_a_relation_go_by_time_and_may_come_back(server: Server) {
    use pb::PersonKind::{Candidate, Customer, Employee, FormerCustomer, Leaver, Prospect};
    let user = &server.admin;
    let stranger = server.stranger().await;
    stranger.person(somebody(Prospect, "Other")).await.unwrap();
    let mut people = BTreeMap::new();
    for (kind, name) in [
        (Prospect, "Pia"),
        (FormerCustomer, "Frans"),
        (Candidate, "Cecilia"),
        (Leaver, "Liisa"),
        (Customer, "Kalle"),
        (Employee, "Eeva"),
        (Prospect, "Bought"),
        (Prospect, "Agreed"),
    ] {
        people.insert(name, user.person(somebody(kind, name)).await.unwrap().name);
    }
    user.record_consent(says(&people["Pia"], pb::ConsentState::Withdrawn)).await.unwrap();
    // Twenty-three months: nobody goes.
    server.wait(TimeDelta::days(700));
    let early = begins(user).await;
    purged_here(user, &early.name).await;
    others_confirm(&server, &early.name).await;
    assert_eq!(names(user).await.len(), people.len());

    let outcome = pb::Outcome {
        kind: pb::OutcomeKind::Complaint.into(),
        time: Some(timestamp(server.now())),
        person: people["Bought"].clone(),
        ..Default::default()
    };
    user.outcome(outcome).await.unwrap();
    user.record_consent(says(&people["Agreed"], pb::ConsentState::Granted)).await.unwrap();
    server.wait(TimeDelta::days(60));
    let purge = begins(user).await;
    let done = purged_here(user, &purge.name).await;
    let counts: BTreeMap<&str, i64> =
        done.confirmations[0].counts.iter().map(|one| (one.kind.as_str(), one.rows)).collect();
    assert_eq!(counts.get("person"), Some(&4));
    assert_eq!(names(user).await, ["Agreed", "Bought", "Eeva", "Kalle"]);
    assert_eq!(names(&stranger).await, ["Other"], "another tenant is untouched");

    let told = server.events::<PersonErased>(4).await;
    assert_eq!(told.len(), 4);
    let erasures = user.list_erasures(pb::ListErasuresRequest::default()).await.unwrap().erasures;
    assert!(erasures.iter().all(|one| one.reason() == pb::ErasureReason::Retention), "{erasures:?}");
    let back = user.person(somebody(Prospect, "Pia")).await.unwrap();
    assert_ne!(back.name, people["Pia"], "who comes back is welcome, and is somebody new");
    let no = refusal(user, &back.name, ContactPurpose::Survey).await;
    assert_eq!(no, pb::ContactRefusal::Suppressed, "a no is heard when who said it is gone");
    let never_asked = user.person(somebody(Prospect, "Frans")).await.unwrap().name;
    assert_ne!(refusal(user, &never_asked, ContactPurpose::Survey).await, pb::ContactRefusal::Suppressed);
}

fn says(person: &str, state: pb::ConsentState) -> pb::RecordConsentRequest {
    let consent = pb::Consent {
        person: person.to_owned(),
        purpose: ContactPurpose::Survey.into(),
        channel: ContactChannel::Email.into(),
        state: state.into(),
        source: "test".to_owned(),
        ..Default::default()
    };
    pb::RecordConsentRequest { consent: Some(consent), ..Default::default() }
}

async fn many_people_go_in_parts_and_each_once(server: Server) {
    let user = &server.admin;
    for number in 0..60 {
        user.person(somebody(pb::PersonKind::Prospect, &format!("P{number}"))).await.unwrap();
    }
    server.wait(TimeDelta::days(740));
    let purge = begins(user).await;
    let done = purged_here(user, &purge.name).await;
    let directory = &done.confirmations[0];
    assert_eq!((directory.counts[0].kind.as_str(), directory.counts[0].rows), ("person", 60));
    assert!(directory.parts >= 7, "ten people at a time, and the ledger: {directory:?}");
    assert!(names(user).await.is_empty());

    // A process that is stopped after the commit is told again.
    let parts = |server: &Server| {
        let told = server.told();
        let due = told.iter().filter(|event| event.subject == PurgeDue::SUBJECT);
        due.cloned().collect::<Vec<_>>()
    };
    let due = parts(&server);
    for event in &due {
        server.tell(event.clone()).await;
    }
    // Told from history they are handled once more, and nothing is left of them.
    server.tell(Envelope { replay: true, ..due[0].clone() }).await;
    eventually("the replay has come to its end", async || {
        parts(&server).iter().filter(|event| !due.contains(event) && !event.replay).count() >= 1
    })
    .await;
    assert_eq!(server.events::<PersonErased>(60).await.len(), 60);
    let after = sees(user, &purge.name).await;
    assert_eq!(after.confirmations[0].counts, directory.counts);
}

async fn one_purge_begins_a_day_however_many_look(server: Server) {
    let user = &server.admin;
    let listed = async || user.list_purges(pb::ListPurgesRequest::default()).await.unwrap().purges;
    let config = Config { retention_seconds: 1, ..server.config.clone() };
    let mut replicas = Vec::new();
    for _ in 0..2 {
        let context = Context::alone(server.clock());
        build(config.clone(), Peers, Arc::new(InProcess::new()), context.clone()).await.unwrap();
        replicas.push(context);
    }
    server.wait(TimeDelta::hours(23));
    assert!(listed().await.is_empty(), "the tenant is not a day old");
    server.wait(TimeDelta::hours(2));
    eventually("the first one begins", async || !listed().await.is_empty()).await;
    let first = listed().await.remove(0);
    purged_here(user, &first.name).await;
    server.wait(TimeDelta::hours(12));
    others_confirm(&server, &first.name).await;
    assert_eq!(listed().await.len(), 1);
    server.wait(TimeDelta::hours(13));
    eventually("the next one begins", async || listed().await.len() == 2).await;
    for context in replicas {
        context.tasks.stop().cancel();
    }
}
