//! What the directory answers.

use arki_ids::TenantId;
use arki_proto::directory::v1 as pb;
use arki_rpc::Failure;

use super::{Organisation, State};

impl State {
    pub(super) fn of(&mut self, tenant: TenantId) -> &mut Organisation {
        self.tenants.entry(tenant).or_default()
    }
}

pub(super) fn tenant(
    state: &mut State,
    tenant: TenantId,
    asked: pb::GetTenantRequest,
) -> Result<pb::GetTenantResponse, Failure> {
    assert_eq!(asked.name, tenant.name());
    let rules = pb::Tenant { name: asked.name, ..state.of(tenant).rules.clone() };
    Ok(pb::GetTenantResponse { tenant: Some(rules) })
}

pub(super) fn tree(
    state: &mut State,
    tenant: TenantId,
    _: pb::GetTreeRequest,
) -> Result<pb::GetTreeResponse, Failure> {
    let units = state.of(tenant).units.iter().map(|unit| pb::TreeUnit {
        name: unit.name.clone(),
        display_name: unit.display_name.clone(),
        parent: unit.parent.clone(),
        leader: unit.leader.clone(),
        ..pb::TreeUnit::default()
    });
    Ok(pb::GetTreeResponse { as_of: None, units: units.collect() })
}

pub(super) fn units(
    state: &mut State,
    tenant: TenantId,
    _: pb::ListUnitsRequest,
) -> Result<pb::ListUnitsResponse, Failure> {
    let units = state.of(tenant).units.clone();
    Ok(pb::ListUnitsResponse { units, next_page_token: String::new() })
}

pub(super) fn role(
    state: &mut State,
    tenant: TenantId,
    asked: pb::GetRoleRequest,
) -> Result<pb::GetRoleResponse, Failure> {
    if !state.of(tenant).roles.iter().any(|role| role.name() == asked.name) {
        return Err(Failure::not_found(pb::ErrorReason::RoleNotFound, "there is no such role"));
    }
    Ok(pb::GetRoleResponse { role: Some(pb::Role { name: asked.name, ..pb::Role::default() }) })
}

pub(super) fn person(
    state: &mut State,
    tenant: TenantId,
    asked: pb::GetPersonRequest,
) -> Result<pb::GetPersonResponse, Failure> {
    let found = state.of(tenant).people.iter().find(|person| person.name == asked.name).cloned();
    let missing = || Failure::not_found(pb::ErrorReason::PersonNotFound, "there is no such person");
    Ok(pb::GetPersonResponse { person: Some(found.ok_or_else(missing)?) })
}

pub(super) fn audience(
    state: &mut State,
    tenant: TenantId,
    asked: pb::ResolveAudienceRequest,
) -> Result<pb::ResolveAudienceResponse, Failure> {
    match &mut state.pages_left {
        Some(0) => return Err(Failure::away("the test says so")),
        Some(left) => *left -= 1,
        None => {}
    }
    let size = state.page.unwrap_or_else(|| usize::try_from(asked.page_size).unwrap());
    let organisation = state.of(tenant);
    let audience = asked.audience.unwrap();
    for unit in &audience.units {
        if organisation.find(unit).is_none() {
            let refused = Failure::not_found(pb::ErrorReason::UnitNotFound, "there is no such unit");
            return Err(refused.with("name", unit));
        }
    }
    let belongs = |person: &&pb::Person| {
        person.kind == audience.kind
            && person.employment_state() == pb::EmploymentState::Active
            && (audience.units.is_empty() || organisation.is_below(&person.unit, &audience.units))
            && (audience.roles.is_empty() || audience.roles.contains(&person.role))
    };
    let mut people: Vec<_> = organisation.people.iter().filter(belongs).collect();
    people.sort_by(|one, other| one.name.cmp(&other.name));
    let from: usize = asked.page_token.parse().unwrap_or_default();
    let end = people.len().min(from + size);
    Ok(pb::ResolveAudienceResponse {
        members: people[from..end].iter().map(|person| member(person)).collect(),
        next_page_token: if end < people.len() { end.to_string() } else { String::new() },
    })
}

fn member(person: &pb::Person) -> pb::AudienceMember {
    pb::AudienceMember {
        person: person.name.clone(),
        unit: person.unit.clone(),
        role: person.role.clone(),
        language: person.language.clone(),
        time_zone: person.time_zone.clone(),
        email: person.email.clone(),
        display_name: person.display_name.clone(),
        external_id: person.external_id.clone(),
    }
}

impl Organisation {
    fn find(&self, unit: &str) -> Option<&pb::Unit> {
        self.units.iter().find(|known| known.name == unit)
    }

    /// Whether a unit is one of these, or below one.
    fn is_below(&self, unit: &str, these: &[String]) -> bool {
        these.iter().any(|one| one == unit)
            || self.find(unit).is_some_and(|found| self.is_below(&found.parent, these))
    }
}
