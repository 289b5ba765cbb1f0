//! What whom a provider vouches for may do: roles, each a set of scopes and the rows that they hold for.

use std::collections::BTreeSet;

use arki_ids::{IdentityProviderId, PersonId, RoleBindingId, ScimGroupId, UnitId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Refused;
use super::person::email_key;

/// A set of scopes and the rows that they hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessRole {
    TenantAdmin,
    Integrator,
    Analyst,
    Leader,
    Employee,
    Respondent,
}

/// Which rows a role is for, the widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    Tenant,
    /// The whole tenant without anything of any one person.
    Impersonal,
    /// Own units, and oneself.
    Rows,
}

impl AccessRole {
    pub const ALL: [Self; 6] =
        [Self::TenantAdmin, Self::Integrator, Self::Analyst, Self::Leader, Self::Employee, Self::Respondent];

    /// What the role may do.
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::TenantAdmin => &["admin"],
            Self::Integrator => &["directory.read", "directory.write", "scim"],
            Self::Analyst => {
                &["communication.read", "directory.read", "goal.read", "scorecard.read", "survey.read"]
            }
            Self::Leader => {
                &["communication.read", "directory.read", "goal.read", "goal.write", "scorecard.read"]
            }
            Self::Employee => &["communication.read", "directory.read", "goal.read", "goal.write"],
            Self::Respondent => &["survey.respond"],
        }
    }

    /// With which rows.
    pub fn breadth(self) -> Breadth {
        match self {
            Self::TenantAdmin | Self::Integrator => Breadth::Tenant,
            Self::Analyst => Breadth::Impersonal,
            Self::Leader | Self::Employee | Self::Respondent => Breadth::Rows,
        }
    }
}

/// By what somebody is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    Person(PersonId),
    Subject(String),
    /// In lowercase.
    Email(String),
    /// A value of the provider's claim.
    Group(String),
    ScimGroup(ScimGroupId),
}

/// Who gets which role, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub role: AccessRole,
    pub member: Member,
    pub identity_provider: Option<IdentityProviderId>,
    pub unit: Option<UnitId>,
    pub valid_from: Option<DateTime<Utc>>,
    pub valid_to: Option<DateTime<Utc>>,
}

impl Terms {
    /// The terms as they are stored.
    ///
    /// # Errors
    /// Every value that can't be meant.
    pub fn checked(mut self) -> Result<Self, Vec<Refused>> {
        let mut refused = Vec::new();
        if let Member::Email(email) = &self.member {
            self.member = Member::Email(email_key(email).unwrap_or_default());
        }
        let needs_provider = matches!(self.member, Member::Subject(_) | Member::Group(_));
        if needs_provider && self.identity_provider.is_none() {
            // Two providers may call two people the same.
            refused.push(Refused::new("identity_provider", "must be given for a subject or a group"));
        }
        if self.unit.is_some() && self.role != AccessRole::Leader {
            refused.push(Refused::new("unit", "must be empty but for ACCESS_ROLE_LEADER"));
        }
        if let (Some(from), Some(to)) = (self.valid_from, self.valid_to)
            && to <= from
        {
            refused.push(Refused::new("valid_to", "must be after valid_from"));
        }
        if refused.is_empty() { Ok(self) } else { Err(refused) }
    }
}

/// A role of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleBinding {
    pub id: RoleBindingId,
    pub terms: Terms,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// Somebody for whom a provider vouches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    pub provider: IdentityProviderId,
    pub subject: String,
    /// Verified, in lowercase.
    pub email: Option<String>,
    pub groups: BTreeSet<String>,
    /// Who it is, where the directory knows.
    pub person: Option<PersonId>,
    /// The groups of SCIM that the person is in.
    pub scim_groups: BTreeSet<ScimGroupId>,
    /// The units that the person leads today.
    pub leads: BTreeSet<UnitId>,
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    pub scopes: BTreeSet<&'static str>,
    pub breadth: Breadth,
    pub units: BTreeSet<UnitId>,
}

impl RoleBinding {
    /// A new binding.
    pub fn create(id: RoleBindingId, terms: Terms, now: DateTime<Utc>) -> Self {
        Self { id, terms, revision: 1, create_time: now, update_time: now }
    }

    /// The binding with other terms. The same ones keep the revision.
    #[must_use]
    pub fn with(&self, terms: Terms, now: DateTime<Utc>) -> Self {
        if terms == self.terms {
            return self.clone();
        }
        Self { terms, revision: self.revision + 1, update_time: now, ..self.clone() }
    }

    fn holds_for(&self, vouched: &Vouched, now: DateTime<Utc>) -> bool {
        let Terms { role: _, member, identity_provider, unit: _, valid_from, valid_to } = &self.terms;
        let is_of_provider = identity_provider.is_none_or(|provider| provider == vouched.provider);
        let is_now = valid_from.is_none_or(|from| from <= now) && valid_to.is_none_or(|to| now < to);
        let is_member = match member {
            Member::Person(person) => vouched.person == Some(*person),
            Member::Subject(subject) => *subject == vouched.subject,
            Member::Email(email) => vouched.email.as_ref() == Some(email),
            Member::Group(group) => vouched.groups.contains(group),
            Member::ScimGroup(group) => vouched.scim_groups.contains(group),
        };
        is_of_provider && is_now && is_member
    }
}

/// What somebody may do by these bindings; none without any role.
///
/// Of several roles those of the widest breadth count and the others don't: the scopes of a narrow role must not be
/// had with the rows of a wide one.
pub fn rights(bindings: &[RoleBinding], vouched: &Vouched, now: DateTime<Utc>) -> Option<Rights> {
    let mut roles: BTreeSet<AccessRole> = BTreeSet::new();
    let mut units = BTreeSet::new();
    for binding in bindings.iter().filter(|binding| binding.holds_for(vouched, now)) {
        roles.insert(binding.terms.role);
        units.extend(binding.terms.unit);
    }
    if !vouched.leads.is_empty() {
        roles.insert(AccessRole::Leader);
    }
    let breadth = roles.iter().map(|role| role.breadth()).min()?;
    if roles.contains(&AccessRole::Leader) {
        units.extend(&vouched.leads);
    }
    let counted = roles.iter().filter(|role| role.breadth() == breadth);
    let scopes = counted.flat_map(|role| role.scopes()).copied().collect();
    let units = if breadth == Breadth::Rows { units } else { BTreeSet::new() };
    Some(Rights { scopes, breadth, units })
}

#[cfg(test)]
mod tests;
