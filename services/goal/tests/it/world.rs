//! The service with everything around it, and what a test does with it, as verbs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arki_database::Store;
use arki_events::{Bus, Envelope, InProcess, Payload, Sink};
use arki_goal::{Config, Peers};
use arki_ids::{PersonId, RoleId, TenantId, UnitId};
use arki_process::{Clock, Context};
use arki_proto::goal::v1 as pb;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::{Caller, Failure, Peer, Scopes, client, server};
use chrono::{DateTime, TimeDelta, Utc};
use pb::goal_service_client::GoalServiceClient;
use tokio::sync::mpsc;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status};

use crate::databases::TestDatabase;
use crate::directory::FakeDirectory;

/// A clock that a test moves.
pub(crate) struct FakeClock(Mutex<DateTime<Utc>>);

impl FakeClock {
    fn new() -> Self {
        Self(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Hands each event that comes over the bus to the test.
struct Recorder(mpsc::UnboundedSender<Envelope>);

#[async_trait::async_trait]
impl Sink for Recorder {
    async fn deliver(&self, event: Envelope) -> Result<(), arki_events::Error> {
        let _ = self.0.send(event);
        Ok(())
    }
}

pub(crate) struct World {
    pub(crate) directory: FakeDirectory,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) bus: Arc<InProcess>,
    /// The service's own state, seen past the service.
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    peer: Peer,
    events: mpsc::UnboundedReceiver<Envelope>,
    _database: TestDatabase,
}

/// How long a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(20);

impl World {
    pub(crate) async fn start(database: TestDatabase) -> Self {
        let config = Config { database: database.config.clone() };
        arki_goal::migrate(config.clone()).await.unwrap();
        let store = Store::connect(&database.config).await.unwrap();

        let clock = Arc::new(FakeClock::new());
        let ctx = Context::alone(clock.clone());
        let assertion = ctx.assertion.clone();

        let directory = FakeDirectory::default();
        let options = server::Options::new(arki_proto::DESCRIPTOR, assertion.clone());
        let admitted = server::stack(Routes::new(directory.clone()), options).unwrap();
        let once = client::Options { tries: 1, ..client::Options::default() };
        let peers = Peers { directory: client::stack_with(admitted, assertion.clone(), once) };

        let bus = Arc::new(InProcess::new());
        let (sender, events) = mpsc::unbounded_channel();
        bus.subscribe("test.recorder", &["arki.goal.>"], Arc::new(Recorder(sender))).await.unwrap();

        let running = arki_goal::build(config, peers, bus.clone(), ctx).await.unwrap();
        running.readiness.ready().await.unwrap();
        let peer = client::stack(running.peer(&assertion).unwrap(), assertion);
        let tenant = TenantId::generate();
        Self { directory, clock, bus, store, tenant, peer, events, _database: database }
    }

    pub(crate) fn client(&self) -> GoalServiceClient<Peer> {
        GoalServiceClient::new(self.peer.clone())
    }

    /// A request of this tenant's editor.
    pub(crate) fn ask<T>(&self, request: T) -> Request<T> {
        ask_as(self.tenant, "goal.write", request)
    }

    pub(crate) fn unit(&self, name: &str, parent: Option<UnitId>) -> UnitId {
        self.directory.unit(self.tenant, name, parent)
    }

    pub(crate) fn role(&self) -> RoleId {
        self.directory.role(self.tenant)
    }

    pub(crate) fn employee(&self, unit: Option<UnitId>, role: Option<RoleId>) -> PersonId {
        self.directory.employee(self.tenant, unit, role)
    }

    /// A vision with all that it needs.
    pub(crate) fn whole_vision(&self) -> pb::Vision {
        pb::Vision {
            statement: text("en", "nobody waits without knowing why"),
            customer_meaning: text("en", "I always know what happens next"),
            staff_meaning: text("en", "I may decide on the spot"),
            sponsor: self.employee(None, None).name(),
            ..Default::default()
        }
    }

    pub(crate) async fn creates_vision(&self, vision: pb::Vision) -> Result<pb::Vision, Failure> {
        let request = pb::CreateVisionRequest { vision: Some(vision), ..Default::default() };
        said(self.client().create_vision(self.ask(request)).await).map(|response| response.vision.unwrap())
    }

    pub(crate) async fn activates_vision(&self, name: &str) -> Result<pb::Vision, Failure> {
        let request = pb::ActivateVisionRequest { name: name.to_owned(), ..Default::default() };
        said(self.client().activate_vision(self.ask(request)).await).map(|response| response.vision.unwrap())
    }

    /// The name of a vision in force.
    pub(crate) async fn vision(&self) -> String {
        let vision = self.creates_vision(self.whole_vision()).await.unwrap();
        self.activates_vision(&vision.name).await.unwrap().name
    }

    /// A goal that may come into force.
    pub(crate) fn whole_goal(&self, vision: &str) -> pb::Goal {
        pb::Goal {
            vision: vision.to_owned(),
            title: text("en", "nobody waits without knowing"),
            everyday_text: text("en", "I tell each customer how long it takes"),
            owner: self.employee(None, None).name(),
            ..Default::default()
        }
    }

    pub(crate) async fn creates_goal(&self, goal: pb::Goal) -> Result<pb::Goal, Failure> {
        let request = pb::CreateGoalRequest { goal: Some(goal), ..Default::default() };
        said(self.client().create_goal(self.ask(request)).await).map(|response| response.goal.unwrap())
    }

    pub(crate) async fn updates_goal(&self, goal: pb::Goal, mask: &[&str]) -> Result<pb::Goal, Failure> {
        let paths = mask.iter().map(ToString::to_string).collect();
        let update_mask = Some(prost_types::FieldMask { paths });
        let request = pb::UpdateGoalRequest { goal: Some(goal), update_mask, ..Default::default() };
        said(self.client().update_goal(self.ask(request)).await).map(|response| response.goal.unwrap())
    }

    pub(crate) async fn activates_goal(&self, name: &str) -> Result<pb::Goal, Failure> {
        let request = pb::ActivateGoalRequest { name: name.to_owned(), ..Default::default() };
        said(self.client().activate_goal(self.ask(request)).await).map(|response| response.goal.unwrap())
    }

    pub(crate) async fn ends_goal(&self, name: &str) -> Result<pb::Goal, Failure> {
        let request = pb::EndGoalRequest { name: name.to_owned(), ..Default::default() };
        said(self.client().end_goal(self.ask(request)).await).map(|response| response.goal.unwrap())
    }

    /// The name of a goal in force, for a unit and role.
    pub(crate) async fn goal(&self, vision: &str, unit: Option<UnitId>, role: Option<RoleId>) -> String {
        let goal = pb::Goal {
            unit: unit.map(|unit| unit.name()).unwrap_or_default(),
            role: role.map(|role| role.name()).unwrap_or_default(),
            ..self.whole_goal(vision)
        };
        let goal = self.creates_goal(goal).await.unwrap();
        self.activates_goal(&goal.name).await.unwrap().name
    }

    pub(crate) async fn cascades(&self, name: &str, roles: &[RoleId]) -> Result<Vec<pb::Goal>, Failure> {
        let roles = roles.iter().map(|role| role.name()).collect();
        let request = pb::CascadeGoalRequest { name: name.to_owned(), roles, ..Default::default() };
        said(self.client().cascade_goal(self.ask(request)).await).map(|response| response.goals)
    }

    pub(crate) async fn answers(
        &self,
        person: PersonId,
        goal: &str,
        state: pb::CommitmentState,
    ) -> Result<pb::Commitment, Failure> {
        let objects = state == pb::CommitmentState::Objected;
        let request = pb::SetCommitmentRequest {
            goal: goal.to_owned(),
            person: person.name(),
            state: state.into(),
            objection: if objects { "the counter closes too early".to_owned() } else { String::new() },
            ..Default::default()
        };
        said(self.client().set_commitment(self.ask(request)).await)
            .map(|response| response.commitment.unwrap())
    }

    pub(crate) async fn coverage(
        &self,
        vision: &str,
        unit: Option<UnitId>,
    ) -> Result<pb::GetCoverageResponse, Failure> {
        let unit = unit.map(|unit| unit.name()).unwrap_or_default();
        let request = pb::GetCoverageRequest { vision: vision.to_owned(), unit };
        said(self.client().get_coverage(self.ask(request)).await)
    }

    /// The next event of a kind that other services hear, waited for.
    pub(crate) async fn hears<P: Payload>(&mut self) -> (Envelope, P) {
        loop {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
            let event = event.expect("an event within the time").unwrap();
            if event.subject == P::SUBJECT {
                let payload = event.decode().unwrap();
                return (event, payload);
            }
        }
    }
}

pub(crate) fn ask_as<T>(tenant: TenantId, scopes: &str, request: T) -> Request<T> {
    let caller = Caller { tenant, subject: "apiKeys/key_test".to_owned(), scopes: Scopes::parse(scopes) };
    client::with_caller(Request::new(request), &caller)
}

pub(crate) fn text(language: &str, text: &str) -> Option<LocalizedText> {
    Some(LocalizedText { by_language: [(language.to_owned(), text.to_owned())].into() })
}

pub(crate) fn said<T>(response: Result<Response<T>, Status>) -> Result<T, Failure> {
    response.map(Response::into_inner).map_err(|status| Failure::from_status(&status))
}

/// The code and reason of a refusal.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Failure>) -> (Code, String) {
    let failure = answer.unwrap_err();
    (failure.code, failure.reason.to_string())
}

/// The fields of the violations of a refusal.
#[track_caller]
pub(crate) fn fields<T: std::fmt::Debug>(answer: Result<T, Failure>) -> Vec<String> {
    answer.unwrap_err().violations.iter().map(|violation| violation.field.clone()).collect()
}
