//! What a process tells about itself: logs, traces and metrics.
//!
//! Logs go to standard error, as JSON unless a person looks on. Metrics can always be read from the admin port. Traces,
//! and metrics once more, are sent by OTLP when an endpoint is configured. Nothing here ever logs a name, an address
//! of a person, a token or an answer; whoever adds a field keeps to that.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Context as _;
use arki_rpc::server::SECONDS;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, PeriodicReader, SdkMeterProvider, Stream};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::Registry;
use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// The variable by which OpenTelemetry's own documents set the endpoint.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// The settings of telemetry.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What is logged, as in `info,arki_goal=debug`. Default: the variable `RUST_LOG`, else `info`.
    pub filter: Option<String>,
    /// How it is logged. Default: `auto`.
    pub format: LogFormat,
    /// Where traces and metrics are sent, as in `http://collector:4317`. Default: the variable
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, else nowhere.
    pub otlp_endpoint: Option<String>,
    /// Time between two sendings of metrics, in seconds. Default 30.
    pub metrics_interval_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { filter: None, format: LogFormat::Auto, otlp_endpoint: None, metrics_interval_seconds: 30 }
    }
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text when standard error is a terminal, else JSON.
    #[default]
    Auto,
    /// One JSON object each.
    Json,
    /// For people.
    Text,
}

/// Holds what telemetry needs until the process ends.
#[derive(Debug)]
pub struct Guard {
    registry: Registry,
    tracer: Option<SdkTracerProvider>,
    meter: SdkMeterProvider,
}

/// Sets up telemetry for the process. Called once, inside a runtime, before anything that is worth telling.
///
/// # Errors
/// When a setting can't be used, or telemetry was set up before.
pub fn init(config: &Config, service: &'static str, version: &'static str) -> anyhow::Result<Guard> {
    let resource = Resource::builder()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.namespace", "arki"))
        .with_attribute(KeyValue::new("service.version", version))
        .build();
    let endpoint = config.otlp_endpoint.clone().or_else(|| std::env::var(ENDPOINT).ok());
    let endpoint = endpoint.filter(|endpoint| !endpoint.is_empty());

    let tracer = endpoint.as_deref().map(|endpoint| tracer(endpoint, resource.clone())).transpose()?;
    let registry = Registry::new();
    let meter = meter(config, endpoint.as_deref(), &registry, resource)?;
    global::set_meter_provider(meter.clone());
    global::set_text_map_propagator(TraceContextPropagator::new());

    let filter = match &config.filter {
        Some(filter) => EnvFilter::try_new(filter).with_context(|| {
            format!("process.telemetry.filter {filter:?} can't be read, write it like info")
        })?,
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
    };
    let spans =
        tracer.as_ref().map(|tracer| tracing_opentelemetry::layer().with_tracer(tracer.tracer("arki")));
    let as_text = match config.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if as_text {
        lines.boxed()
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(spans)
        .try_init()
        .context("telemetry was set up before")?;
    Ok(Guard { registry, tracer, meter })
}

fn tracer(endpoint: &str, resource: Resource) -> anyhow::Result<SdkTracerProvider> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .with_context(|| format!("traces can't be sent to {endpoint}"))?;
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

fn meter(
    config: &Config,
    endpoint: Option<&str>,
    registry: &Registry,
    resource: Resource,
) -> anyhow::Result<SdkMeterProvider> {
    let prometheus = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .context("the registry of metrics can't be set up")?;
    let mut builder =
        SdkMeterProvider::builder().with_resource(resource).with_reader(prometheus).with_view(in_seconds);
    if let Some(endpoint) = endpoint {
        let exporter = opentelemetry_otlp::MetricExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .build()
            .with_context(|| format!("metrics can't be sent to {endpoint}"))?;
        let interval = Duration::from_secs(config.metrics_interval_seconds.max(1));
        builder = builder.with_reader(PeriodicReader::builder(exporter).with_interval(interval).build());
    }
    Ok(builder.build())
}

/// Gives every duration the bounds of seconds, also those that a library records.
fn in_seconds(instrument: &Instrument) -> Option<Stream> {
    let is_duration = instrument.unit() == "s";
    let bounds =
        || Aggregation::ExplicitBucketHistogram { boundaries: SECONDS.to_vec(), record_min_max: true };
    is_duration.then(|| Stream::builder().with_aggregation(bounds()).build().ok()).flatten()
}

impl Guard {
    /// What `/metrics` reads.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Sends what wasn't sent yet. Blocks at most for the few seconds of the exporters' own limits.
    pub fn flush(self) {
        if let Some(tracer) = self.tracer
            && let Err(error) = tracer.shutdown()
        {
            tracing::warn!(%error, "the last traces were not sent");
        }
        if let Err(error) = self.meter.shutdown() {
            tracing::warn!(%error, "the last metrics were not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider;

    use super::*;

    #[test]
    fn a_duration_is_counted_in_bounds_of_seconds() {
        let registry = Registry::new();
        let meter = meter(&Config::default(), None, &registry, Resource::builder_empty().build()).unwrap();
        let histogram = meter.meter("test").f64_histogram("wait.duration").with_unit("s").build();
        histogram.record(0.02, &[]);
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == "wait_duration_seconds").unwrap();
        let bounds: Vec<_> = family.get_metric()[0]
            .get_histogram()
            .get_bucket()
            .iter()
            .map(|bucket| bucket.upper_bound())
            .filter(|bound| bound.is_finite())
            .collect();
        assert_eq!(bounds, SECONDS);
    }
}
