//! A peer whose calls are looked at.

use std::task::{Context, Poll};

use arki_proto::directory::v1 as pb;
use arki_rpc::server::{Decision, Rule};
use arki_rpc::{Caller, Failure, Peer, Unreachable, method};
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use http::{HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, StreamBody};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt};

use super::{Audit, names};
use crate::request_id::{self, REQUEST_ID};

/// How much of a request is looked at for the names in it.
const LOOKED_AT: usize = 64 * 1024;

/// The package that writes its own changes, with them.
const DIRECTORY: &str = "/arki.directory.v1.";

/// The peer, with what must be written down written down.
pub(super) fn around(peer: Peer, audit: Audit) -> Peer {
    Peer::new(Watch { peer, audit })
}

#[derive(Clone)]
struct Watch {
    peer: Peer,
    audit: Audit,
}

impl Service<Request<Body>> for Watch {
    type Response = Response<Body>;
    type Error = Unreachable;
    type Future = BoxFuture<'static, Result<Response<Body>, Unreachable>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unreachable>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { peer, audit } = self.clone();
        Box::pin(async move { audit.call(peer, request).await })
    }
}

impl Audit {
    async fn call(&self, peer: Peer, mut request: Request<Body>) -> Result<Response<Body>, Unreachable> {
        if let Ok(value) = HeaderValue::try_from(request_id::current()) {
            // What the services know the request by; whatever a stranger wrote there is gone.
            request.headers_mut().insert(REQUEST_ID, value);
        }
        let caller = request.extensions().get::<Caller>().cloned();
        let path = request.uri().path().to_owned();
        let (Some(caller), Some((_, decision))) = (caller, self.inner.rules.find(&path)) else {
            return peer.oneshot(request).await;
        };
        let (parts, body) = request.into_parts();
        let (seen, body) = look(body).await;
        let response = peer.oneshot(Request::from_parts(parts, body)).await?;
        let status = Status::from_header_map(response.headers());
        let code = status.as_ref().map_or(Code::Ok, Status::code);
        let Some(outcome) = outcome(&path, decision, code) else { return Ok(response) };
        let reason = status.map(|status| Failure::from_status(&status).reason.to_string());
        let entry = pb::AuditEntry {
            subject: caller.subject,
            action: method::short_name(&path),
            resources: names::in_message(&seen),
            outcome: outcome.into(),
            reason: reason.unwrap_or_default(),
            ..self.blank()
        };
        match self.record(caller.tenant, entry).await {
            Ok(()) => Ok(response),
            // A refusal stays one, whatever becomes of its entry; an answer that nobody wrote down is none.
            Err(failure) if code != Code::Ok => {
                tracing::warn!(error = %failure, "a refusal was not written down");
                Ok(response)
            }
            Err(failure) => Ok(Status::from(failure).into_http()),
        }
    }
}

/// What is written of a call, if anything.
fn outcome(path: &str, decision: &Decision, code: Code) -> Option<pb::AuditOutcome> {
    let changes_the_house = || {
        let is_for_administrators = matches!(&decision.rule, Rule::Scope(scope) if scope.ends_with(".admin") || scope.ends_with(".operate"));
        is_for_administrators && !method::only_reads(path) && !path.starts_with(DIRECTORY)
    };
    match code {
        Code::Unauthenticated | Code::PermissionDenied => Some(pb::AuditOutcome::Denied),
        Code::NotFound => Some(pb::AuditOutcome::NotFound),
        Code::Ok if decision.personal_data || changes_the_house() => Some(pb::AuditOutcome::Allowed),
        _ => None,
    }
}

/// Flag and length before a message.
const HEADER: usize = 5;

/// Whether the first message is there. A stream may send its next one only after an answer, so nobody waits for that.
fn has_message(seen: &[u8]) -> bool {
    match seen.split_first_chunk::<HEADER>() {
        Some(([_, a, b, c, d], rest)) => rest.len() >= u32::from_be_bytes([*a, *b, *c, *d]) as usize,
        None => false,
    }
}

/// The beginning of a body, and the body whole as it was. What is longer than is looked at goes on as it comes.
async fn look(mut body: Body) -> (Bytes, Body) {
    let mut seen = BytesMut::new();
    let mut frames: Vec<Result<Frame<Bytes>, Status>> = Vec::new();
    while seen.len() < LOOKED_AT && !has_message(&seen) {
        match body.frame().await {
            None => return (seen.freeze(), Body::new(StreamBody::new(stream::iter(frames)))),
            Some(frame) => {
                if let Ok(data) = frame.as_ref().map(Frame::data_ref) {
                    seen.extend_from_slice(data.map(Bytes::as_ref).unwrap_or_default());
                }
                let is_over = frame.is_err();
                frames.push(frame);
                if is_over {
                    break;
                }
            }
        }
    }
    let rest = stream::iter(frames).chain(BodyStream::new(body));
    (seen.freeze(), Body::new(StreamBody::new(rest)))
}
