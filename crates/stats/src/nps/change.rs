//! Change of the score between two periods.

use super::{Counts, spread};
use crate::interval::Test;
use crate::{Confidence, Error, Interval, chi_squared, student};

/// A difference of two scores, later minus earlier, on `[-2, 2]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The difference the interval and the test are built on.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The normal interval, not clipped.
    pub interval: Interval,
    /// The normal test of no change; `None` when there is no variation in either period.
    pub test: Option<Test>,
}

/// The change to publish for independent respondents: adjusted scores and adjusted standard errors.
///
/// The respondents of the two periods must be different people, or unlinkable; if some are the same, the test is
/// conservative.
///
/// # Errors
/// [`Error::Empty`] when a period has no ratings.
pub fn adjusted_change(before: &Counts, after: &Counts, confidence: Confidence) -> Result<Change, Error> {
    let (before, after) = (before.adjusted()?, after.adjusted()?);
    Ok(change(after.score - before.score, after.standard_error.hypot(before.standard_error), confidence))
}

/// The change without pseudo-answers: plain scores, standard errors not pooled.
///
/// # Errors
/// [`Error::Empty`] when a period has no ratings.
pub fn unpooled_change(before: &Counts, after: &Counts, confidence: Confidence) -> Result<Change, Error> {
    let standard_error = after.standard_error()?.hypot(before.standard_error()?);
    Ok(change(after.score()? - before.score()?, standard_error, confidence))
}

fn change(difference: f64, standard_error: f64, confidence: Confidence) -> Change {
    Change {
        difference,
        standard_error,
        interval: Interval::around(difference, confidence.z() * standard_error),
        test: Test::z(difference, standard_error),
    }
}

/// The normal test with the variance of both periods taken together, as under no change. `None` when everyone of
/// both periods is in one class.
///
/// # Errors
/// [`Error::Empty`] when a period has no ratings.
pub fn pooled_test(before: &Counts, after: &Counts) -> Result<Option<Test>, Error> {
    let difference = after.score()? - before.score()?;
    let (n0, n1) = (before.n() as f64, after.n() as f64);
    let detractors = (before.detractors as f64 + after.detractors as f64) / (n0 + n1);
    let promoters = (before.promoters as f64 + after.promoters as f64) / (n0 + n1);
    let variance = spread(detractors, promoters) * (1.0 / n0 + 1.0 / n1);
    Ok(Test::z(difference, variance.sqrt()))
}

/// A chi-squared test of the three shares, which also sees a change of shape under a constant score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapeChange {
    /// Pearson's statistic and its p-value.
    pub test: Test,
    /// Two, less one for each class that is empty in both periods.
    pub degrees_of_freedom: u32,
}

/// Tests whether the three shares are the same in both periods. `None` when everyone is in one class.
///
/// # Errors
/// [`Error::Empty`] when a period has no ratings.
pub fn shape_change(before: &Counts, after: &Counts) -> Result<Option<ShapeChange>, Error> {
    before.score()?;
    after.score()?;
    let (n0, n1) = (before.n() as f64, after.n() as f64);
    let mut statistic = 0.0;
    let mut classes = 0_u32;
    let row = |counts: &Counts| [counts.detractors, counts.passives, counts.promoters];
    for (a, b) in row(before).into_iter().zip(row(after)) {
        let (a, b) = (a as f64, b as f64);
        if a + b > 0.0 {
            classes += 1;
            let (expected_a, expected_b) = ((a + b) * n0 / (n0 + n1), (a + b) * n1 / (n0 + n1));
            statistic += (a - expected_a).powi(2) / expected_a + (b - expected_b).powi(2) / expected_b;
        }
    }
    let degrees_of_freedom = classes.saturating_sub(1);
    Ok((degrees_of_freedom > 0).then(|| ShapeChange {
        test: Test { statistic, p: chi_squared::upper_tail(statistic, degrees_of_freedom) },
        degrees_of_freedom,
    }))
}

/// The change among people who answered both times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedChange {
    /// The mean of the differences, later minus earlier, on `[-2, 2]`.
    pub difference: f64,
    /// The sample standard deviation of the differences.
    pub standard_deviation: f64,
    /// The number of pairs less one.
    pub degrees_of_freedom: u64,
    /// The t interval of the mean difference.
    pub interval: Interval,
    /// The paired t test; `None` when everyone changed by the same amount.
    pub test: Option<Test>,
}

/// Compares the scores {-1, 0, 1} of the same people, one pair at each index.
///
/// # Errors
/// [`Error::LengthMismatch`] for unequal lengths, [`Error::TooFew`] for fewer than two pairs, and
/// [`Error::OutOfRange`] for a score that is not -1, 0 or 1.
pub fn paired_change(before: &[i8], after: &[i8], confidence: Confidence) -> Result<PairedChange, Error> {
    if before.len() != after.len() {
        return Err(Error::LengthMismatch { what: "paired scores", left: before.len(), right: after.len() });
    }
    let pairs = before.len() as u64;
    if pairs < 2 {
        return Err(Error::TooFew { what: "a paired change", got: pairs, needed: 2 });
    }
    if let Some(wrong) = before.iter().chain(after).find(|score| !(-1..=1).contains(*score)) {
        return Err(Error::out_of_range("score of a respondent", wrong, "-1, 0 and 1"));
    }
    let (mut sum, mut squares) = (0_i64, 0_i64);
    for (earlier, later) in before.iter().zip(after) {
        let difference = i64::from(*later) - i64::from(*earlier);
        sum += difference;
        squares += difference * difference;
    }
    let n = pairs as f64;
    let difference = sum as f64 / n;
    let variance = ((squares as f64 - sum as f64 * difference) / (n - 1.0)).max(0.0);
    let standard_error = (variance / n).sqrt();
    let t = student::quantile(confidence.upper_tail_point(), n - 1.0)?;
    let test = if standard_error > 0.0 {
        let statistic = difference / standard_error;
        Some(Test { statistic, p: student::two_sided(statistic, n - 1.0)? })
    } else {
        None
    };
    Ok(PairedChange {
        difference,
        standard_deviation: variance.sqrt(),
        degrees_of_freedom: pairs - 1,
        interval: Interval::around(difference, t * standard_error),
        test,
    })
}
