//! The only place where everything is put together.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arki_database::page::Tokens;
use arki_database::{Store, request, statistics};
use arki_events::{Bus, JetStream, Relay, jetstream};
use arki_process::{CancellationToken, Context, Deployment, Readiness, Running};
use arki_proto::communication::v1::communication_service_server::CommunicationServiceServer;
use arki_proto::communication::v1::preference_service_server::PreferenceServiceServer;
use arki_proto::communication::v1::privacy_service_server::PrivacyServiceServer;
use async_trait::async_trait;
use chrono::TimeDelta;
use tonic::service::Routes;

use crate::channel::{Channel, Folder, Letterhead, Smtp};
use crate::config::{ChannelKind, Config};
use crate::grpc::{Grpc, PrivacyGrpc};
use crate::peers::{Directory, Peers};
use crate::service::Service;
use crate::storage::Migrator;
use crate::worker::{Forgetting, Planner, Purging, Sender, counter};

/// How often first answers to requests that are no longer kept are deleted.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Brings the database to the state that this program expects.
///
/// # Errors
/// When the database can't be reached, or a migration fails.
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = Store::connect(&config.database).await.context("communication.database can't be opened")?;
    store.migrate::<Migrator>().await.context("the migrations of communication failed")?;
    Ok(store.close().await?)
}

/// Builds the service and starts its workers.
///
/// # Errors
/// When the configuration can't be meant, or something that it names can't be opened.
pub async fn build(config: Config, peers: Peers, bus: Arc<dyn Bus>, ctx: Context) -> anyhow::Result<Running> {
    let lanes = config.sender.lanes;
    let workers = config.workers;
    let Parts { running, hands } = assemble(config, peers, &ctx).await?;
    let Hands { store, planner, sender, stop: _ } = hands;
    Forgetting::listen(store.clone(), Arc::clone(&sender.channel), Arc::clone(&ctx.clock), &*bus).await?;
    Purging::listen(store.clone(), Arc::clone(&sender.channel), &*bus).await?;
    ctx.tasks.spawn("communication statistics", statistics::keep_fresh(store.clone(), ctx.tasks.stop()));
    let relay = Relay::new(store.clone(), bus, arki_events::wake(&store));
    ctx.tasks.spawn("communication relay", relay.run(ctx.tasks.stop()));
    if workers {
        for _ in 0..lanes {
            let (lane, stop) = (sender.clone(), ctx.tasks.stop());
            ctx.tasks.spawn("communication sender", async move {
                let channel = Arc::clone(&lane.channel);
                lane.run(stop).await;
                channel.close().await;
            });
        }
        ctx.tasks.spawn("communication planner", planner.run(ctx.tasks.stop()));
        let clock = ctx.clock;
        let swept = request::keep_swept(store, move || clock.now(), SWEEP_EVERY, ctx.tasks.stop());
        ctx.tasks.spawn("communication sweeper", swept);
    }
    Ok(running)
}

/// Builds the service for a process of its own.
///
/// # Errors
/// As [`build`], and when the event bus can't be reached.
pub async fn serve(config: Config, deployment: Deployment, ctx: Context) -> anyhow::Result<Running> {
    let peers = Peers { directory: deployment.peer("directory")? };
    let url = deployment.bus_url()?.to_owned();
    let (bus, deliveries) =
        JetStream::connect(jetstream::Config { url, ..jetstream::Config::default() }).await?;
    deployment.backing().watch("bus", bus.watch());
    ctx.tasks.spawn("communication event deliveries", deliveries.run(ctx.tasks.stop()));
    build(config, peers, Arc::new(bus), ctx).await
}

/// The service without its workers running.
pub struct Parts {
    /// To be served.
    pub running: Running,
    /// To be driven by hand.
    pub hands: Hands,
}

/// The workers, for whoever drives them by hand, as a test or a load program does.
pub struct Hands {
    store: Store,
    planner: Planner,
    sender: Sender,
    stop: CancellationToken,
}

impl Hands {
    /// Plans all that is within the horizon now.
    ///
    /// # Errors
    /// When the database fails. What one campaign meets is logged, and tried again the next time.
    pub async fn plan(&self) -> anyhow::Result<()> {
        Ok(self.planner.round(&self.stop).await?)
    }

    /// Claims, sends and settles one batch, and tells how many deliveries were looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn send(&self) -> anyhow::Result<usize> {
        Ok(self.sender.round().await?)
    }

    /// The state of the service.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

/// Builds the service, and leaves its workers to the caller.
///
/// # Errors
/// As [`build`].
pub async fn assemble(config: Config, peers: Peers, ctx: &Context) -> anyhow::Result<Parts> {
    config.validate()?;
    let store = Store::connect(&config.database).await.context("communication.database can't be opened")?;
    let directory = Arc::new(Directory::new(peers.directory));
    let channel = channel(&config).await?;
    let (lease, longest) =
        (TimeDelta::from_std(config.lease())?, TimeDelta::from_std(config.longest_mail())?);
    let Config { database, public_url, workers: _, planner, sender, mail } = config;
    let service = Service {
        store: store.clone(),
        directory: Arc::clone(&directory),
        clock: Arc::clone(&ctx.clock),
        // Every replica has the same address of the same database, and a token that one gave out is good at the others.
        tokens: Tokens::new(format!("communication {}", database.url)),
        public_url: public_url.clone(),
    };
    let planner = Planner {
        store: store.clone(),
        directory: Arc::clone(&directory),
        clock: Arc::clone(&ctx.clock),
        horizon: TimeDelta::minutes(planner.horizon_minutes.into()),
        poll: Duration::from_secs(planner.poll_seconds.into()),
    };
    let sender = Sender {
        store: store.clone(),
        directory,
        channel,
        clock: Arc::clone(&ctx.clock),
        letterhead: Letterhead::new(&mail.from, mail.reply_to.as_deref())?,
        public_url: public_url.into(),
        batch: sender.batch,
        sessions: usize::try_from(sender.sessions)?,
        lease,
        longest,
        poll: Duration::from_millis(sender.poll_milliseconds.into()),
        outcomes: counter(),
    };
    let grpc = Grpc { service: Arc::new(service) };
    let routes = Routes::new(CommunicationServiceServer::new(grpc.clone()))
        .add_service(PreferenceServiceServer::new(grpc))
        .add_service(PrivacyServiceServer::new(PrivacyGrpc::new(store.clone())));
    let running = Running {
        routes,
        descriptor: arki_proto::DESCRIPTOR,
        readiness: Arc::new(Ready { store: store.clone() }),
    };
    Ok(Parts { running, hands: Hands { store, planner, sender, stop: CancellationToken::new() } })
}

async fn channel(config: &Config) -> anyhow::Result<Arc<dyn Channel>> {
    let mail = &config.mail;
    Ok(match mail.channel {
        ChannelKind::Folder => {
            let folder = Folder::open(&mail.folder).await;
            Arc::new(folder.with_context(|| format!("the folder {} can't be made", mail.folder.display()))?)
        }
        ChannelKind::Smtp => Arc::new(Smtp::new(&mail.smtp).await?),
    })
}

/// Ready when the schema is there and the database answers.
struct Ready {
    store: Store,
}

#[async_trait]
impl Readiness for Ready {
    async fn ready(&self) -> Result<(), String> {
        self.store.ping().await.map_err(|error| format!("communication: {error}"))?;
        match self.store.migrations_current::<Migrator>().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("communication: the database is not migrated".to_owned()),
            Err(error) => Err(format!("communication: {error}")),
        }
    }
}
