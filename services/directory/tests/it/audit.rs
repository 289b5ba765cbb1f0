//! Who read and changed what.

use arki_directory::service::{Directory, INSTALLATION};
use arki_ids::{PersonId, TenantId};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::audit_service_client::AuditServiceClient;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::client::with_caller;
use arki_rpc::time::timestamp;
use arki_rpc::{Caller, Failure, Peer};
use arki_test_support::{Refused, on_each_database, said};
use chrono::TimeDelta;
use futures::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::server::Server;
use crate::user::User;

on_each_database!(
    a_change_is_written_with_its_transaction_and_a_retry_writes_none,
    what_is_recorded_is_listed_by_what_is_asked_for,
    many_at_once_make_one_chain_without_gaps,
    an_outsider_verifies_the_export_by_sha_256_alone,
    what_is_old_is_closed_and_the_chain_goes_on,
    a_log_is_its_tenants_and_that_of_the_installation_the_operators,
);

fn log(server: &Server) -> AuditServiceClient<Peer> {
    AuditServiceClient::new(server.peer())
}

pub(crate) fn entry(server: &Server, subject: &str, action: &str) -> pb::AuditEntry {
    pb::AuditEntry {
        time: Some(timestamp(server.now())),
        subject: subject.to_owned(),
        action: action.to_owned(),
        outcome: pb::AuditOutcome::Allowed.into(),
        count: 1,
        ..Default::default()
    }
}

pub(crate) async fn record(
    server: &Server,
    tenant: TenantId,
    entries: Vec<pb::AuditEntry>,
) -> Result<(), Failure> {
    let request = pb::RecordAuditEntriesRequest { entries };
    let gateway = Caller::service("gateway", tenant);
    said(log(server).record_audit_entries(with_caller(request, &gateway)).await).map(|_| ())
}

pub(crate) async fn listed(
    server: &Server,
    user: &User,
    request: pb::ListAuditEntriesRequest,
) -> Result<Vec<pb::AuditEntry>, Failure> {
    said(log(server).list_audit_entries(with_caller(request, &user.caller)).await).map(|page| page.entries)
}

pub(crate) async fn verified(server: &Server, user: &User) -> pb::VerifyAuditLogResponse {
    let request = pb::VerifyAuditLogRequest::default();
    said(log(server).verify_audit_log(with_caller(request, &user.caller)).await).unwrap()
}

async fn exported(server: &Server, user: &User) -> Vec<pb::ExportAuditLogResponse> {
    let request = with_caller(pb::ExportAuditLogRequest::default(), &user.caller);
    let stream = log(server).export_audit_log(request).await.unwrap().into_inner();
    stream.try_collect().await.unwrap()
}

async fn a_change_is_written_with_its_transaction_and_a_retry_writes_none(server: Server) {
    let user = &server.admin;
    let api_key = pb::ApiKey {
        display_name: "Kone of Aino Esimerkki".to_owned(),
        scopes: vec!["goal.read".to_owned()],
        ..Default::default()
    };
    let create = pb::CreateApiKeyRequest { api_key: Some(api_key), request_id: "r-1".to_owned() };
    let key = user.create_api_key(create.clone()).await.unwrap().api_key.unwrap().name;
    user.create_api_key(create).await.unwrap();
    let unknown =
        pb::RevokeApiKeyRequest { name: arki_ids::ApiKeyId::generate().name(), ..Default::default() };
    user.revoke_api_key(unknown).await.unwrap_err();
    let revoke = pb::RevokeApiKeyRequest { name: key.clone(), ..Default::default() };
    user.revoke_api_key(revoke).await.unwrap();
    let tenant =
        pb::Tenant { name: user.caller.tenant.name(), display_name: "Uusi".to_owned(), ..Default::default() };
    let mask = arki_test_support::mask(&["display_name"]);
    let update = pb::UpdateTenantRequest { tenant: Some(tenant), update_mask: mask, ..Default::default() };
    user.update_tenant(update).await.unwrap();

    let entries = listed(&server, user, pb::ListAuditEntriesRequest::default()).await.unwrap();
    let shown: Vec<_> = entries
        .iter()
        .rev()
        .map(|entry| {
            (entry.sequence, entry.action.as_str(), entry.subject.as_str(), entry.resources.as_slice())
        })
        .collect();
    let (me, tenant) = (user.caller.subject.as_str(), user.caller.tenant.name());
    assert_eq!(
        shown,
        [
            (1, "directory.CreateApiKey", me, [key.clone()].as_slice()),
            (2, "directory.RevokeApiKey", me, &[key]),
            (3, "directory.UpdateTenant", me, &[tenant]),
        ]
    );
    assert!(!format!("{entries:?}").contains("Aino"), "nothing that a thing is called");
    assert!(verified(&server, user).await.is_whole);
}

