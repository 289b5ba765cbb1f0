//! The confidence level and the interval that accompany every estimate, and the outcome of a test.

use crate::{Error, normal};

/// A confidence level, strictly between 0 and 1; parsed once so that no formula has to check it again.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Confidence(f64);

impl Confidence {
    /// 90 %.
    pub const P90: Self = Self(0.90);
    /// 95 %, the level of every published interval.
    pub const P95: Self = Self(0.95);
    /// 99 %.
    pub const P99: Self = Self(0.99);

    /// A level such as `0.95`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `0.5 <= level <= 0.999999`; a lower level is a mistyped error rate.
    pub fn new(level: f64) -> Result<Self, Error> {
        if (0.5..=0.999_999).contains(&level) {
            Ok(Self(level))
        } else {
            Err(Error::out_of_range("confidence level", level, "0.5 to 0.999999"))
        }
    }

    /// The level, for instance `0.95`.
    #[must_use]
    pub fn level(self) -> f64 {
        self.0
    }

    /// The error rate, `1 - level`.
    #[must_use]
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }

    /// The probability below the upper end of a two-sided interval, `1 - alpha / 2`.
    #[must_use]
    pub fn upper_tail_point(self) -> f64 {
        1.0 - self.alpha() / 2.0
    }

    /// The two-sided normal quantile, 1.96 for 95 %.
    #[must_use]
    pub fn z(self) -> f64 {
        normal::quantile(self.upper_tail_point())
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self::P95
    }
}

/// A closed interval with `low <= high`, in the unit of the estimate it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// `centre - half` to `centre + half`.
    pub(crate) fn around(centre: f64, half: f64) -> Self {
        Self { low: centre - half, high: centre + half }
    }

    /// Both ends moved into `[low, high]`.
    #[must_use]
    pub fn clipped(self, low: f64, high: f64) -> Self {
        Self { low: self.low.clamp(low, high), high: self.high.clamp(low, high) }
    }

    /// Both ends multiplied by a positive factor, for instance 100 to go from shares to percent.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { low: self.low * factor, high: self.high * factor }
    }

    /// The length.
    #[must_use]
    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// Whether the value lies in the closed interval.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Whether the two closed intervals share a point.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// A test statistic with its two-sided p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The statistic; its distribution is named by the function that returns it.
    pub statistic: f64,
    /// The probability of a statistic at least as extreme if there is no difference, in `[0, 1]`.
    pub p: f64,
}

impl Test {
    /// A normal test of `estimate / standard_error`; `None` when the standard error is zero.
    pub(crate) fn z(estimate: f64, standard_error: f64) -> Option<Self> {
        (standard_error > 0.0).then(|| {
            let statistic = estimate / standard_error;
            Self { statistic, p: normal::two_sided(statistic) }
        })
    }
}
