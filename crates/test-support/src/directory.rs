//! A directory that knows what a test tells it, behind the real contract: whoever calls it needs the scopes that the
//! directory asks for.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use arki_ids::{PersonId, RoleId, TenantId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_rpc::{AssertionKey, Caller, Failure, Peer, server};
use futures::future::BoxFuture;
use prost::Message;
use tokio::sync::Notify;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

mod answers;
mod contacts;

pub use contacts::Contacts;

/// What the directory knows of one tenant.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// The house rules. The name is that of whoever asks.
    pub rules: pb::Tenant,
    /// Those above before those below.
    pub units: Vec<pb::Unit>,
    pub roles: Vec<RoleId>,
    pub people: Vec<pb::Person>,
    /// Who may be contacted, and who was.
    pub contacts: Contacts,
}

impl Default for Organisation {
    fn default() -> Self {
        let rules = pb::Tenant {
            display_name: "Example Oy".to_owned(),
            default_language: "en".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            minimum_group_employees: 5,
            ..pb::Tenant::default()
        };
        Self {
            rules,
            units: Vec::new(),
            roles: Vec::new(),
            people: Vec::new(),
            contacts: Contacts::default(),
        }
    }
}

impl Organisation {
    /// One more unit.
    pub fn unit(&mut self, display_name: &str, parent: Option<UnitId>) -> UnitId {
        let id = UnitId::generate();
        self.units.push(unit(id, display_name, parent));
        id
    }

    /// One more person, who is active.
    pub fn person(&mut self, person: pb::Person) -> PersonId {
        let id = PersonId::generate();
        let employment_state = pb::EmploymentState::Active.into();
        self.people.push(pb::Person { name: id.name(), employment_state, ..person });
        id
    }

    /// What a person is.
    ///
    /// # Panics
    /// When there is no such person.
    pub fn person_mut(&mut self, id: PersonId) -> &mut pb::Person {
        self.people.iter_mut().find(|person| person.name == id.name()).unwrap()
    }
}

/// A unit by its id.
pub fn unit(id: UnitId, display_name: &str, parent: Option<UnitId>) -> pb::Unit {
    pb::Unit {
        name: id.name(),
        display_name: display_name.to_owned(),
        parent: parent.map(|parent| parent.name()).unwrap_or_default(),
        ..pb::Unit::default()
    }
}

/// A directory for one test. Its copies are the same directory.
#[derive(Clone, Debug)]
pub struct FakeDirectory {
    /// The subject of whoever may call: the service that is tested.
    caller: String,
    state: Arc<Mutex<State>>,
    /// Whoever asks for a person waits for this, while people are held.
    gate: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    tenants: HashMap<TenantId, Organisation>,
    is_away: bool,
    /// Members in one page of an audience at most; none is as many as are asked for.
    page: Option<usize>,
    /// Pages of audiences that are still answered before the directory goes away.
    pages_left: Option<usize>,
    holds_people: bool,
    waiting: usize,
    /// How often each method was answered.
    calls: HashMap<String, usize>,
}

impl FakeDirectory {
    /// A directory that only the named service calls.
    pub fn of(service: &str) -> Self {
        Self { caller: format!("services/{service}"), state: Arc::default(), gate: Arc::default() }
    }

    /// The same, which never gives more members of an audience at once, however many are asked for: so a test of a
    /// dozen people pages too.
    #[must_use]
    pub fn with_pages_of(self, members: usize) -> Self {
        self.set_page(members);
        self
    }

