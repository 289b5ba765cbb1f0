//! A running survey service with a tenant in it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arki_database::Store;
use arki_events::{Bus, Envelope, Payload, Sink};
use arki_ids::TenantId;
use arki_process::{Clock, Context};
use arki_proto::survey::v1 as pb;
use arki_proto::survey::v1::survey_service_client::SurveyServiceClient;
use arki_rpc::{Caller, Failure, Peer, Scopes, client};
use arki_survey::storage::migration::Migrator;
use arki_survey::{Config, Peers};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tonic::Status;
use uuid::Uuid;

use crate::directory::FakeDirectory;
pub(crate) use crate::samples::{
    PALETTE, crowd, felt, number, organisation, questionnaire, unit, wave, words,
};

/// Runs a test on SQLite, and on PostgreSQL where `TEST_POSTGRES_URL` names one.
macro_rules! on_each_database {
    ($($(#[$meta:meta])* async fn $name:ident($house:ident: House) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "each test uses some of what its module does")]
            use super::*;
            use $crate::house::House;

            async fn behaves($house: House) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                behaves(House::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                match House::on_postgres().await {
                    Some(house) => behaves(house).await,
                    None => eprintln!("TEST_POSTGRES_URL is not set: not tried on PostgreSQL"),
                }
            }
        }
    )*};
}
pub(crate) use on_each_database;

/// A clock that stands still until a test moves it.
pub(crate) struct FakeClock(Mutex<DateTime<Utc>>);

impl FakeClock {
    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A bus that remembers what was published.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<Envelope>>);

#[async_trait]
impl Bus for Recorder {
    async fn publish(&self, event: Envelope) -> Result<(), arki_events::Error> {
        self.0.lock().unwrap().push(event);
        Ok(())
    }

    async fn subscribe(
        &self,
        _: &'static str,
        _: &'static [&'static str],
        _: Arc<dyn Sink>,
    ) -> Result<(), arki_events::Error> {
        Ok(())
    }
}

pub(crate) type Client = SurveyServiceClient<Peer>;

pub(crate) struct House {
    pub(crate) client: Client,
    pub(crate) directory: Arc<FakeDirectory>,
    pub(crate) clock: Arc<FakeClock>,
    /// The tables themselves.
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) caller: Caller,
    bus: Arc<Recorder>,
    context: Context,
    folder: Option<PathBuf>,
}

impl Drop for House {
    fn drop(&mut self) {
        self.context.tasks.stop().cancel();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Ten past noon in Helsinki, in winter.
pub(crate) const START: &str = "2026-11-23T10:10:00Z";

impl House {
    pub(crate) async fn on_sqlite() -> Self {
        let (database, folder) = in_a_file();
        Self::start(Config { database, sweep_seconds: 1, ..Config::default() }, Some(folder)).await
    }

    /// A service whose queue of answers takes hardly any.
    pub(crate) async fn with_a_short_queue() -> Self {
        let (database, folder) = in_a_file();
        Self::start(Config { database, intake_queue: 1, ..Config::default() }, Some(folder)).await
    }

    pub(crate) async fn on_postgres() -> Option<Self> {
        let url = std::env::var("TEST_POSTGRES_URL").ok()?;
        let schema = Some(format!("survey_{}", Uuid::new_v4().simple()));
        let database = arki_database::Config { url, schema, ..Default::default() };
        Some(Self::start(Config { database, sweep_seconds: 1, ..Config::default() }, None).await)
    }

    async fn start(config: Config, folder: Option<PathBuf>) -> Self {
        let clock = Arc::new(FakeClock(Mutex::new(START.parse().unwrap())));
        let context = Context::alone(clock.clone());
        let directory = Arc::new(FakeDirectory::default());
        let bus = Arc::new(Recorder::default());
        let store = Store::connect(&config.database).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        let peers = Peers { directory: client::stack(directory.clone().peer(), context.assertion.clone()) };
        let running = arki_survey::build(config, peers, bus.clone(), context.clone()).await.unwrap();
        running.readiness.ready().await.unwrap();
        let client = SurveyServiceClient::new(running.peer(&context.assertion).unwrap());
        let tenant = TenantId::generate();
        let house =
            Self { client, directory, clock, store, tenant, caller: caller(tenant), bus, context, folder };
        house.directory.set(tenant, organisation());
        house
    }

    /// Calls a method as this house's caller.
    pub(crate) fn ask<T>(&self, request: T) -> tonic::Request<T> {
        client::with_caller(tonic::Request::new(request), &self.caller)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) async fn publishes(&self, questionnaire: pb::Questionnaire) -> pb::QuestionnaireVersion {
        let mut client = self.client.clone();
        let request =
            pb::CreateQuestionnaireRequest { questionnaire: Some(questionnaire), request_id: String::new() };
        let created = client.create_questionnaire(self.ask(request)).await.unwrap().into_inner();
        let name = created.questionnaire.unwrap().name;
        let request = pb::PublishQuestionnaireRequest { name, ..Default::default() };
        client.publish_questionnaire(self.ask(request)).await.unwrap().into_inner().version.unwrap()
    }

    pub(crate) async fn creates(&self, wave: pb::Wave) -> pb::Wave {
        let request = pb::CreateWaveRequest { wave: Some(wave), request_id: String::new() };
        let created = self.client.clone().create_wave(self.ask(request)).await.unwrap();
        created.into_inner().wave.unwrap()
    }

    pub(crate) async fn opens(&self, wave: &pb::Wave) -> Result<pb::Wave, Status> {
        let request = pb::OpenWaveRequest { name: wave.name.clone(), ..Default::default() };
        let opened = self.client.clone().open_wave(self.ask(request)).await?;
        Ok(opened.into_inner().wave.unwrap())
    }

    /// An open wave that asks the sample questionnaire.
    pub(crate) async fn asks(&self, audience: pb::WaveAudience, anonymity: pb::Anonymity) -> pb::Wave {
        let version = self.publishes(questionnaire()).await;
        let wave = self.creates(wave(&version, audience, anonymity)).await;
        self.opens(&wave).await.unwrap()
    }

    pub(crate) async fn closes(&self, wave: &pb::Wave) -> Result<pb::Wave, Status> {
        let request = pb::CloseWaveRequest { name: wave.name.clone(), ..Default::default() };
        let closed = self.client.clone().close_wave(self.ask(request)).await?;
        Ok(closed.into_inner().wave.unwrap())
    }

    pub(crate) async fn sees(&self, wave: &pb::Wave) -> pb::Wave {
        let request = pb::GetWaveRequest { name: wave.name.clone() };
        self.client.clone().get_wave(self.ask(request)).await.unwrap().into_inner().wave.unwrap()
    }

    pub(crate) async fn invitations(&self, wave: &pb::Wave) -> Vec<pb::Invitation> {
        let mut invitations = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ListInvitationsRequest {
                parent: wave.name.clone(),
                page_size: 1_000,
                page_token,
                ..Default::default()
            };
            let page = self.client.clone().list_invitations(self.ask(request)).await.unwrap().into_inner();
            invitations.extend(page.invitations);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return invitations;
            }
        }
    }

