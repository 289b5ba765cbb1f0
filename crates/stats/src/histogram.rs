//! Counts of raw integer answers: the sufficient statistic that every figure of an item is computed from.
//!
//! Histograms of disjoint groups add up, in any order and grouping, to the histogram of their union; so a roll-up
//! through a tree of units never averages averages.

use crate::Error;
use serde::{Deserialize, Serialize};

/// How many respondents gave each integer answer, from [`Histogram::MIN`] to [`Histogram::MAX`].
///
/// The value [`Histogram::NO_RATING`] is a given answer without a rating ("don't know", "does not concern me"); it
/// is counted here, and every estimate leaves it out by way of [`Histogram::rated`].
///
/// Size: one `u64` for each value up to the largest seen. Serialised as the list of its `(value, count)` pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<(i32, u64)>", into = "Vec<(i32, u64)>")]
pub struct Histogram {
    /// The count of the value `index - 1`; never ends in a zero, so that equal contents compare equal.
    counts: Vec<u64>,
}

impl Histogram {
    /// The smallest value that can be counted.
    pub const MIN: i32 = -1;
    /// The largest value that can be counted.
    pub const MAX: i32 = 127;
    /// An answer that is no rating.
    pub const NO_RATING: i32 = -1;

    /// A histogram of nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts each value once.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a value that cannot be counted.
    pub fn from_values(values: impl IntoIterator<Item = i32>) -> Result<Self, Error> {
        Self::from_counts(values.into_iter().map(|value| (value, 1)))
    }

    /// Sums `(value, count)` pairs; a value may occur more than once.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a value that cannot be counted.
    pub fn from_counts(counts: impl IntoIterator<Item = (i32, u64)>) -> Result<Self, Error> {
        let mut histogram = Self::new();
        for (value, count) in counts {
            histogram.add(value, count)?;
        }
        Ok(histogram)
    }

    /// Counts `count` more answers of `value`. Counts stop at `u64::MAX` instead of wrapping.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a value that cannot be counted.
    pub fn add(&mut self, value: i32, count: u64) -> Result<(), Error> {
        let index = Self::index(value).ok_or_else(|| Error::out_of_range("answer", value, "-1 to 127"))?;
        if count > 0 {
            if self.counts.len() <= index {
                self.counts.resize(index + 1, 0);
            }
            self.counts[index] = self.counts[index].saturating_add(count);
        }
        Ok(())
    }

    fn index(value: i32) -> Option<usize> {
        (Self::MIN..=Self::MAX).contains(&value).then(|| usize::try_from(value - Self::MIN).ok()).flatten()
    }

    /// Adds the counts of a disjoint group of respondents. Associative and commutative.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// The histogram of those who are here but not in `part`, which must be a part of this group.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when `part` counts more of some value than this histogram does.
    pub fn without(&self, part: &Self) -> Result<Self, Error> {
        let mut rest = self.clone();
        for (value, count) in part.iter() {
            let have = self.count(value);
            let left = have
                .checked_sub(count)
                .ok_or_else(|| Error::out_of_range("count of the part", count, "the count of the whole"))?;
            if let Some(index) = Self::index(value) {
                rest.counts[index] = left;
            }
        }
        while rest.counts.last() == Some(&0) {
            rest.counts.pop();
        }
        Ok(rest)
    }

    /// The count of one value; zero for one that cannot be counted.
    #[must_use]
    pub fn count(&self, value: i32) -> u64 {
        Self::index(value).and_then(|index| self.counts.get(index)).copied().unwrap_or(0)
    }

    /// The count of all values in the closed range.
    #[must_use]
    pub fn count_between(&self, low: i32, high: i32) -> u64 {
        self.iter()
            .filter(|(value, _)| (low..=high).contains(value))
            .fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// The values with a positive count, ascending, each with its count.
    pub fn iter(&self) -> impl Iterator<Item = (i32, u64)> + '_ {
        (Self::MIN..).zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// The number of answers counted, those without a rating included.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether nothing has been counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Only the answers that are ratings.
    #[must_use]
    pub fn rated(&self) -> Self {
        let mut rated = self.clone();
        if let Some(first) = rated.counts.first_mut() {
            *first = 0;
        }
        while rated.counts.last() == Some(&0) {
            rated.counts.pop();
        }
        rated
    }

    /// Refuses a histogram that holds a value outside a scale, so that a wrongly bound question is noticed.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] naming the first such value.
    pub fn check_scale(&self, what: &'static str, low: i32, high: i32) -> Result<(), Error> {
        match self.iter().find(|(value, _)| !(low..=high).contains(value)) {
            None => Ok(()),
            Some((value, _)) => Err(Error::out_of_range(what, value, "the scale of the question")),
        }
    }

    /// The arithmetic mean of all values counted, or `None` when there are none. The sum is exact, so the order in
    /// which answers arrived cannot show in the last digits.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let n = self.n();
        (n > 0).then(|| {
            let sum: i128 = self.iter().map(|(value, count)| i128::from(value) * i128::from(count)).sum();
            sum as f64 / n as f64
        })
    }

    /// The sum of squared distances from the mean.
    fn squares(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some(self.iter().map(|(value, count)| count as f64 * (f64::from(value) - mean).powi(2)).sum())
    }

    /// The population variance (divisor `n`), or `None` when nothing is counted.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        Some(self.squares()? / self.n() as f64)
    }

    /// The sample variance (divisor `n - 1`), or `None` for fewer than two answers.
    #[must_use]
    pub fn sample_variance(&self) -> Option<f64> {
        (self.n() > 1).then(|| self.squares().map(|squares| squares / (self.n() - 1) as f64)).flatten()
    }
}

impl TryFrom<Vec<(i32, u64)>> for Histogram {
    type Error = Error;

    fn try_from(counts: Vec<(i32, u64)>) -> Result<Self, Error> {
        Self::from_counts(counts)
    }
}

impl From<Histogram> for Vec<(i32, u64)> {
    fn from(histogram: Histogram) -> Self {
        histogram.iter().collect()
    }
}
