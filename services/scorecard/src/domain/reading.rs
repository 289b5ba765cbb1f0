//! From counts to a figure, and from a figure to a reading: a number never travels alone.
//!
//! Figures of customers are made by [`measure`]. Those of employees are made by [`measure_released`], which asks for
//! the permission of the gate and coarsens the figure as the permission says; everything in such a figure, its
//! interval and its words included, follows from the rounded numbers, so nothing finer leaves this module.

mod figure;
#[cfg(test)]
mod tests;

use arki_ids::{UnitId, WaveId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use figure::{Band, Error, Figure, FigureUnit, IntervalMethod, MeanFigure, RoundedClasses};
pub use figure::{classes, measure, measure_released};

use super::metric::Metric;
use super::tree::Merge;

/// A period, both days included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    pub first: NaiveDate,
    /// Says how fresh a number is.
    pub last: NaiveDate,
}

/// No days and some days are those days; two periods are the shortest one that holds both.
impl Merge for Option<Days> {
    fn merge(&mut self, other: &Self) {
        *self = match (*self, *other) {
            (Some(mine), Some(theirs)) => {
                Some(Days { first: mine.first.min(theirs.first), last: mine.last.max(theirs.last) })
            }
            (mine, theirs) => mine.or(theirs),
        };
    }
}

/// How many answered, as it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub people: u64,
    /// The number is rounded down.
    pub is_rounded: bool,
    /// How many were invited, where that is known.
    pub invited: Option<u64>,
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    pub metric_version: u32,
    /// `None` where a period covers several waves.
    pub wave: Option<WaveId>,
    /// The unit with all below it; `None` for the whole tenant.
    pub unit: Option<UnitId>,
    /// What the unit was called then.
    pub unit_name: String,
    /// The days of the answers, or of the wave; `None` where nobody has answered yet.
    pub days: Option<Days>,
    /// `None` where no figure is shown.
    pub answered: Option<Answered>,
}

/// A number with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// `None` where it may not be shown; why not is never told.
    pub figure: Option<Figure>,
    /// What the number means in everyday words; `None` where no band is declared or no figure is shown.
    pub words: Option<String>,
    pub provenance: Provenance,
    /// Whether the day by which the metric should have been looked at has passed.
    pub is_stale_review: bool,
}

impl Reading {
    /// Puts a figure together with its words, in the first of the languages that there are words in.
    ///
    /// The words belong to the scale of the current version, so a version of another kind has none.
    #[must_use]
    pub fn new(
        metric: &Metric,
        figure: Option<Figure>,
        provenance: Provenance,
        languages: &[&str],
        today: NaiveDate,
    ) -> Self {
        let version = metric.versions().iter().find(|version| version.number() == provenance.metric_version);
        let is_same_scale =
            version.is_some_and(|version| version.computation().kind == metric.content().computation.kind);
        let words = figure
            .as_ref()
            .filter(|_| is_same_scale)
            .and_then(|figure| metric.band_words(figure.value, languages))
            .map(str::to_owned);
        Self { figure, words, provenance, is_stale_review: metric.is_review_overdue(today) }
    }
}
