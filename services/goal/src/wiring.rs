//! The only place where everything is put together.

use std::sync::Arc;
use std::time::Duration;

use arki_database::page::Tokens;
use arki_database::{Store, request, statistics};
use arki_events::{Bus, JetStream, Relay, consume, jetstream, wake};
use arki_privacy::{Erasures, NothingByTime, Purges};
use arki_process::{Context, Deployment, Readiness, Running};
use arki_proto::goal::v1::goal_service_server::GoalServiceServer;
use arki_proto::goal::v1::privacy_service_server::PrivacyServiceServer;
use arki_rpc::Peer;
use async_trait::async_trait;
use tonic::service::Routes;

use crate::config::Config;
use crate::grpc::{Grpc, PrivacyGrpc};
use crate::peers::Directory;
use crate::service::Goals;
use crate::storage::Migrator;
use crate::worker;

/// Goals and commitments are what the organisation works with, as long as it does.
const NO_PURGE: NothingByTime = NothingByTime { service: "goal", consumer: "goal.purges" };

/// How often first answers to requests that are no longer kept are deleted.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// The services that this one calls, each with the client stack around it.
#[derive(Clone, Debug)]
pub struct Peers {
    pub directory: Peer,
}

/// Builds the service and starts its workers.
pub async fn build(config: Config, peers: Peers, bus: Arc<dyn Bus>, ctx: Context) -> anyhow::Result<Running> {
    let store = Store::connect(&config.database).await?;
    let Context { clock, tasks, assertion: _ } = ctx;
    consume(&store, &*bus, Arc::new(worker::Merges)).await?;
    consume(&store, &*bus, Arc::new(Erasures(worker::Forgetting))).await?;
    consume(&store, &*bus, Arc::new(Purges(NO_PURGE))).await?;
    let relay = Relay::new(store.clone(), bus, wake(&store));
    tasks.spawn("goal event relay", relay.run(tasks.stop()));
    let now = {
        let clock = clock.clone();
        move || clock.now()
    };
    tasks.spawn("goal statistics", statistics::keep_fresh(store.clone(), tasks.stop()));
    tasks.spawn("goal sweeper", request::keep_swept(store.clone(), now, SWEEP_EVERY, tasks.stop()));
    let goals = Goals::new(store.clone(), Directory::new(peers.directory), clock);
    // Every replica has the same address of the same database, and a token that one gave out is good at the others.
    let tokens = Tokens::new(format!("goal {}", config.database.url));
    Ok(Running {
        routes: Routes::new(GoalServiceServer::new(Grpc::new(goals, tokens)))
            .add_service(PrivacyServiceServer::new(PrivacyGrpc::new(store.clone()))),
        descriptor: arki_proto::DESCRIPTOR,
        readiness: Arc::new(Ready(store)),
    })
}

/// Builds the service for a process of its own.
pub async fn serve(config: Config, deployment: Deployment, ctx: Context) -> anyhow::Result<Running> {
    let peers = Peers { directory: deployment.peer("directory")? };
    let bus = jetstream::Config { url: deployment.bus_url()?.to_owned(), ..jetstream::Config::default() };
    let (bus, deliveries) = JetStream::connect(bus).await?;
    deployment.backing().watch("bus", bus.watch());
    ctx.tasks.spawn("goal event deliveries", deliveries.run(ctx.tasks.stop()));
    build(config, peers, Arc::new(bus), ctx).await
}

/// Brings the database up to this version.
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = Store::connect(&config.database).await?;
    store.migrate::<Migrator>().await?;
    Ok(store.close().await?)
}

struct Ready(Store);

#[async_trait]
impl Readiness for Ready {
    async fn ready(&self) -> Result<(), String> {
        match self.0.migrations_current::<Migrator>().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("goal: migrations are missing".to_owned()),
            Err(error) => Err(format!("goal: {error}")),
        }
    }
}
