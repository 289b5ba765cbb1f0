//! The service with everything around it, and what a test does with it, as verbs.

use std::sync::Arc;

use arki_database::Store;
use arki_events::{Envelope, InProcess, Payload};
use arki_goal::{Config, Peers};
use arki_ids::{PersonId, RoleId, TenantId, UnitId};
use arki_process::Context;
use arki_proto::directory::v1 as directory;
use arki_proto::event::v1::ErasureConfirmed;
use arki_proto::goal::v1 as pb;
use arki_rpc::{Failure, Peer, client};
use arki_test_support::{FakeClock, FakeDirectory, Recorder, TestDatabase, ask, mask, said, text};
use pb::goal_service_client::GoalServiceClient;
use tonic::Request;

pub(crate) struct World {
    pub(crate) directory: FakeDirectory,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) bus: Arc<InProcess>,
    /// The service's own state, seen past the service.
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    peer: Peer,
    heard: Arc<Recorder>,
    _database: TestDatabase,
}

impl World {
    pub(crate) async fn start(database: TestDatabase) -> Self {
        let config = Config { database: database.config.clone() };
        arki_goal::migrate(config.clone()).await.unwrap();
        let store = Store::connect(&database.config).await.unwrap();

        let clock = FakeClock::at("2027-01-15T08:00:00Z");
        let ctx = Context::alone(clock.clone());
        let assertion = ctx.assertion.clone();

        let directory = FakeDirectory::of("goal").with_pages_of(5);
        let once = client::Options { tries: 1, ..client::Options::default() };
        let peers =
            Peers { directory: client::stack_with(directory.peer(&assertion), assertion.clone(), once) };

        let bus = Arc::new(InProcess::new());
        let heard =
            Recorder::on(&*bus, &["arki.goal.>", "arki.directory.erasure.*", "arki.directory.purge.*"]).await;

        let running = arki_goal::build(config, peers, bus.clone(), ctx).await.unwrap();
        running.readiness.ready().await.unwrap();
        let peer = client::stack(running.peer(&assertion).unwrap(), assertion);
        let tenant = TenantId::generate();
        Self { directory, clock, bus, store, tenant, peer, heard, _database: database }
    }

    /// What was confirmed of erasures, once there are `count`.
    pub(crate) async fn confirmed(&self, count: usize) -> Vec<ErasureConfirmed> {
        self.told(count).await
    }

    /// The events of one kind, once there are `count`.
    pub(crate) async fn told<P: Payload>(&self, count: usize) -> Vec<P> {
        self.heard.of_kind(count).await
    }

    pub(crate) fn client(&self) -> GoalServiceClient<Peer> {
        GoalServiceClient::new(self.peer.clone())
    }

    /// A request of this tenant's editor.
    pub(crate) fn ask<T>(&self, request: T) -> Request<T> {
        ask(self.tenant, "goal.write", request)
    }

    pub(crate) fn unit(&self, name: &str, parent: Option<UnitId>) -> UnitId {
        self.directory.change(self.tenant, |known| known.unit(name, parent))
    }

    pub(crate) fn role(&self) -> RoleId {
        let role = RoleId::generate();
        self.directory.change(self.tenant, |known| known.roles.push(role));
        role
    }

    pub(crate) fn employee(&self, unit: Option<UnitId>, role: Option<RoleId>) -> PersonId {
        let employee = directory::Person {
            kind: directory::PersonKind::Employee.into(),
            unit: unit.map(|unit| unit.name()).unwrap_or_default(),
            role: role.map(|role| role.name()).unwrap_or_default(),
            ..Default::default()
        };
        self.directory.change(self.tenant, |known| known.person(employee))
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

    pub(crate) async fn updates_goal(&self, goal: pb::Goal, paths: &[&str]) -> Result<pb::Goal, Failure> {
        let update_mask = mask(paths);
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
    pub(crate) async fn hears<P: Payload>(&self) -> (Envelope, P) {
        self.heard.next().await
    }
}
