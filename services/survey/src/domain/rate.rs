//! How many of those invited have answered, as far as it may be shown.
//!
//! The measure is RR2 of the American Association for Public Opinion Research (Standard Definitions): complete and
//! partial responses over all who were eligible, here a census by a list.

use std::collections::{BTreeMap, HashMap};

use arki_ids::UnitId;

use super::wave::{State, Wave};

/// A unit as it was when the wave opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterUnit {
    /// None for those who belong to no unit.
    pub unit: Option<UnitId>,
    pub parent: Option<UnitId>,
    /// How many of the unit itself were invited.
    pub invited: u64,
}

/// A response rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub invited: u64,
    /// 0 to 100; none where it may not be shown or nobody was invited.
    pub percent: Option<f64>,
}

/// The rates of a wave.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    pub total: Rate,
    /// Each unit with all below it, where it may be shown.
    pub units: Vec<(UnitId, Rate)>,
}

/// The deepest tree that is walked: more can only be a loop.
const DEEPEST: usize = 100;

/// The rates of a wave by what it allows: `answered` are the responses of each unit itself.
pub fn rates(wave: &Wave, roster: &[RosterUnit], answered: &HashMap<Option<UnitId>, u64>) -> Rates {
    let parents: HashMap<_, _> = roster.iter().filter_map(|row| Some((row.unit?, row.parent?))).collect();
    let mut sums: BTreeMap<UnitId, (u64, u64)> = BTreeMap::new();
    let mut total = (0, 0);
    let responses = |unit: &Option<UnitId>| answered.get(unit).copied().unwrap_or_default();
    for row in roster {
        let own = (row.invited, responses(&row.unit));
        add(&mut total, own);
        let mut at = row.unit;
        for _ in 0..DEEPEST {
            let Some(unit) = at else { break };
            add(sums.entry(unit).or_default(), own);
            at = parents.get(&unit).copied();
        }
    }
    let shown = |(invited, responses)| Rate { invited, percent: percent(wave, invited, responses) };
    Rates {
        total: shown(total),
        units: sums
            .into_iter()
            .map(|(unit, sum)| (unit, shown(sum)))
            .filter(|(_, rate)| rate.percent.is_some())
            .collect(),
    }
}

fn add(sum: &mut (u64, u64), (invited, responses): (u64, u64)) {
    sum.0 += invited;
    sum.1 += responses;
}

/// The share of those who answered. Of employees nothing is shown for a group that is too small, and while they
/// answer only of twice the smallest group, in steps: else a leader watches who answers when.
fn percent(wave: &Wave, invited: u64, responses: u64) -> Option<f64> {
    let group = u64::from(wave.opening.as_ref()?.minimum_group);
    let (smallest, step) = match (wave.audience.is_guarded(), wave.state) {
        (true, State::Draft | State::Open) => (2 * group, Some(5.0)),
        (true, State::Closing | State::Closed) => (group, None),
        (false, _) => (1, None),
    };
    if invited == 0 || invited < smallest {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody invites more than 2^52 people")]
    let exact = 100.0 * responses.min(invited) as f64 / invited as f64;
    Some(step.map_or(exact, |step: f64| (exact / step).round() * step))
}

#[cfg(test)]
#[path = "rate_tests.rs"]
mod tests;
