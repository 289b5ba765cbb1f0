//! A directory that knows what a test tells it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use arki_ids::{PersonId, TenantId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Failure, Peer};
use futures::future::BoxFuture;
use prost::Message;
use tokio::sync::Notify;
use tonic::body::Body;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::ServiceExt;

/// Members of a page, however many are asked for, so that a test of a dozen people pages too.
const PAGE: usize = 4;

/// What the directory knows of one tenant.
#[derive(Clone, Default)]
pub(crate) struct Known {
    pub(crate) units: Vec<pb::TreeUnit>,
    pub(crate) people: Vec<pb::Person>,
    pub(crate) minimum_group: i32,
}

#[derive(Clone, Default)]
pub(crate) struct FakeDirectory {
    state: Arc<Mutex<State>>,
    /// Whoever asks for a person waits for this, while it is held.
    gate: Arc<Notify>,
}

#[derive(Default)]
struct State {
    tenants: HashMap<TenantId, Known>,
    is_away: bool,
    /// Pages of audiences that are still answered before the directory goes away.
    pages_left: Option<usize>,
    holds_people: bool,
    waiting: usize,
    people_asked: usize,
}

impl FakeDirectory {
    pub(crate) fn peer(&self) -> Peer {
        Peer::new(self.clone().map_err(|never: Infallible| match never {}))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change<T>(&self, tenant: TenantId, change: impl FnOnce(&mut Known) -> T) -> T {
        change(self.state().tenants.entry(tenant).or_default())
    }

    pub(crate) fn set_away(&self, is_away: bool) {
        let mut state = self.state();
        (state.is_away, state.pages_left) = (is_away, None);
    }

    pub(crate) fn goes_away_after_pages(&self, pages: usize) {
        self.state().pages_left = Some(pages);
    }

    /// From now on nobody hears anything of a person, until [`Self::let_go`].
    pub(crate) fn hold_people(&self) {
        self.state().holds_people = true;
    }

    pub(crate) fn let_go(&self) {
        self.state().holds_people = false;
        self.gate.notify_waiters();
    }

    /// How many wait to hear of a person.
    pub(crate) fn waiting(&self) -> usize {
        self.state().waiting
    }

    /// How often anybody asked for a person.
    pub(crate) fn people_asked(&self) -> usize {
        self.state().people_asked
    }

    pub(crate) fn unit(&self, tenant: TenantId, name: &str, parent: Option<UnitId>) -> UnitId {
        let id = UnitId::generate();
        self.change(tenant, |known| {
            known.units.push(pb::TreeUnit {
                name: id.name(),
                display_name: name.to_owned(),
                parent: parent.map(|parent| parent.name()).unwrap_or_default(),
                ..Default::default()
            });
        });
        id
    }

    /// An employee of a unit, with a zone and a language.
    pub(crate) fn employee(
        &self,
        tenant: TenantId,
        name: &str,
        unit: Option<UnitId>,
        zone: &str,
    ) -> PersonId {
        let id = PersonId::generate();
        self.change(tenant, |known| {
            known.people.push(pb::Person {
                name: id.name(),
                kind: pb::PersonKind::Employee.into(),
                employment_state: pb::EmploymentState::Active.into(),
                display_name: name.to_owned(),
                email: format!("{}@example.org", name.to_lowercase()),
                language: "en".to_owned(),
                time_zone: zone.to_owned(),
                unit: unit.map(|unit| unit.name()).unwrap_or_default(),
                ..Default::default()
            });
        });
        id
    }

    pub(crate) fn edit(&self, tenant: TenantId, person: PersonId, edit: impl FnOnce(&mut pb::Person)) {
        self.change(tenant, |known| {
            edit(known.people.iter_mut().find(|known| known.name == person.name()).unwrap());
        });
    }

    fn get_tenant(
        &self,
        tenant: TenantId,
        _: pb::GetTenantRequest,
    ) -> Result<pb::GetTenantResponse, Failure> {
        let minimum = self.change(tenant, |known| known.minimum_group);
        let tenant = pb::Tenant {
            name: tenant.name(),
            display_name: "Example Oy".to_owned(),
            default_language: "en".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            minimum_group_employees: minimum,
            ..Default::default()
        };
        Ok(pb::GetTenantResponse { tenant: Some(tenant) })
    }

    fn get_tree(&self, tenant: TenantId, _: pb::GetTreeRequest) -> Result<pb::GetTreeResponse, Failure> {
        Ok(pb::GetTreeResponse { as_of: None, units: self.change(tenant, |known| known.units.clone()) })
    }

    fn get_person(
        &self,
        tenant: TenantId,
        asked: pb::GetPersonRequest,
    ) -> Result<pb::GetPersonResponse, Failure> {
        self.state().people_asked += 1;
        let found = self
            .change(tenant, |known| known.people.iter().find(|person| person.name == asked.name).cloned());
        let missing = || Failure::not_found(pb::ErrorReason::PersonNotFound, "there is no such person");
        Ok(pb::GetPersonResponse { person: Some(found.ok_or_else(missing)?) })
    }

    fn resolve(
        &self,
        tenant: TenantId,
        asked: pb::ResolveAudienceRequest,
    ) -> Result<pb::ResolveAudienceResponse, Failure> {
        match &mut self.state().pages_left {
            Some(0) => return Err(Failure::away("the test says so")),
            Some(left) => *left -= 1,
            None => {}
        }
        let audience = asked.audience.unwrap();
        let from: usize = asked.page_token.parse().unwrap_or(0);
        let mut members = self.change(tenant, |known| {
            let belongs = |person: &&pb::Person| {
                person.kind == audience.kind
                    && person.employment_state() == pb::EmploymentState::Active
                    && (audience.units.is_empty() || audience.units.contains(&person.unit))
            };
            let members = known.people.iter().filter(belongs).skip(from).take(PAGE + 1);
            members.cloned().collect::<Vec<_>>()
        });
        let next = if members.len() > PAGE { (from + PAGE).to_string() } else { String::new() };
        members.truncate(PAGE);
        let members = members.into_iter().map(|person| pb::AudienceMember {
            person: person.name,
            unit: person.unit,
            language: person.language,
            time_zone: person.time_zone,
            email: person.email,
            display_name: person.display_name,
            ..Default::default()
        });
        Ok(pb::ResolveAudienceResponse { members: members.collect(), next_page_token: next })
    }

    async fn unary<Q, A>(
        self,
        request: http::Request<Body>,
        answer: fn(&Self, TenantId, Q) -> Result<A, Failure>,
    ) -> http::Response<Body>
    where
        Q: Message + Default + Send + 'static,
        A: Message + Default + Send + 'static,
    {
        let handler = tower::service_fn(move |request: Request<Q>| {
            let answered = Caller::of(&request).and_then(|caller| {
                assert!(caller.allows("directory.read"), "the caller lacks directory.read");
                let is_away = self.state().is_away;
                if is_away {
                    Err(Failure::away("the test says so"))
                } else {
                    answer(&self, caller.tenant, request.into_inner())
                }
            });
            async move { answered.map(Response::new).map_err(Status::from) }
        });
        tonic::server::Grpc::new(ProstCodec::<A, Q>::default()).unary(handler, request).await
    }

    async fn pass_gate(&self) {
        loop {
            let passes = self.gate.notified();
            tokio::pin!(passes);
            passes.as_mut().enable();
            if !self.state().holds_people {
                return;
            }
            self.state().waiting += 1;
            passes.await;
            self.state().waiting -= 1;
        }
    }
}

impl tower::Service<http::Request<Body>> for FakeDirectory {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            Ok(match request.uri().path().rsplit('/').next().unwrap() {
                "GetTenant" => this.unary(request, Self::get_tenant).await,
                "GetTree" => this.unary(request, Self::get_tree).await,
                "GetPerson" => {
                    this.pass_gate().await;
                    this.unary(request, Self::get_person).await
                }
                "ResolveAudience" => this.unary(request, Self::resolve).await,
                other => panic!("communication asks the directory for {other}"),
            })
        })
    }
}
