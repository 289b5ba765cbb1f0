//! Endpoints, and what comes to them.

use arki_database::Store;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use base64::Engine as _;
use chrono::TimeDelta;
use sea_orm::{FromQueryResult, JsonValue, Statement};
use serde_json::Value;
use tonic::Code;

use crate::server::Server;
use crate::webhook_user::{WebhookUser, endpoint};

on_each_database!(
    an_endpoint_is_created_read_changed_switched_and_removed,
    neither_secrets_nor_headers_lie_open_in_the_database,
    refuses_what_could_not_be_sent,
    an_event_comes_to_each_endpoint_that_wants_it_once_and_signed,
    a_rotation_signs_with_both_secrets_for_its_time,
    a_ping_is_sent_whatever_is_wanted,
    another_tenant_sees_and_hears_nothing,
    without_a_sealing_key_no_endpoint_is_made,
);

async fn an_endpoint_is_created_read_changed_switched_and_removed(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let wanted = pb::WebhookEndpoint {
        headers: [("X-Team".to_owned(), "reports".to_owned())].into(),
        max_per_second: 7,
        ..endpoint(&["arki.directory.*"])
    };
    let (made, secret) = user.create(wanted).await;
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    assert!(made.enabled && made.headers.is_empty());
    assert_eq!((made.header_names.as_slice(), made.max_per_second), (["x-team".to_owned()].as_slice(), 7));
    assert_eq!(user.endpoint(&made.name).await, made);
    let listed = user.list_webhook_endpoints(pb::ListWebhookEndpointsRequest::default()).await.unwrap();
    assert_eq!(listed.webhook_endpoints, std::slice::from_ref(&made));

    let change = pb::WebhookEndpoint { description: "Muu".to_owned(), ..made.clone() };
    let request = pb::UpdateWebhookEndpointRequest {
        webhook_endpoint: Some(change),
        update_mask: mask(&["description"]),
        request_id: String::new(),
    };
    let changed = user.update_webhook_endpoint(request.clone()).await.unwrap().webhook_endpoint.unwrap();
    assert_eq!((changed.description.as_str(), changed.etag.as_str()), ("Muu", "2"));
    assert_eq!(changed.header_names, made.header_names, "what the mask leaves out stays");
    user.update_webhook_endpoint(request).await.refused(Code::Aborted, HouseReason::EtagMismatch);

    let disable = pb::DisableWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
    let off = user.disable_webhook_endpoint(disable).await.unwrap().webhook_endpoint.unwrap();
    assert_eq!((off.enabled, off.disabled_reason()), (false, pb::WebhookDisabledReason::Caller));
    let ping = pb::PingWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
    user.ping_webhook_endpoint(ping)
        .await
        .refused(Code::FailedPrecondition, ErrorReason::WebhookEndpointDisabled);
    let enable = pb::EnableWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
    let on = user.enable_webhook_endpoint(enable.clone()).await.unwrap().webhook_endpoint.unwrap();
    assert!(on.enabled && on.disable_time.is_none());
    let same = user.enable_webhook_endpoint(enable).await.unwrap().webhook_endpoint.unwrap();
    assert_eq!(same.etag, on.etag, "a change that changes nothing");

    let delete = pb::DeleteWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
    user.delete_webhook_endpoint(delete.clone()).await.unwrap();
    user.delete_webhook_endpoint(delete).await.refused(Code::NotFound, ErrorReason::WebhookEndpointNotFound);
}

