//! The words for what a key may do.

/// What an administrator's key holds: everything inside its tenant.
pub const ADMIN: &str = "admin";
/// What an operator's key holds besides: tenants can be made and listed.
pub const OPERATE: &str = "directory.operate";

/// Every scope that a key can hold. `internal` is not among them: it is for the services themselves.
pub const KNOWN: &[&str] = &[
    "audit.read",
    "admin",
    "communication.admin",
    "communication.read",
    "communication.write",
    "directory.admin",
    "directory.operate",
    "directory.read",
    "directory.write",
    "goal.admin",
    "goal.read",
    "goal.write",
    "scim",
    "scorecard.admin",
    "scorecard.read",
    "scorecard.write",
    "survey.admin",
    "survey.read",
    "survey.respond",
    "survey.write",
];

/// The first of `scopes` that is not a scope.
pub fn find_unknown(scopes: &[String]) -> Option<&str> {
    scopes.iter().map(String::as_str).find(|scope| !KNOWN.contains(scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_are_scopes() {
        assert_eq!(find_unknown(&["goal.write".to_owned(), "goal.rite".to_owned()]), Some("goal.rite"));
        assert_eq!(find_unknown(&["internal".to_owned()]), Some("internal"));
        assert_eq!(find_unknown(&KNOWN.iter().map(ToString::to_string).collect::<Vec<_>>()), None);
    }
}
