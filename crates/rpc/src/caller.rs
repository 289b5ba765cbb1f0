//! Who is calling, and what they may do.

use std::collections::BTreeSet;
use std::fmt;

use arki_ids::TenantId;
use serde::{Deserialize, Serialize};

use crate::{Failure, Reach};

/// The scope of a service that acts on its own behalf.
pub const INTERNAL: &str = "internal";
/// The scope of a tenant's administrator: everything inside that tenant.
pub const ADMIN: &str = "admin";
/// How a scope ends that is for the operator of the whole installation.
const OPERATE: &str = ".operate";

/// The party on whose behalf a call is made. It always belongs to one tenant, and a call sees only that tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The tenant whose data the call works on.
    pub tenant: TenantId,
    /// A resource name such as `apiKeys/key_…`, `people/per_…` or `services/survey`.
    pub subject: String,
    /// What the caller may do.
    pub scopes: Scopes,
    /// Which rows of the tenant it may do that with.
    pub reach: Reach,
}

impl Caller {
    /// A service that acts on its own behalf, for example in a worker.
    pub fn service(name: &str, tenant: TenantId) -> Self {
        Self {
            tenant,
            subject: format!("services/{name}"),
            scopes: Scopes::from_iter([INTERNAL]),
            reach: Reach::Tenant,
        }
    }

    /// The caller of a request that came through the server stack.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the request carries no caller (only public methods are called without one).
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Failure> {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Failure::no_caller("the call has no caller"))
    }

    /// Whether the caller's scopes include `scope`, see [`Scopes::allow`].
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.allow(scope)
    }
}

/// A set of scope words: `<service>.read`, `<service>.write`, `<service>.admin`, special ones such as
/// `survey.respond`, and the two words [`ADMIN`] and [`INTERNAL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// The words of a list separated by spaces.
    pub fn parse(words: &str) -> Self {
        words.split_whitespace().collect()
    }

    /// Whether these scopes include `wanted`.
    ///
    /// A word includes itself. `<service>.write` includes `<service>.read`; `<service>.admin` includes every word of
    /// that service; `admin` includes every word of every service. None of them includes `internal` or a word such as
    /// `directory.operate`: those reach beyond one tenant, and are held by name or not at all. `internal` includes
    /// every word, because a service that acts on its own behalf has already been trusted with the data.
    pub fn allow(&self, wanted: &str) -> bool {
        if self.0.contains(wanted) || self.0.contains(INTERNAL) {
            return true;
        }
        if wanted == INTERNAL || wanted.is_empty() || wanted.ends_with(OPERATE) {
            return false;
        }
        if self.0.contains(ADMIN) {
            return true;
        }
        let Some((service, verb)) = wanted.split_once('.') else { return false };
        self.0.contains(&format!("{service}.admin"))
            || (verb == "read" && self.0.contains(&format!("{service}.write")))
    }

    /// Whether every word of `other` is allowed by these scopes, so that they may be handed on.
    pub fn cover(&self, other: &Self) -> bool {
        other.0.iter().all(|word| self.allow(word))
    }

    /// The words in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(words: I) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_what_its_words_say_and_nothing_else() {
        let table = [
            ("goal.read", "goal.read", true),
            ("goal.read", "goal.write", false),
            ("goal.write", "goal.read", true),
            ("goal.write", "goal.write", true),
            ("goal.write", "goal.admin", false),
            ("goal.write", "survey.read", false),
            ("goal.admin", "goal.write", true),
            ("goal.admin", "goalkeeper.write", false),
            ("survey.write", "survey.respond", false),
            ("survey.respond", "survey.read", false),
            ("survey.admin", "survey.respond", true),
            ("admin", "goal.admin", true),
            ("admin", "internal", false),
            ("admin", "directory.operate", false),
            ("directory.admin", "directory.operate", false),
            ("directory.operate", "directory.operate", true),
            ("directory.operate", "directory.read", false),
            ("internal", "goal.write", true),
            ("internal", "internal", true),
            ("", "goal.read", false),
            ("goal.admin", "", false),
        ];
        for (held, wanted, allowed) in table {
            assert_eq!(Scopes::parse(held).allow(wanted), allowed, "{held:?} for {wanted:?}");
        }
    }

    #[test]
    fn scopes_can_hand_on_no_more_than_they_hold() {
        let held = Scopes::parse("goal.write survey.read");
        assert!(held.cover(&Scopes::parse("goal.read survey.read")));
        assert!(!held.cover(&Scopes::parse("goal.read survey.write")));
        assert!(!Scopes::parse("admin").cover(&Scopes::parse("internal")));
    }

    #[test]
    fn scopes_read_back_what_they_show() {
        let scopes = Scopes::parse("survey.read  goal.write");
        assert_eq!(scopes.to_string(), "goal.write survey.read");
        assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
    }
}
