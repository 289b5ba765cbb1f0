use std::sync::{Arc, Mutex};

use arki_rpc::client;
use opentelemetry::trace::{SpanId, SpanKind, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::SubscriberExt;

use crate::echo::*;

/// Keeps what is exported.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// The spans that `work` leaves behind.
async fn spans_of(work: impl Future<Output = ()>) -> Vec<SpanData> {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    work.with_subscriber(tracing_subscriber::registry().with(layer)).await;
    provider.force_flush().unwrap();
    kept.0.lock().unwrap().clone()
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes.iter().find(|pair| pair.key.as_str() == key).map(|pair| pair.value.to_string())
}

#[tokio::test]
async fn the_span_of_a_server_is_a_child_of_its_clients_in_the_same_trace() {
    let spans = spans_of(async {
        let server = EchoServer::new(|_| async { Ok("done".to_owned()) });
        let peer = client::stack(over_wire(serve(server)), key());
        let work = call(&peer, GET, by_ann("")).instrument(tracing::info_span!("outer"));
        work.await.unwrap();
    })
    .await;
    let find = |kind: SpanKind| spans.iter().find(|span| span.span_kind == kind).unwrap();
    let (client, server) = (find(SpanKind::Client), find(SpanKind::Server));
    let outer = spans.iter().find(|span| span.name == "outer").unwrap();
    assert_eq!((&*client.name, &*server.name), ("echo.GetEcho", "echo.GetEcho"));
    assert_eq!(server.span_context.trace_id(), outer.span_context.trace_id());
    assert_eq!(server.parent_span_id, client.span_context.span_id());
    assert_eq!(client.parent_span_id, outer.span_context.span_id());
    assert!(server.parent_span_is_remote);
    assert_eq!(attribute(server, "rpc.system.name").as_deref(), Some("grpc"));
    assert_eq!(attribute(server, "rpc.method").as_deref(), Some("arki.echo.v1.EchoService/GetEcho"));
    assert_eq!(attribute(server, "rpc.response.status_code").as_deref(), Some("OK"));
    assert_eq!(attribute(server, "arki.subject").as_deref(), Some("people/ann"));
}

#[tokio::test]
async fn a_refusal_has_a_span_with_its_status_and_a_stranger_starts_a_trace_of_his_own() {
    let spans = spans_of(async {
        let peer = serve(EchoServer::new(|_| async { Ok(String::new()) }));
        call(&peer, GET, echo("")).await.unwrap_err();
        call(&peer, HIDDEN, echo("")).await.unwrap_err();
    })
    .await;
    assert_eq!(spans.len(), 2);
    assert_eq!(attribute(&spans[0], "rpc.response.status_code").as_deref(), Some("UNAUTHENTICATED"));
    assert_eq!(spans[0].parent_span_id, SpanId::INVALID);
    assert_eq!(spans[0].status, opentelemetry::trace::Status::Unset, "the fault is the caller's");
    assert_eq!(&*spans[1].name, "_OTHER", "a path that nobody declared is not a name");
}

#[tokio::test]
async fn our_own_fault_marks_the_span() {
    let spans = spans_of(async {
        let peer = serve(EchoServer::new(|_| async { Err(arki_rpc::Failure::internal("bug").into()) }));
        call(&peer, GET, by_ann("")).await.unwrap_err();
    })
    .await;
    assert!(matches!(spans[0].status, opentelemetry::trace::Status::Error { .. }));
    assert_eq!(attribute(&spans[0], "rpc.response.status_code").as_deref(), Some("INTERNAL"));
}

#[tokio::test]
async fn a_span_is_named_when_its_name_is_known_though_its_context_was_asked_for() {
    let spans = spans_of(async {
        let span = tracing::info_span!("request");
        arki_rpc::trace::inject(&span, &mut http::HeaderMap::new());
        arki_rpc::trace::rename(&span, "GET /v1/units".to_owned());
    })
    .await;
    assert_eq!(spans[0].name, "GET /v1/units");
}