async fn what_is_recorded_is_listed_by_what_is_asked_for(server: Server) {
    let (user, tenant) = (&server.admin, server.admin.caller.tenant);
    let person = PersonId::generate().name();
    let start = server.now();
    for number in 0..5 {
        let mut read = entry(&server, "apiKeys/key_a", "directory.GetPerson");
        read.resources = vec![person.clone()];
        read.request_id = format!("r{number}");
        let mut refused = entry(&server, "apiKeys/key_b", "goal.CreateGoal");
        refused.outcome = pb::AuditOutcome::Denied.into();
        refused.reason = "SCOPE_MISSING".to_owned();
        record(&server, tenant, vec![read, refused]).await.unwrap();
        server.wait(TimeDelta::minutes(1));
    }
    let ask = |change: &dyn Fn(&mut pb::ListAuditEntriesRequest)| {
        let mut request = pb::ListAuditEntriesRequest::default();
        change(&mut request);
        let (server, user) = (&server, user);
        async move {
            let entries = listed(server, user, request).await.unwrap();
            entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>()
        }
    };
    assert_eq!(ask(&|_| {}).await, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(ask(&|all| all.subject = "apiKeys/key_a".to_owned()).await, [9, 7, 5, 3, 1]);
    assert_eq!(ask(&|all| all.action = "goal.CreateGoal".to_owned()).await, [10, 8, 6, 4, 2]);
    assert_eq!(ask(&|all| all.resource = person.clone()).await, [9, 7, 5, 3, 1]);
    assert_eq!(ask(&|all| all.resource = PersonId::generate().name()).await, Vec::<i64>::new());
    assert_eq!(ask(&|all| all.outcome = pb::AuditOutcome::Denied.into()).await, [10, 8, 6, 4, 2]);
    let (from, to) = (start + TimeDelta::minutes(1), start + TimeDelta::minutes(2));
    let span = |all: &mut pb::ListAuditEntriesRequest| {
        all.from_time = Some(timestamp(from));
        all.to_time = Some(timestamp(to));
    };
    assert_eq!(ask(&span).await, [4, 3]);

    let mut request = pb::ListAuditEntriesRequest { page_size: 4, ..Default::default() };
    let mut paged = Vec::new();
    loop {
        let page = log(&server).list_audit_entries(with_caller(request.clone(), &user.caller)).await;
        let page = page.unwrap().into_inner();
        paged.extend(page.entries.iter().map(|entry| entry.sequence));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
}

async fn many_at_once_make_one_chain_without_gaps(server: Server) {
    let (user, tenant) = (&server.admin, server.admin.caller.tenant);
    let calls = futures::stream::iter(0..200).map(|number| {
        let one = entry(&server, &format!("apiKeys/{number}"), "directory.GetPerson");
        record(&server, tenant, vec![one])
    });
    let done: Vec<_> = calls.buffer_unordered(50).collect().await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    // Changes write to the same chain, each in a transaction of its own.
    let key = |number: u32| {
        let api_key = pb::ApiKey {
            display_name: format!("{number}"),
            scopes: vec!["goal.read".to_owned()],
            ..Default::default()
        };
        user.create_api_key(pb::CreateApiKeyRequest { api_key: Some(api_key), request_id: String::new() })
    };
    let reads = (0..4).map(|_| record(&server, tenant, vec![entry(&server, "s", "a.B")]));
    let (keys, reads) =
        futures::join!(futures::future::join_all((0..4).map(key)), futures::future::join_all(reads));
    assert!(keys.iter().all(Result::is_ok) && reads.iter().all(Result::is_ok), "{keys:?} {reads:?}");
    let verdict = verified(&server, user).await;
    assert_eq!((verdict.is_whole, verdict.entries), (true, 208));
}

async fn an_outsider_verifies_the_export_by_sha_256_alone(server: Server) {
    let (user, tenant) = (&server.admin, server.admin.caller.tenant);
    for number in 0..25 {
        let one = entry(&server, &format!("apiKeys/{number}"), "directory.GetPerson");
        record(&server, tenant, vec![one.clone(), one]).await.unwrap();
    }
    let lines = exported(&server, user).await;
    assert_eq!(lines.len(), 50);
    let unhex = |text: &str| -> Vec<u8> {
        (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
    };
    let mut previous = vec![0; 32];
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(unhex(&line.previous_hash), previous);
        previous = Sha256::digest([previous.as_slice(), line.content.as_bytes()].concat()).to_vec();
        assert_eq!(unhex(&line.hash), previous);
        let content: serde_json::Value = serde_json::from_str(&line.content).unwrap();
        assert_eq!(content["sequence"], at + 1);
        assert_eq!(content["tenant"], tenant.name());
    }
    assert_eq!(verified(&server, user).await.last_hash, lines[49].hash);
}

async fn what_is_old_is_closed_and_the_chain_goes_on(server: Server) {
    let (user, tenant) = (&server.admin, server.admin.caller.tenant);
    let directory = Directory::new(server.store().await, server.clock());
    for _ in 0..3 {
        record(&server, tenant, vec![entry(&server, "old", "a.B")]).await.unwrap();
    }
    let last_old = exported(&server, user).await.pop().unwrap();
    server.wait(TimeDelta::days(10));
    for _ in 0..2 {
        record(&server, tenant, vec![entry(&server, "new", "a.B")]).await.unwrap();
    }
    assert_eq!(directory.close_audit_segments(TimeDelta::days(20)).await.unwrap(), 0);
    assert_eq!(directory.close_audit_segments(TimeDelta::days(5)).await.unwrap(), 1);
    assert_eq!(directory.close_audit_segments(TimeDelta::days(5)).await.unwrap(), 0, "once is enough");

    let request = pb::ListAuditSegmentsRequest::default();
    let segments = log(&server).list_audit_segments(with_caller(request, &user.caller)).await.unwrap();
    let [segment] = segments.into_inner().segments.try_into().unwrap();
    assert_eq!((segment.first_sequence, segment.last_sequence), (1, 3));
    assert_eq!(segment.last_hash, last_old.hash);
    let kept = exported(&server, user).await;
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].previous_hash, segment.last_hash, "the chain goes on from it");
    let verdict = verified(&server, user).await;
    assert_eq!((verdict.is_whole, verdict.entries), (true, 2));

    server.wait(TimeDelta::days(10));
    assert_eq!(directory.close_audit_segments(TimeDelta::days(5)).await.unwrap(), 1, "all of it");
    assert!(exported(&server, user).await.is_empty());
    assert!(verified(&server, user).await.is_whole);
    record(&server, tenant, vec![entry(&server, "next", "a.B")]).await.unwrap();
    let verdict = verified(&server, user).await;
    assert_eq!((verdict.is_whole, verdict.entries), (true, 1));
    let next = listed(&server, user, pb::ListAuditEntriesRequest::default()).await.unwrap();
    assert_eq!(next[0].sequence, 6);
}

