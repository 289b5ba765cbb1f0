//! One request as operators and callers see it: its trace, its id, its span, its time.

use std::sync::Arc;
use std::time::Instant;

use arki_rpc::trace;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tracing::{Instrument, Span, field};

use super::find::Asked;
use super::{Response, Step, Ticket};
use crate::request_id::{self, REQUEST_ID, RequestIds};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Opens the span and closes it with what came of it.
pub(crate) struct Observe<N> {
    seconds: Histogram<f64>,
    ids: Arc<RequestIds>,
    next: N,
}

impl<N> Observe<N> {
    pub(crate) fn new(ids: Arc<RequestIds>, next: N) -> Self {
        let seconds = opentelemetry::global::meter("arki-gateway")
            .f64_histogram("http.server.request.duration")
            .with_unit("s")
            .with_description("time to the head of the answer")
            .build();
        Self { seconds, ids, next }
    }

    /// Puts the request id and the trace on the reply. Where nobody records traces, the request id serves as the
    /// trace's, so that there is always one to ask about.
    fn identify(&self, span: &Span, given: Option<HeaderValue>, id: &str, headers: &mut HeaderMap) {
        trace::inject(span, headers);
        if !headers.contains_key(TRACEPARENT) {
            let own = || {
                let id = if request_id::is_trace_id(id) { id } else { &self.ids.next() };
                HeaderValue::try_from(format!("00-{id}-{}-00", id.get(16..)?)).ok()
            };
            if let Some(value) = given.or_else(own) {
                headers.insert(TRACEPARENT, once(value));
            }
        }
        if let Ok(value) = HeaderValue::try_from(id) {
            headers.insert(REQUEST_ID, once(value));
        }
    }
}

/// A value that no other reply has. In the table of HTTP/2 it would only push out those that come again.
fn once(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

impl<N: Step> Step for Observe<N> {
    async fn run(&self, mut ticket: Ticket) -> Response {
        let began = Instant::now();
        let method = verb(ticket.request.method());
        let request_id = Arc::clone(&ticket.tongue.request_id);
        let span = tracing::info_span!(
            "request",
            otel.kind = "server",
            otel.status_code = field::Empty,
            http.request.method = method,
            http.route = field::Empty,
            http.response.status_code = field::Empty,
            request_id = &*request_id,
        );
        trace::continue_from(&span, ticket.request.headers());
        // The caller's context has been taken up; what goes on to the services is the span's.
        let given = ticket.request.headers_mut().remove(TRACEPARENT);
        let mut response = self.next.run(ticket).instrument(span.clone()).await;
        self.identify(&span, given, &request_id, response.headers_mut());
        let status = response.status().as_u16();
        let route = response.extensions_mut().remove().unwrap_or(Asked::Other("none"));
        if !span.is_disabled() {
            span.record("http.response.status_code", status);
            span.record("http.route", route.label());
            trace::rename(&span, format!("{method} {}", route.label()));
            if status >= 500 {
                span.record("otel.status_code", "ERROR");
            }
        }
        self.seconds.record(
            began.elapsed().as_secs_f64(),
            &[
                KeyValue::new("http.request.method", method),
                KeyValue::new("http.route", route.value()),
                KeyValue::new("http.response.status_code", i64::from(status)),
            ],
        );
        response
    }
}

/// The method as a label: whatever a stranger invents is one value.
fn verb(method: &http::Method) -> &'static str {
    match *method {
        http::Method::GET => "GET",
        http::Method::HEAD => "HEAD",
        http::Method::POST => "POST",
        http::Method::PUT => "PUT",
        http::Method::PATCH => "PATCH",
        http::Method::DELETE => "DELETE",
        http::Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}
