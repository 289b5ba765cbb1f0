//! The only place where everything is put together.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arki_database::page::Tokens;
use arki_database::{Backend, Store, request, statistics};
use arki_events::{Bus, JetStream, Relay, consume, jetstream, wake};
use arki_privacy::Purges;
use arki_process::{Clock, Context, Deployment, Readiness, Running};
use arki_proto::directory::v1::ambassador_service_server::AmbassadorServiceServer;
use arki_proto::directory::v1::attribute_service_server::AttributeServiceServer;
use arki_proto::directory::v1::consent_service_server::ConsentServiceServer;
use arki_proto::directory::v1::contact_service_server::ContactServiceServer;
use arki_proto::directory::v1::crm_service_server::CrmServiceServer;
use arki_proto::directory::v1::employment_service_server::EmploymentServiceServer;
use arki_proto::directory::v1::erasure_service_server::ErasureServiceServer;
use arki_proto::directory::v1::export_service_server::ExportServiceServer;
use arki_proto::directory::v1::identity_service_server::IdentityServiceServer;
use arki_proto::directory::v1::import_service_server::ImportServiceServer;
use arki_proto::directory::v1::intake_service_server::IntakeServiceServer;
use arki_proto::directory::v1::organisation_service_server::OrganisationServiceServer;
use arki_proto::directory::v1::retention_service_server::RetentionServiceServer;
use arki_proto::directory::v1::serves_service_server::ServesServiceServer;
use arki_proto::directory::v1::suppression_service_server::SuppressionServiceServer;
use arki_proto::directory::v1::webhook_service_server::WebhookServiceServer;
use arki_proto::directory::v1::workforce_service_server::WorkforceServiceServer;
use async_trait::async_trait;
use chrono::TimeDelta;
use tonic::service::Routes;

use crate::admin_key;
use crate::config::Config;
use crate::grpc::{AccessGrpc, AuditGrpc, Grpc, ScimGrpc};
use crate::sealing::Sealer;
use crate::service::{Directory, FirstKey, Recorder, scim};
use crate::storage::Migrator;
use crate::worker::{self, Listener, Waves, keep_log_swept};

/// How often is looked for imports that another process left; those of this one are known at once.
const IMPORTS: Duration = Duration::from_secs(1);

/// The services that this one calls: none. The directory is asked by all others and asks nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peers;

