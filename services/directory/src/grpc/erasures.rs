//! Erasures on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::erasure_service_server::ErasureService;
use arki_rpc::Failure;
use arki_rpc::time::timestamp;
use chrono::TimeDelta;

use super::convert::{id, required};
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::erasure::{Confirmation, Erasure, Limit, Reason, SERVICES};

methods! {
    ErasureService;
    create_erasure: CreateErasureRequest -> CreateErasureResponse = create;
    get_erasure: GetErasureRequest -> GetErasureResponse = get;
    list_erasures: ListErasuresRequest -> ListErasuresResponse = list;
    lift_erasure: LiftErasureRequest -> LiftErasureResponse = lift;
}

async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateErasureRequest>,
) -> Result<pb::CreateErasureResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::Erasure { person, .. } = required("erasure", call.body.erasure)?;
    let erased = grpc.directory.create_erasure(&asked, id("erasure.person", &person)?).await;
    let erased = erased.map_err(|error| failure(error, ""))?;
    Ok(pb::CreateErasureResponse { erasure: Some(render(grpc, erased)) })
}

async fn get(grpc: &Grpc, call: Call<pb::GetErasureRequest>) -> Result<pb::GetErasureResponse, Failure> {
    let found = grpc.directory.get_erasure(&call.caller, id("name", &call.body.name)?).await;
    let found = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetErasureResponse { erasure: Some(render(grpc, found)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListErasuresRequest>,
) -> Result<pb::ListErasuresResponse, Failure> {
    let paging = grpc.paging("erasures", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_erasures(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListErasuresResponse {
        erasures: page.items.into_iter().map(|erasure| render(grpc, erasure)).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn lift(
    grpc: &Grpc,
    mut call: Call<pb::LiftErasureRequest>,
) -> Result<pb::LiftErasureResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let lifted = grpc.directory.lift_erasure(&asked, id("name", &call.body.name)?).await;
    let lifted = lifted.map_err(|error| failure(error, ""))?;
    Ok(pb::LiftErasureResponse { erasure: Some(render(grpc, lifted)) })
}

fn render(grpc: &Grpc, erasure: Erasure) -> pb::Erasure {
    let limits = erasure.limits();
    let state = match (erasure.complete_time, limits.is_empty()) {
        (None, _) => pb::ErasureState::Running,
        (Some(_), true) => pb::ErasureState::Completed,
        (Some(_), false) => pb::ErasureState::Partly,
    };
    let waiting = grpc.directory.waits_since(&erasure);
    let Erasure {
        id,
        person,
        reason,
        merged: _,
        create_time,
        complete_time,
        report_hash,
        lift_time,
        mut confirmations,
    } = erasure;
    let confirmations =
        SERVICES.iter().map(|service| match confirmations.iter().position(|one| one.service == *service) {
            Some(place) => confirmed(confirmations.swap_remove(place)),
            None => pb::ErasureConfirmation {
                service: (*service).to_owned(),
                waiting: Some(duration(waiting)),
                ..Default::default()
            },
        });
    pb::Erasure {
        name: id.name(),
        person: person.name(),
        state: state.into(),
        create_time: Some(timestamp(create_time)),
        complete_time: complete_time.map(timestamp),
        confirmations: confirmations.collect(),
        limits: limits.into_iter().map(|limit| limit_on_the_wire(limit).into()).collect(),
        report_hash: report_hash.unwrap_or_default(),
        lift_time: lift_time.map(timestamp),
        reason: reason_on_the_wire(reason).into(),
    }
}

fn reason_on_the_wire(reason: Reason) -> pb::ErasureReason {
    match reason {
        Reason::Request => pb::ErasureReason::Request,
        Reason::Retention => pb::ErasureReason::Retention,
    }
}

fn confirmed(confirmation: Confirmation) -> pb::ErasureConfirmation {
    let Confirmation { service, confirm_time, counts, limits: _ } = confirmation;
    let count =
        |(kind, rows): (String, u64)| pb::ErasedCount { kind, rows: i64::try_from(rows).unwrap_or(i64::MAX) };
    pb::ErasureConfirmation {
        service,
        confirm_time: Some(timestamp(confirm_time)),
        counts: counts.into_iter().map(count).collect(),
        waiting: None,
    }
}

fn limit_on_the_wire(limit: Limit) -> pb::ErasureLimit {
    match limit {
        Limit::AnonymousResponses => pb::ErasureLimit::AnonymousResponses,
    }
}

pub(super) fn duration(time: TimeDelta) -> prost_types::Duration {
    prost_types::Duration { seconds: time.num_seconds(), nanos: 0 }
}
