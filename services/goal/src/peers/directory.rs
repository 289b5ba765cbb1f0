//! The organisation and its people, asked of the directory on this service's own behalf: what a caller of this
//! service may do here says nothing of what it may read there.

use arki_ids::{Id, Kind, ParseIdError, PersonId, RoleId, TenantId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Failure, Peer, client};
use pb::directory_service_client::DirectoryServiceClient;
use tonic::{Code, Request, Response, Status};

use crate::domain::Organisation;
use crate::domain::coverage::Employee;
use crate::domain::organisation::{Malformed, UnitRow};

/// Members in a page of an audience: the most that the directory gives.
const PAGE: i32 = 5_000;

/// The longest message that is taken, in bytes: a tree of some ten thousand units, or a page of members.
const LONGEST: usize = 64 << 20;

/// The directory.
#[derive(Clone, Debug)]
pub struct Directory {
    client: DirectoryServiceClient<Peer>,
}

/// What the directory says of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    /// Whether the person works for the tenant, be it on long leave.
    pub is_employee: bool,
    pub unit: Option<UnitId>,
    pub role: Option<RoleId>,
}

/// Why the directory did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is away or full: ask again later.
    #[error("the directory is not available")]
    Away(#[source] Failure),
    /// It took longer than there was time.
    #[error("the directory did not answer in time")]
    Late(#[source] Failure),
    /// It refused what this service may always ask.
    #[error("the directory refused")]
    Refused(#[source] Failure),
    /// Its answer is not what the contract says.
    #[error("the directory's answer can't be read: {0}")]
    Unreadable(String),
}

impl From<ParseIdError> for Error {
    fn from(error: ParseIdError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<Malformed> for Error {
    fn from(error: Malformed) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl Directory {
    /// A directory behind a peer that has the client stack around it.
    pub fn new(peer: Peer) -> Self {
        Self { client: DirectoryServiceClient::new(peer).max_decoding_message_size(LONGEST) }
    }

    /// The tree of today.
    pub async fn tree(&self, tenant: TenantId) -> Result<Organisation, Error> {
        let request = asked(pb::GetTreeRequest { as_of: None }, tenant);
        let pb::GetTreeResponse { as_of: _, units } = answer(self.client.clone().get_tree(request).await)?;
        let rows = units.into_iter().map(unit_row).collect::<Result<Vec<_>, _>>()?;
        Ok(Organisation::new(rows)?)
    }

    /// A person; none where the tenant has no such one.
    pub async fn person(&self, tenant: TenantId, id: PersonId) -> Result<Option<PersonFacts>, Error> {
        let request = asked(pb::GetPersonRequest { name: id.name() }, tenant);
        let Some(response) = found(self.client.clone().get_person(request).await)? else { return Ok(None) };
        let person = response.person.ok_or_else(|| Error::Unreadable("a person is missing".to_owned()))?;
        let has_left = person.employment_state() == pb::EmploymentState::Left;
        Ok(Some(PersonFacts {
            is_employee: person.kind() == pb::PersonKind::Employee && !has_left,
            unit: id_or_none(&person.unit)?,
            role: id_or_none(&person.role)?,
        }))
    }

    /// Whether the tenant has a role.
    pub async fn has_role(&self, tenant: TenantId, id: RoleId) -> Result<bool, Error> {
        let request = asked(pb::GetRoleRequest { name: id.name() }, tenant);
        Ok(found(self.client.clone().get_role(request).await)?.is_some())
    }

    /// The active employees of today.
    pub async fn employees(&self, tenant: TenantId) -> Result<Vec<Employee>, Error> {
        let audience = pb::Audience { kind: pb::PersonKind::Employee.into(), ..Default::default() };
        let mut employees = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ResolveAudienceRequest {
                audience: Some(audience.clone()),
                as_of: None,
                page_size: PAGE,
                page_token,
            };
            // It only reads, whatever its name says, so asking twice is asking once.
            let request = client::retryable(asked(request, tenant));
            let page = answer(self.client.clone().resolve_audience(request).await)?;
            for member in page.members {
                employees.push(Employee {
                    person: PersonId::from_name(&member.person)?,
                    unit: id_or_none(&member.unit)?,
                    role: id_or_none(&member.role)?,
                });
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(employees);
            }
        }
    }

    /// The smallest group of employees whose numbers the tenant shows.
    pub async fn minimum_group(&self, tenant: TenantId) -> Result<u64, Error> {
        let request = asked(pb::GetTenantRequest { name: tenant.name() }, tenant);
        let response = answer(self.client.clone().get_tenant(request).await)?;
        let tenant = response.tenant.ok_or_else(|| Error::Unreadable("the tenant is missing".to_owned()))?;
        u64::try_from(tenant.minimum_group_employees)
            .map_err(|_| Error::Unreadable("minimum_group_employees is negative".to_owned()))
    }
}

fn asked<T>(request: T, tenant: TenantId) -> Request<T> {
    client::with_caller(Request::new(request), &Caller::service("goal", tenant))
}

fn answer<T>(answered: Result<Response<T>, Status>) -> Result<T, Error> {
    answered.map(Response::into_inner).map_err(|status| {
        let failure = Failure::from_status(&status);
        match failure.code {
            Code::Unavailable | Code::ResourceExhausted => Error::Away(failure),
            Code::DeadlineExceeded | Code::Cancelled => Error::Late(failure),
            _ => Error::Refused(failure),
        }
    })
}

fn found<T>(answered: Result<Response<T>, Status>) -> Result<Option<T>, Error> {
    match answered {
        Err(status) if status.code() == Code::NotFound => Ok(None),
        answered => answer(answered).map(Some),
    }
}

fn id_or_none<K: Kind>(name: &str) -> Result<Option<Id<K>>, ParseIdError> {
    if name.is_empty() { Ok(None) } else { Id::from_name(name).map(Some) }
}

fn unit_row(unit: pb::TreeUnit) -> Result<UnitRow, Error> {
    let pb::TreeUnit { name, display_name, parent, leader, depth: _, employees: _ } = unit;
    Ok(UnitRow {
        id: UnitId::from_name(&name)?,
        display_name,
        parent: id_or_none(&parent)?,
        leader: id_or_none(&leader)?,
    })
}
