//! Retention on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::retention_service_server::RetentionService;
use arki_rpc::Failure;
use arki_rpc::time::timestamp;

use super::convert::{Mask, id, required};
use super::erasures::duration;
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::erasure::SERVICES;
use crate::domain::etag;
use crate::domain::purge::{Confirmation, Purge};
use crate::domain::retention::{Change, Cutoffs, Policy};

methods! {
    RetentionService;
    get_retention_policy: GetRetentionPolicyRequest -> GetRetentionPolicyResponse = get_policy;
    update_retention_policy: UpdateRetentionPolicyRequest -> UpdateRetentionPolicyResponse = update_policy;
    create_purge: CreatePurgeRequest -> CreatePurgeResponse = create;
    get_purge: GetPurgeRequest -> GetPurgeResponse = get;
    list_purges: ListPurgesRequest -> ListPurgesResponse = list;
}

const FIELD: &str = "retention_policy";

/// Which fields an update may name.
const FIELDS: [&str; 5] =
    ["link_days", "answer_months", "comment_months", "contact_months", "delivery_months"];

async fn get_policy(
    grpc: &Grpc,
    call: Call<pb::GetRetentionPolicyRequest>,
) -> Result<pb::GetRetentionPolicyResponse, Failure> {
    let policy = grpc.directory.get_retention_policy(&call.caller).await;
    let policy = policy.map_err(|error| failure(error, ""))?;
    Ok(pb::GetRetentionPolicyResponse { retention_policy: Some(render_policy(policy)) })
}

async fn update_policy(
    grpc: &Grpc,
    mut call: Call<pb::UpdateRetentionPolicyRequest>,
) -> Result<pb::UpdateRetentionPolicyResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &FIELDS)?;
    let pb::RetentionPolicy {
        link_days,
        answer_months,
        comment_months,
        contact_months,
        delivery_months,
        update_time: _,
        etag,
    } = required(FIELD, call.body.retention_policy)?;
    let given = |field: &str, value: i32| mask.pick(field, || u32::try_from(value).unwrap_or_default());
    let change = Change {
        link_days: given("link_days", link_days),
        answer_months: given("answer_months", answer_months),
        comment_months: given("comment_months", comment_months),
        contact_months: given("contact_months", contact_months),
        delivery_months: given("delivery_months", delivery_months),
    };
    let policy = grpc.directory.update_retention_policy(&asked, change, etag).await;
    let policy = policy.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateRetentionPolicyResponse { retention_policy: Some(render_policy(policy)) })
}

async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreatePurgeRequest>,
) -> Result<pb::CreatePurgeResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let purge = grpc.directory.create_purge(&asked).await.map_err(|error| failure(error, ""))?;
    Ok(pb::CreatePurgeResponse { purge: Some(render(grpc, &purge)) })
}

async fn get(grpc: &Grpc, call: Call<pb::GetPurgeRequest>) -> Result<pb::GetPurgeResponse, Failure> {
    let found = grpc.directory.get_purge(&call.caller, id("name", &call.body.name)?).await;
    let found = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetPurgeResponse { purge: Some(render(grpc, &found)) })
}

async fn list(grpc: &Grpc, mut call: Call<pb::ListPurgesRequest>) -> Result<pb::ListPurgesResponse, Failure> {
    let paging = grpc.paging("purges", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_purges(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListPurgesResponse {
        purges: page.items.iter().map(|purge| render(grpc, purge)).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn render_policy(policy: Policy) -> pb::RetentionPolicy {
    let Policy {
        link_days,
        answer_months,
        comment_months,
        contact_months,
        delivery_months,
        revision,
        update_time,
    } = policy;
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    pb::RetentionPolicy {
        link_days: number(link_days),
        answer_months: number(answer_months),
        comment_months: number(comment_months),
        contact_months: number(contact_months),
        delivery_months: number(delivery_months),
        update_time: update_time.map(timestamp),
        etag: etag(revision),
    }
}

fn render(grpc: &Grpc, purge: &Purge) -> pb::Purge {
    let running = grpc.directory.purge_runs_for(purge);
    let confirmations = SERVICES.iter().map(|service| {
        let Confirmation { confirm_time, counts, parts } = purge.confirmation(service);
        let count = |(kind, rows): (String, u64)| pb::ErasedCount {
            kind,
            rows: i64::try_from(rows).unwrap_or(i64::MAX),
        };
        pb::PurgeConfirmation {
            service: (*service).to_owned(),
            confirm_time: confirm_time.map(timestamp),
            counts: counts.into_iter().map(count).collect(),
            parts,
            waiting: confirm_time.is_none().then(|| duration(running)),
        }
    });
    let confirmations = confirmations.collect();
    let Purge { id, cutoffs, create_time, complete_time, report_hash, parts: _ } = purge;
    let state = match complete_time {
        None => pb::PurgeState::Running,
        Some(_) => pb::PurgeState::Completed,
    };
    let Cutoffs { link_time, answer_time, comment_time, contact_time, delivery_time } = *cutoffs;
    pb::Purge {
        name: id.name(),
        state: state.into(),
        cutoffs: Some(pb::PurgeCutoffs {
            link_time: Some(timestamp(link_time)),
            answer_time: Some(timestamp(answer_time)),
            comment_time: Some(timestamp(comment_time)),
            contact_time: Some(timestamp(contact_time)),
            delivery_time: Some(timestamp(delivery_time)),
        }),
        create_time: Some(timestamp(*create_time)),
        complete_time: complete_time.map(timestamp),
        confirmations,
        report_hash: report_hash.clone().unwrap_or_default(),
    }
}
