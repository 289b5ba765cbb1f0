//! A collector: takes traces and metrics by OTLP over gRPC, and lets a test look at them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use opentelemetry_proto::tonic::{
    collector::{
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1 as otlp,
};
use prost::Message as _;
use tokio::{net::TcpListener, task::JoinSet};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

/// How long a span or a metric may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A span of one trace, as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// The `service.name` of the process that sent it.
    pub(crate) process: String,
    pub(crate) name: String,
    pub(crate) kind: otlp::span::SpanKind,
    pub(crate) id: Vec<u8>,
    /// Empty when it has none.
    pub(crate) parent: Vec<u8>,
    attributes: BTreeMap<String, String>,
}

impl Span {
    /// An attribute in words; empty when there is none of that name.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Whether a statement of SQL ran in it.
    pub(crate) fn is_sql(&self) -> bool {
        ["postgresql", "sqlite"].contains(&self.attribute("db.system"))
    }
}

#[derive(Default)]
struct Received {
    /// By trace.
    spans: BTreeMap<Vec<u8>, Vec<Span>>,
    /// Process and name of each.
    metrics: Vec<(String, String)>,
    /// Everything that was sent, as it came.
    bytes: Vec<u8>,
}

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Received>>);

/// The running collector. It ends when it is dropped.
pub(crate) struct Sink {
    /// Where to send to.
    pub(crate) uri: String,
    collector: Collector,
    _tasks: JoinSet<()>,
}

impl Sink {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let uri = format!("http://{}", listener.local_addr()?);
        let collector = Collector::default();
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
        });
        Ok(Self { uri, collector, _tasks: tasks })
    }

    /// The spans of a trace, once `enough` says that what it looks for has arrived.
    pub(crate) async fn trace_until(
        &self,
        trace: &[u8],
        enough: impl Fn(&[Span]) -> Result<()>,
    ) -> Result<Vec<Span>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let spans = self.collector.0.lock().unwrap().spans.get(trace).cloned().unwrap_or_default();
            match enough(&spans) {
                Ok(()) => return Ok(spans),
                Err(missing) if Instant::now() > deadline => bail!("{missing:#} in:\n{}", shown(&spans)),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Everything that was sent so far: names, attributes and events of all spans, and all metrics.
    pub(crate) fn everything(&self) -> Vec<u8> {
        self.collector.0.lock().unwrap().bytes.clone()
    }

    /// Waits until a process has sent a metric.
    pub(crate) async fn metric(&self, process: &str, name: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let wanted = (process.to_owned(), name.to_owned());
        while !self.collector.0.lock().unwrap().metrics.contains(&wanted) {
            if Instant::now() > deadline {
                bail!("no {wanted:?} in {:?}", self.collector.0.lock().unwrap().metrics);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

fn shown(spans: &[Span]) -> String {
    let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let line = |span: &Span| {
        let Span { process, name, kind, id, parent, attributes } = span;
        let sql = attributes.get("db.statement").map(String::as_str).unwrap_or_default();
        format!("{} under {:16} {process}: {name} ({}) {sql}\n", hex(id), hex(parent), kind.as_str_name())
    };
    spans.iter().map(line).collect()
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut received = self.0.lock().unwrap();
        received.bytes.extend(request.get_ref().encode_to_vec());
        for part in request.into_inner().resource_spans {
            let process = name_of(part.resource);
            for span in part.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let kind = span.kind();
                let otlp::Span { trace_id, span_id, parent_span_id, name, attributes, .. } = span;
                let attributes = attributes.into_iter().map(words).collect();
                let (process, id, parent) = (process.clone(), span_id, parent_span_id);
                let span = Span { process, name, kind, id, parent, attributes };
                received.spans.entry(trace_id).or_default().push(span);
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let mut received = self.0.lock().unwrap();
        received.bytes.extend(request.get_ref().encode_to_vec());
        for part in request.into_inner().resource_metrics {
            let process = name_of(part.resource);
            for metric in part.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                received.metrics.push((process.clone(), metric.name));
            }
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

fn name_of(resource: Option<Resource>) -> String {
    let attributes = resource.map(|resource| resource.attributes).unwrap_or_default();
    let mut names = attributes.into_iter().map(words).filter(|(key, _)| key == "service.name");
    names.next().map(|(_, name)| name).unwrap_or_default()
}

fn words(attribute: KeyValue) -> (String, String) {
    let value = match attribute.value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    };
    (attribute.key, value)
}
