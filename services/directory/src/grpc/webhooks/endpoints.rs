//! Endpoints on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, time::timestamp};
use arki_webhooks::Secret;
use chrono::TimeDelta;

use super::super::convert::{Mask, id, required};
use super::super::status::failure;
use super::super::{Call, Grpc};
use crate::domain::etag;
use crate::domain::webhook::Endpoint;
use crate::domain::webhook::endpoint::{Disabled, Wanted};

const FIELD: &str = "webhook_endpoint";

/// What an update may change.
const CHANGEABLE: [&str; 5] = ["url", "description", "event_types", "headers", "max_per_second"];

/// How long secrets live beside a new one, in hours, when the caller doesn't say.
const OVERLAP_HOURS: i32 = 24;

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateWebhookEndpointRequest>,
) -> Result<pb::CreateWebhookEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = required(FIELD, call.body.webhook_endpoint)?;
    let (_, wanted, _) = wanted(endpoint, &Mask::read(None, &CHANGEABLE)?);
    let made = grpc.directory.create_webhook_endpoint(&asked, wanted).await;
    let (endpoint, secret) = made.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateWebhookEndpointResponse { webhook_endpoint: Some(render(endpoint)), secret: shown(secret) })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetWebhookEndpointRequest>,
) -> Result<pb::GetWebhookEndpointResponse, Failure> {
    let endpoint = id("name", &call.body.name)?;
    let found = grpc.directory.get_webhook_endpoint(&call.caller, endpoint).await;
    let endpoint = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetWebhookEndpointResponse { webhook_endpoint: Some(render(endpoint)) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListWebhookEndpointsRequest>,
) -> Result<pb::ListWebhookEndpointsResponse, Failure> {
    let paging = grpc.paging("webhookEndpoints", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_webhook_endpoints(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListWebhookEndpointsResponse {
        webhook_endpoints: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateWebhookEndpointRequest>,
) -> Result<pb::UpdateWebhookEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let (name, wanted, etag) = wanted(required(FIELD, call.body.webhook_endpoint)?, &mask);
    let endpoint = id("webhook_endpoint.name", &name)?;
    let changed = grpc.directory.update_webhook_endpoint(&asked, endpoint, wanted, etag).await;
    let endpoint = changed.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateWebhookEndpointResponse { webhook_endpoint: Some(render(endpoint)) })
}

pub(super) async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteWebhookEndpointRequest>,
) -> Result<pb::DeleteWebhookEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let deleted = grpc.directory.delete_webhook_endpoint(&asked, endpoint).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteWebhookEndpointResponse {})
}

pub(super) async fn rotate(
    grpc: &Grpc,
    mut call: Call<pb::RotateWebhookSecretRequest>,
) -> Result<pb::RotateWebhookSecretResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let overlap = TimeDelta::hours(call.body.overlap_hours.unwrap_or(OVERLAP_HOURS).into());
    let rotated = grpc.directory.rotate_webhook_secret(&asked, endpoint, overlap).await;
    let (endpoint, secret) = rotated.map_err(|error| failure(error, ""))?;
    Ok(pb::RotateWebhookSecretResponse { webhook_endpoint: Some(render(endpoint)), secret: shown(secret) })
}

pub(super) async fn enable(
    grpc: &Grpc,
    mut call: Call<pb::EnableWebhookEndpointRequest>,
) -> Result<pb::EnableWebhookEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let switched = grpc.directory.switch_webhook_endpoint(&asked, endpoint, None).await;
    let endpoint = switched.map_err(|error| failure(error, ""))?;
    Ok(pb::EnableWebhookEndpointResponse { webhook_endpoint: Some(render(endpoint)) })
}

pub(super) async fn disable(
    grpc: &Grpc,
    mut call: Call<pb::DisableWebhookEndpointRequest>,
) -> Result<pb::DisableWebhookEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let switched = grpc.directory.switch_webhook_endpoint(&asked, endpoint, Some(Disabled::Caller)).await;
    let endpoint = switched.map_err(|error| failure(error, ""))?;
    Ok(pb::DisableWebhookEndpointResponse { webhook_endpoint: Some(render(endpoint)) })
}

/// The name, what is wanted, and the etag.
fn wanted(endpoint: pb::WebhookEndpoint, mask: &Mask) -> (String, Wanted, String) {
    let pb::WebhookEndpoint {
        name,
        url,
        description,
        event_types,
        headers,
        header_names: _,
        max_per_second,
        enabled: _,
        disabled_reason: _,
        disable_time: _,
        failing_since_time: _,
        previous_secret_expire_time: _,
        create_time: _,
        update_time: _,
        etag,
    } = endpoint;
    let wanted = Wanted {
        url: mask.pick("url", || url),
        description: mask.pick("description", || description),
        event_types: mask.pick("event_types", || event_types),
        headers: mask.pick("headers", || headers),
        max_per_second: mask.pick("max_per_second", || max_per_second.unsigned_abs()),
    };
    (name, wanted, etag)
}

fn shown(secret: Option<Secret>) -> String {
    secret.map(|secret| secret.reveal()).unwrap_or_default()
}

fn render(endpoint: Endpoint) -> pb::WebhookEndpoint {
    let Endpoint {
        id,
        url,
        description,
        event_types,
        header_names,
        max_per_second,
        disabled,
        failing_since,
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    } = endpoint;
    let reason = match disabled {
        None => pb::WebhookDisabledReason::Unspecified,
        Some((Disabled::Caller, _)) => pb::WebhookDisabledReason::Caller,
        Some((Disabled::Gone, _)) => pb::WebhookDisabledReason::Gone,
        Some((Disabled::Failing, _)) => pb::WebhookDisabledReason::Failing,
    };
    pb::WebhookEndpoint {
        name: id.name(),
        url,
        description,
        event_types,
        headers: Default::default(),
        header_names,
        max_per_second: i32::try_from(max_per_second).unwrap_or(i32::MAX),
        enabled: disabled.is_none(),
        disabled_reason: reason.into(),
        disable_time: disabled.map(|(_, time)| timestamp(time)),
        failing_since_time: failing_since.map(timestamp),
        previous_secret_expire_time: previous_secret_expire_time.map(timestamp),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}