async fn neither_secrets_nor_headers_lie_open_in_the_database(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let wanted = pb::WebhookEndpoint {
        headers: [("authorization".to_owned(), "Bearer very-secret".to_owned())].into(),
        ..endpoint(&["*"])
    };
    let request =
        pb::CreateWebhookEndpointRequest { webhook_endpoint: Some(wanted), request_id: "w-1".to_owned() };
    let first = user.create_webhook_endpoint(request.clone()).await.unwrap();
    let again = user.create_webhook_endpoint(request).await.unwrap();
    assert_eq!((&again.webhook_endpoint, again.secret.as_str()), (&first.webhook_endpoint, ""));
    let name = first.webhook_endpoint.unwrap().name;
    let rotate = pb::RotateWebhookSecretRequest { name, overlap_hours: None, request_id: "w-2".to_owned() };
    let rotated = user.rotate_webhook_secret(rotate.clone()).await.unwrap();
    let retried = user.rotate_webhook_secret(rotate).await.unwrap();
    assert_eq!((&retried.webhook_endpoint, retried.secret.as_str()), (&rotated.webhook_endpoint, ""));

    let store = Store::connect(&server.config.database).await.unwrap();
    let backend = store.reader().get_database_backend();
    let mut all = String::new();
    for table in ["webhook_endpoint", "request_id", "outbox"] {
        let rows =
            JsonValue::find_by_statement(Statement::from_string(backend, format!("SELECT * FROM {table}")));
        all += &format!("{:?}", rows.all(store.reader()).await.unwrap());
    }
    assert!(all.contains("receiver.example.com"), "the rows were looked at");
    for secret in [&first.secret, &rotated.secret] {
        let bytes = base64::engine::general_purpose::STANDARD.decode(&secret[6..]).unwrap();
        let numbers = bytes.iter().take(8).map(u8::to_string).collect::<Vec<_>>().join(",");
        for form in [secret[6..30].to_owned(), numbers] {
            assert!(!all.contains(&form));
        }
    }
    assert!(!all.contains("very-secret"));
}

