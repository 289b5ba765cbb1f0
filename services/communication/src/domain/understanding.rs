//! How many understood a message, told so that no person's answer can be found out.
//!
//! What is counted here has been released in batches of at least [`BATCH`] answers, so that watching a figure does
//! not show the answer that moved it. On top of that, in order:
//!
//! 1. Only groups of the tenant's least size are shown, and the tree has no gaps to subtract by
//!    ([`arki_stats::disclosure`]).
//! 2. A group of fewer than ten where nobody, or but one person, stands apart is hidden; so is what would be left
//!    of a shown group after its shown parts. From ten to twenty-nine such a group is told as 90 or more, or 10 or
//!    less, without an interval.
//! 3. Below twenty the shares are rounded, to ten points below ten and to five below twenty, and the number of
//!    answers is rounded down to fives.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Sub};

use arki_ids::UnitId;
use arki_stats::disclosure::publishable;
use arki_stats::{Confidence, proportion};

/// Answers are released to the figures and to other services in batches of at least this many.
pub(crate) const BATCH: i64 = 5;

/// Below this, a group whose answers are alike is hidden.
const HIDDEN_BELOW: u64 = 10;
/// Below this, a group whose answers are alike is told as a band.
const BANDED_BELOW: u64 = 30;
/// Below this, figures are rounded.
const ROUNDED_BELOW: u64 = 20;
/// What the number of answers is rounded down to.
const FIVES: u64 = 5;
/// The ends of the bands, in percent.
const BAND: (f64, f64) = (10.0, 90.0);

/// Answers, and how many of them show that the message was understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) answered: u64,
    pub(crate) correct: u64,
}

impl Count {
    /// Whether all answers are alike, or all but one: the figure then tells what a person answered.
    fn is_telling(self) -> bool {
        self.answered > 0 && self.correct.min(self.answered - self.correct) < 2
    }

    fn must_hide(self) -> bool {
        self.answered < HIDDEN_BELOW && self.is_telling()
    }
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { answered: self.answered + other.answered, correct: self.correct + other.correct }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Count {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { answered: self.answered - other.answered, correct: self.correct - other.correct }
    }
}

/// A unit of today's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeUnit {
    pub(crate) id: UnitId,
    pub(crate) display_name: String,
    /// None for a root.
    pub(crate) parent: Option<UnitId>,
}

/// How a message was understood in a unit with all below it, or in the whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnitUnderstanding {
    /// None for the whole.
    pub(crate) unit: Option<UnitId>,
    pub(crate) display_name: String,
    pub(crate) delivered: u64,
    pub(crate) shown: Option<Shown>,
}

/// A figure that may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) answered: u64,
    pub(crate) percent: f64,
    /// The Wilson interval; none where the percentage is the end of a band.
    pub(crate) interval: Option<(f64, f64)>,
}

/// The whole first, then the units, parents before children. `tree` has parents before children. What belongs to no
/// unit, or to one that is no more, counts for the whole alone.
pub(crate) fn understanding(
    tree: &[TreeUnit],
    delivered: &BTreeMap<Option<UnitId>, u64>,
    counts: &BTreeMap<Option<UnitId>, Count>,
    minimum_group: u64,
) -> Vec<UnitUnderstanding> {
    let places: BTreeMap<UnitId, usize> =
        tree.iter().enumerate().map(|(place, unit)| (unit.id, place + 1)).collect();
    let place_of = |unit: Option<UnitId>| unit.and_then(|unit| places.get(&unit).copied()).unwrap_or(0);
    let mut parents = vec![None];
    // A parent that is unknown or comes later would break the order, so its child hangs from the whole.
    parents.extend(
        tree.iter()
            .enumerate()
            .map(|(place, unit)| Some(place_of(unit.parent)).filter(|&p| p <= place).or(Some(0))),
    );
    let mut own = vec![Count::default(); parents.len()];
    for (unit, count) in counts {
        own[place_of(*unit)] += *count;
    }
    let mut reached = vec![0; parents.len()];
    for (unit, count) in delivered {
        reached[place_of(*unit)] += *count;
    }
    let total = rolled_up(&parents, &own);
    for place in (1..parents.len()).rev() {
        if let Some(parent) = parents[place] {
            reached[parent] += reached[place];
        }
    }
    let shown = released(&parents, &own, minimum_group);
    let name = |place: usize| match place.checked_sub(1) {
        None => (None, String::new()),
        Some(place) => (Some(tree[place].id), tree[place].display_name.clone()),
    };
    (0..parents.len())
        .map(|place| {
            let (unit, display_name) = name(place);
            let figure = if shown[place] { figure(total[place]) } else { None };
            UnitUnderstanding { unit, display_name, delivered: reached[place], shown: figure }
        })
        .collect()
}

fn rolled_up(parents: &[Option<usize>], own: &[Count]) -> Vec<Count> {
    let mut total = own.to_vec();
    for place in (0..own.len()).rev() {
        if let Some(parent) = parents[place] {
            let count = total[place];
            total[parent] += count;
        }
    }
    total
}

/// Which places may be shown.
fn released(parents: &[Option<usize>], own: &[Count], minimum_group: u64) -> Vec<bool> {
    let answered: Vec<u64> = own.iter().map(|count| count.answered).collect();
    let mut shown = publishable(parents, &answered, minimum_group);
    let total = rolled_up(parents, own);
    // Each round hides at least one place, so it ends; hiding leaves the rule of sizes intact, because what a hidden
    // place adds to the rest of its parent is nobody or a group that was large enough by itself.
    while let Some(place) = telling(parents, &total, &shown) {
        shown[place] = false;
    }
    shown
}

/// A shown place that must be hidden so that no group of like answers can be seen or computed.
fn telling(parents: &[Option<usize>], total: &[Count], shown: &[bool]) -> Option<usize> {
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    for place in (0..parents.len()).rev() {
        if shown[place] {
            if total[place].must_hide() {
                return Some(place);
            }
            let rest = parts[place].iter().fold(total[place], |rest, &part| rest - total[part]);
            if rest.must_hide() {
                return parts[place].iter().copied().min_by_key(|&part| (total[part].answered, part));
            }
        }
        if let Some(parent) = parents[place] {
            let greatest = if shown[place] { vec![place] } else { std::mem::take(&mut parts[place]) };
            parts[parent].extend(greatest);
        }
    }
    None
}

fn figure(count: Count) -> Option<Shown> {
    let Count { answered, correct } = count;
    let share = proportion::share(correct, answered).ok()?;
    let rounded = if answered < ROUNDED_BELOW { answered / FIVES * FIVES } else { answered };
    if answered < BANDED_BELOW && count.is_telling() {
        let percent = if share < 0.5 { BAND.0 } else { BAND.1 };
        return Some(Shown { answered: rounded, percent, interval: None });
    }
    let wilson = proportion::wilson(correct, answered, Confidence::P95).ok()?.scaled(100.0);
    let (percent, low, high) = match step(answered) {
        None => (share * 100.0, wilson.low, wilson.high),
        Some(step) => (
            (share * 100.0 / step).round() * step,
            (wilson.low / step).floor() * step,
            (wilson.high / step).ceil() * step,
        ),
    };
    Some(Shown { answered: rounded, percent, interval: Some((low, high)) })
}

/// How many points the share of so few is rounded to.
fn step(answered: u64) -> Option<f64> {
    match answered {
        0..10 => Some(10.0),
        10..ROUNDED_BELOW => Some(5.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
