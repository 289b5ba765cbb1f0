//! Webhooks on the wire.

mod deliveries;
mod endpoints;
mod sending;

use arki_proto::directory::v1::webhook_service_server::WebhookService;

use super::methods::methods;

methods! {
    WebhookService;
    create_webhook_endpoint: CreateWebhookEndpointRequest -> CreateWebhookEndpointResponse = endpoints::create;
    get_webhook_endpoint: GetWebhookEndpointRequest -> GetWebhookEndpointResponse = endpoints::get;
    list_webhook_endpoints: ListWebhookEndpointsRequest -> ListWebhookEndpointsResponse = endpoints::list;
    update_webhook_endpoint: UpdateWebhookEndpointRequest -> UpdateWebhookEndpointResponse = endpoints::update;
    delete_webhook_endpoint: DeleteWebhookEndpointRequest -> DeleteWebhookEndpointResponse = endpoints::delete;
    rotate_webhook_secret: RotateWebhookSecretRequest -> RotateWebhookSecretResponse = endpoints::rotate;
    enable_webhook_endpoint: EnableWebhookEndpointRequest -> EnableWebhookEndpointResponse = endpoints::enable;
    disable_webhook_endpoint: DisableWebhookEndpointRequest -> DisableWebhookEndpointResponse = endpoints::disable;
    ping_webhook_endpoint: PingWebhookEndpointRequest -> PingWebhookEndpointResponse = deliveries::ping;
    recover_webhook_deliveries: RecoverWebhookDeliveriesRequest -> RecoverWebhookDeliveriesResponse
        = deliveries::recover;
    list_webhook_deliveries: ListWebhookDeliveriesRequest -> ListWebhookDeliveriesResponse = deliveries::list;
    get_webhook_delivery: GetWebhookDeliveryRequest -> GetWebhookDeliveryResponse = deliveries::get;
    replay_webhook_delivery: ReplayWebhookDeliveryRequest -> ReplayWebhookDeliveryResponse = deliveries::replay;
    list_webhook_event_types: ListWebhookEventTypesRequest -> ListWebhookEventTypesResponse = deliveries::event_types;
    claim_webhook_deliveries: ClaimWebhookDeliveriesRequest -> ClaimWebhookDeliveriesResponse = sending::claim;
    report_webhook_attempts: ReportWebhookAttemptsRequest -> ReportWebhookAttemptsResponse = sending::report;
}
