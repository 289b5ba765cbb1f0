//! Who of an audience was not invited because a rule forbade it, as far as it may be shown.
//!
//! They stand beside the response rate, since leaving people out can flatter it.

use std::collections::BTreeMap;

use super::wave::Wave;

/// How many were not invited, by the word of the reason.
pub type Ineligible = BTreeMap<String, u64>;

/// What may be shown of those who were not invited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub by_reason: Ineligible,
    pub total: Option<u64>,
}

/// What a wave allows to be shown. Of employees no reason is ever told, and how many they are in all only where both they
/// and the others are a group: else it would tell of single people that they object.
pub fn shown(wave: &Wave, ineligible: Ineligible) -> Shown {
    let total = ineligible.values().sum();
    let Some(opening) = &wave.opening else { return Shown::default() };
    // Those whose numbers are held back until the end are those who are protected from readers who know them.
    if !wave.counts_at_close() {
        return Shown { by_reason: ineligible, total: Some(total) };
    }
    let group = u64::from(opening.minimum_group);
    let is_group = total >= group && opening.invitations >= group;
    Shown { by_reason: Ineligible::new(), total: is_group.then_some(total) }
}

#[cfg(test)]
#[path = "ineligible_tests.rs"]
mod tests;
