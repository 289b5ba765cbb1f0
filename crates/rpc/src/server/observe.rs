//! What is seen of a call from outside: its span, its count, its time, until the last byte of its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tokio::sync::OwnedSemaphorePermit;
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::{Span, field};

use crate::{Caller, deadline, method, table, trace};

/// What a path that the contract doesn't know is counted as, so that a scan can't fill the metrics.
const OTHER: &str = "_OTHER";

pub(super) struct Meter {
    duration: Histogram<f64>,
}

impl Meter {
    pub(super) fn new() -> Self {
        let duration = opentelemetry::global::meter("arki.rpc")
            .f64_histogram("rpc.server.call.duration")
            .with_description("time from a call's arrival to the last byte of its answer")
            .with_unit("s")
            .with_boundaries(super::SECONDS.to_vec())
            .build();
        Self { duration }
    }

    /// Begins a call of the method at `path`, or of an unknown one.
    pub(super) fn start(&self, path: Option<&str>, headers: &HeaderMap) -> Call {
        let name = path.map_or_else(|| OTHER.to_owned(), method::short_name);
        let method = path.map_or(OTHER, |path| path.trim_start_matches('/')).to_owned();
        let span = tracing::info_span!(
            "rpc",
            otel.name = name,
            otel.kind = "server",
            otel.status_code = field::Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = field::Empty,
            arki.tenant = field::Empty,
            arki.subject = field::Empty,
            trace_id = field::Empty,
        );
        trace::continue_from(&span, headers);
        // Log lines of the call carry the trace's id, by which the two are found from one another.
        if let Some(id) = trace::id(&span) {
            span.record("trace_id", id);
        }
        Call { span, method, duration: self.duration.clone(), started: Instant::now(), is_over: false }
    }
}

/// Notes who calls, in the span that is current.
pub(super) fn identified(caller: &Caller) {
    let span = Span::current();
    span.record("arki.tenant", field::display(caller.tenant));
    span.record("arki.subject", &caller.subject);
}

/// A call that has begun. It is over when its status is known, or, if nobody waited for that, when it is dropped.
pub(super) struct Call {
    span: Span,
    method: String,
    duration: Histogram<f64>,
    started: Instant,
    is_over: bool,
}

impl Call {
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Watches the answer until its status is known: in its headers if there is nothing else, or in its trailers.
    pub(super) fn watch(mut self, response: Response<Body>) -> Response<Body> {
        if let Some(status) = Status::from_header_map(response.headers()) {
            self.finish(status.code());
            return response;
        }
        response.map(|body| Body::new(Watched { body, call: self }))
    }

    fn finish(&mut self, code: Code) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let name = table::of(code).name;
        self.span.record("rpc.response.status_code", name);
        if table::is_server_fault(code) {
            self.span.record("otel.status_code", "ERROR");
        }
        let attributes = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", std::mem::take(&mut self.method)),
            KeyValue::new("rpc.response.status_code", name),
        ];
        self.duration.record(self.started.elapsed().as_secs_f64(), &attributes);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // The caller went away before the answer was complete.
        self.finish(Code::Cancelled);
    }
}

struct Watched {
    body: Body,
    call: Call,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { body, call } = &mut *self;
        // A stream's items are made while its body is polled: what they do belongs into the span, and they may panic.
        let polled =
            catch_unwind(AssertUnwindSafe(|| call.span.in_scope(|| Pin::new(&mut *body).poll_frame(cx))));
        let frame = match polled {
            Ok(frame) => ready!(frame),
            Err(panic) => {
                *body = Body::empty();
                let _in_span = call.span.enter();
                Some(Err(Status::from(super::panicked(panic.as_ref()))))
            }
        };
        match &frame {
            Some(Ok(frame)) => {
                if let Some(status) = frame.trailers_ref().and_then(Status::from_header_map) {
                    call.finish(status.code());
                }
            }
            Some(Err(status)) => call.finish(status.code()),
            None => call.finish(Code::Unknown),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer that keeps its call's place among those at once until it is complete: a stream is work as long as it
/// runs.
pub(super) struct Holding {
    body: deadline::Limited,
    _place: OwnedSemaphorePermit,
}

impl Holding {
    pub(super) fn new(body: deadline::Limited, place: OwnedSemaphorePermit) -> Self {
        Self { body, _place: place }
    }
}

impl http_body::Body for Holding {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
