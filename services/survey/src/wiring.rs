//! The only place where everything is constructed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arki_database::{Store, request, statistics};
use arki_events::{Bus, JetStream, Relay, consume, jetstream, wake};
use arki_privacy::{Erasures, Purges};
use arki_process::{Context, Deployment, Readiness, Running};
use arki_proto::survey::v1::privacy_service_server::PrivacyServiceServer;
use arki_proto::survey::v1::survey_service_server::SurveyServiceServer;
use arki_rpc::Peer;
use async_trait::async_trait;
use tonic::service::Routes;

use crate::config::Config;
use crate::grpc::{Grpc, PrivacyGrpc};
use crate::peers::directory::Directory;
use crate::service::{Intake, Surveys};
use crate::storage::migration::Migrator;
use crate::storage::versions::Versions;
use crate::worker::forgetting::Forgetting;
use crate::worker::leavers::Leavers;
use crate::worker::purging::Purging;
use crate::worker::sweeper;

/// How often first answers to requests that are no longer kept are deleted.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// Who this service calls. Each with the client stack around it.
#[derive(Clone)]
pub struct Peers {
    pub directory: Peer,
}

/// Builds the service and starts its workers.
///
/// # Errors
/// When the configuration can't be used or the database can't be reached.
pub async fn build(config: Config, peers: Peers, bus: Arc<dyn Bus>, ctx: Context) -> anyhow::Result<Running> {
    config.validate()?;
    let Context { clock, tasks, assertion: _ } = ctx;
    let store = Store::connect(&config.database).await.context("survey.database can't be used")?;
    let versions = Versions::default();
    let intake = Intake::start(&store, &versions, &config, &tasks);
    let directory = Directory::new(peers.directory);
    let now = {
        let clock = clock.clone();
        move || clock.now()
    };
    let surveys = Arc::new(Surveys::new(store.clone(), clock, directory, versions, intake));

    consume(&store, &*bus, Arc::new(Erasures(Forgetting))).await?;
    consume(&store, &*bus, Arc::new(Purges(Purging))).await?;
    consume(&store, &*bus, Arc::new(Leavers)).await?;
    let relay = Relay::new(store.clone(), bus, wake(&store));
    tasks.spawn("survey relay", relay.run(tasks.stop()));
    let every = Duration::from_secs(config.sweep_seconds);
    tasks.spawn("survey sweeper", sweeper::run(surveys.clone(), every, tasks.stop()));
    tasks.spawn("survey statistics", statistics::keep_fresh(store.clone(), tasks.stop()));
    tasks
        .spawn("survey request sweeper", request::keep_swept(store.clone(), now, FORGET_EVERY, tasks.stop()));

    Ok(Running {
        routes: Routes::new(SurveyServiceServer::new(Grpc::new(surveys)))
            .add_service(PrivacyServiceServer::new(PrivacyGrpc::new(store.clone()))),
        descriptor: arki_proto::DESCRIPTOR,
        readiness: Arc::new(Ready(store)),
    })
}

/// Builds the service where it is alone in its process: its peers are others, its bus is JetStream.
///
/// # Errors
/// When the address of a peer or of the bus is missing, and as [`build`].
pub async fn serve(config: Config, deployment: Deployment, ctx: Context) -> anyhow::Result<Running> {
    let peers = Peers { directory: deployment.peer("directory")? };
    let bus = jetstream::Config { url: deployment.bus_url()?.to_owned(), ..jetstream::Config::default() };
    let (bus, deliveries) = JetStream::connect(bus).await?;
    deployment.backing().watch("bus", bus.watch());
    ctx.tasks.spawn("survey event deliveries", deliveries.run(ctx.tasks.stop()));
    build(config, peers, Arc::new(bus), ctx).await
}

/// Brings the database up to date.
///
/// # Errors
/// When it can't be reached, or a migration fails.
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = Store::connect(&config.database).await.context("survey.database can't be used")?;
    store.migrate::<Migrator>().await.context("the survey database can't be brought up to date")?;
    Ok(store.close().await?)
}

struct Ready(Store);

#[async_trait]
impl Readiness for Ready {
    async fn ready(&self) -> Result<(), String> {
        match self.0.migrations_current::<Migrator>().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("survey: migrations are missing".to_owned()),
            Err(error) => Err(format!("survey: {error}")),
        }
    }
}
