use std::sync::{Arc, Mutex};

use arki_database::Tx;
use arki_events::{Envelope, Handler, HandlerError, InProcess, Payload, consume};
use arki_proto::event::v1::GoalChanged;
use async_trait::async_trait;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::fixture::{Place, Running, drained, tell};

fn trace_id() -> String {
    tracing::Span::current().context().span().span_context().trace_id().to_string()
}

#[derive(Default)]
struct Witness {
    traces: Mutex<Vec<String>>,
}

#[async_trait]
impl Handler for Witness {
    fn consumer(&self) -> &'static str {
        "test.witness"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[GoalChanged::SUBJECT]
    }

    async fn handle(&self, _tx: &Tx, _event: &Envelope) -> Result<(), HandlerError> {
        self.traces.lock().unwrap().push(trace_id());
        Ok(())
    }
}

// On one thread, because the subscriber is set for this thread only.
#[tokio::test(flavor = "current_thread")]
async fn the_trace_of_a_request_runs_into_the_consumer_of_its_event() {
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let subscriber = tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
    let _subscribed = tracing::subscriber::set_default(subscriber);

    let place = Place::sqlite();
    let store = place.open().await;
    let bus = Arc::new(InProcess::new());
    let witness = Arc::new(Witness::default());
    consume(&store, &*bus, witness.clone()).await.unwrap();
    let mut running = Running::default();
    running.relay(&store, bus);

    let mut requests = Vec::new();
    for goal in ["1", "2"] {
        let request = tracing::info_span!("request");
        requests.push(
            async {
                tell(&store, "goals/gol_1", goal).await;
                trace_id()
            }
            .instrument(request)
            .await,
        );
    }
    drained(&store).await;
    running.stop().await;
    assert_ne!(requests[0], requests[1]);
    assert_eq!(*witness.traces.lock().unwrap(), requests);
    place.remove(&store).await;
}