/// Builds the service and starts its workers. The schema must be current, see [`migrate`].
///
/// # Errors
/// When the configuration can't be used or the database can't be reached.
pub async fn build(config: Config, _: Peers, bus: Arc<dyn Bus>, ctx: Context) -> anyhow::Result<Running> {
    config.validate()?;
    let Context { clock, tasks, assertion: _ } = ctx;
    let store = Store::connect(&config.database).await.context("directory.database can't be used")?;
    let sealer = Sealer::read(&config.sealing_key_files)?;
    let directory = Directory::new(store.clone(), clock.clone())
        .with_sealer(sealer)
        .with_webhooks(config.webhooks.clone())
        .with_intake(config.intake.clone());
    if let Some(path) = &config.admin_key_file {
        admin_key::first_start(&directory, path)
            .await
            .context("the first key can't be made, is the database of the directory migrated?")?;
    }
    if store.backend() == Backend::Sqlite
        && let Err(error) = directory.release_webhook_deliveries().await
    {
        // They are due again at the end of their leases anyway.
        tracing::warn!(%error, "webhooks that were being sent wait for their leases to end");
    }
    if store.backend() == Backend::Sqlite
        && let Err(error) = directory.release_intake().await
    {
        tracing::warn!(%error, "what was told waits for the leases to end");
    }
    let public_url = config.webhooks.public_url.clone();
    if store.backend() == Backend::Sqlite
        && let Err(error) = directory.release_imports().await
    {
        // They are taken again at the end of their leases anyway.
        tracing::warn!(%error, "imports that were worked on wait for their leases to end");
    }
    Listener::listen(store.clone(), &*bus, clock.clone(), public_url).await?;
    consume(&store, &*bus, Arc::new(worker::Confirmations::new(clock.clone()))).await?;
    consume(&store, &*bus, Arc::new(Purges(worker::Purging::new(directory.clone(), clock.clone())))).await?;
    consume(&store, &*bus, Arc::new(worker::PurgeConfirmations::new(clock.clone()))).await?;
    Waves::listen(store.clone(), &*bus).await?;
    let relay = Relay::new(store.clone(), bus, wake(&store));
    tasks.spawn("directory relay", relay.run(tasks.stop()));
    let every = Duration::from_secs(config.sweep_seconds);
    let keep = TimeDelta::days(config.webhooks.keep_days.into());
    let (sweeping, time) = (store.clone(), clock.clone());
    let stopped = tasks.stop();
    tasks.spawn("directory webhook sweeper", async move {
        keep_log_swept(sweeping, move || time.now(), keep, every, stopped.cancelled()).await;
    });
    let keep = TimeDelta::days(config.intake.keep_days.into());
    tasks.spawn("directory intake", worker::apply_what_was_told(directory.clone(), tasks.stop()));
    let swept = worker::keep_intake_swept(store.clone(), clock.clone(), keep, every, tasks.stop());
    tasks.spawn("directory intake sweeper", swept);
    let now = move || clock.now();
    tasks.spawn("directory statistics", statistics::keep_fresh(store.clone(), tasks.stop()));
    tasks.spawn("directory sweeper", request::keep_swept(store.clone(), now, every, tasks.stop()));
    let due = Duration::from_secs(config.due_seconds);
    tasks.spawn("directory employments", worker::let_employments_hold(directory.clone(), due, tasks.stop()));
    tasks.spawn("directory imports", worker::keep_importing(directory.clone(), IMPORTS, tasks.stop()));
    let sweep_imports = worker::keep_imports_swept(directory.clone(), every, tasks.stop());
    tasks.spawn("directory import sweeper", sweep_imports);
    let look = Duration::from_secs(config.retention_seconds);
    tasks.spawn("directory retention", worker::begin_due_purges(directory.clone(), look, tasks.stop()));
    // Every replica has the same address of the same database, so that a token of one is good at the others.
    let tokens = Tokens::new(format!("directory {}", config.database.url));
    let recorder = Recorder::start(&store, &tasks);
    if let Some(kept) = config.audit_kept() {
        tasks.spawn("directory audit retention", directory.clone().keep_closed(kept, every, tasks.stop()));
    }
    let scim = scim::Scim::new(directory.clone(), scim::Queue::start(&directory, &tasks));
    let grpc = Grpc::new(directory, tokens);
    let routes = Routes::new(grpc.clone().into_server())
        .add_service(AccessGrpc::server(grpc.clone()))
        .add_service(AmbassadorServiceServer::new(grpc.clone()))
        .add_service(AttributeServiceServer::new(grpc.clone()))
        .add_service(AuditGrpc::server(grpc.clone(), recorder))
        .add_service(ConsentServiceServer::new(grpc.clone()))
        .add_service(ContactServiceServer::new(grpc.clone()))
        .add_service(SuppressionServiceServer::new(grpc.clone()))
        .add_service(CrmServiceServer::new(grpc.clone()))
        .add_service(IntakeServiceServer::new(grpc.clone()))
        .add_service(ServesServiceServer::new(grpc.clone()))
        .add_service(EmploymentServiceServer::new(grpc.clone()))
        .add_service(ErasureServiceServer::new(grpc.clone()))
        .add_service(ExportServiceServer::new(grpc.clone()))
        .add_service(IdentityServiceServer::new(grpc.clone()))
        .add_service(OrganisationServiceServer::new(grpc.clone()))
        .add_service(RetentionServiceServer::new(grpc.clone()))
        .add_service(ImportServiceServer::new(grpc.clone()))
        .add_service(ScimGrpc::new(scim).into_server())
        .add_service(WorkforceServiceServer::new(grpc.clone()))
        .add_service(WebhookServiceServer::new(grpc));
    Ok(Running { routes, descriptor: arki_proto::DESCRIPTOR, readiness: Arc::new(Ready(store)) })
}

/// Builds the service for a process of its own.
///
/// # Errors
/// As [`build`], and when the event bus can't be reached.
pub async fn serve(config: Config, deployment: Deployment, ctx: Context) -> anyhow::Result<Running> {
    let url = deployment.bus_url()?.to_owned();
    let (bus, deliveries) =
        JetStream::connect(jetstream::Config { url, ..jetstream::Config::default() }).await?;
    deployment.backing().watch("bus", bus.watch());
    ctx.tasks.spawn("directory event deliveries", deliveries.run(ctx.tasks.stop()));
    build(config, Peers, Arc::new(bus), ctx).await
}

/// Brings the database up to this version.
///
/// # Errors
/// When it can't be reached, or a migration fails.
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = Store::connect(&config.database).await.context("directory.database can't be used")?;
    store.migrate::<Migrator>().await.context("the database of the directory can't be brought up to date")?;
    Ok(store.close().await?)
}

/// When there is no tenant at all: makes the tenant `default` with an administrator's key, and returns its secret,
/// which is shown this once. [`build`] does the same by itself where `admin_key_file` is set.
///
/// # Errors
/// When the database can't be used.
pub async fn first_start(store: &Store, clock: Arc<dyn Clock>) -> anyhow::Result<Option<FirstKey>> {
    Ok(Directory::new(store.clone(), clock).first_start().await?)
}

struct Ready(Store);

#[async_trait]
impl Readiness for Ready {
    async fn ready(&self) -> Result<(), String> {
        match self.0.migrations_current::<Migrator>().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("directory: migrations are missing".to_owned()),
            Err(error) => Err(format!("directory: {error}")),
        }
    }
}
