//! A directory that knows what a test tells it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use arki_ids::{PersonId, RoleId, TenantId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Failure};
use futures::future::BoxFuture;
use prost::Message;
use tonic::body::Body;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// What the directory knows of one tenant.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// Parents before children.
    pub(crate) units: Vec<pb::TreeUnit>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) people: Vec<pb::Person>,
    pub(crate) minimum_group_employees: i32,
}

#[derive(Clone, Default)]
pub(crate) struct FakeDirectory {
    tenants: Arc<Mutex<HashMap<TenantId, Known>>>,
    away: Arc<Mutex<bool>>,
}

/// Members in a page, however many are asked for, so that a test of a dozen people pages too.
const PAGE: usize = 5;

impl FakeDirectory {
    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, Known>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change<T>(&self, tenant: TenantId, change: impl FnOnce(&mut Known) -> T) -> T {
        change(self.tenants().entry(tenant).or_default())
    }

    /// From now on, or no longer, every call finds the directory away.
    pub(crate) fn set_away(&self, away: bool) {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = away;
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

    pub(crate) fn role(&self, tenant: TenantId) -> RoleId {
        let id = RoleId::generate();
        self.change(tenant, |known| known.roles.push(id));
        id
    }

    pub(crate) fn employee(&self, tenant: TenantId, unit: Option<UnitId>, role: Option<RoleId>) -> PersonId {
        let id = PersonId::generate();
        self.change(tenant, |known| {
            known.people.push(pb::Person {
                name: id.name(),
                kind: pb::PersonKind::Employee.into(),
                employment_state: pb::EmploymentState::Active.into(),
                unit: unit.map(|unit| unit.name()).unwrap_or_default(),
                role: role.map(|role| role.name()).unwrap_or_default(),
                ..Default::default()
            });
        });
        id
    }

    fn known(&self, tenant: TenantId) -> Result<Known, Failure> {
        if *self.away.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(Failure::away("the test says so"));
        }
        Ok(self.tenants().get(&tenant).cloned().unwrap_or_default())
    }

    async fn unary<Q, A>(
        self,
        request: http::Request<Body>,
        answer: fn(Known, Q) -> Result<A, Failure>,
    ) -> http::Response<Body>
    where
        Q: Message + Default + Send + 'static,
        A: Message + Default + Send + 'static,
    {
        let handler = tower::service_fn(move |request: Request<Q>| {
            let known = Caller::of(&request).and_then(|caller| self.known(caller.tenant));
            let answered = known.and_then(|known| answer(known, request.into_inner()));
            async move { answered.map(Response::new).map_err(Status::from) }
        });
        tonic::server::Grpc::new(ProstCodec::<A, Q>::default()).unary(handler, request).await
    }
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
            let path = request.uri().path().to_owned();
            Ok(match path.rsplit('/').next().unwrap_or_default() {
                "GetTree" => this.unary(request, get_tree).await,
                "GetPerson" => this.unary(request, get_person).await,
                "GetRole" => this.unary(request, get_role).await,
                "GetTenant" => this.unary(request, get_tenant).await,
                "ResolveAudience" => this.unary(request, resolve_audience).await,
                _ => Status::unimplemented("the tests need no more").into_http(),
            })
        })
    }
}

fn get_tree(known: Known, _: pb::GetTreeRequest) -> Result<pb::GetTreeResponse, Failure> {
    Ok(pb::GetTreeResponse { as_of: None, units: known.units })
}

fn get_person(known: Known, request: pb::GetPersonRequest) -> Result<pb::GetPersonResponse, Failure> {
    let found = known.people.into_iter().find(|person| person.name == request.name);
    let missing = || Failure::not_found(pb::ErrorReason::PersonNotFound, "no such person");
    Ok(pb::GetPersonResponse { person: Some(found.ok_or_else(missing)?) })
}

fn get_role(known: Known, request: pb::GetRoleRequest) -> Result<pb::GetRoleResponse, Failure> {
    if known.roles.iter().any(|role| role.name() == request.name) {
        return Ok(pb::GetRoleResponse { role: Some(pb::Role { name: request.name, ..Default::default() }) });
    }
    Err(Failure::not_found(pb::ErrorReason::RoleNotFound, "no such role"))
}

fn get_tenant(known: Known, request: pb::GetTenantRequest) -> Result<pb::GetTenantResponse, Failure> {
    let minimum_group_employees = known.minimum_group_employees.max(5);
    let tenant = pb::Tenant { name: request.name, minimum_group_employees, ..Default::default() };
    Ok(pb::GetTenantResponse { tenant: Some(tenant) })
}

fn resolve_audience(
    known: Known,
    request: pb::ResolveAudienceRequest,
) -> Result<pb::ResolveAudienceResponse, Failure> {
    let start: usize = request.page_token.parse().unwrap_or_default();
    let members: Vec<_> = known
        .people
        .into_iter()
        .filter(|person| person.employment_state() == pb::EmploymentState::Active)
        .map(|person| pb::AudienceMember {
            person: person.name,
            unit: person.unit,
            role: person.role,
            ..Default::default()
        })
        .collect();
    let end = (start + PAGE).min(members.len());
    Ok(pb::ResolveAudienceResponse {
        members: members[start..end].to_vec(),
        next_page_token: if end < members.len() { end.to_string() } else { String::new() },
    })
}
