use arki_ids::{PersonId, TenantId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::contact_service_client::ContactServiceClient;
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_rpc::client::with_caller;
use arki_rpc::{Caller, Failure, Peer};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tonic::{Code, Status};

use super::memo::Memo;
use crate::domain::{self, Audience, AudienceKind, TreeUnit};

/// Members of one page: as many as the contract allows, since a page costs a round trip.
const PAGE: i32 = 5_000;

/// The largest answer that is taken, in bytes: a tree of a hundred thousand units is some 15 MB.
const LARGEST: usize = 64 * 1024 * 1024;

/// Where the language of a tenant is unknown.
const LANGUAGE: &str = "en";

/// The smallest group where the tenant says nothing, and the least it may say.
const MINIMUM_GROUP: u64 = 5;

/// Why the directory gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the directory is not available: {0}")]
    Away(Box<Status>),
    #[error("the directory answered with what can't be used: {0}")]
    Unusable(String),
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Away(Box::new(status))
    }
}

/// How a tenant wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TenantSettings {
    pub(crate) zone: Tz,
    pub(crate) language: String,
    pub(crate) minimum_group: u64,
}

/// A member of an audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) person: PersonId,
    pub(crate) unit: Option<UnitId>,
    pub(crate) language: String,
    /// None where it is not one that is known.
    pub(crate) zone: Option<Tz>,
    pub(crate) has_address: bool,
}

/// Where mail reaches a person. Kept in memory for minutes, never stored and never logged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Recipient {
    pub(crate) address: String,
    pub(crate) display_name: String,
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recipient")
    }
}

/// The people and units of a tenant.
pub(crate) struct Directory {
    client: DirectoryServiceClient<Peer>,
    pub(super) contacts: ContactServiceClient<Peer>,
    memo: Memo,
}

impl Directory {
    pub(crate) fn new(peer: Peer) -> Self {
        let contacts = ContactServiceClient::new(peer.clone());
        let client = DirectoryServiceClient::new(peer).max_decoding_message_size(LARGEST);
        Self { client, contacts, memo: Memo::default() }
    }

    pub(crate) async fn tenant(&self, tenant: TenantId) -> Result<TenantSettings, Error> {
        let request = with_caller(pb::GetTenantRequest { name: tenant.name() }, &caller(tenant));
        let found = self.client.clone().get_tenant(request).await?.into_inner().tenant;
        let found = found.ok_or_else(|| Error::Unusable("no tenant in it".to_owned()))?;
        let minimum = u64::try_from(found.minimum_group_employees).unwrap_or_default();
        Ok(TenantSettings {
            zone: domain::zone(&found.time_zone).unwrap_or(Tz::UTC),
            language: if found.default_language.is_empty() {
                LANGUAGE.to_owned()
            } else {
                found.default_language
            },
            minimum_group: minimum.max(MINIMUM_GROUP),
        })
    }

    /// Today's tree, parents before children.
    pub(crate) async fn tree(&self, tenant: TenantId) -> Result<Vec<TreeUnit>, Error> {
        let request = with_caller(pb::GetTreeRequest { as_of: None }, &caller(tenant));
        let units = self.client.clone().get_tree(request).await?.into_inner().units;
        units
            .into_iter()
            .map(|unit| {
                let parent = (!unit.parent.is_empty()).then(|| unit_id(&unit.parent)).transpose()?;
                Ok(TreeUnit { id: unit_id(&unit.name)?, display_name: unit.display_name, parent })
            })
            .collect()
    }

    /// A page of those who belong to an audience today, and the token of the next one. Their addresses are
    /// remembered for a short while.
    pub(crate) async fn members(
        &self,
        tenant: TenantId,
        audience: &Audience,
        page_token: String,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Member>, Option<String>), Error> {
        let Audience { kind, units, roles } = audience;
        let kind = match kind {
            AudienceKind::Employee => pb::PersonKind::Employee,
            AudienceKind::Customer => pb::PersonKind::Customer,
            AudienceKind::Prospect => pb::PersonKind::Prospect,
        };
        let request = pb::ResolveAudienceRequest {
            audience: Some(pb::Audience {
                kind: kind.into(),
                units: units.iter().map(|unit| unit.name()).collect(),
                roles: roles.iter().map(|role| role.name()).collect(),
                ..Default::default()
            }),
            as_of: None,
            page_size: PAGE,
            page_token,
        };
        let request = with_caller(request, &caller(tenant));
        let page = self.client.clone().resolve_audience(request).await?.into_inner();
        let next = (!page.next_page_token.is_empty()).then_some(page.next_page_token);
        let members = page.members.into_iter().map(|member| self.member(tenant, member, now));
        Ok((members.collect::<Result<_, _>>()?, next))
    }

    fn member(
        &self,
        tenant: TenantId,
        member: pb::AudienceMember,
        now: DateTime<Utc>,
    ) -> Result<Member, Error> {
        let pb::AudienceMember {
            person,
            unit,
            role: _,
            language,
            time_zone,
            email,
            display_name,
            external_id: _,
        } = member;
        let person = PersonId::from_name(&person).map_err(|error| Error::Unusable(error.to_string()))?;
        let has_address = !email.is_empty();
        if has_address {
            self.memo.put(tenant, person, Recipient { address: email, display_name }, now);
        }
        let unit = (!unit.is_empty()).then(|| unit_id(&unit)).transpose()?;
        Ok(Member { person, unit, language, zone: domain::zone(&time_zone), has_address })
    }

    /// Where mail reaches a person now, or why it should not.
    pub(crate) async fn recipient(
        &self,
        tenant: TenantId,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<Result<Recipient, &'static str>, Error> {
        if let Some(known) = self.memo.take(tenant, person, now) {
            return Ok(Ok(known));
        }
        let request = with_caller(pb::GetPersonRequest { name: person.name() }, &caller(tenant));
        let found = match self.client.clone().get_person(request).await {
            Ok(response) => response.into_inner().person,
            Err(status) if status.code() == Code::NotFound => {
                return Ok(Err("the person is no longer known"));
            }
            Err(status) => return Err(status.into()),
        };
        let found = found.ok_or_else(|| Error::Unusable("no person in it".to_owned()))?;
        if found.name != person.name() {
            return Ok(Err("the person turned out to be another one, who gets messages of their own"));
        }
        let is_employee = matches!(found.kind(), pb::PersonKind::Employee | pb::PersonKind::Leaver);
        let works = matches!(
            found.employment_state(),
            pb::EmploymentState::Active | pb::EmploymentState::Returned | pb::EmploymentState::Unspecified
        );
        Ok(if found.kind() == pb::PersonKind::Leaver || (is_employee && !works) {
            Err("the person is away or has left")
        } else if found.email.is_empty() {
            Err("the person has no address")
        } else {
            Ok(Recipient { address: found.email, display_name: found.display_name })
        })
    }
}

pub(super) fn caller(tenant: TenantId) -> Caller {
    Caller::service("communication", tenant)
}

fn unit_id(name: &str) -> Result<UnitId, Error> {
    UnitId::from_name(name).map_err(|error| Error::Unusable(error.to_string()))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Away(_) => Self::away(error),
            Error::Unusable(_) => Self::internal(error),
        }
    }
}
