//! The audit log on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::audit_service_server::{AuditService, AuditServiceServer};
use arki_rpc::time::timestamp;
use arki_rpc::{Failure, Input};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tonic::{Request, Response, Status};

use super::status::failure;
use super::{Call, Grpc};
use crate::domain::audit::{Entry, Fact, Outcome, hex};
use crate::service::Recorder;
use crate::storage::audit::{Filter, Segment};

/// The gRPC face of the log.
#[derive(Clone)]
pub(crate) struct AuditGrpc {
    grpc: Grpc,
    recorder: Recorder,
}

impl AuditGrpc {
    /// What is served.
    pub(crate) fn server(grpc: Grpc, recorder: Recorder) -> AuditServiceServer<Self> {
        AuditServiceServer::new(Self { grpc, recorder })
    }
}

#[tonic::async_trait]
impl AuditService for AuditGrpc {
    async fn list_audit_entries(
        &self,
        request: Request<pb::ListAuditEntriesRequest>,
    ) -> Result<Response<pb::ListAuditEntriesResponse>, Status> {
        let mut call = Call::of(request)?;
        let paging = self.grpc.paging("auditEntries", &mut call, |body| {
            (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
        })?;
        let outcome = outcome(call.body.outcome());
        let pb::ListAuditEntriesRequest {
            from_time,
            to_time,
            subject,
            action,
            resource,
            outcome: _,
            installation,
            page_size: _,
            page_token: _,
        } = call.body;
        let some = |text: String| (!text.is_empty()).then_some(text);
        let mut input = Input::default();
        let filter = Filter {
            from: input.optional_time("from_time", from_time),
            to: input.optional_time("to_time", to_time),
            subject: some(subject),
            action: some(action),
            resource: some(resource),
            outcome,
        };
        input.done()?;
        let directory = &self.grpc.directory;
        let page = directory
            .list_audit_entries(&call.caller, installation, &filter, &paging.page)
            .await
            .map_err(|error| failure(error, ""))?;
        Ok(Response::new(pb::ListAuditEntriesResponse {
            entries: page.items.into_iter().map(render).collect(),
            next_page_token: self.grpc.next(page.next, &paging),
        }))
    }

    type ExportAuditLogStream = BoxStream<'static, Result<pb::ExportAuditLogResponse, Status>>;

    async fn export_audit_log(
        &self,
        request: Request<pb::ExportAuditLogRequest>,
    ) -> Result<Response<Self::ExportAuditLogStream>, Status> {
        let call = Call::of(request)?;
        let directory = self.grpc.directory.clone();
        let (log, start) = directory
            .audit_start(&call.caller, call.body.installation)
            .await
            .map_err(|error| failure(error, ""))?;
        let pages = stream::try_unfold(start, move |at| {
            let directory = directory.clone();
            async move {
                let entries = directory.audit_after(log, at.sequence).await;
                let entries = entries.map_err(|error| Status::from(failure(error, "")))?;
                let Some(end) = entries.last().map(Entry::head) else { return Ok(None) };
                let mut previous = at.hash;
                let lines: Vec<_> = entries
                    .iter()
                    .map(|entry| {
                        let before = std::mem::replace(&mut previous, entry.hash);
                        Ok::<_, Status>(pb::ExportAuditLogResponse {
                            content: entry.content(),
                            previous_hash: hex(&before),
                            hash: hex(&entry.hash),
                        })
                    })
                    .collect();
                Ok::<_, Status>(Some((stream::iter(lines), end)))
            }
        });
        Ok(Response::new(pages.try_flatten().boxed()))
    }

    async fn verify_audit_log(
        &self,
        request: Request<pb::VerifyAuditLogRequest>,
    ) -> Result<Response<pb::VerifyAuditLogResponse>, Status> {
        let call = Call::of(request)?;
        let walk = self
            .grpc
            .directory
            .verify_audit_log(&call.caller, call.body.installation)
            .await
            .map_err(|error| failure(error, ""))?;
        Ok(Response::new(pb::VerifyAuditLogResponse {
            is_whole: walk.broken.is_none(),
            entries: walk.entries,
            broken_sequence: walk.broken.map(|(sequence, _)| sequence).unwrap_or_default(),
            problem: walk.broken.map(|(_, problem)| problem.word().to_owned()).unwrap_or_default(),
            last_hash: hex(&walk.at.hash),
        }))
    }

    async fn list_audit_segments(
        &self,
        request: Request<pb::ListAuditSegmentsRequest>,
    ) -> Result<Response<pb::ListAuditSegmentsResponse>, Status> {
        let mut call = Call::of(request)?;
        let paging = self.grpc.paging("auditSegments", &mut call, |body| {
            (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
        })?;
        let page = self
            .grpc
            .directory
            .list_audit_segments(&call.caller, &paging.page)
            .await
            .map_err(|error| failure(error, ""))?;
        Ok(Response::new(pb::ListAuditSegmentsResponse {
            segments: page.items.into_iter().map(render_segment).collect(),
            next_page_token: self.grpc.next(page.next, &paging),
        }))
    }

    async fn record_audit_entries(
        &self,
        request: Request<pb::RecordAuditEntriesRequest>,
    ) -> Result<Response<pb::RecordAuditEntriesResponse>, Status> {
        let call = Call::of(request)?;
        let facts = call.body.entries.into_iter().enumerate().map(|(at, entry)| read(at, entry));
        let facts = facts.collect::<Result<Vec<_>, _>>()?;
        self.recorder.record(call.caller.tenant, facts).await.map_err(|error| failure(error, ""))?;
        Ok(Response::new(pb::RecordAuditEntriesResponse {}))
    }
}

fn outcome(outcome: pb::AuditOutcome) -> Option<Outcome> {
    match outcome {
        pb::AuditOutcome::Unspecified => None,
        pb::AuditOutcome::Allowed => Some(Outcome::Allowed),
        pb::AuditOutcome::Denied => Some(Outcome::Denied),
        pb::AuditOutcome::NotFound => Some(Outcome::NotFound),
    }
}

fn read(at: usize, entry: pb::AuditEntry) -> Result<Fact, Failure> {
    let outcome = outcome(entry.outcome());
    let pb::AuditEntry {
        sequence: _,
        time,
        subject,
        action,
        resources,
        outcome: _,
        reason,
        request_id,
        trace_id,
        count,
        hash: _,
    } = entry;
    let field = |name: &str| format!("entries[{at}].{name}");
    let mut input = Input::default();
    let time = input.optional_time(&field("time"), time);
    input.done()?;
    let missing = |name: &str| Failure::invalid_field(field(name), "must be given");
    Ok(Fact {
        time: chrono::SubsecRound::trunc_subsecs(time.ok_or_else(|| missing("time"))?, 6),
        subject,
        action,
        resources,
        outcome: outcome.ok_or_else(|| missing("outcome"))?,
        reason,
        request_id,
        trace_id,
        count,
    })
}

fn render(entry: Entry) -> pb::AuditEntry {
    let Entry { tenant: _, sequence, fact, hash } = entry;
    let Fact { time, subject, action, resources, outcome, reason, request_id, trace_id, count } = fact;
    let outcome = match outcome {
        Outcome::Allowed => pb::AuditOutcome::Allowed,
        Outcome::Denied => pb::AuditOutcome::Denied,
        Outcome::NotFound => pb::AuditOutcome::NotFound,
    };
    pb::AuditEntry {
        sequence,
        time: Some(timestamp(time)),
        subject,
        action,
        resources,
        outcome: outcome.into(),
        reason,
        request_id,
        trace_id,
        count,
        hash: hex(&hash),
    }
}

fn render_segment(segment: Segment) -> pb::AuditSegment {
    let Segment { first_sequence, last, first_time, last_time, close_time } = segment;
    pb::AuditSegment {
        first_sequence,
        last_sequence: last.sequence,
        first_time: Some(timestamp(first_time)),
        last_time: Some(timestamp(last_time)),
        last_hash: hex(&last.hash),
        close_time: Some(timestamp(close_time)),
    }
}
