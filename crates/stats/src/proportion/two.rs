//! Comparison of two shares.
//!
//! Differences are second minus first, on `[-1, 1]`.

use super::{checked, wilson};
use crate::interval::Test;
use crate::{Confidence, Error, Interval, normal};
use statrs::function::gamma::ln_gamma;

/// Two independent groups: `x1` of `n1` and `x2` of `n2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    x1: u64,
    n1: u64,
    x2: u64,
    n2: u64,
}

impl Pair {
    /// The first and the second group, each as (count, respondents).
    ///
    /// # Errors
    /// [`Error::Empty`] for a group of nobody, [`Error::OutOfRange`] for a count above its number of respondents.
    pub fn new(first: (u64, u64), second: (u64, u64)) -> Result<Self, Error> {
        checked(first.0, first.1)?;
        checked(second.0, second.1)?;
        Ok(Self { x1: first.0, n1: first.1, x2: second.0, n2: second.1 })
    }

    fn shares(&self) -> (f64, f64) {
        (self.x1 as f64 / self.n1 as f64, self.x2 as f64 / self.n2 as f64)
    }

    /// The second share minus the first.
    #[must_use]
    pub fn difference(&self) -> f64 {
        let (p1, p2) = self.shares();
        p2 - p1
    }

    /// The pooled normal test, whose squared statistic is the uncorrected chi-squared statistic of the table.
    /// `None` when nobody or everybody counts in both groups.
    #[must_use]
    pub fn pooled_test(&self) -> Option<Test> {
        let (n1, n2) = (self.n1 as f64, self.n2 as f64);
        let pooled = (self.x1 as f64 + self.x2 as f64) / (n1 + n2);
        Test::z(self.difference(), (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt())
    }

    /// Newcombe's hybrid interval of the difference, from the two Wilson intervals: the one to publish.
    ///
    /// # Errors
    /// None for a pair that could be built; the result type is that of the intervals it is made of.
    pub fn newcombe(&self, confidence: Confidence) -> Result<Interval, Error> {
        let (p1, p2) = self.shares();
        let first = wilson(self.x1, self.n1, confidence)?;
        let second = wilson(self.x2, self.n2, confidence)?;
        let difference = p2 - p1;
        Ok(Interval {
            low: difference - (p2 - second.low).hypot(first.high - p1),
            high: difference + (second.high - p2).hypot(p1 - first.low),
        }
        .clipped(-1.0, 1.0))
    }

    /// The Agresti-Caffo interval of the difference (one success and one failure added to each group), clipped.
    #[must_use]
    pub fn agresti_caffo(&self, confidence: Confidence) -> Interval {
        let adjusted = |x: u64, n: u64| {
            let n = n as f64 + 2.0;
            let share = (x as f64 + 1.0) / n;
            (share, share * (1.0 - share) / n)
        };
        let ((p1, v1), (p2, v2)) = (adjusted(self.x1, self.n1), adjusted(self.x2, self.n2));
        Interval::around(p2 - p1, confidence.z() * (v1 + v2).sqrt()).clipped(-1.0, 1.0)
    }

    /// Cohen's h, second minus first, on `[-pi, pi]`.
    #[must_use]
    pub fn cohen_h(&self) -> f64 {
        let (p1, p2) = self.shares();
        2.0 * p2.sqrt().asin() - 2.0 * p1.sqrt().asin()
    }

    /// Whether some expected count is below five, where [`Pair::fisher`] replaces [`Pair::pooled_test`].
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        let (n1, n2) = (self.n1 as f64, self.n2 as f64);
        let hits = self.x1 as f64 + self.x2 as f64;
        let misses = n1 + n2 - hits;
        n1.min(n2) * hits.min(misses) / (n1 + n2) < 5.0
    }

    /// Fisher's exact two-sided p-value: the probability of every table with the same margins that is at most as
    /// likely as this one. Takes time proportional to the smaller margin.
    #[must_use]
    pub fn fisher(&self) -> f64 {
        let hits = self.x1.saturating_add(self.x2);
        let ln_choose = |n: u64, k: u64| {
            ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
        };
        let all = ln_choose(self.n1.saturating_add(self.n2), hits);
        let ln_table = |x1: u64| ln_choose(self.n1, x1) + ln_choose(self.n2, hits - x1) - all;
        let limit = ln_table(self.x1) + 1e-7;
        (hits.saturating_sub(self.n2)..=hits.min(self.n1))
            .map(ln_table)
            .filter(|log| *log <= limit)
            .map(f64::exp)
            .sum::<f64>()
            .min(1.0)
    }
}

/// The test of `McNemar` for the same people asked twice, from the two counts of those who changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// The exact two-sided binomial p-value; 1 when nobody changed.
    pub p: f64,
    /// The uncorrected chi-squared statistic `(b - c)^2 / (b + c)`; `None` when nobody changed.
    pub chi_squared: Option<f64>,
}

/// Tests whether as many changed from no to yes (`b`) as from yes to no (`c`).
#[must_use]
pub fn mcnemar(b: u64, c: u64) -> McNemar {
    let n = b.saturating_add(c);
    if n == 0 {
        return McNemar { p: 1.0, chi_squared: None };
    }
    let tail: f64 = (0..=b.min(c)).map(|x| super::ln_binomial(x as f64, n as f64, 0.5).exp()).sum();
    let difference = b as f64 - c as f64;
    McNemar { p: (2.0 * tail).min(1.0), chi_squared: Some(difference * difference / n as f64) }
}

/// The two-sided p-value of a pair by the rule of the house: Fisher where an expected count is below five, the
/// pooled normal test elsewhere; 1 when neither group varies.
#[must_use]
pub fn p_value(pair: &Pair) -> f64 {
    if pair.is_sparse() {
        pair.fisher()
    } else {
        pair.pooled_test().map_or(1.0, |test| normal::two_sided(test.statistic))
    }
}
