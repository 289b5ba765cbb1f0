//! The W3C trace context (`traceparent`, `tracestate`) on its way in and out of a process.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The context that `headers` carry; an empty one when they carry none.
pub fn extract(headers: &HeaderMap) -> Context {
    // Starting from an empty context: what this thread happens to be doing is not the caller's trace.
    TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers))
}

/// Puts the context of `span` into `headers`. Without OpenTelemetry set up, nothing is put.
pub fn inject(span: &Span, headers: &mut HeaderMap) {
    if span.is_disabled() {
        return;
    }
    TraceContextPropagator::new().inject_context(&span.context(), &mut HeaderInjector(headers));
}

/// Makes `span` a child of what `headers` carry.
pub fn continue_from(span: &Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        // Fails only when the span is disabled or there is no OpenTelemetry: then there is no trace to continue.
        let _ = span.set_parent(extract(headers));
    }
}

/// Gives `span` the name by which its trace is found, once it is known: a field of the span can do so only as long as
/// nobody has asked for its context.
pub fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// The id of the trace that `span` belongs to; none without OpenTelemetry set up.
pub fn id(span: &Span) -> Option<String> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| span.trace_id().to_string())
}
