//! A running survey service with a tenant in it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arki_database::Store;
use arki_events::{Bus, Envelope, Payload, Sink};
use arki_ids::{PersonId, TenantId, UnitId};
use arki_process::{Clock, Context};
use arki_proto::directory::v1::PersonKind;
use arki_proto::survey::v1 as pb;
use arki_proto::survey::v1::survey_service_client::SurveyServiceClient;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::{Caller, Failure, Peer, Scopes, client};
use arki_survey::storage::migration::Migrator;
use arki_survey::{Config, Peers};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tonic::Status;
use uuid::Uuid;

use crate::directory::{FakeDirectory, Organisation, Person};

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
pub struct FakeClock(Mutex<DateTime<Utc>>);

impl FakeClock {
    pub fn advance(&self, by: TimeDelta) {
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
pub struct Recorder(Mutex<Vec<Envelope>>);

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

pub type Client = SurveyServiceClient<Peer>;

pub struct House {
    pub client: Client,
    pub directory: Arc<FakeDirectory>,
    pub clock: Arc<FakeClock>,
    /// The tables themselves.
    pub store: Store,
    pub tenant: TenantId,
    pub caller: Caller,
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
pub const START: &str = "2026-11-23T10:10:00Z";

impl House {
    pub async fn on_sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("arki-survey-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}/survey.db", folder.display());
        let database = arki_database::Config { url, ..Default::default() };
        Self::start(database, Some(folder)).await
    }

    pub async fn on_postgres() -> Option<Self> {
        let url = std::env::var("TEST_POSTGRES_URL").ok()?;
        let schema = Some(format!("survey_{}", Uuid::new_v4().simple()));
        let database = arki_database::Config { url, schema, ..Default::default() };
        Some(Self::start(database, None).await)
    }

    async fn start(database: arki_database::Config, folder: Option<PathBuf>) -> Self {
        let clock = Arc::new(FakeClock(Mutex::new(START.parse().unwrap())));
        let context = Context::alone(clock.clone());
        let directory = Arc::new(FakeDirectory::default());
        let bus = Arc::new(Recorder::default());
        let store = Store::connect(&database).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        let config = Config { database, sweep_seconds: 1, ..Config::default() };
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
    pub fn ask<T>(&self, request: T) -> tonic::Request<T> {
        client::with_caller(tonic::Request::new(request), &self.caller)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub async fn publishes(&self, questionnaire: pb::Questionnaire) -> pb::QuestionnaireVersion {
        let mut client = self.client.clone();
        let request = pb::CreateQuestionnaireRequest {
            questionnaire: Some(questionnaire),
            request_id: String::new(),
        };
        let created = client.create_questionnaire(self.ask(request)).await.unwrap().into_inner();
        let name = created.questionnaire.unwrap().name;
        let request = pb::PublishQuestionnaireRequest { name, ..Default::default() };
        client.publish_questionnaire(self.ask(request)).await.unwrap().into_inner().version.unwrap()
    }

    pub async fn creates(&self, wave: pb::Wave) -> pb::Wave {
        let request = pb::CreateWaveRequest { wave: Some(wave), request_id: String::new() };
        let created = self.client.clone().create_wave(self.ask(request)).await.unwrap();
        created.into_inner().wave.unwrap()
    }

    pub async fn opens(&self, wave: &pb::Wave) -> Result<pb::Wave, Status> {
        let request = pb::OpenWaveRequest { name: wave.name.clone(), ..Default::default() };
        let opened = self.client.clone().open_wave(self.ask(request)).await?;
        Ok(opened.into_inner().wave.unwrap())
    }

    /// An open wave that asks the sample questionnaire.
    pub async fn asks(&self, audience: pb::WaveAudience, anonymity: pb::Anonymity) -> pb::Wave {
        let version = self.publishes(questionnaire()).await;
        let wave = self.creates(wave(&version, audience, anonymity)).await;
        self.opens(&wave).await.unwrap()
    }

    pub async fn closes(&self, wave: &pb::Wave) -> Result<pb::Wave, Status> {
        let request = pb::CloseWaveRequest { name: wave.name.clone(), ..Default::default() };
        let closed = self.client.clone().close_wave(self.ask(request)).await?;
        Ok(closed.into_inner().wave.unwrap())
    }

    pub async fn sees(&self, wave: &pb::Wave) -> pb::Wave {
        let request = pb::GetWaveRequest { name: wave.name.clone() };
        self.client.clone().get_wave(self.ask(request)).await.unwrap().into_inner().wave.unwrap()
    }

    pub async fn invitations(&self, wave: &pb::Wave) -> Vec<pb::Invitation> {
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

    pub async fn form(&self, token: &str, language: &str) -> Result<pb::Form, Status> {
        let request = pb::GetFormRequest { token: token.to_owned(), language: language.to_owned() };
        Ok(self.client.clone().get_form(request).await?.into_inner().form.unwrap())
    }

    /// Answers a form, and tells whether it had been answered like that before.
    pub async fn submits(&self, token: &str, answers: Vec<pb::Answer>) -> Result<bool, Status> {
        let request = pb::SubmitResponseRequest { token: token.to_owned(), answers, ..Default::default() };
        Ok(self.client.clone().submit_response(request).await?.into_inner().replayed)
    }

    pub async fn imports(
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
    pub async fn hears<P: Payload>(&self, count: usize) -> Vec<P> {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        loop {
            let heard: Vec<_> = self.heard().into_iter().filter(|event| event.subject == P::SUBJECT).collect();
            if heard.len() >= count {
                return heard.iter().map(|event| event.decode().unwrap()).collect();
            }
            assert!(std::time::Instant::now() < deadline, "{} {} of {count}", heard.len(), P::SUBJECT);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// All events that were published so far.
    pub fn heard(&self) -> Vec<Envelope> {
        self.bus.0.lock().unwrap().clone()
    }

    /// Waits for something that the service does by itself.
    pub async fn waits_until<F>(&self, what: &str, mut is: impl FnMut() -> F)
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
    pub async fn rows(&self, sql: &str) -> Vec<String> {
        use sea_orm::{ConnectionTrait, Statement};
        let reader = self.store.reader();
        let rows = reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<Option<String>>(0).unwrap().unwrap_or_default()).collect()
    }

    pub async fn count(&self, table: &str) -> usize {
        self.rows(&format!("SELECT tenant_id FROM {table}")).await.len()
    }

    /// Changes the tables behind the back of the service.
    pub async fn executes(&self, sql: &'static str) {
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

pub fn caller(tenant: TenantId) -> Caller {
    Caller { tenant, subject: "apiKeys/key_test".to_owned(), scopes: Scopes::parse("survey.admin") }
}

/// A unit of the sample organisation: 1 is the company, 2 the counters, 3 the drivers.
pub fn unit(number: u128) -> UnitId {
    UnitId::from_uuid(Uuid::from_u128(number))
}

/// Twelve at the counters, four who drive, three customers of the counters, a prospect who belongs nowhere.
pub fn organisation() -> Organisation {
    let mut people = Vec::new();
    let mut add = |count, kind, unit, language| {
        people.extend((0..count).map(|_| Person { id: PersonId::generate(), kind, unit, language }));
    };
    add(12, PersonKind::Employee, Some(unit(2)), "fi");
    add(4, PersonKind::Employee, Some(unit(3)), "sv");
    add(3, PersonKind::Customer, Some(unit(2)), "en");
    add(1, PersonKind::Prospect, None, "de");
    Organisation {
        minimum_group: 5,
        units: vec![(unit(1), None, "company"), (unit(2), Some(unit(1)), "counters"), (unit(3), Some(unit(1)), "drivers")],
        people,
    }
}

/// An organisation of so many employees in one unit.
pub fn crowd(count: usize) -> Organisation {
    let person = |_| Person {
        id: PersonId::generate(),
        kind: PersonKind::Employee,
        unit: Some(unit(2)),
        language: "fi",
    };
    Organisation {
        minimum_group: 5,
        units: vec![(unit(1), None, "company"), (unit(2), Some(unit(1)), "counters")],
        people: (0..count).map(person).collect(),
    }
}

pub fn words(text: &str) -> Option<LocalizedText> {
    let by_language = ["fi", "sv", "en"].map(|language| (language.to_owned(), format!("{text} ({language})")));
    Some(LocalizedText { by_language: by_language.into() })
}

pub const PALETTE: [&str; 8] = ["calm", "cosy", "eager", "glad", "heard", "hurried", "lost", "tense"];

fn question(key: &str, kind: pb::QuestionKind, options: &[&str]) -> pb::Question {
    pb::Question {
        key: key.to_owned(),
        kind: kind.into(),
        text: words(key),
        options: options.iter().map(|key| pb::Option { key: (*key).to_owned(), label: words(key) }).collect(),
        required: key == "recommend",
        ..Default::default()
    }
}

pub fn questionnaire() -> pb::Questionnaire {
    pb::Questionnaire {
        display_name: "At the counter".to_owned(),
        title: words("How was it"),
        purpose: words("So that we do better"),
        languages: ["fi", "sv", "en"].map(str::to_owned).to_vec(),
        questions: vec![
            question("recommend", pb::QuestionKind::Nps, &[]),
            question("easy", pb::QuestionKind::Ces, &[]),
            question("channel", pb::QuestionKind::SingleChoice, &["counter", "phone"]),
            question("felt", pb::QuestionKind::EmotionPalette, &PALETTE),
            question("why", pb::QuestionKind::OpenText, &[]),
        ],
        ..Default::default()
    }
}

pub fn wave(version: &pb::QuestionnaireVersion, audience: pb::WaveAudience, anonymity: pb::Anonymity) -> pb::Wave {
    pb::Wave {
        display_name: "Autumn".to_owned(),
        questionnaire_version: version.name.clone(),
        audience: audience.into(),
        anonymity: anonymity.into(),
        sender: words("Testi Oy"),
        ..Default::default()
    }
}

pub fn number(question: &str, number: i32) -> pb::Answer {
    pb::Answer { question: question.to_owned(), value: Some(pb::answer::Value::Number(number)) }
}

pub fn felt(terms: &[&str], order_shown: &[&str]) -> pb::Answer {
    let chosen = terms.iter().map(|term| pb::Feeling { term: (*term).to_owned(), intensity: 2 }).collect();
    let order_shown = order_shown.iter().map(ToString::to_string).collect();
    let feelings = pb::Feelings { chosen, order_shown };
    pb::Answer { question: "felt".to_owned(), value: Some(pb::answer::Value::Feelings(feelings)) }
}

/// What a call was refused with.
pub fn reason(status: &Status) -> (tonic::Code, String) {
    (status.code(), Failure::from_status(status).reason.to_string())
}