    pub(crate) async fn form(&self, token: &str, language: &str) -> Result<pb::Form, Status> {
        let request = pb::GetFormRequest { token: token.to_owned(), language: language.to_owned() };
        Ok(self.client.clone().get_form(request).await?.into_inner().form.unwrap())
    }

    /// Answers a form, and tells whether it had been answered like that before.
    pub(crate) async fn submits(&self, token: &str, answers: Vec<pb::Answer>) -> Result<bool, Status> {
        let request = pb::SubmitResponseRequest { token: token.to_owned(), answers, ..Default::default() };
        Ok(self.client.clone().submit_response(request).await?.into_inner().replayed)
    }

    pub(crate) async fn imports(
        &self,
        requests: Vec<pb::ImportResponsesRequest>,
    ) -> Result<Vec<pb::ImportResponsesResponse>, Status> {
        let request = self.ask(futures::stream::iter(requests));
        let mut results = self.client.clone().import_responses(request).await?.into_inner();
        let mut all = Vec::new();
        while let Some(result) = results.message().await? {
            all.push(result);
        }
        Ok(all)
    }

    /// The events of one kind that were published, once there are `count` of them.
    pub(crate) async fn hears<P: Payload>(&self, count: usize) -> Vec<P> {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        loop {
            let heard: Vec<_> =
                self.heard().into_iter().filter(|event| event.subject == P::SUBJECT).collect();
            if heard.len() >= count {
                return heard.iter().map(|event| event.decode().unwrap()).collect();
            }
            assert!(std::time::Instant::now() < deadline, "{} {} of {count}", heard.len(), P::SUBJECT);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// All events that were published so far.
    pub(crate) fn heard(&self) -> Vec<Envelope> {
        self.bus.0.lock().unwrap().clone()
    }

    /// Waits for something that the service does by itself.
    pub(crate) async fn waits_until<F>(&self, what: &str, mut is: impl FnMut() -> F)
    where
        F: Future<Output = bool>,
    {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while !is().await {
            assert!(std::time::Instant::now() < deadline, "waited in vain: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everything in a table as text, a row a line.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        use sea_orm::{ConnectionTrait, Statement};
        let reader = self.store.reader();
        let rows =
            reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index::<Option<String>>(0).unwrap().unwrap_or_default())
            .collect()
    }

    pub(crate) async fn count(&self, table: &str) -> usize {
        self.rows(&format!("SELECT tenant_id FROM {table}")).await.len()
    }

    /// Changes the tables behind the back of the service.
    pub(crate) async fn executes(&self, sql: &'static str) {
        use sea_orm::ConnectionTrait;
        self.store
            .write("Test", move |tx| {
                Box::pin(async move {
                    tx.execute_unprepared(sql).await?;
                    Ok::<(), arki_database::Error>(())
                })
            })
            .await
            .unwrap();
    }
}

fn in_a_file() -> (arki_database::Config, PathBuf) {
    let folder = std::env::temp_dir().join(format!("arki-survey-{}", Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("sqlite://{}/survey.db", folder.display());
    (arki_database::Config { url, ..Default::default() }, folder)
}

pub(crate) fn caller(tenant: TenantId) -> Caller {
    Caller { tenant, subject: "apiKeys/key_test".to_owned(), scopes: Scopes::parse("survey.admin") }
}

/// What a call was refused with.
pub(crate) fn reason(status: &Status) -> (tonic::Code, String) {
    (status.code(), Failure::from_status(status).reason.to_string())
}
