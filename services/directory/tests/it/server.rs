//! A directory of its own for a test.

use std::sync::Arc;

use arki_database::Store;
use arki_directory::{Config, Peers, Webhooks, build, migrate};
use arki_events::{Bus, Envelope, InProcess, Payload};
use arki_ids::TenantId;
use arki_process::{Clock, Context};
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Peer, Reach};
use arki_test_support::{FakeClock, OnDatabase, Recorder, TestDatabase};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::user::User;

pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) admin: User,
    context: Context,
    peer: Peer,
    clock: Arc<FakeClock>,
    recorder: Arc<Recorder>,
    bus: InProcess,
    _database: TestDatabase,
}

impl OnDatabase for Server {
    async fn on(database: TestDatabase) -> Self {
        let admin_key_file = database.folder().join("admin.key");
        let sealing_key = database.folder().join("sealing.key");
        arki_directory::sealing::keep_key_file(&sealing_key).unwrap();
        let config = Config {
            database: database.config.clone(),
            admin_key_file: Some(admin_key_file.clone()),
            sealing_key_files: vec![sealing_key],
            webhooks: Webhooks { allow_private: true, ..Webhooks::default() },
            due_seconds: 1,
            ..Config::default()
        };
        let clock = FakeClock::at("2026-06-01T08:00:00Z");
        let context = Context::alone(clock.clone());
        let bus = InProcess::new();
        let recorder = Recorder::on(&bus, &["arki.>"]).await;

        migrate(config.clone()).await.unwrap();
        let running = build(config.clone(), Peers, Arc::new(bus.clone()), context.clone()).await.unwrap();
        let peer = running.peer(&context.assertion).unwrap();
        running.readiness.ready().await.unwrap();
        let secret = std::fs::read_to_string(&admin_key_file).unwrap();
        let admin = who_has(&peer, secret.trim()).await;
        Self { config, admin, context, peer, clock, recorder, bus, _database: database }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.context.tasks.stop().cancel();
    }
}

impl Server {
    /// A user of the first tenant with these scopes.
    pub(crate) fn user(&self, scopes: &[&str]) -> User {
        self.user_of(self.admin.caller.tenant, scopes)
    }

    pub(crate) fn user_of(&self, tenant: TenantId, scopes: &[&str]) -> User {
        let caller = Caller {
            tenant,
            subject: "people/test".to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            reach: Reach::Tenant,
        };
        User::new(self.peer.clone(), caller)
    }

    /// Whoever this is.
    pub(crate) fn as_caller(&self, caller: Caller) -> User {
        User::new(DirectoryServiceClient::new(self.peer.clone()), caller)
    }

    /// The administrator of another tenant.
    pub(crate) async fn stranger(&self) -> User {
        let tenant = pb::Tenant { display_name: "Toinen Oy".to_owned(), ..Default::default() };
        let request = pb::CreateTenantRequest { tenant: Some(tenant), request_id: String::new() };
        let created = self.admin.create_tenant(request).await.unwrap();
        who_has(&self.peer, &created.admin_secret).await
    }

    /// Whoever has a key, as the gateway finds out.
    pub(crate) async fn who_has(&self, secret: &str) -> User {
        who_has(&self.peer, secret).await
    }

    pub(crate) async fn store(&self) -> Store {
        Store::connect(&self.config.database).await.unwrap()
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The service, to be called.
    pub(crate) fn peer(&self) -> Peer {
        self.peer.clone()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// Every event that was told so far.
    pub(crate) fn told(&self) -> Vec<Envelope> {
        self.recorder.all()
    }

    /// Tells an event, whatever was told before.
    pub(crate) async fn tell(&self, event: Envelope) {
        self.bus.publish(event).await.unwrap();
    }

    /// The events of one kind, as soon as there are `count`.
    pub(crate) async fn events<P: Payload>(&self, count: usize) -> Vec<P> {
        self.recorder.of_kind(count).await
    }
}

async fn who_has(peer: &Peer, secret: &str) -> User {
    let gateway = User::new(peer.clone(), Caller::service("gateway", TenantId::generate()));
    let key_hash = Sha256::digest(secret).to_vec().into();
    let found = gateway.authenticate_api_key(pb::AuthenticateApiKeyRequest { key_hash }).await.unwrap();
    let caller = Caller {
        tenant: TenantId::from_name(&found.tenant).unwrap(),
        subject: found.api_key,
        scopes: found.scopes.into_iter().collect(),
        reach: Reach::Tenant,
    };
    User::new(peer.clone(), caller)
}

pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}
