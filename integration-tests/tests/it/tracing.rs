//! One trace from the caller through the gateway to the statement of SQL, and through an event into its consumer, as a
//! collector gets it by OTLP.

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::{Suite, Wiring, api, suite::Wishes};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::json;

use crate::{
    faults_load::{answer, asked},
    tracing_sink::{Sink, Span},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_runs_through_six_processes() {
    Box::pin(traced(Wiring::Six)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_runs_through_arki_alone() {
    Box::pin(traced(Wiring::Alone)).await.unwrap();
}

async fn traced(wiring: Wiring) -> Result<()> {
    let sink = Sink::start().await?;
    let wishes = Wishes { collector: Some(sink.uri.clone()), ..Wishes::default() };
    let Some(suite) = Suite::start_with(wiring, wishes).await? else { return Ok(()) };
    // In six processes each has its own name, alone there is one name for all.
    let process = |name: &'static str| if wiring == Wiring::Alone { "arki" } else { name };

    let caller = Caller::new();
    let body = json!({"displayName": "Sales"});
    let reply = caller.post(&suite, &suite.key, "/v1/units", &body).await?;
    let (gateway, directory, scorecard) = (process("gateway"), process("directory"), process("scorecard"));
    sink.trace_until(&caller.trace, |spans| {
        let all = Spans(spans);
        let edge = all.one(gateway, SpanKind::Server, "POST /v1/units")?;
        ensure!(edge.parent == caller.span, "the caller is not the parent of the edge");
        ensure!(reply.ends_with(&format!("{}-01", hex(&edge.id))), "{reply} is not the span of the edge");
        let called = all.one(gateway, SpanKind::Client, "directory.CreateUnit")?;
        all.is_under(called, edge)?;
        let served = all.one(directory, SpanKind::Server, "directory.CreateUnit")?;
        ensure!(served.parent == called.id, "the gateway's call is not the parent of the service's");
        all.sql_under(served, "INSERT INTO")?;
        // The event was told and heard because of the call, whenever that was.
        let told = all.one(directory, SpanKind::Producer, "events.publish")?;
        all.is_under(told, served)?;
        let is_heard =
            |span: &&Span| span.attribute("messaging.consumer.group.name") == "scorecard.organisation";
        let mut heard =
            spans.iter().filter(|span| span.process == scorecard && span.name == "events.consume");
        let heard = heard.find(is_heard).context("no events.consume of the scorecard")?;
        ensure!(heard.kind == SpanKind::Consumer, "a consumer of another kind");
        all.is_under(heard, served)?;
        all.sql_under(heard, "organisation")
    })
    .await?;

    // Answers share a transaction with others; of one alone the trace is whole.
    let asked = asked(&suite.api(), 1).await?;
    let caller = Caller::new();
    let path = format!("/v1/forms/{}:submit", asked.tokens[0]);
    caller.post(&suite, "", &path, &answer(0)).await?;
    sink.trace_until(&caller.trace, |spans| {
        let all = Spans(spans);
        let served = all.one(process("survey"), SpanKind::Server, "survey.SubmitResponse")?;
        all.sql_under(served, "INSERT INTO")
    })
    .await?;

    sink.metric(gateway, "http.server.request.duration").await?;
    sink.metric(directory, "rpc.server.call.duration").await?;
    sink.metric(directory, "arki_events_published").await?;
    sink.metric(scorecard, "arki_events_consumed").await?;
    sink.metric(process("survey"), "arki_database_write_seconds").await
}

/// A caller that traces its own work.
struct Caller {
    trace: Vec<u8>,
    span: Vec<u8>,
}

impl Caller {
    fn new() -> Self {
        let (trace, span) = (rand::random::<u128>().max(1), rand::random::<u64>().max(1));
        Self { trace: trace.to_be_bytes().to_vec(), span: span.to_be_bytes().to_vec() }
    }

    /// Posts, and returns the trace context of the reply.
    async fn post(&self, suite: &Suite, key: &str, path: &str, body: &serde_json::Value) -> Result<String> {
        let parent = format!("00-{}-{}-01", hex(&self.trace), hex(&self.span));
        let request = suite.api().with_key(key).request(Method::POST, path).header("traceparent", parent);
        let reply = api::reply(request.json(body)).await?;
        let context = reply.headers.get("traceparent").context("no trace context on the reply")?;
        let context = context.to_str()?.to_owned();
        ensure!(context.starts_with(&format!("00-{}-", hex(&self.trace))), "{context} is another trace");
        reply.ok()?;
        Ok(context)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The spans of one trace.
struct Spans<'a>(&'a [Span]);

impl<'a> Spans<'a> {
    fn one(&self, process: &str, kind: SpanKind, name: &str) -> Result<&'a Span> {
        let mut found = self.0.iter().filter(|s| s.process == process && s.kind == kind && s.name == name);
        let one = found.next().with_context(|| format!("no {name} ({}) of {process}", kind.as_str_name()))?;
        ensure!(found.next().is_none(), "more than one {name} ({}) of {process}", kind.as_str_name());
        Ok(one)
    }

    /// Whether one of the parents of `span` is `above`.
    fn is_under(&self, span: &Span, above: &Span) -> Result<()> {
        let mut at = span;
        while at.id != above.id {
            let parent = self.0.iter().find(|other| other.id == at.parent);
            at = parent.with_context(|| {
                format!("{} is not under {}: nothing is known above {}", span.name, above.name, at.name)
            })?;
        }
        Ok(())
    }

    /// Whether a statement with these words ran below `above`, in the same process.
    fn sql_under(&self, above: &Span, words: &str) -> Result<()> {
        let found = self.0.iter().any(|span| {
            span.is_sql()
                && span.process == above.process
                && span.attribute("db.statement").contains(words)
                && self.is_under(span, above).is_ok()
        });
        ensure!(found, "no statement with {words:?} under {} of {}", above.name, above.process);
        Ok(())
    }
}