    /// The directory as a service calls it: with the server stack around it.
    pub fn peer(&self, assertion: &AssertionKey) -> Peer {
        let options = server::Options::new(arki_proto::DESCRIPTOR, assertion.clone());
        let routes = Routes::new(self.clone()).add_service(contacts::Service(self.clone()));
        server::stack(routes, options).unwrap()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a tenant.
    pub fn change<T>(&self, tenant: TenantId, change: impl FnOnce(&mut Organisation) -> T) -> T {
        change(self.state().tenants.entry(tenant).or_default())
    }

    /// Replaces what is known of a tenant.
    pub fn set(&self, tenant: TenantId, organisation: Organisation) {
        self.state().tenants.insert(tenant, organisation);
    }

    /// From now on, or no longer, every call finds the directory away.
    pub fn set_away(&self, is_away: bool) {
        let mut state = self.state();
        (state.is_away, state.pages_left) = (is_away, None);
    }

    /// It goes away after so many more pages of audiences.
    pub fn goes_away_after_pages(&self, pages: usize) {
        self.state().pages_left = Some(pages);
    }

    /// How many members of an audience it gives at once at most.
    pub fn set_page(&self, members: usize) {
        self.state().page = Some(members);
    }

    /// From now on nobody hears anything of a person, until [`Self::let_go`].
    pub fn hold_people(&self) {
        self.state().holds_people = true;
    }

    /// Answers those who wait.
    pub fn let_go(&self) {
        self.state().holds_people = false;
        self.gate.notify_waiters();
    }

    /// How many wait to hear of a person, those who gave up included.
    pub fn waiting(&self) -> usize {
        self.state().waiting
    }

    /// How often a method such as `GetTenant` was answered.
    pub fn calls(&self, method: &str) -> usize {
        self.state().calls.get(method).copied().unwrap_or_default()
    }

    async fn pass_gate(&self) {
        loop {
            let passes = self.gate.notified();
            tokio::pin!(passes);
            passes.as_mut().enable();
            {
                let mut state = self.state();
                if !state.holds_people {
                    return;
                }
                state.waiting += 1;
            }
            passes.await;
            self.state().waiting -= 1;
        }
    }

    async fn unary<Q, A>(
        self,
        request: http::Request<Body>,
        answer: fn(&mut State, TenantId, Q) -> Result<A, Failure>,
    ) -> http::Response<Body>
    where
        Q: Message + Default + Send + 'static,
        A: Message + Default + Send + 'static,
    {
        let method = method(&request).to_owned();
        let handler = tower::service_fn(move |request: Request<Q>| {
            let answered = self.answer(&method, request, answer);
            std::future::ready(answered.map(Response::new).map_err(Status::from))
        });
        tonic::server::Grpc::new(ProstCodec::<A, Q>::default()).unary(handler, request).await
    }

    fn answer<Q, A>(
        &self,
        method: &str,
        request: Request<Q>,
        answer: fn(&mut State, TenantId, Q) -> Result<A, Failure>,
    ) -> Result<A, Failure> {
        let caller = Caller::of(&request)?;
        assert_eq!(caller.subject, self.caller);
        let mut state = self.state();
        if state.is_away {
            return Err(Failure::away("the test says so"));
        }
        *state.calls.entry(method.to_owned()).or_default() += 1;
        answer(&mut state, caller.tenant, request.into_inner())
    }
}

fn method(request: &http::Request<Body>) -> &str {
    request.uri().path().rsplit('/').next().unwrap_or_default()
}

impl tonic::server::NamedService for FakeDirectory {
    const NAME: &'static str = "arki.directory.v1.DirectoryService";
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
            Ok(match method(&request) {
                "GetTenant" => this.unary(request, answers::tenant).await,
                "GetTree" => this.unary(request, answers::tree).await,
                "ListUnits" => this.unary(request, answers::units).await,
                "GetRole" => this.unary(request, answers::role).await,
                "GetPerson" => {
                    this.pass_gate().await;
                    this.unary(request, answers::person).await
                }
                "ResolveAudience" => this.unary(request, answers::audience).await,
                "ReserveContacts" => this.unary(request, contacts::reserve).await,
                "ReleaseContacts" => this.unary(request, contacts::release).await,
                "GetPreferences" => this.unary(request, contacts::preferences).await,
                "ChangePreference" => this.unary(request, contacts::change_preference).await,
                "ReportBounce" => this.unary(request, contacts::bounce).await,
                other => panic!("no test needed {other} of the directory so far"),
            })
        })
    }
}
