//! The second rule of the gate: which units show the answers to one question.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::{Detail, Error, Plan};

/// From this many people on, agreement is a result and no longer a disclosure.
const MANY: u64 = 30;
/// From this many people on, near agreement may be told as such.
const BAND_FROM: u64 = 10;

/// The ratings of a group in three classes; those who gave none are in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classes {
    pub unfavourable: u64,
    pub neutral: u64,
    pub favourable: u64,
}

impl Classes {
    #[must_use]
    pub fn n(self) -> u64 {
        self.unfavourable.saturating_add(self.neutral).saturating_add(self.favourable)
    }

    pub(super) fn without(self, part: Self) -> Option<Self> {
        Some(Self {
            unfavourable: self.unfavourable.checked_sub(part.unfavourable)?,
            neutral: self.neutral.checked_sub(part.neutral)?,
            favourable: self.favourable.checked_sub(part.favourable)?,
        })
    }

    pub(super) fn with(self, part: Self) -> Self {
        Self {
            unfavourable: self.unfavourable.saturating_add(part.unfavourable),
            neutral: self.neutral.saturating_add(part.neutral),
            favourable: self.favourable.saturating_add(part.favourable),
        }
    }

    /// Whether knowing the numbers is knowing nearly everybody's answer: all on one side, or fewer than two people
    /// outside the largest class.
    pub(super) fn agree(self) -> bool {
        let n = self.n();
        let largest = self.unfavourable.max(self.neutral).max(self.favourable);
        n - largest < 2 || self.favourable == 0 || self.favourable == n
    }
}

/// What may be shown of one question for one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing, for whatever reason.
    Nothing,
    /// Only that at most 10 % are favourable.
    AtMostTenPercent,
    /// Only that at least 90 % are favourable.
    AtLeastNinetyPercent,
    /// The figure, as finely as the number of ratings allows.
    Figure,
}

/// The permission to show one question for one unit. Only the gate makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clearance {
    classes: Classes,
    verdict: Verdict,
}

impl Clearance {
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The ratings that the permission is about.
    pub(crate) fn classes(&self) -> Classes {
        self.classes
    }

    #[must_use]
    pub fn detail(&self) -> Detail {
        if self.verdict == Verdict::Nothing { Detail::Nothing } else { Detail::of(self.classes.n()) }
    }
}

/// The permission to show a palette for one unit. Only the gate makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteClearance {
    people: u64,
    picks: Vec<u64>,
    terms: Vec<bool>,
    is_shown: bool,
}

impl PaletteClearance {
    /// How many answered the palette.
    pub(crate) fn people(&self) -> u64 {
        self.people
    }

    /// How many chose each term.
    pub(crate) fn picks(&self) -> &[u64] {
        &self.picks
    }

    /// Whether a term may be shown.
    #[must_use]
    pub fn is_term_shown(&self, term: usize) -> bool {
        self.terms.get(term).copied().unwrap_or(false)
    }

    /// Whether every term may be shown, as a figure made of all of them needs.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_shown && self.terms.iter().all(|shown| *shown)
    }

    #[must_use]
    pub fn detail(&self) -> Detail {
        if self.is_shown { Detail::of(self.people) } else { Detail::Nothing }
    }
}

impl Plan {
    /// Decides for each unit what to show of a question with ratings; `cells[i]` are the classes of unit `i` with
    /// all below it.
    ///
    /// # Errors
    /// [`Error::CountMismatch`] unless there is a cell for each unit, [`Error::NotRolledUp`] when parts exceed their
    /// whole, [`Error::MoreAnswersThanPeople`] when the cells are not of the people the plan is about.
    pub fn clear(&self, cells: &[Classes]) -> Result<Vec<Clearance>, Error> {
        let k = self.k.get();
        let safe = |rest: Classes| rest.n() >= k && (rest.n() >= MANY || !rest.agree());
        let exact = self.exact(cells, safe)?;
        let verdict = |unit: usize, cell: Classes| {
            let is_told = self.shown[unit] && cell.n() >= BAND_FROM.max(k) && cell.n() < MANY && cell.agree();
            match (exact[unit], is_told) {
                (true, _) => Verdict::Figure,
                (false, true) if cell.favourable.saturating_mul(2) > cell.n() => {
                    Verdict::AtLeastNinetyPercent
                }
                (false, true) => Verdict::AtMostTenPercent,
                (false, false) => Verdict::Nothing,
            }
        };
        let clearances = cells.iter().enumerate();
        Ok(clearances
            .map(|(unit, cell)| Clearance { classes: *cell, verdict: verdict(unit, *cell) })
            .collect())
    }

