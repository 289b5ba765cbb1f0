//! What CRM systems tell by webhook, on the wire.

use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::intake_service_server::IntakeService;
use arki_rpc::{Failure, Input, time::timestamp};
use chrono::TimeDelta;

use super::convert::{Mask, id, required};
use super::crm::write_kind;
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::crm::{Kind, Mapping, Object};
use crate::domain::etag;
use crate::domain::intake::Request;
use crate::domain::intake::delivery::{Delivery, State};
use crate::domain::intake::endpoint::{Change, Endpoint, Provider, Terms};
use crate::service::Received;
use crate::storage::intake::deliveries::Filter;

const FIELD: &str = "intake_endpoint";

/// What an update may change.
const CHANGEABLE: [&str; 4] = ["description", "organisation_id", "mappings", "disabled"];

/// How long a secret lives beside a new one, in hours, when the caller doesn't say.
const OVERLAP_HOURS: i32 = 24;

methods! {
    IntakeService;
    create_intake_endpoint: CreateIntakeEndpointRequest -> CreateIntakeEndpointResponse = create;
    get_intake_endpoint: GetIntakeEndpointRequest -> GetIntakeEndpointResponse = get;
    list_intake_endpoints: ListIntakeEndpointsRequest -> ListIntakeEndpointsResponse = list;
    update_intake_endpoint: UpdateIntakeEndpointRequest -> UpdateIntakeEndpointResponse = update;
    delete_intake_endpoint: DeleteIntakeEndpointRequest -> DeleteIntakeEndpointResponse = delete;
    rotate_intake_secret: RotateIntakeSecretRequest -> RotateIntakeSecretResponse = rotate;
    list_intake_deliveries: ListIntakeDeliveriesRequest -> ListIntakeDeliveriesResponse = deliveries;
    replay_intake_delivery: ReplayIntakeDeliveryRequest -> ReplayIntakeDeliveryResponse = replay;
    recover_intake_deliveries: RecoverIntakeDeliveriesRequest -> RecoverIntakeDeliveriesResponse = recover;
    receive_intake: ReceiveIntakeRequest -> ReceiveIntakeResponse = receive;
}

async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateIntakeEndpointRequest>,
) -> Result<pb::CreateIntakeEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = required(FIELD, call.body.intake_endpoint)?;
    let mut input = Input::default();
    let provider = read_provider(endpoint.provider);
    let provider = input.given("intake_endpoint.provider", provider);
    let mapping = read_mapping(&mut input, endpoint.mappings);
    let provider = input.finish(provider)?;
    let terms = Terms {
        description: endpoint.description,
        organisation_id: endpoint.organisation_id,
        mapping,
        is_disabled: endpoint.disabled,
    };
    let made = grpc
        .directory
        .create_intake_endpoint(&asked, provider, endpoint.source, terms, call.body.secret)
        .await;
    let (endpoint, secret) = made.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateIntakeEndpointResponse { intake_endpoint: Some(render(endpoint)), secret })
}

async fn get(
    grpc: &Grpc,
    call: Call<pb::GetIntakeEndpointRequest>,
) -> Result<pb::GetIntakeEndpointResponse, Failure> {
    let endpoint = id("name", &call.body.name)?;
    let found = grpc.directory.get_intake_endpoint(&call.caller, endpoint).await;
    let endpoint = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetIntakeEndpointResponse { intake_endpoint: Some(render(endpoint)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListIntakeEndpointsRequest>,
) -> Result<pb::ListIntakeEndpointsResponse, Failure> {
    let paging = grpc.paging("intakeEndpoints", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_intake_endpoints(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListIntakeEndpointsResponse {
        intake_endpoints: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateIntakeEndpointRequest>,
) -> Result<pb::UpdateIntakeEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let endpoint = required(FIELD, call.body.intake_endpoint)?;
    let name = id("intake_endpoint.name", &endpoint.name)?;
    let pb::IntakeEndpoint { description, organisation_id, mappings, disabled, etag, .. } = endpoint;
    let mut input = Input::default();
    let change = Change {
        description: mask.pick("description", || description),
        organisation_id: mask.pick("organisation_id", || organisation_id),
        mapping: mask.pick("mappings", || read_mapping(&mut input, mappings)),
        is_disabled: mask.pick("disabled", || disabled),
    };
    input.done()?;
    let changed = grpc.directory.update_intake_endpoint(&asked, name, change, etag).await;
    let endpoint = changed.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateIntakeEndpointResponse { intake_endpoint: Some(render(endpoint)) })
}

async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteIntakeEndpointRequest>,
) -> Result<pb::DeleteIntakeEndpointResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let deleted = grpc.directory.delete_intake_endpoint(&asked, endpoint).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteIntakeEndpointResponse {})
}

