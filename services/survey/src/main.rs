//! The survey service, alone in its process.

use std::process::ExitCode;
use std::sync::Arc;

use arki_events::{JetStream, jetstream};
use arki_survey::{Peers, build, migrate};

fn main() -> ExitCode {
    arki_process::service_main("survey", env!("CARGO_PKG_VERSION"), |config, deployment, ctx| async move {
        let url = deployment.bus_url()?.to_owned();
        let (bus, worker) = JetStream::connect(jetstream::Config { url, ..Default::default() }).await?;
        ctx.tasks.spawn("event bus", worker.run(ctx.tasks.stop()));
        build(config, Peers { directory: deployment.peer("directory")? }, Arc::new(bus), ctx).await
    }, migrate)
}
