//! What somebody who reads everything can work out, for the tests of the gate.

/// The smallest group of at least one and fewer than `k` people whose total can be had by subtracting released
/// totals from each other, or `None`. `own[i]` are the people of unit `i` itself.
///
/// Every set of shown units below a shown unit, of which none contains another, is subtracted from it.
pub(super) fn smallest_isolated(
    parents: &[Option<usize>],
    own: &[u64],
    shown: &[bool],
    k: u64,
) -> Option<u64> {
    let units = 0..own.len();
    let is_below = |unit: usize, above: usize| {
        std::iter::successors(parents[unit], |at| parents[*at]).any(|at| at == above)
    };
    let total = |unit: usize| -> u64 {
        units.clone().filter(|other| *other == unit || is_below(*other, unit)).map(|other| own[other]).sum()
    };
    let totals: Vec<u64> = units.clone().map(total).collect();
    let mut smallest: Option<u64> = None;
    for unit in units.clone().filter(|unit| shown[*unit]) {
        let below: Vec<usize> =
            units.clone().filter(|other| shown[*other] && is_below(*other, unit)).collect();
        for choice in 0_u32..1 << below.len() {
            let chosen: Vec<usize> = below
                .iter()
                .enumerate()
                .filter(|(bit, _)| choice >> bit & 1 == 1)
                .map(|(_, unit)| *unit)
                .collect();
            if chosen.iter().any(|a| chosen.iter().any(|b| is_below(*a, *b))) {
                continue;
            }
            let rest = totals[unit] - chosen.iter().map(|part| totals[*part]).sum::<u64>();
            if rest > 0 && rest < k {
                smallest = Some(smallest.map_or(rest, |known| known.min(rest)));
            }
        }
    }
    smallest
}

/// The naive rule that the gate is measured against: every unit of at least `k` people is shown.
pub(super) fn minimum_only(parents: &[Option<usize>], own: &[u64], k: u64) -> Vec<bool> {
    let mut totals = own.to_vec();
    for unit in (0..own.len()).rev() {
        if let Some(parent) = parents[unit] {
            totals[parent] += totals[unit];
        }
    }
    totals.into_iter().map(|total| total >= k).collect()
}
