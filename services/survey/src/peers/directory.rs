//! The directory: who belongs to an audience, what the tree is, and the house rules of a tenant.

use std::collections::{BTreeMap, HashMap, HashSet};

use arki_ids::{PersonId, RoleId, TenantId, UnitId, WaveId};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::contact_service_client::ContactServiceClient;
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_proto::r#type::v1::{ContactChannel, ContactPurpose};
use arki_rpc::{Caller, Failure, Peer, client, time};
use chrono::NaiveDate;
use tonic::Response;

use crate::domain::{Audience, Wave};

/// Members in one page: the most that the directory gives.
const MEMBERS: i32 = 5_000;
/// Units in one page.
const UNITS: i32 = 1_000;
/// The smallest group where the tenant says nothing else.
const MINIMUM_GROUP: u32 = 5;
/// People in one reservation: the most that the directory takes.
const RESERVED: usize = 5_000;
/// How long places are kept for a wave that does not tell that it has opened, in seconds: four days, in which the news of
/// an opening gets through an outage of a long weekend. A place that ended before would be counted by nobody for good. An
/// opening that fails gives its places back at once, and one that is tried again finds them, so they are kept in vain only
/// where a process dies in between and nobody opens the wave.
const LEASE_SECONDS: i32 = 4 * 24 * 3_600;
/// No house rule goes below this.
const SMALLEST_GROUP: u32 = 4;

/// The directory as this service sees it.
#[derive(Clone, Debug)]
pub struct Directory {
    client: DirectoryServiceClient<Peer>,
    contacts: ContactServiceClient<Peer>,
}

/// What a tenant says about itself.
#[derive(Clone, Debug)]
pub struct Rules {
    pub default_language: String,
    pub time_zone: String,
    pub minimum_group_employees: u32,
}

impl Rules {
    /// The smallest group whose numbers may be shown.
    pub fn minimum_group(&self, audience: Audience) -> u32 {
        if audience.is_guarded() { self.minimum_group_employees } else { MINIMUM_GROUP }
    }
}

/// A person of an audience.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: PersonId,
    pub unit: Option<UnitId>,
    pub role: Option<RoleId>,
    pub language: String,
}

/// The units of a tenant today.
#[derive(Clone, Debug, Default)]
pub struct Units {
    known: HashSet<UnitId>,
    by_external_id: HashMap<String, UnitId>,
}

impl Units {
    /// Reads `units/unt_…` or `externalIds/KEY`.
    pub fn find(&self, name: &str) -> Option<UnitId> {
        match name.strip_prefix("externalIds/") {
            Some(key) => self.by_external_id.get(key).copied(),
            None => UnitId::from_name(name).ok().filter(|unit| self.known.contains(unit)),
        }
    }
}

/// Why the directory gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the directory refused: {0}")]
    Refused(#[source] Failure),
    #[error("the directory doesn't know a unit")]
    UnitNotFound { name: String },
    #[error("the directory's answer can't be read: {0}")]
    Unreadable(String),
}

impl Directory {
    pub fn new(peer: Peer) -> Self {
        // A page of members may be larger than the default of 4 MiB when names are long.
        let contacts = ContactServiceClient::new(peer.clone());
        Self { client: DirectoryServiceClient::new(peer).max_decoding_message_size(32 << 20), contacts }
    }

