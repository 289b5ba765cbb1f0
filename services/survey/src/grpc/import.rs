//! The stream of imported responses.

use std::sync::Arc;

use arki_proto::survey::v1 as pb;
use arki_rpc::server::unread_message;
use arki_rpc::{Caller, Failure, time};
use futures::stream::{self, BoxStream, ReadyChunks};
use futures::{StreamExt, TryStreamExt};
use tonic::{Status, Streaming};

use super::words::id;
use super::{answers, status};
use crate::service::imports::{Import, Item};
use crate::service::{Accepted, Surveys};

/// Responses in one transaction: whatever came while the one before was written, up to so many. That, and the
/// window of the connection, is all that is held in memory.
const MOST: usize = 500;

pub(super) type Results = BoxStream<'static, Result<pb::ImportResponsesResponse, Status>>;

/// A stream that is being imported.
struct Running {
    incoming: ReadyChunks<Streaming<pb::ImportResponsesRequest>>,
    surveys: Arc<Surveys>,
    caller: Caller,
    /// The name of the wave, and the import into it; none before the first response.
    into: Option<(String, Import)>,
}

pub(super) fn run(
    surveys: Arc<Surveys>,
    caller: Caller,
    incoming: Streaming<pb::ImportResponsesRequest>,
) -> Results {
    let running = Running { incoming: incoming.ready_chunks(MOST), surveys, caller, into: None };
    stream::try_unfold(running, |mut running| async move {
        let Some(group) = running.incoming.next().await else { return Ok::<_, Status>(None) };
        let results = running.take(group).await?;
        Ok(Some((stream::iter(results), running)))
    })
    .try_flatten()
    .boxed()
}

impl Running {
    /// Imports what has come. Responses before a break of the stream are stored and told of, then the break is.
    async fn take(
        &mut self,
        group: Vec<Result<pb::ImportResponsesRequest, Status>>,
    ) -> Result<Vec<Result<pb::ImportResponsesResponse, Status>>, Status> {
        let mut keys = Vec::with_capacity(group.len());
        let mut given = Vec::with_capacity(group.len());
        let mut broken = None;
        for request in group {
            match request {
                Ok(request) => {
                    self.begin(&request).await?;
                    keys.push(request.key.clone());
                    given.push(self.read(request));
                }
                Err(status) => broken = Some(unread_message(status)),
            }
        }
        let Some((_, import)) = &mut self.into else {
            return Ok(broken.map(Err).into_iter().collect());
        };
        let fit = given.iter_mut().filter_map(|item| item.as_mut().ok().map(std::mem::take)).collect();
        let mut results = import.take(fit).await.map_err(status::refuse)?.into_iter();
        let told = keys.into_iter().zip(given).map(|(key, item)| {
            let result = match item {
                Ok(_) => results.next().map(|result| result.map_err(status::failure)),
                Err(refused) => Some(Err(refused)),
            };
            Ok(pb::ImportResponsesResponse { key, result: result.map(render) })
        });
        Ok(told.chain(broken.map(Err)).collect())
    }

    /// The first response names the wave.
    async fn begin(&mut self, first: &pb::ImportResponsesRequest) -> Result<(), Status> {
        if self.into.is_none() {
            let wave = id(&first.wave, "wave")?;
            let import = Import::begin(self.surveys.clone(), self.caller.tenant, wave).await;
            self.into = Some((first.wave.clone(), import.map_err(status::refuse)?));
        }
        Ok(())
    }

    fn read(&self, request: pb::ImportResponsesRequest) -> Result<Item, Failure> {
        arki_rpc::check(&request)?;
        let pb::ImportResponsesRequest { wave, key, unit, day, answers, language } = request;
        let same = self.into.as_ref().is_some_and(|(into, _)| wave.is_empty() || wave == *into);
        if !same {
            return Err(Failure::invalid_field("wave", "must be that of the first response, or empty"));
        }
        let day = day.map(|day| time::from_date(day, "day")).transpose()?;
        Ok(Item { key, unit, day, answers: answers::read(answers).map_err(status::failure)?, language })
    }
}

fn render(result: Result<Accepted, Failure>) -> pb::import_responses_response::Result {
    use pb::import_responses_response::Result as Rendered;
    match result {
        Ok(Accepted { replayed }) => Rendered::Imported(pb::ImportedResponse { replayed }),
        Err(failure) => Rendered::Refused(pb::RefusedResponse {
            reason: failure.reason.to_string(),
            message: failure.message.clone(),
        }),
    }
}
