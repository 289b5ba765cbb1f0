//! Somebody who looks after webhooks, and whoever sends them.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::webhook_service_client::WebhookServiceClient;
use arki_rpc::client::with_caller;
use arki_rpc::{Caller, Failure, Peer};
use arki_test_support::{eventually, said};

use crate::server::Server;
use crate::user::User;

#[derive(Clone)]
pub(crate) struct WebhookUser {
    client: WebhookServiceClient<Peer>,
    caller: Caller,
}

macro_rules! calls {
    ($($method:ident: $request:ident -> $response:ident;)*) => {
        impl WebhookUser {
            $(pub(crate) async fn $method(&self, request: pb::$request) -> Result<pb::$response, Failure> {
                said(self.client.clone().$method(with_caller(request, &self.caller)).await)
            })*
        }
    };
}

calls! {
    create_webhook_endpoint: CreateWebhookEndpointRequest -> CreateWebhookEndpointResponse;
    get_webhook_endpoint: GetWebhookEndpointRequest -> GetWebhookEndpointResponse;
    list_webhook_endpoints: ListWebhookEndpointsRequest -> ListWebhookEndpointsResponse;
    update_webhook_endpoint: UpdateWebhookEndpointRequest -> UpdateWebhookEndpointResponse;
    delete_webhook_endpoint: DeleteWebhookEndpointRequest -> DeleteWebhookEndpointResponse;
    rotate_webhook_secret: RotateWebhookSecretRequest -> RotateWebhookSecretResponse;
    enable_webhook_endpoint: EnableWebhookEndpointRequest -> EnableWebhookEndpointResponse;
    disable_webhook_endpoint: DisableWebhookEndpointRequest -> DisableWebhookEndpointResponse;
    ping_webhook_endpoint: PingWebhookEndpointRequest -> PingWebhookEndpointResponse;
    recover_webhook_deliveries: RecoverWebhookDeliveriesRequest -> RecoverWebhookDeliveriesResponse;
    list_webhook_deliveries: ListWebhookDeliveriesRequest -> ListWebhookDeliveriesResponse;
    get_webhook_delivery: GetWebhookDeliveryRequest -> GetWebhookDeliveryResponse;
    replay_webhook_delivery: ReplayWebhookDeliveryRequest -> ReplayWebhookDeliveryResponse;
    list_webhook_event_types: ListWebhookEventTypesRequest -> ListWebhookEventTypesResponse;
    claim_webhook_deliveries: ClaimWebhookDeliveriesRequest -> ClaimWebhookDeliveriesResponse;
    report_webhook_attempts: ReportWebhookAttemptsRequest -> ReportWebhookAttemptsResponse;
}

/// An endpoint for these types of events.
pub(crate) fn endpoint(event_types: &[&str]) -> pb::WebhookEndpoint {
    pb::WebhookEndpoint {
        url: "https://receiver.example.com/arki".to_owned(),
        description: "Raportit".to_owned(),
        event_types: event_types.iter().map(|text| (*text).to_owned()).collect(),
        ..Default::default()
    }
}

impl WebhookUser {
    /// A user of webhooks who may do what `user` may.
    pub(crate) fn of(server: &Server, user: &User) -> Self {
        Self { client: WebhookServiceClient::new(server.peer()), caller: user.caller.clone() }
    }

    /// The gateway.
    pub(crate) fn gateway(server: &Server) -> Self {
        Self::of(server, &server.user(&["internal"]))
    }

    /// Creates an endpoint, and returns it with its secret.
    pub(crate) async fn create(&self, endpoint: pb::WebhookEndpoint) -> (pb::WebhookEndpoint, String) {
        let request =
            pb::CreateWebhookEndpointRequest { webhook_endpoint: Some(endpoint), request_id: String::new() };
        let created = self.create_webhook_endpoint(request).await.unwrap();
        (created.webhook_endpoint.unwrap(), created.secret)
    }

    /// The endpoint as it is.
    pub(crate) async fn endpoint(&self, name: &str) -> pb::WebhookEndpoint {
        let request = pb::GetWebhookEndpointRequest { name: name.to_owned() };
        self.get_webhook_endpoint(request).await.unwrap().webhook_endpoint.unwrap()
    }

    /// The deliveries of an endpoint, newest first, as soon as there are `count`.
    pub(crate) async fn deliveries(&self, endpoint: &str, count: usize) -> Vec<pb::WebhookDelivery> {
        let request = pb::ListWebhookDeliveriesRequest {
            endpoint: endpoint.to_owned(),
            page_size: 1_000,
            ..Default::default()
        };
        let list =
            || async { self.list_webhook_deliveries(request.clone()).await.unwrap().webhook_deliveries };
        eventually("the deliveries", || async { list().await.len() >= count }).await;
        list().await
    }

    /// Claims what is due.
    pub(crate) async fn claim(&self, most: i32) -> Vec<pb::ClaimedWebhookDelivery> {
        let request = pb::ClaimWebhookDeliveriesRequest { max_deliveries: most, lease_seconds: 60 };
        self.claim_webhook_deliveries(request).await.unwrap().deliveries
    }

    /// Reports that a claimed delivery was answered with a status, and tells whether that counted.
    pub(crate) async fn report(&self, claimed: &pb::ClaimedWebhookDelivery, status: i32) -> bool {
        self.report_all(std::slice::from_ref(claimed), status).await == 1
    }

    pub(crate) async fn report_all(&self, claimed: &[pb::ClaimedWebhookDelivery], status: i32) -> i32 {
        let report = |claimed: &pb::ClaimedWebhookDelivery| pb::WebhookAttemptReport {
            tenant: claimed.tenant.clone(),
            delivery: claimed.delivery.clone(),
            fence: claimed.fence,
            attempt: Some(pb::WebhookAttempt {
                time: None,
                duration_ms: 12,
                status_code: status,
                outcome: "answered".to_owned(),
            }),
            retry_after_seconds: 0,
        };
        let request = pb::ReportWebhookAttemptsRequest { reports: claimed.iter().map(report).collect() };
        self.report_webhook_attempts(request).await.unwrap().accepted
    }
}