async fn a_log_is_its_tenants_and_that_of_the_installation_the_operators(server: Server) {
    let (user, tenant) = (&server.admin, server.admin.caller.tenant);
    let stranger = server.stranger().await;
    record(&server, tenant, vec![entry(&server, "mine", "a.B")]).await.unwrap();
    record(&server, INSTALLATION, vec![entry(&server, "anonymous", "gateway.Authenticate")]).await.unwrap();
    let all = pb::ListAuditEntriesRequest::default();
    assert!(listed(&server, &stranger, all.clone()).await.unwrap().is_empty());
    assert_eq!(verified(&server, &stranger).await.entries, 0);
    assert!(exported(&server, &stranger).await.is_empty());
    let installation = pb::ListAuditEntriesRequest { installation: true, ..all.clone() };
    let found = listed(&server, user, installation.clone()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].subject, "anonymous");
    let refused = listed(&server, &stranger, installation).await;
    refused.refused(Code::PermissionDenied, HouseReason::ScopeMissing);
    let reader = server.user(&["goal.admin", "directory.admin"]);
    listed(&server, &reader, all.clone()).await.refused(Code::PermissionDenied, HouseReason::ScopeMissing);
    listed(&server, &server.user(&["audit.read"]), all).await.unwrap();
    let request = pb::RecordAuditEntriesRequest { entries: vec![entry(&server, "forged", "a.B")] };
    said(log(&server).record_audit_entries(with_caller(request, &user.caller)).await)
        .refused(Code::PermissionDenied, HouseReason::ScopeMissing);
}
