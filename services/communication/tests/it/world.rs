//! A tenant, its directory, its mail and the service, for one test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arki_communication::{ChannelKind, Config, Hands, MailConfig, Peers, SenderConfig, SmtpConfig, TlsMode};
use arki_database::Backend;
use arki_events::Bus;
use arki_ids::{PersonId, TenantId, UnitId};
use arki_process::{Clock, Context, Running};
use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::communication_service_client::CommunicationServiceClient;
use arki_proto::communication::v1::preference_service_client::PreferenceServiceClient;
use arki_proto::directory::v1 as directory;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::Peer;
use arki_rpc::client;
use arki_test_support::{FakeClock, FakeDirectory, OnDatabase, TestDatabase, ask};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{FromQueryResult, Statement};
use tonic::Request;

pub(crate) struct World {
    pub(crate) tenant: TenantId,
    pub(crate) directory: FakeDirectory,
    pub(crate) hands: Arc<Hands>,
    clock: Arc<FakeClock>,
    client: CommunicationServiceClient<Peer>,
    preferences: PreferenceServiceClient<Peer>,
    config: Config,
    _database: TestDatabase,
}

impl OnDatabase for World {
    /// Mail goes into a folder.
    async fn on(database: TestDatabase) -> Self {
        let mail = MailConfig {
            from: "Example Oy <messages@example.org>".to_owned(),
            channel: ChannelKind::Folder,
            folder: database.folder().join("mail"),
            ..MailConfig::default()
        };
        let config = Config {
            database: database.config.clone(),
            public_url: "https://arki.example.org".to_owned(),
            sender: SenderConfig {
                batch: 50,
                sessions: 5,
                lease_seconds: Some(60),
                ..SenderConfig::default()
            },
            mail,
            ..Config::default()
        };
        arki_communication::migrate(config.clone()).await.unwrap();
        let directory = FakeDirectory::of("communication").with_pages_of(4);
        let clock = FakeClock::at(NOON);
        let (client, preferences, hands) = start(&config, &directory, &clock).await;
        Self {
            tenant: TenantId::generate(),
            directory,
            hands,
            clock,
            client,
            preferences,
            config,
            _database: database,
        }
    }
}

/// Sunday noon, so that tests read Monday's nine o'clock as what comes next.
pub(crate) const NOON: &str = "2026-11-22T12:00:00Z";

impl World {
    /// The same world, with mail that goes to a server.
    pub(crate) async fn over_smtp(self, port: u16) -> Self {
        self.over_smtp_with(port, TlsMode::None).await
    }

    pub(crate) async fn over_smtp_with(self, port: u16, tls: TlsMode) -> Self {
        let smtp = SmtpConfig {
            host: "127.0.0.1".to_owned(),
            port,
            tls,
            command_timeout_seconds: 5,
            message_timeout_seconds: 5,
            messages_per_session: 50,
            ..SmtpConfig::default()
        };
        let mail = MailConfig {
            from: "Example Oy <messages@example.org>".to_owned(),
            channel: ChannelKind::Smtp,
            smtp,
            ..MailConfig::default()
        };
        let config = Config { mail, ..self.config.clone() };
        let (client, preferences, hands) = start(&config, &self.directory, &self.clock).await;
        Self { client, preferences, hands, config, ..self }
    }

