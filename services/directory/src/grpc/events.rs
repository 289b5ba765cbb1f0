//! Events and dead letters on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::Failure;

use super::status::failure;
use super::{Call, Grpc};

pub(super) async fn replay(
    grpc: &Grpc,
    mut call: Call<pb::ReplayEventsRequest>,
) -> Result<pb::ReplayEventsResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let replayed = grpc.directory.replay_events(&asked, call.body.subject_prefix).await;
    let events = replayed.map_err(|error| failure(error, ""))?;
    Ok(pb::ReplayEventsResponse { events: i64::try_from(events).unwrap_or(i64::MAX) })
}

pub(super) async fn list_dead_letters(
    grpc: &Grpc,
    mut call: Call<pb::ListDeadLettersRequest>,
) -> Result<pb::ListDeadLettersResponse, Failure> {
    let paging = grpc.paging("deadLetters", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc
        .directory
        .list_dead_letters(&call.caller, &paging.page)
        .await
        .map_err(|error| failure(error, ""))?;
    Ok(pb::ListDeadLettersResponse {
        dead_letters: page.items.into_iter().map(Into::into).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn replay_dead_letter(
    grpc: &Grpc,
    mut call: Call<pb::ReplayDeadLetterRequest>,
) -> Result<pb::ReplayDeadLetterResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let letter = grpc
        .directory
        .replay_dead_letter(&asked, &call.body.dead_letter)
        .await
        .map_err(|error| failure(error, ""))?;
    Ok(pb::ReplayDeadLetterResponse { dead_letter: Some(letter.into()) })
}
