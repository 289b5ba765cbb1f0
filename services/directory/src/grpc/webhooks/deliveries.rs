//! Deliveries and types of events on the wire.

use arki_database::page::Page;
use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input, time::timestamp};
use arki_webhooks::{Catalogue, EventType};

use super::super::convert::{id, non_empty};
use super::super::status::failure;
use super::super::{Call, Grpc};
use crate::domain::webhook::delivery::State;
use crate::domain::webhook::{Attempt, Delivery};
use crate::storage::webhooks::deliveries::Filter;

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListWebhookDeliveriesRequest>,
) -> Result<pb::ListWebhookDeliveriesResponse, Failure> {
    let paging = grpc.paging("webhookDeliveries", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let state = match call.body.state() {
        pb::WebhookDeliveryState::Unspecified => None,
        pb::WebhookDeliveryState::Pending => Some(State::Pending),
        pb::WebhookDeliveryState::Delivered => Some(State::Delivered),
        pb::WebhookDeliveryState::Dead => Some(State::Dead),
    };
    let pb::ListWebhookDeliveriesRequest {
        endpoint,
        state: _,
        event_type,
        start_time,
        end_time,
        page_size: _,
        page_token: _,
    } = call.body;
    let mut input = Input::default();
    let filter = Filter {
        endpoint: input.optional_id("endpoint", &endpoint),
        state,
        event_type: non_empty(event_type),
        start: input.optional_time("start_time", start_time),
        end: input.optional_time("end_time", end_time),
    };
    input.done()?;
    let page = grpc.directory.list_webhook_deliveries(&call.caller, &filter, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListWebhookDeliveriesResponse {
        webhook_deliveries: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetWebhookDeliveryRequest>,
) -> Result<pb::GetWebhookDeliveryResponse, Failure> {
    let delivery = id("name", &call.body.name)?;
    let found = grpc.directory.get_webhook_delivery(&call.caller, delivery).await;
    let (delivery, attempts) = found.map_err(|error| failure(error, ""))?;
    let attempts = attempts.into_iter().map(attempt).collect();
    let delivery = pb::WebhookDelivery { attempts, ..render(delivery) };
    Ok(pb::GetWebhookDeliveryResponse { webhook_delivery: Some(delivery) })
}

pub(super) async fn replay(
    grpc: &Grpc,
    mut call: Call<pb::ReplayWebhookDeliveryRequest>,
) -> Result<pb::ReplayWebhookDeliveryResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let delivery = id("name", &call.body.name)?;
    let replayed = grpc.directory.replay_webhook_delivery(&asked, delivery).await;
    let delivery = replayed.map_err(|error| failure(error, ""))?;
    Ok(pb::ReplayWebhookDeliveryResponse { webhook_delivery: Some(render(delivery)) })
}

pub(super) async fn recover(
    grpc: &Grpc,
    mut call: Call<pb::RecoverWebhookDeliveriesRequest>,
) -> Result<pb::RecoverWebhookDeliveriesResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let mut input = Input::default();
    let since = input.optional_time("since_time", call.body.since_time);
    input.done()?;
    let recovered = grpc.directory.recover_webhook_deliveries(&asked, endpoint, since).await;
    let deliveries = recovered.map_err(|error| failure(error, ""))?;
    Ok(pb::RecoverWebhookDeliveriesResponse { deliveries: i64::try_from(deliveries).unwrap_or(i64::MAX) })
}

pub(super) async fn ping(
    grpc: &Grpc,
    mut call: Call<pb::PingWebhookEndpointRequest>,
) -> Result<pb::PingWebhookEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let pinged = grpc.directory.ping_webhook_endpoint(&asked, endpoint).await;
    let delivery = pinged.map_err(|error| failure(error, ""))?;
    Ok(pb::PingWebhookEndpointResponse { webhook_delivery: Some(render(delivery)) })
}

pub(super) async fn event_types(
    grpc: &Grpc,
    mut call: Call<pb::ListWebhookEventTypesRequest>,
) -> Result<pb::ListWebhookEventTypesResponse, Failure> {
    let paging = grpc.paging("webhookEventTypes", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let after = paging.page.after.as_ref().and_then(|cursor| cursor.first()).map_or("", String::as_str);
    let limit = usize::try_from(paging.page.limit()).unwrap_or(usize::MAX);
    let types = Catalogue::get().types().filter(|known| known.name.as_str() > after).take(limit).collect();
    let page = Page::cut(types, &paging.page, |last: &&EventType| vec![last.name.clone()]);
    let render = |known: &EventType| pb::WebhookEventType {
        name: format!("webhookEventTypes/{}", known.name),
        r#type: known.name.clone(),
        description: known.description.clone(),
        schema_json: known.schema().to_string(),
    };
    Ok(pb::ListWebhookEventTypesResponse {
        webhook_event_types: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn render(delivery: Delivery) -> pb::WebhookDelivery {
    let Delivery {
        id,
        endpoint,
        event_id,
        event_type,
        subject,
        state,
        attempts,
        tries: _,
        due_time,
        create_time,
        last,
    } = delivery;
    let shown = match state {
        State::Pending => pb::WebhookDeliveryState::Pending,
        State::Delivered => pb::WebhookDeliveryState::Delivered,
        State::Dead => pb::WebhookDeliveryState::Dead,
    };
    pb::WebhookDelivery {
        name: id.name(),
        endpoint: endpoint.name(),
        event_id,
        event_type,
        subject,
        state: shown.into(),
        attempt_count: i32::try_from(attempts).unwrap_or(i32::MAX),
        last_attempt: last.map(attempt),
        next_attempt_time: (state == State::Pending).then(|| timestamp(due_time)),
        create_time: Some(timestamp(create_time)),
        attempts: Vec::new(),
    }
}

fn attempt(attempt: Attempt) -> pb::WebhookAttempt {
    let Attempt { time, duration_ms, status, outcome } = attempt;
    pb::WebhookAttempt { time: Some(timestamp(time)), duration_ms, status_code: status, outcome }
}