    /// Decides for each unit what to show of a palette; `cells[i]` holds for unit `i` with all below it how many
    /// answered the palette and how many chose each term.
    ///
    /// A term that nearly everybody of a small group chose is not shown; one that nobody chose may be, since most
    /// groups choose few of the terms.
    ///
    /// # Errors
    /// As [`Plan::clear`]; [`Error::CountMismatch`] too when units have different numbers of terms.
    pub fn clear_palette(&self, cells: &[(u64, Vec<u64>)]) -> Result<Vec<PaletteClearance>, Error> {
        let k = self.k.get();
        let answered: Vec<Classes> =
            cells.iter().map(|(people, _)| Classes { neutral: *people, ..Classes::default() }).collect();
        let shown = self.exact(&answered, |rest| rest.n() >= k)?;
        let terms = cells.first().map_or(0, |(_, picks)| picks.len());
        let mut clearances: Vec<PaletteClearance> = cells
            .iter()
            .zip(&shown)
            .map(|((people, picks), shown)| PaletteClearance {
                people: *people,
                picks: picks.clone(),
                terms: Vec::with_capacity(terms),
                is_shown: *shown,
            })
            .collect();
        for term in 0..terms {
            let mut chosen = Vec::with_capacity(cells.len());
            for (unit, (people, picks)) in cells.iter().enumerate() {
                let mismatch = Error::CountMismatch { units: terms, got: picks.len() };
                let picks = *picks.get(term).filter(|_| picks.len() == terms).ok_or(mismatch)?;
                let others = people.checked_sub(picks).ok_or(Error::MoreAnswersThanPeople { unit })?;
                chosen.push(Classes { unfavourable: others, neutral: 0, favourable: picks });
            }
            let safe = |rest: Classes| rest.n() >= k && (rest.n() >= MANY || rest.unfavourable >= 2);
            for (clearance, exact) in clearances.iter_mut().zip(self.exact(&chosen, safe)?) {
                clearance.terms.push(exact && clearance.is_shown);
            }
        }
        Ok(clearances)
    }

    /// For each unit whether its exact counts may be known: it is shown at all, its counts are safe, and so is what
    /// is left of them after the counts of its greatest exactly known parts. Where they are not, the smallest part
    /// gives way, which joins its people to the rest.
    fn exact(&self, cells: &[Classes], safe: impl Fn(Classes) -> bool) -> Result<Vec<bool>, Error> {
        if cells.len() != self.parents.len() {
            return Err(Error::CountMismatch { units: self.parents.len(), got: cells.len() });
        }
        let mut exact = vec![false; cells.len()];
        let mut parts: Vec<Vec<usize>> = vec![Vec::new(); cells.len()];
        for unit in (0..cells.len()).rev() {
            let cell = cells[unit];
            if cell.n() > self.people[unit] {
                return Err(Error::MoreAnswersThanPeople { unit });
            }
            let mut heap: BinaryHeap<Reverse<(u64, usize)>> = std::mem::take(&mut parts[unit])
                .into_iter()
                .map(|part| Reverse((cells[part].n(), part)))
                .collect();
            if self.shown[unit] && safe(cell) {
                let known =
                    heap.iter().fold(Classes::default(), |sum, Reverse((_, part))| sum.with(cells[*part]));
                let mut rest = cell.without(known).ok_or(Error::NotRolledUp { unit })?;
                while rest.n() > 0 && !safe(rest) {
                    // With every part hidden the rest is the unit, which is safe; so the heap is never empty here.
                    let Some(Reverse((_, part))) = heap.pop() else { break };
                    exact[part] = false;
                    rest = rest.with(cells[part]);
                    for below in std::mem::take(&mut parts[part]) {
                        rest = rest.without(cells[below]).ok_or(Error::NotRolledUp { unit: part })?;
                        heap.push(Reverse((cells[below].n(), below)));
                    }
                }
                exact[unit] = true;
            }
            parts[unit] = heap.into_iter().map(|Reverse((_, part))| part).collect();
            if let Some(parent) = self.parents[unit] {
                if exact[unit] {
                    parts[parent].push(unit);
                } else {
                    let below = std::mem::take(&mut parts[unit]);
                    parts[parent].extend(below);
                }
            }
        }
        Ok(exact)
    }
}
