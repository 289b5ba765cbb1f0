//! Who vouches for callers besides Arki's own keys.

use arki_ids::IdentityProviderId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Refused;

/// The signatures that can be accepted: with a public key, and held to be sound. Never `none`, never a shared secret.
pub const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// What is accepted where nothing is said.
const USUAL: [&str; 2] = ["RS256", "ES256"];

/// What is known of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub display_name: String,
    pub issuer: String,
    pub audiences: Vec<String>,
    /// Empty where the issuer's own document says it.
    pub jwks_uri: String,
    pub algorithms: Vec<String>,
    pub subject_claim: String,
    pub email_claim: String,
    pub groups_claim: String,
    pub tenant_claim: String,
    pub tenant_value: String,
}

impl Details {
    /// The details with what is meant where nothing is said.
    ///
    /// # Errors
    /// Every value that can't be meant.
    pub fn checked(self) -> Result<Self, Vec<Refused>> {
        let or = |text: String, usual: &str| if text.is_empty() { usual.to_owned() } else { text };
        let mut details = Self {
            subject_claim: or(self.subject_claim.clone(), "sub"),
            email_claim: or(self.email_claim.clone(), "email"),
            groups_claim: or(self.groups_claim.clone(), "groups"),
            ..self
        };
        if details.algorithms.is_empty() {
            details.algorithms = USUAL.map(str::to_owned).to_vec();
        }
        let mut refused = Vec::new();
        for (at, algorithm) in details.algorithms.iter().enumerate() {
            if !ALGORITHMS.contains(&algorithm.as_str()) {
                let one_of = format!("must be one of {}", ALGORITHMS.join(", "));
                refused.push(Refused::new(format!("algorithms[{at}]"), one_of));
            }
        }
        match (details.tenant_claim.is_empty(), details.tenant_value.is_empty()) {
            (false, true) => refused.push(Refused::new("tenant_value", "must be given with tenant_claim")),
            (true, false) => refused.push(Refused::new("tenant_claim", "must be given with tenant_value")),
            _ => {}
        }
        if refused.is_empty() { Ok(details) } else { Err(refused) }
    }
}

/// A provider of OpenID Connect whose tokens a tenant accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProvider {
    pub id: IdentityProviderId,
    pub details: Details,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

impl IdentityProvider {
    /// A new provider.
    pub fn create(id: IdentityProviderId, details: Details, now: DateTime<Utc>) -> Self {
        Self { id, details, revision: 1, create_time: now, update_time: now }
    }

    /// The provider with other details. The same ones keep the revision.
    #[must_use]
    pub fn with(&self, details: Details, now: DateTime<Utc>) -> Self {
        if details == self.details {
            return self.clone();
        }
        Self { details, revision: self.revision + 1, update_time: now, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> Details {
        Details {
            display_name: "Keksitty".to_owned(),
            issuer: "https://id.example.com".to_owned(),
            audiences: vec!["arki".to_owned()],
            jwks_uri: String::new(),
            algorithms: Vec::new(),
            subject_claim: String::new(),
            email_claim: String::new(),
            groups_claim: String::new(),
            tenant_claim: String::new(),
            tenant_value: String::new(),
        }
    }

    #[test]
    fn what_is_not_said_is_what_is_usual() {
        let checked = details().checked().unwrap();
        assert_eq!(checked.algorithms, ["RS256", "ES256"]);
        assert_eq!((checked.subject_claim.as_str(), checked.email_claim.as_str()), ("sub", "email"));
    }

    #[test]
    fn no_provider_may_sign_with_nothing_or_with_a_secret() {
        for algorithm in ["none", "None", "HS256", "HS512", "rs256", ""] {
            let refused =
                Details { algorithms: vec![algorithm.to_owned()], ..details() }.checked().unwrap_err();
            assert_eq!(refused[0].field, "algorithms[0]", "{algorithm}");
        }
    }

    #[test]
    fn a_tenant_claim_needs_its_value() {
        let claim = Details { tenant_claim: "tid".to_owned(), ..details() };
        assert_eq!(claim.checked().unwrap_err()[0].field, "tenant_value");
        let value = Details { tenant_value: "7".to_owned(), ..details() };
        assert_eq!(value.checked().unwrap_err()[0].field, "tenant_claim");
    }
}