    /// Keeps a contact for a wave with each of these people, and tells the word of the reason for those who may not be
    /// asked. What is kept stays when the wave tells that it has opened.
    pub async fn reserve(
        &self,
        tenant: TenantId,
        wave: &Wave,
        people: &[PersonId],
    ) -> Result<BTreeMap<PersonId, &'static str>, Error> {
        let mut refused = BTreeMap::new();
        for part in people.chunks(RESERVED) {
            let wanted = |person: &PersonId| pb::WantedContact { person: person.name(), time: None };
            let request = pb::ReserveContactsRequest {
                reservation: wave.id.name(),
                purpose: ContactPurpose::Survey.into(),
                channel: ContactChannel::Email.into(),
                contacts: part.iter().map(wanted).collect(),
                lease_seconds: LEASE_SECONDS,
                is_relational: wave.is_relational,
                asks_leavers: wave.audience == Audience::Leavers,
                ..Default::default()
            };
            let answered = self.contacts.clone().reserve_contacts(on_behalf(tenant, request)).await;
            for answer in read(answered)?.answers {
                if let Some(reason) = reason(answer.refusal()) {
                    let person = named(&answer.person)?;
                    refused.extend(person.map(|person| (person, reason)));
                }
            }
        }
        Ok(refused)
    }

    /// Gives back what was kept for a wave that did not open.
    pub async fn release(&self, tenant: TenantId, wave: WaveId) -> Result<(), Error> {
        let request = pb::ReleaseContactsRequest { reservation: wave.name() };
        read(self.contacts.clone().release_contacts(on_behalf(tenant, request)).await)?;
        Ok(())
    }

    pub async fn rules(&self, tenant: TenantId) -> Result<Rules, Error> {
        let request = pb::GetTenantRequest { name: tenant.name() };
        let answered = self.client.clone().get_tenant(on_behalf(tenant, request)).await;
        let pb::GetTenantResponse { tenant } = read(answered)?;
        let tenant = tenant.ok_or_else(|| Error::Unreadable("no tenant".to_owned()))?;
        let group = u32::try_from(tenant.minimum_group_employees).unwrap_or_default();
        let or = |value: String, default: &str| if value.is_empty() { default.to_owned() } else { value };
        Ok(Rules {
            default_language: or(tenant.default_language, "en"),
            time_zone: or(tenant.time_zone, "UTC"),
            minimum_group_employees: if group == 0 { MINIMUM_GROUP } else { group.max(SMALLEST_GROUP) },
        })
    }

    /// Everybody of an audience on a day, each once, in the order of their ids.
    pub async fn audience(
        &self,
        tenant: TenantId,
        audience: Audience,
        units: &[UnitId],
        day: NaiveDate,
    ) -> Result<Vec<Member>, Error> {
        let kind = match audience {
            Audience::Employees => pb::PersonKind::Employee,
            Audience::Customers => pb::PersonKind::Customer,
            Audience::Prospects => pb::PersonKind::Prospect,
            Audience::FormerCustomers => pb::PersonKind::FormerCustomer,
            Audience::Candidates => pb::PersonKind::Candidate,
            Audience::Leavers => pb::PersonKind::Leaver,
        };
        let audience = pb::Audience {
            kind: kind.into(),
            units: units.iter().map(UnitId::name).collect(),
            ..Default::default()
        };
        // Somebody who changes while the pages are read may be on two of them.
        let mut members = BTreeMap::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ResolveAudienceRequest {
                audience: Some(audience.clone()),
                as_of: Some(time::date(day)),
                page_size: MEMBERS,
                page_token,
            };
            let answered = self.client.clone().resolve_audience(on_behalf(tenant, request)).await;
            let page = read(answered)?;
            for member in page.members {
                let member = read_member(member)?;
                members.insert(member.person, member);
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(members.into_values().collect());
            }
        }
    }

    /// Each unit of a day with the one above it.
    pub async fn tree(
        &self,
        tenant: TenantId,
        day: NaiveDate,
    ) -> Result<Vec<(UnitId, Option<UnitId>)>, Error> {
        let request = pb::GetTreeRequest { as_of: Some(time::date(day)) };
        let answered = self.client.clone().get_tree(on_behalf(tenant, request)).await;
        let units = read(answered)?.units;
        units
            .into_iter()
            .map(|unit| {
                let own = named(&unit.name)?
                    .ok_or_else(|| Error::Unreadable("a unit without a name".to_owned()))?;
                Ok((own, named(&unit.parent)?))
            })
            .collect()
    }

    /// The units of today with their keys in the HR system.
    pub async fn units(&self, tenant: TenantId) -> Result<Units, Error> {
        let mut units = Units::default();
        let mut page_token = String::new();
        loop {
            let request = pb::ListUnitsRequest { page_size: UNITS, page_token, as_of: None };
            let page = read(self.client.clone().list_units(on_behalf(tenant, request)).await)?;
            for unit in page.units {
                let Some(id) = named(&unit.name)? else { continue };
                units.known.insert(id);
                if !unit.external_id.is_empty() {
                    units.by_external_id.insert(unit.external_id, id);
                }
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(units);
            }
        }
    }
}

/// Asked by the service itself: who may open a wave need not be one who may read the directory.
fn on_behalf<T>(tenant: TenantId, request: T) -> tonic::Request<T> {
    client::with_caller(tonic::Request::new(request), &Caller::service("survey", tenant))
}

fn read<T>(answered: Result<Response<T>, tonic::Status>) -> Result<T, Error> {
    answered.map(Response::into_inner).map_err(|status| {
        let failure = Failure::from_status(&status);
        if failure.is(pb::ErrorReason::UnitNotFound) {
            return Error::UnitNotFound { name: failure.metadata.get("name").cloned().unwrap_or_default() };
        }
        Error::Refused(failure)
    })
}

/// The word for why somebody is not asked; none for who is.
fn reason(refusal: pb::ContactRefusal) -> Option<&'static str> {
    match refusal {
        pb::ContactRefusal::Unspecified => None,
        pb::ContactRefusal::Unknown => Some("unknown"),
        pb::ContactRefusal::Left => Some("left"),
        pb::ContactRefusal::OnLeave => Some("on_leave"),
        pb::ContactRefusal::Suppressed => Some("suppressed"),
        pb::ContactRefusal::Withdrawn => Some("withdrawn"),
        pb::ContactRefusal::NoConsent => Some("no_consent"),
        pb::ContactRefusal::Quarantined => Some("quarantined"),
        pb::ContactRefusal::OverBudget => Some("over_budget"),
    }
}

fn read_member(member: pb::AudienceMember) -> Result<Member, Error> {
    // Name, address and time zone are not needed here, so they are not kept.
    let pb::AudienceMember {
        person,
        unit,
        role,
        language,
        time_zone: _,
        email: _,
        display_name: _,
        external_id: _,
    } = member;
    Ok(Member {
        person: named(&person)?.ok_or_else(|| Error::Unreadable("a member without a person".to_owned()))?,
        unit: named(&unit)?,
        role: named(&role)?,
        language,
    })
}

fn named<K: arki_ids::Kind>(name: &str) -> Result<Option<arki_ids::Id<K>>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    arki_ids::Id::from_name(name).map(Some).map_err(|error| Error::Unreadable(error.to_string()))
}
