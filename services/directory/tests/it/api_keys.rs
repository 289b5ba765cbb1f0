use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_rpc::Failure;
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, on_each_database};
use chrono::TimeDelta;
use sea_orm::{FromQueryResult, JsonValue, Statement};
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::server::Server;
use crate::user::User;

on_each_database!(
    a_secret_is_shown_once_and_lets_in,
    a_key_ends_by_time_and_by_revocation,
    the_last_use_is_noted_once_a_minute,
    gives_no_scope_that_is_unknown_or_not_held,
);

async fn create(user: &User, scopes: &[&str], request_id: &str) -> Result<pb::CreateApiKeyResponse, Failure> {
    let api_key = pb::ApiKey {
        display_name: "Kone".to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        ..Default::default()
    };
    let request = pb::CreateApiKeyRequest { api_key: Some(api_key), request_id: request_id.to_owned() };
    user.create_api_key(request).await
}

async fn authenticate(server: &Server, secret: &str) -> Result<pb::AuthenticateApiKeyResponse, Failure> {
    let key_hash = Sha256::digest(secret).to_vec().into();
    let gateway = server.user(&["internal"]);
    gateway.authenticate_api_key(pb::AuthenticateApiKeyRequest { key_hash }).await
}

async fn a_secret_is_shown_once_and_lets_in(server: Server) {
    let user = &server.admin;
    let created = create(user, &["survey.read", "goal.write"], "r-1").await.unwrap();
    let key = created.api_key.clone().unwrap();
    assert!(created.secret.starts_with("arki_") && created.secret.len() == 48);
    assert_eq!(key.prefix, created.secret[..11]);
    assert_eq!(key.scopes, ["goal.write", "survey.read"]);

    let again = create(user, &["survey.read", "goal.write"], "r-1").await.unwrap();
    assert_eq!((again.api_key.as_ref(), again.secret.as_str()), (Some(&key), ""));
    let listed = user.list_api_keys(pb::ListApiKeysRequest::default()).await.unwrap().api_keys;
    assert_eq!(listed.len(), 2, "the administrator's and this one");
    assert_eq!(listed[1], key);

    let found = authenticate(&server, &created.secret).await.unwrap();
    assert_eq!((found.tenant, found.api_key), (user.caller.tenant.name(), key.name));
    assert_eq!(found.scopes, ["goal.write", "survey.read"]);
    authenticate(&server, "arki_wrong").await.refused(Code::Unauthenticated, ErrorReason::ApiKeyUnknown);

    // A database that leaks gives away neither the secret nor anything to make it of.
    let store = arki_database::Store::connect(&server.config.database).await.unwrap();
    let mut all = String::new();
    for table in ["api_key", "request_id", "outbox"] {
        let sql = format!("SELECT * FROM {table}");
        let backend = store.reader().get_database_backend();
        let rows = JsonValue::find_by_statement(Statement::from_string(backend, sql));
        all += &format!("{:?}", rows.all(store.reader()).await.unwrap());
    }
    assert!(all.contains(&created.secret[..11]), "the rows were looked at");
    assert!(!all.contains(&created.secret[..14]));
}

async fn a_key_ends_by_time_and_by_revocation(server: Server) {
    let user = &server.admin;
    let api_key = pb::ApiKey {
        display_name: "Kesätyö".to_owned(),
        scopes: vec!["survey.respond".to_owned()],
        expire_time: Some(timestamp(server.now() + TimeDelta::hours(1))),
        ..Default::default()
    };
    let request = pb::CreateApiKeyRequest { api_key: Some(api_key), request_id: String::new() };
    let short = user.create_api_key(request.clone()).await.unwrap();
    let long = create(user, &["scim"], "").await.unwrap();
    authenticate(&server, &short.secret).await.unwrap();
    server.wait(TimeDelta::hours(1));
    authenticate(&server, &short.secret).await.refused(Code::Unauthenticated, ErrorReason::ApiKeyUnknown);
    assert_eq!(user.create_api_key(request).await.fields(), ["api_key.expire_time"], "it has passed");

    authenticate(&server, &long.secret).await.unwrap();
    let revoke = pb::RevokeApiKeyRequest { name: long.api_key.unwrap().name, ..Default::default() };
    let revoked = user.revoke_api_key(revoke.clone()).await.unwrap().api_key.unwrap();
    authenticate(&server, &long.secret).await.refused(Code::Unauthenticated, ErrorReason::ApiKeyUnknown);
    server.wait(TimeDelta::minutes(5));
    let again = user.revoke_api_key(revoke).await.unwrap().api_key.unwrap();
    assert_eq!(again.revoke_time, revoked.revoke_time);
    let unknown =
        pb::RevokeApiKeyRequest { name: arki_ids::ApiKeyId::generate().name(), ..Default::default() };
    user.revoke_api_key(unknown).await.refused(Code::NotFound, ErrorReason::ApiKeyNotFound);
}

async fn the_last_use_is_noted_once_a_minute(server: Server) {
    let user = &server.admin;
    let created = create(user, &["scim"], "").await.unwrap();
    let last_use = || async {
        let listed = user.list_api_keys(pb::ListApiKeysRequest::default()).await.unwrap().api_keys;
        listed.last().unwrap().last_use_time
    };
    assert_eq!(last_use().await, None);
    let first = server.now();
    for (wait, noted) in [(0, first), (59, first), (1, first + TimeDelta::seconds(60))] {
        server.wait(TimeDelta::seconds(wait));
        authenticate(&server, &created.secret).await.unwrap();
        assert_eq!(last_use().await, Some(timestamp(noted)));
    }
}

async fn gives_no_scope_that_is_unknown_or_not_held(server: Server) {
    let refused = create(&server.admin, &["goal.rite"], "")
        .await
        .refused(Code::InvalidArgument, ErrorReason::ScopeUnknown);
    assert_eq!(refused.metadata["scope"], "goal.rite");
    create(&server.admin, &["internal"], "").await.refused(Code::InvalidArgument, ErrorReason::ScopeUnknown);
    let key_keeper = server.user(&["directory.admin", "goal.write"]);
    create(&key_keeper, &["goal.read", "directory.write"], "").await.unwrap();
    for scope in ["goal.admin", "admin", "directory.operate", "survey.read"] {
        let refused = create(&key_keeper, &[scope], "")
            .await
            .refused(Code::PermissionDenied, ErrorReason::ScopeNotHeld);
        assert_eq!(refused.metadata["scope"], scope);
    }
    let tenant_admin = server.user(&["admin"]);
    create(&tenant_admin, &["directory.operate"], "")
        .await
        .refused(Code::PermissionDenied, ErrorReason::ScopeNotHeld);
    create(&server.admin, &["directory.operate"], "").await.unwrap();
}
