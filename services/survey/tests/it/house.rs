//! A running survey service with a tenant in it.

use std::sync::Arc;

use arki_database::Store;
use arki_events::{Envelope, InProcess, Payload};
use arki_ids::TenantId;
use arki_process::{Clock, Context};
use arki_proto::survey::v1 as pb;
use arki_proto::survey::v1::survey_service_client::SurveyServiceClient;
use arki_rpc::{Caller, Peer, Scopes, client};
use arki_survey::storage::migration::Migrator;
use arki_survey::{Config, Peers};
use arki_test_support::{FakeClock, FakeDirectory, OnDatabase, Recorder, TestDatabase};
use chrono::{DateTime, Utc};
use tonic::Status;

pub(crate) use crate::samples::{
    PALETTE, add, crowd, felt, number, organisation, questionnaire, unit, wave, words,
};

pub(crate) type Client = SurveyServiceClient<Peer>;

pub(crate) struct House {
    pub(crate) client: Client,
    pub(crate) directory: FakeDirectory,
    pub(crate) clock: Arc<FakeClock>,
    /// The tables themselves.
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) caller: Caller,
    pub(crate) bus: InProcess,
    heard: Arc<Recorder>,
    context: Context,
    _database: TestDatabase,
}

impl Drop for House {
    fn drop(&mut self) {
        self.context.tasks.stop().cancel();
    }
}

impl OnDatabase for House {
    async fn on(database: TestDatabase) -> Self {
        let config = Config { sweep_seconds: 1, ..Config::default() };
        Self::start(config, database).await
    }
}

/// Ten past noon in Helsinki, in winter.
pub(crate) const START: &str = "2026-11-23T10:10:00Z";

impl House {
    /// A service whose queue of answers takes hardly any.
    pub(crate) async fn with_a_short_queue() -> Self {
        let config = Config { intake_queue: 1, ..Config::default() };
        Self::start(config, TestDatabase::sqlite()).await
    }

    async fn start(config: Config, database: TestDatabase) -> Self {
        let config = Config { database: database.config.clone(), ..config };
        let clock = FakeClock::at(START);
        let context = Context::alone(clock.clone());
        let assertion = &context.assertion;
        let directory = FakeDirectory::of("survey");
        let bus = InProcess::new();
        let heard = Recorder::on(&bus, &["arki.>"]).await;
        let store = Store::connect(&config.database).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        let peers = Peers { directory: client::stack(directory.peer(assertion), assertion.clone()) };
        let running =
            arki_survey::build(config, peers, Arc::new(bus.clone()), context.clone()).await.unwrap();
        running.readiness.ready().await.unwrap();
        let client = SurveyServiceClient::new(running.peer(assertion).unwrap());
        let tenant = TenantId::generate();
        directory.set(tenant, organisation());
        let caller = caller(tenant);
        Self { client, directory, clock, store, tenant, caller, bus, heard, context, _database: database }
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
        self.heard.of_kind(count).await
    }

    /// All events that were published so far.
    pub(crate) fn heard(&self) -> Vec<Envelope> {
        self.heard.all()
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

pub(crate) fn caller(tenant: TenantId) -> Caller {
    let subject = "apiKeys/key_test".to_owned();
    Caller { tenant, subject, scopes: Scopes::parse("survey.admin"), reach: arki_rpc::Reach::Tenant }
}