async fn rotate(
    grpc: &Grpc,
    mut call: Call<pb::RotateIntakeSecretRequest>,
) -> Result<pb::RotateIntakeSecretResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let overlap = TimeDelta::hours(call.body.overlap_hours.unwrap_or(OVERLAP_HOURS).into());
    let rotated = grpc.directory.rotate_intake_secret(&asked, endpoint, overlap, call.body.secret).await;
    let (endpoint, secret) = rotated.map_err(|error| failure(error, ""))?;
    Ok(pb::RotateIntakeSecretResponse { intake_endpoint: Some(render(endpoint)), secret })
}

async fn deliveries(
    grpc: &Grpc,
    mut call: Call<pb::ListIntakeDeliveriesRequest>,
) -> Result<pb::ListIntakeDeliveriesResponse, Failure> {
    let paging = grpc.paging("intakeDeliveries", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let mut input = Input::default();
    let endpoint = input.optional_id("endpoint", &call.body.endpoint);
    input.done()?;
    let state = match pb::IntakeDeliveryState::try_from(call.body.state).unwrap_or_default() {
        pb::IntakeDeliveryState::Unspecified => None,
        pb::IntakeDeliveryState::Pending => Some(State::Pending),
        pb::IntakeDeliveryState::Done => Some(State::Done),
        pb::IntakeDeliveryState::Dead => Some(State::Dead),
    };
    let filter = Filter { endpoint, state };
    let page = grpc.directory.list_intake_deliveries(&call.caller, filter, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListIntakeDeliveriesResponse {
        intake_deliveries: page.items.into_iter().map(render_delivery).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn replay(
    grpc: &Grpc,
    mut call: Call<pb::ReplayIntakeDeliveryRequest>,
) -> Result<pb::ReplayIntakeDeliveryResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let delivery = id("name", &call.body.name)?;
    let replayed = grpc.directory.replay_intake_delivery(&asked, delivery).await;
    let delivery = replayed.map_err(|error| failure(error, ""))?;
    Ok(pb::ReplayIntakeDeliveryResponse { intake_delivery: Some(render_delivery(delivery)) })
}

async fn recover(
    grpc: &Grpc,
    mut call: Call<pb::RecoverIntakeDeliveriesRequest>,
) -> Result<pb::RecoverIntakeDeliveriesResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let endpoint = id("name", &call.body.name)?;
    let recovered = grpc.directory.recover_intake_deliveries(&asked, endpoint).await;
    let count = recovered.map_err(|error| failure(error, ""))?;
    Ok(pb::RecoverIntakeDeliveriesResponse { deliveries: i64::try_from(count).unwrap_or(i64::MAX) })
}

async fn receive(
    grpc: &Grpc,
    call: Call<pb::ReceiveIntakeRequest>,
) -> Result<pb::ReceiveIntakeResponse, Failure> {
    let pb::ReceiveIntakeRequest { endpoint, method, uri, headers, body } = call.body;
    let headers = headers.into_iter().map(|pb::IntakeHeader { name, value }| (name, value)).collect();
    let request = Request { method, uri, headers, body: body.to_vec() };
    let received = grpc.directory.receive_intake(&endpoint, request).await;
    let Received { accepted, answer } = received.map_err(|error| failure(error, ""))?;
    let (content_type, body) = answer.unwrap_or_default();
    Ok(pb::ReceiveIntakeResponse {
        accepted: i32::try_from(accepted).unwrap_or(i32::MAX),
        content_type: content_type.to_owned(),
        body: body.into(),
    })
}

fn read_mapping(input: &mut Input, mappings: Vec<pb::IntakeMapping>) -> Mapping {
    let mut objects = Vec::with_capacity(mappings.len());
    for (place, pb::IntakeMapping { object, kind, fields }) in mappings.into_iter().enumerate() {
        let kind = match pb::CrmRecordKind::try_from(kind).unwrap_or_default() {
            pb::CrmRecordKind::Unspecified => None,
            pb::CrmRecordKind::Person => Some(Kind::Person),
            pb::CrmRecordKind::Account => Some(Kind::Account),
            pb::CrmRecordKind::Outcome => Some(Kind::Outcome),
        };
        if let Some(kind) = input.given(&format!("intake_endpoint.mappings[{place}].kind"), kind) {
            objects.push(Object { object, kind, fields });
        }
    }
    Mapping(objects)
}

fn read_provider(provider: i32) -> Option<Provider> {
    match pb::IntakeProvider::try_from(provider).unwrap_or_default() {
        pb::IntakeProvider::Unspecified => None,
        pb::IntakeProvider::Hubspot => Some(Provider::Hubspot),
        pb::IntakeProvider::SalesforceOutbound => Some(Provider::SalesforceOutbound),
        pb::IntakeProvider::SalesforceCdc => Some(Provider::SalesforceCdc),
        pb::IntakeProvider::Dynamics => Some(Provider::Dynamics),
    }
}

fn render(endpoint: Endpoint) -> pb::IntakeEndpoint {
    let Endpoint {
        id,
        provider,
        source,
        terms,
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    } = endpoint;
    let Terms { description, organisation_id, mapping, is_disabled } = terms;
    let provider = match provider {
        Provider::Hubspot => pb::IntakeProvider::Hubspot,
        Provider::SalesforceOutbound => pb::IntakeProvider::SalesforceOutbound,
        Provider::SalesforceCdc => pb::IntakeProvider::SalesforceCdc,
        Provider::Dynamics => pb::IntakeProvider::Dynamics,
    };
    let mapped = |Object { object, kind, fields }: Object| pb::IntakeMapping {
        object,
        kind: write_kind(kind).into(),
        fields: fields.into_iter().collect::<BTreeMap<_, _>>(),
    };
    pb::IntakeEndpoint {
        name: id.name(),
        provider: provider.into(),
        source,
        description,
        organisation_id,
        mappings: mapping.0.into_iter().map(mapped).collect(),
        disabled: is_disabled,
        previous_secret_expire_time: previous_secret_expire_time.map(timestamp),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}

fn render_delivery(delivery: Delivery) -> pb::IntakeDelivery {
    let Delivery {
        id,
        endpoint,
        event_id,
        kind,
        external_id,
        change: _,
        state,
        tries,
        due_time: _,
        reason,
        problem,
        create_time,
        last_time,
    } = delivery;
    let state = match state {
        State::Pending => pb::IntakeDeliveryState::Pending,
        State::Done => pb::IntakeDeliveryState::Done,
        State::Dead => pb::IntakeDeliveryState::Dead,
    };
    pb::IntakeDelivery {
        name: id.name(),
        endpoint: endpoint.name(),
        event_id,
        kind: write_kind(kind).into(),
        external_id,
        state: state.into(),
        tries: i32::try_from(tries).unwrap_or(i32::MAX),
        reason,
        description: problem,
        create_time: Some(timestamp(create_time)),
        last_time: last_time.map(timestamp),
    }
}
