//! What was sent, and sending it once more.

use arki_database::page::{Page, PageRequest};
use arki_ids::{EventId, WebhookDeliveryId, WebhookEndpointId};
use arki_rpc::Caller;
use arki_webhooks::{Event, PING};
use chrono::{DateTime, Utc};

use super::super::{Asked, Directory, Error};
use super::find;
use crate::domain::webhook::{Attempt, Delivery};
use crate::storage::webhooks::deliveries::{self, Filter};
use crate::storage::webhooks::fan_out;

impl Directory {
    /// Deliveries, newest first.
    pub async fn list_webhook_deliveries(
        &self,
        caller: &Caller,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        if let Some(endpoint) = filter.endpoint {
            self.get_webhook_endpoint(caller, endpoint).await?;
        }
        Ok(deliveries::list(self.store.reader(), caller.tenant, filter, page).await?)
    }

    /// One delivery with its attempts, newest first.
    pub async fn get_webhook_delivery(
        &self,
        caller: &Caller,
        delivery: WebhookDeliveryId,
    ) -> Result<(Delivery, Vec<Attempt>), Error> {
        let reader = self.store.reader();
        let found = deliveries::find(reader, caller.tenant, delivery).await?;
        let found = found.ok_or(Error::WebhookDeliveryNotFound(delivery))?;
        Ok((found, deliveries::attempts(reader, caller.tenant, delivery).await?))
    }

    /// Begins a delivery anew.
    pub async fn replay_webhook_delivery(
        &self,
        asked: &Asked,
        delivery: WebhookDeliveryId,
    ) -> Result<Delivery, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("ReplayWebhookDelivery", asked, move |tx| {
            Box::pin(async move {
                let found = deliveries::find(tx, tenant, delivery).await?;
                let again = found.ok_or(Error::WebhookDeliveryNotFound(delivery))?.replayed(now);
                deliveries::replay(tx, tenant, &again).await?;
                Ok(again)
            })
        })
        .await
    }

    /// Begins every dead letter of an endpoint anew, and tells how many there were.
    pub async fn recover_webhook_deliveries(
        &self,
        asked: &Asked,
        endpoint: WebhookEndpointId,
        since: Option<DateTime<Utc>>,
    ) -> Result<u64, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("RecoverWebhookDeliveries", asked, move |tx| {
            Box::pin(async move {
                find(tx, tenant, endpoint).await?;
                Ok(deliveries::recover(tx, tenant, endpoint, since, now).await?)
            })
        })
        .await
    }

    /// Sends a test event.
    pub async fn ping_webhook_endpoint(
        &self,
        asked: &Asked,
        endpoint: WebhookEndpointId,
    ) -> Result<Delivery, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let (event_id, subject) = (EventId::generate().to_string(), endpoint.name());
        let event = Event {
            id: &event_id,
            tenant: &tenant.name(),
            subject: &subject,
            time: now,
            traceparent: None,
            public_url: &self.webhooks.public_url,
        };
        let body = event.ping().unwrap_or_default();
        let delivery =
            Delivery::new(WebhookDeliveryId::generate(), endpoint, (&event_id, PING, &subject), now);
        self.write("PingWebhookEndpoint", asked, move |tx| {
            let (delivery, body) = (delivery.clone(), body.clone());
            Box::pin(async move {
                let (stored, _) = find(tx, tenant, endpoint).await?;
                if stored.disabled.is_some() {
                    return Err(Error::WebhookEndpointDisabled(endpoint));
                }
                fan_out::keep_event(tx, tenant, &delivery.event_id, &body, now).await?;
                fan_out::insert(tx, tenant, std::slice::from_ref(&delivery)).await?;
                Ok(delivery)
            })
        })
        .await
    }
}
