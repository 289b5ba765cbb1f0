//! A directory of its own for a test.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arki_directory::{Config, Peers, build, migrate};
use arki_events::{Bus, Envelope, Error, InProcess, Payload, Sink};
use arki_ids::TenantId;
use arki_process::{Clock, Context};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_rpc::{Caller, Peer};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Database};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::user::User;

/// How long a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A clock that only the test moves.
pub(crate) struct FakeClock(Mutex<DateTime<Utc>>);

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Writes down every event.
#[derive(Default)]
pub(crate) struct Recorder {
    events: Mutex<Vec<Envelope>>,
    news: Notify,
}

#[async_trait]
impl Sink for Recorder {
    async fn deliver(&self, event: Envelope) -> Result<(), Error> {
        self.events.lock().unwrap().push(event);
        self.news.notify_waiters();
        Ok(())
    }
}

pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) context: Context,
    pub(crate) admin: User,
    peer: Peer,
    clock: Arc<FakeClock>,
    recorder: Arc<Recorder>,
    folder: PathBuf,
    schema: Option<(String, String)>,
}

impl Server {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = new_folder();
        let url = format!("sqlite://{}", folder.join("directory.db").display());
        Self::start(folder, arki_database::Config { url, ..arki_database::Config::default() }, None).await
    }

    pub(crate) async fn on_postgres() -> Option<Self> {
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
            eprintln!("left out: set TEST_POSTGRES_URL to run on PostgreSQL");
            return None;
        };
        let schema = format!("directory_{}", TenantId::random().uuid().simple());
        let database = arki_database::Config {
            url: url.clone(),
            schema: Some(schema.clone()),
            max_connections: 4,
            ..arki_database::Config::default()
        };
        Some(Self::start(new_folder(), database, Some((url, schema))).await)
    }

    async fn start(
        folder: PathBuf,
        database: arki_database::Config,
        schema: Option<(String, String)>,
    ) -> Self {
        let admin_key_file = folder.join("admin.key");
        let config = Config { database, admin_key_file: Some(admin_key_file.clone()), ..Config::default() };
        let start = day(2026, 6, 1).and_hms_opt(8, 0, 0).unwrap().and_utc();
        let clock = Arc::new(FakeClock(Mutex::new(start)));
        let context = Context::alone(clock.clone());
        let (bus, recorder) = (InProcess::new(), Arc::new(Recorder::default()));
        bus.subscribe("test.recorder", &["arki.>"], recorder.clone()).await.unwrap();

        migrate(config.clone()).await.unwrap();
        let running = build(config.clone(), Peers, Arc::new(bus), context.clone()).await.unwrap();
        let peer = running.peer(&context.assertion).unwrap();
        running.readiness.ready().await.unwrap();
        let secret = std::fs::read_to_string(&admin_key_file).unwrap();
        let admin = who_has(&peer, secret.trim()).await;
        Self { config, context, admin, peer, clock, recorder, folder, schema }
    }

    /// A user of the first tenant with these scopes.
    pub(crate) fn user(&self, scopes: &[&str]) -> User {
        self.user_of(self.admin.caller.tenant, scopes)
    }

    pub(crate) fn user_of(&self, tenant: TenantId, scopes: &[&str]) -> User {
        let caller = Caller {
            tenant,
            subject: "people/test".to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        };
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

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        *self.clock.0.lock().unwrap() += time;
    }

    /// The events of one kind, as soon as there are `count`.
    pub(crate) async fn events<P: Payload>(&self, count: usize) -> Vec<P> {
        let found = || {
            let events = self.recorder.events.lock().unwrap();
            let of_kind = events.iter().filter(|event| event.subject == P::SUBJECT);
            of_kind.map(|event| event.decode::<P>().unwrap()).collect::<Vec<_>>()
        };
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let news = self.recorder.news.notified();
                if found().len() >= count {
                    return;
                }
                news.await;
            }
        });
        assert!(waited.await.is_ok(), "{} of {count} events {} came", found().len(), P::SUBJECT);
        found()
    }

    pub(crate) async fn stop(self) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        self.context.tasks.shutdown(deadline).await.unwrap();
        if let Some((url, schema)) = self.schema {
            let db = Database::connect(url).await.unwrap();
            db.execute_unprepared(&format!("DROP SCHEMA \"{schema}\" CASCADE")).await.unwrap();
        }
        std::fs::remove_dir_all(self.folder).unwrap();
    }
}

async fn who_has(peer: &Peer, secret: &str) -> User {
    let client = DirectoryServiceClient::new(peer.clone());
    let gateway = User::new(client.clone(), Caller::service("gateway", TenantId::generate()));
    let key_hash = Sha256::digest(secret).to_vec().into();
    let found = gateway.authenticate_api_key(pb::AuthenticateApiKeyRequest { key_hash }).await.unwrap();
    let caller = Caller {
        tenant: TenantId::from_name(&found.tenant).unwrap(),
        subject: found.api_key,
        scopes: found.scopes.into_iter().collect(),
    };
    User::new(client, caller)
}

pub(crate) fn new_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("arki-directory-{}", TenantId::random()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}
