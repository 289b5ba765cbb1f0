//! Addresses to which nothing is sent, on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::suppression_service_server::SuppressionService;
use arki_proto::r#type::v1::ContactPurpose;
use arki_rpc::{Failure, Input, time::timestamp};

use super::contact_words::{channel, given, purpose, write_channel, write_purpose};
use super::convert::id;
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::suppression::{Reason, Suppression};
use crate::service::Suppress;

methods! {
    SuppressionService;
    add_suppression: AddSuppressionRequest -> AddSuppressionResponse = add;
    list_suppressions: ListSuppressionsRequest -> ListSuppressionsResponse = list;
    remove_suppression: RemoveSuppressionRequest -> RemoveSuppressionResponse = remove;
    check_suppression: CheckSuppressionRequest -> CheckSuppressionResponse = check;
}

async fn add(
    grpc: &Grpc,
    mut call: Call<pb::AddSuppressionRequest>,
) -> Result<pb::AddSuppressionResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let reason = given("reason", reason(call.body.reason()))?;
    let channel = given("channel", channel(call.body.channel()))?;
    let purpose = purpose(call.body.purpose());
    let pb::AddSuppressionRequest {
        address,
        channel: _,
        purpose: _,
        reason: _,
        source,
        expire_time,
        request_id: _,
    } = call.body;
    let mut input = Input::default();
    let expire_time = input.optional_time("expire_time", expire_time);
    input.done()?;
    let source = if source.is_empty() { asked.caller.subject.clone() } else { source };
    let suppress = Suppress { address, channel, purpose, reason, source, expire_time };
    let entry = grpc.directory.add_suppression(&asked, suppress).await;
    let entry = entry.map_err(|error| failure(error, ""))?;
    Ok(pb::AddSuppressionResponse { suppression: Some(render(entry)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListSuppressionsRequest>,
) -> Result<pb::ListSuppressionsResponse, Failure> {
    let paging = grpc.paging("suppressions", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let reason = reason(call.body.reason());
    let page = grpc.directory.list_suppressions(&call.caller, reason, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListSuppressionsResponse {
        suppressions: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn remove(
    grpc: &Grpc,
    mut call: Call<pb::RemoveSuppressionRequest>,
) -> Result<pb::RemoveSuppressionResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let removed = grpc.directory.remove_suppression(&asked, id("name", &call.body.name)?).await;
    removed.map_err(|error| failure(error, ""))?;
    Ok(pb::RemoveSuppressionResponse {})
}

async fn check(
    grpc: &Grpc,
    call: Call<pb::CheckSuppressionRequest>,
) -> Result<pb::CheckSuppressionResponse, Failure> {
    let channel = given("channel", channel(call.body.channel()))?;
    let entries = grpc.directory.check_suppression(&call.caller, channel, &call.body.address).await;
    let entries = entries.map_err(|error| failure(error, ""))?;
    Ok(pb::CheckSuppressionResponse { suppressions: entries.into_iter().map(render).collect() })
}

fn reason(reason: pb::SuppressionReason) -> Option<Reason> {
    match reason {
        pb::SuppressionReason::Unspecified => None,
        pb::SuppressionReason::Unsubscribed => Some(Reason::Unsubscribed),
        pb::SuppressionReason::HardBounce => Some(Reason::HardBounce),
        pb::SuppressionReason::Complaint => Some(Reason::Complaint),
        pb::SuppressionReason::Manual => Some(Reason::Manual),
        pb::SuppressionReason::Erased => Some(Reason::Erased),
    }
}

fn render(entry: Suppression) -> pb::Suppression {
    let Suppression { id, channel, hash: _, purpose, reason, source, create_time, expire_time } = entry;
    let reason = match reason {
        Reason::Unsubscribed => pb::SuppressionReason::Unsubscribed,
        Reason::HardBounce => pb::SuppressionReason::HardBounce,
        Reason::Complaint => pb::SuppressionReason::Complaint,
        Reason::Manual => pb::SuppressionReason::Manual,
        Reason::Erased => pb::SuppressionReason::Erased,
    };
    pb::Suppression {
        name: id.name(),
        channel: write_channel(channel).into(),
        purpose: purpose.map_or(ContactPurpose::Unspecified, write_purpose).into(),
        reason: reason.into(),
        source,
        create_time: Some(timestamp(create_time)),
        expire_time: expire_time.map(timestamp),
    }
}