async fn refuses_what_could_not_be_sent(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let create = |endpoint: pb::WebhookEndpoint| {
        let user = user.clone();
        async move {
            let request = pb::CreateWebhookEndpointRequest {
                webhook_endpoint: Some(endpoint),
                request_id: String::new(),
            };
            user.create_webhook_endpoint(request).await
        }
    };
    let wrong = pb::WebhookEndpoint {
        url: "http://receiver.example.com/".to_owned(),
        headers: [("webhook-id".to_owned(), "mine".to_owned())].into(),
        ..endpoint(&["arki.survey.responses.counted.v1"])
    };
    assert_eq!(
        create(wrong).await.fields(),
        [
            "webhook_endpoint.url",
            "webhook_endpoint.event_types[0]",
            "webhook_endpoint.headers[\"webhook-id\"]"
        ]
    );
    assert_eq!(create(endpoint(&[])).await.fields(), ["webhook_endpoint.event_types"]);
    // Who may look after endpoints may still not let out what they can't read.
    let keeper = WebhookUser::of(&server, &server.user(&["directory.admin"]));
    let request = pb::CreateWebhookEndpointRequest {
        webhook_endpoint: Some(endpoint(&["arki.survey.*"])),
        request_id: String::new(),
    };
    let refused = keeper
        .create_webhook_endpoint(request)
        .await
        .refused(Code::PermissionDenied, ErrorReason::ScopeNotHeld);
    assert_eq!(refused.metadata["scope"], "survey.read");
    keeper.create(endpoint(&["arki.directory.*"])).await;
    let reader = WebhookUser::of(&server, &server.user(&["directory.read"]));
    let mut types = Vec::new();
    let mut request = pb::ListWebhookEventTypesRequest { page_size: 3, ..Default::default() };
    loop {
        let page = reader.list_webhook_event_types(request.clone()).await.unwrap();
        types.extend(page.webhook_event_types);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(types.len(), arki_webhooks::Catalogue::get().types().count());
    assert!(types.iter().any(|known| known.r#type == "arki.survey.wave.closed.v1"));
    for known in types {
        let schema: Value = serde_json::from_str(&known.schema_json).unwrap();
        assert_eq!(schema["type"], "object", "{}", known.r#type);
    }
}

async fn an_event_comes_to_each_endpoint_that_wants_it_once_and_signed(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let (units, secret) = user.create(endpoint(&["arki.directory.unit.changed.v1"])).await;
    let (all, _) = user.create(endpoint(&["*"])).await;
    let (goals, _) = user.create(endpoint(&["arki.goal.*"])).await;
    let unit = server.admin.unit("Shop", "").await;
    let came = user.deliveries(&units.name, 1).await;
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].subject, unit.name);
    assert_eq!(user.deliveries(&all.name, 1).await[0].event_id, came[0].event_id, "one event, one id");
    assert!(user.deliveries(&goals.name, 0).await.is_empty());

    let claimed = gateway.claim(100).await;
    assert_eq!(claimed.len(), 2);
    assert!(gateway.claim(100).await.is_empty(), "nobody else gets what is claimed");
    let one = claimed.iter().find(|claimed| claimed.delivery == came[0].name).unwrap();
    assert_eq!(one.webhook_id, came[0].event_id);
    assert_eq!(one.webhook_timestamp, server.now().timestamp());
    assert_eq!(one.webhook_signature, signed(&secret, one));
    let body: Value = serde_json::from_slice(&one.body).unwrap();
    assert_eq!(body["type"], "arki.directory.unit.changed.v1");
    assert_eq!((&body["id"], &body["subject"]), (&came[0].event_id.as_str().into(), &unit.name.into()));
    assert_eq!(gateway.report_all(&claimed, 204).await, 2);
    let after = user.deliveries(&units.name, 1).await.remove(0);
    assert_eq!((after.state(), after.attempt_count), (pb::WebhookDeliveryState::Delivered, 1));
    assert!(after.next_attempt_time.is_none());
    let get = pb::GetWebhookDeliveryRequest { name: after.name };
    let with_log = user.get_webhook_delivery(get).await.unwrap().webhook_delivery.unwrap();
    assert_eq!(with_log.attempts.len(), 1);
    assert_eq!((with_log.attempts[0].status_code, with_log.attempts[0].duration_ms), (204, 12));
}

async fn a_rotation_signs_with_both_secrets_for_its_time(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let (made, old) = user.create(endpoint(&["*"])).await;
    let rotate = pb::RotateWebhookSecretRequest {
        name: made.name.clone(),
        overlap_hours: Some(2),
        request_id: String::new(),
    };
    let rotated = user.rotate_webhook_secret(rotate).await.unwrap();
    let new = rotated.secret;
    assert_ne!(new, old);
    assert!(rotated.webhook_endpoint.unwrap().previous_secret_expire_time.is_some());
    for (wait, by) in [(0, vec![&new, &old]), (119, vec![&new, &old]), (1, vec![&new])] {
        server.wait(TimeDelta::minutes(wait));
        let ping = pb::PingWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
        user.ping_webhook_endpoint(ping).await.unwrap();
        let claimed = gateway.claim(10).await.remove(0);
        let expected: Vec<_> = by.iter().map(|secret| signed(secret, &claimed)).collect();
        assert_eq!(claimed.webhook_signature, expected.join(" "));
        gateway.report(&claimed, 200).await;
    }
}

async fn a_ping_is_sent_whatever_is_wanted(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let (made, _) = user.create(endpoint(&["arki.goal.*"])).await;
    let ping = pb::PingWebhookEndpointRequest { name: made.name.clone(), request_id: "p-1".to_owned() };
    let first = user.ping_webhook_endpoint(ping.clone()).await.unwrap().webhook_delivery.unwrap();
    let again = user.ping_webhook_endpoint(ping).await.unwrap().webhook_delivery.unwrap();
    assert_eq!(first, again, "a retry is no second ping");
    assert_eq!(first.event_type, "arki.webhook.ping.v1");
    let claimed = WebhookUser::gateway(&server).claim(10).await;
    assert_eq!(claimed.len(), 1);
    let body: Value = serde_json::from_slice(&claimed[0].body).unwrap();
    assert_eq!(body["data"]["webhookEndpoint"], made.name);
}

async fn another_tenant_sees_and_hears_nothing(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let stranger = WebhookUser::of(&server, &server.stranger().await);
    let (theirs, _) = stranger.create(endpoint(&["*"])).await;
    let (made, _) = user.create(endpoint(&["*"])).await;
    server.admin.unit("Shop", "").await;
    let delivery = user.deliveries(&made.name, 1).await.remove(0);
    assert!(stranger.deliveries(&theirs.name, 0).await.is_empty(), "events stay in their tenant");

    let (missing, name) = ((Code::NotFound, ErrorReason::WebhookEndpointNotFound), made.name);
    let get = pb::GetWebhookEndpointRequest { name: name.clone() };
    stranger.get_webhook_endpoint(get).await.refused(missing.0, missing.1);
    let change = pb::WebhookEndpoint { name: name.clone(), ..endpoint(&["*"]) };
    let update = pb::UpdateWebhookEndpointRequest { webhook_endpoint: Some(change), ..Default::default() };
    stranger.update_webhook_endpoint(update).await.refused(missing.0, missing.1);
    let delete = pb::DeleteWebhookEndpointRequest { name: name.clone(), ..Default::default() };
    stranger.delete_webhook_endpoint(delete).await.refused(missing.0, missing.1);
    let rotate = pb::RotateWebhookSecretRequest { name: name.clone(), ..Default::default() };
    stranger.rotate_webhook_secret(rotate).await.refused(missing.0, missing.1);
    let enable = pb::EnableWebhookEndpointRequest { name: name.clone(), ..Default::default() };
    stranger.enable_webhook_endpoint(enable).await.refused(missing.0, missing.1);
    let disable = pb::DisableWebhookEndpointRequest { name: name.clone(), ..Default::default() };
    stranger.disable_webhook_endpoint(disable).await.refused(missing.0, missing.1);
    let ping = pb::PingWebhookEndpointRequest { name: name.clone(), ..Default::default() };
    stranger.ping_webhook_endpoint(ping).await.refused(missing.0, missing.1);
    let recover = pb::RecoverWebhookDeliveriesRequest { name: name.clone(), ..Default::default() };
    stranger.recover_webhook_deliveries(recover).await.refused(missing.0, missing.1);
    let list = pb::ListWebhookDeliveriesRequest { endpoint: name, ..Default::default() };
    stranger.list_webhook_deliveries(list).await.refused(missing.0, missing.1);
    let listed = stranger.list_webhook_deliveries(pb::ListWebhookDeliveriesRequest::default()).await;
    assert!(listed.unwrap().webhook_deliveries.is_empty());
    let listed = stranger.list_webhook_endpoints(pb::ListWebhookEndpointsRequest::default()).await.unwrap();
    assert_eq!(listed.webhook_endpoints.len(), 1, "its own");
    let no_delivery = (Code::NotFound, ErrorReason::WebhookDeliveryNotFound);
    let get = pb::GetWebhookDeliveryRequest { name: delivery.name.clone() };
    stranger.get_webhook_delivery(get).await.refused(no_delivery.0, no_delivery.1);
    let replay = pb::ReplayWebhookDeliveryRequest { name: delivery.name, ..Default::default() };
    stranger.replay_webhook_delivery(replay).await.refused(no_delivery.0, no_delivery.1);
    let claim = pb::ClaimWebhookDeliveriesRequest { max_deliveries: 1, lease_seconds: 60 };
    stranger.claim_webhook_deliveries(claim).await.refused(Code::PermissionDenied, HouseReason::ScopeMissing);
}

async fn without_a_sealing_key_no_endpoint_is_made(server: Server) {
    use arki_directory::service::{Asked, Directory};
    let store = Store::connect(&server.config.database).await.unwrap();
    let directory = Directory::new(store, std::sync::Arc::new(arki_process::SystemClock));
    let asked = Asked {
        caller: server.admin.caller.clone(),
        request_id: String::new(),
        fingerprint: [0; 32],
        origin: arki_directory::service::Origin::default(),
    };
    let wanted = arki_directory::domain::webhook::endpoint::Wanted {
        url: Some("https://receiver.example.com/".to_owned()),
        ..Default::default()
    };
    let refused = directory.create_webhook_endpoint(&asked, wanted).await.unwrap_err();
    assert!(matches!(refused, arki_directory::service::Error::SealingKeyMissing), "{refused}");
}

/// What the standard says that the signature is.
fn signed(secret: &str, claimed: &pb::ClaimedWebhookDelivery) -> String {
    let key =
        base64::engine::general_purpose::STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let secret = arki_webhooks::Secret::from_random(key.try_into().unwrap());
    secret.sign(&claimed.webhook_id, claimed.webhook_timestamp, &claimed.body)
}