    /// One more process on the same database.
    pub(crate) async fn another_process(&self) -> Arc<Hands> {
        start(&self.config, &self.directory, &self.clock).await.2
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn set_time(&self, time: &str) {
        self.clock.set(time);
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub(crate) fn unit(&self, name: &str, parent: Option<UnitId>) -> UnitId {
        self.directory.change(self.tenant, |known| known.unit(name, parent))
    }

    /// An employee of a unit, with a zone and a language.
    pub(crate) fn employee(&self, name: &str, unit: Option<UnitId>, zone: &str) -> PersonId {
        let person = directory::Person {
            kind: directory::PersonKind::Employee.into(),
            display_name: name.to_owned(),
            email: format!("{}@example.org", name.to_lowercase()),
            language: "en".to_owned(),
            time_zone: zone.to_owned(),
            unit: unit.map(|unit| unit.name()).unwrap_or_default(),
            ..Default::default()
        };
        self.directory.change(self.tenant, |known| known.person(person))
    }

    /// A customer.
    pub(crate) fn customer(&self, name: &str) -> PersonId {
        let person = directory::Person {
            kind: directory::PersonKind::Customer.into(),
            display_name: name.to_owned(),
            email: format!("{}@example.org", name.to_lowercase()),
            language: "en".to_owned(),
            ..Default::default()
        };
        self.directory.change(self.tenant, |known| known.person(person))
    }

    /// So many employees who belong to no unit.
    pub(crate) fn staff(&self, count: usize) {
        for number in 0..count {
            self.employee(&format!("P{number}"), None, "Europe/Helsinki");
        }
    }

    pub(crate) fn client(&self) -> CommunicationServiceClient<Peer> {
        self.client.clone()
    }

    /// What recipients choose by.
    pub(crate) fn preferences(&self) -> PreferenceServiceClient<Peer> {
        self.preferences.clone()
    }

    /// A request of the tenant's administrator.
    pub(crate) fn asks<T>(&self, request: T) -> Request<T> {
        of_tenant(self.tenant, request)
    }

    pub(crate) async fn creates_message(&self, message: pb::Message) -> pb::Message {
        let request = pb::CreateMessageRequest { message: Some(message), request_id: String::new() };
        self.client().create_message(self.asks(request)).await.unwrap().into_inner().message.unwrap()
    }

    pub(crate) async fn creates_campaign(&self, campaign: pb::Campaign) -> pb::Campaign {
        let request = pb::CreateCampaignRequest { campaign: Some(campaign), request_id: String::new() };
        self.client().create_campaign(self.asks(request)).await.unwrap().into_inner().campaign.unwrap()
    }

    pub(crate) async fn activates(&self, campaign: &pb::Campaign) -> pb::Campaign {
        let request = pb::ActivateCampaignRequest { name: campaign.name.clone(), ..Default::default() };
        self.client().activate_campaign(self.asks(request)).await.unwrap().into_inner().campaign.unwrap()
    }

    pub(crate) async fn pauses(&self, campaign: &pb::Campaign) {
        let request = pb::PauseCampaignRequest { name: campaign.name.clone(), ..Default::default() };
        self.client().pause_campaign(self.asks(request)).await.unwrap();
    }

    pub(crate) async fn ends(&self, campaign: &pb::Campaign) {
        let request = pb::EndCampaignRequest { name: campaign.name.clone(), ..Default::default() };
        self.client().end_campaign(self.asks(request)).await.unwrap();
    }

    /// A message and a campaign that tells it to all employees, running.
    pub(crate) async fn tells(&self, start: &str, rrule: &str) -> pb::Campaign {
        let message = self.creates_message(message()).await;
        let campaign = self.creates_campaign(campaign(&message.name, start, rrule)).await;
        self.activates(&campaign).await
    }

    pub(crate) async fn deliveries(&self, campaign: &pb::Campaign) -> Vec<pb::Delivery> {
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ListDeliveriesRequest {
                parent: campaign.name.clone(),
                page_size: 3,
                page_token,
                ..Default::default()
            };
            let page = self.client().list_deliveries(self.asks(request)).await.unwrap().into_inner();
            all.extend(page.deliveries);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    /// The only delivery to a person.
    pub(crate) async fn delivery(&self, campaign: &pb::Campaign, person: PersonId) -> pb::Delivery {
        let mut found = self.deliveries(campaign).await;
        found.retain(|delivery| delivery.person == person.name());
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// How many deliveries of a campaign are in each state, in the order of the contract.
    pub(crate) async fn states(&self, campaign: &pb::Campaign) -> Vec<(pb::DeliveryState, usize)> {
        let found = self.deliveries(campaign).await;
        let mut states: Vec<_> = found.iter().map(pb::Delivery::state).collect();
        states.sort_unstable_by_key(|state| i32::from(*state));
        let mut counts: Vec<(pb::DeliveryState, usize)> = Vec::new();
        for state in states {
            match counts.last_mut() {
                Some((last, count)) if *last == state => *count += 1,
                _ => counts.push((state, 1)),
            }
        }
        counts
    }

    /// Plans and sends until there is nothing to do now.
    pub(crate) async fn plans_and_sends(&self) {
        self.hands.plan().await.unwrap();
        while self.hands.send().await.unwrap() > 0 {}
    }

    pub(crate) fn mail_folder(&self) -> PathBuf {
        self.config.mail.folder.clone()
    }

    /// The mails in the folder, by the order of their names.
    pub(crate) fn mails(&self) -> Vec<String> {
        let mut paths: Vec<_> = files(&self.mail_folder());
        // What is only being written has another name.
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// The service with its workers, as a process has it.
    pub(crate) async fn builds(&self, bus: Arc<dyn Bus>) -> (Context, Running) {
        let ctx = Context::alone(Arc::clone(&self.clock) as Arc<dyn Clock>);
        let peers =
            Peers { directory: client::stack(self.directory.peer(&ctx.assertion), ctx.assertion.clone()) };
        let running = arki_communication::build(self.config.clone(), peers, bus, ctx.clone()).await.unwrap();
        (ctx, running)
    }

    /// What is said when the service is started with a configuration that is not as it should be.
    pub(crate) async fn fails_to_start_with(&self, spoil: fn(&mut Config)) -> String {
        let mut config = self.config.clone();
        spoil(&mut config);
        let ctx = Context::alone(Arc::clone(&self.clock) as Arc<dyn Clock>);
        let peers = Peers { directory: self.directory.peer(&ctx.assertion) };
        match arki_communication::assemble(config, peers, &ctx).await {
            Ok(_) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    pub(crate) async fn migrates(&self) {
        arki_communication::migrate(self.config.clone()).await.unwrap();
    }

    /// The columns of a table, in their order.
    pub(crate) async fn columns(&self, table: &str) -> Vec<String> {
        let sql = match self.hands.store().backend() {
            Backend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
            Backend::Postgres => format!(
                "SELECT column_name::text AS name FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        self.rows::<Name>(&sql).await.into_iter().map(|row| row.name).collect()
    }

    /// The first column of a table's primary key.
    pub(crate) async fn first_of_primary_key(&self, table: &str) -> String {
        let sql = match self.hands.store().backend() {
            Backend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1"),
            Backend::Postgres => format!(
                "SELECT a.attname::text AS name FROM pg_index i \
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
                 WHERE i.indisprimary AND i.indrelid = '{table}'::regclass"
            ),
        };
        self.rows::<Name>(&sql).await.remove(0).name
    }

    /// Rows of a query, for what the contract rightly does not show.
    pub(crate) async fn rows<T: FromQueryResult>(&self, sql: &str) -> Vec<T> {
        let reader = self.hands.store().reader();
        let statement = Statement::from_string(reader.get_database_backend(), sql);
        T::find_by_statement(statement).all(reader).await.unwrap()
    }
}

#[derive(Debug, FromQueryResult)]
struct Name {
    name: String,
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

async fn start(
    config: &Config,
    directory: &FakeDirectory,
    clock: &Arc<FakeClock>,
) -> (CommunicationServiceClient<Peer>, PreferenceServiceClient<Peer>, Arc<Hands>) {
    let ctx = Context::alone(Arc::clone(clock) as Arc<dyn Clock>);
    let peers = Peers { directory: client::stack(directory.peer(&ctx.assertion), ctx.assertion.clone()) };
    let parts = arki_communication::assemble(config.clone(), peers, &ctx).await.unwrap();
    let peer = parts.running.peer(&ctx.assertion).unwrap();
    let peer = client::stack(peer, ctx.assertion.clone());
    let preferences = PreferenceServiceClient::new(peer.clone());
    (CommunicationServiceClient::new(peer), preferences, Arc::new(parts.hands))
}

/// A request of a tenant's administrator.
pub(crate) fn of_tenant<T>(tenant: TenantId, request: T) -> Request<T> {
    ask(tenant, "communication.admin", request)
}

pub(crate) fn text(english: &str) -> Option<LocalizedText> {
    arki_test_support::text("en", english)
}

/// A message with a question.
pub(crate) fn message() -> pb::Message {
    let option =
        |key: &str, correct| pb::ComprehensionOption { key: key.to_owned(), label: text(key), correct };
    pb::Message {
        kind: pb::MessageKind::Focus.into(),
        subject: text("Fewer transfers"),
        body: text("From Monday on, one of us sees a case through."),
        why: text("Customers were passed on three times."),
        comprehension: Some(pb::ComprehensionQuestion {
            text: text("Who sees a case through?"),
            options: vec![option("one", true), option("many", false), option("nobody", false)],
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A campaign for all employees.
pub(crate) fn campaign(message: &str, start: &str, rrule: &str) -> pb::Campaign {
    pb::Campaign {
        display_name: "Autumn".to_owned(),
        message: message.to_owned(),
        audience: Some(pb::CampaignAudience { kind: "employee".to_owned(), ..Default::default() }),
        schedule: Some(pb::Schedule { local_start: start.to_owned(), rrule: rrule.to_owned() }),
        ..Default::default()
    }
}
