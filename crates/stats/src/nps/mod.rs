//! The Net Promoter Score and its intervals; eNPS is the same arithmetic on another question.
//!
//! Scores are on `[-1, 1]`; multiply by 100 to show points. An answer of 0-6 is a detractor, 7-8 a passive and 9-10
//! a promoter. With the shares `p` of promoters and `d` of detractors the score is `p - d`, and its variance that
//! of a multinomial score in {-1, 0, 1}: `p + d - (p - d)^2`.
//!
//! The headline interval is the adjusted Wald interval (three pseudo-answers: 3/4 promoter, 3/4 detractor, 3/2
//! passive), which Rocks (2016, arXiv 1601.07235) found to cover well from five answers up; the other two are there
//! for comparison with other tools.

mod change;

pub use change::{
    Change, PairedChange, ShapeChange, adjusted_change, paired_change, pooled_test, shape_change,
    unpooled_change,
};

use crate::{Confidence, Error, Histogram, Interval, student};

/// How many answered in each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Answers 0 to 6.
    pub detractors: u64,
    /// Answers 7 and 8.
    pub passives: u64,
    /// Answers 9 and 10.
    pub promoters: u64,
}

/// The score after the pseudo-answers; the interval is built on it, and it is never shown as the score itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// The score on `[-1, 1]`, drawn towards zero.
    pub score: f64,
    /// The population variance of one answer, in `(0, 1]`.
    pub variance: f64,
    /// The standard error of the score, always positive.
    pub standard_error: f64,
}

impl Counts {
    /// Classifies the raw answers 0 to 10; answers without a rating are left out.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when a rating is not on the 0 to 10 scale.
    pub fn from_histogram(histogram: &Histogram) -> Result<Self, Error> {
        histogram.rated().check_scale("recommendation answer", 0, 10)?;
        Ok(Self {
            detractors: histogram.count_between(0, 6),
            passives: histogram.count_between(7, 8),
            promoters: histogram.count_between(9, 10),
        })
    }

    /// The number of ratings.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.detractors.saturating_add(self.passives).saturating_add(self.promoters)
    }

    fn shares(&self) -> Result<(f64, f64, f64), Error> {
        match self.n() {
            0 => Err(Error::Empty),
            n => {
                let n = n as f64;
                Ok((self.detractors as f64 / n, self.passives as f64 / n, self.promoters as f64 / n))
            }
        }
    }

    /// The score on `[-1, 1]`.
    ///
    /// # Errors
    /// [`Error::Empty`] without ratings.
    pub fn score(&self) -> Result<f64, Error> {
        let (detractors, _, promoters) = self.shares()?;
        Ok(promoters - detractors)
    }

    /// The population variance of one answer's score, in `[0, 1]`.
    ///
    /// # Errors
    /// [`Error::Empty`] without ratings.
    pub fn variance(&self) -> Result<f64, Error> {
        let (detractors, _, promoters) = self.shares()?;
        Ok(spread(detractors, promoters))
    }

    /// The plain standard error; zero when everyone is in one class, which is why it carries no headline interval.
    ///
    /// # Errors
    /// [`Error::Empty`] without ratings.
    pub fn standard_error(&self) -> Result<f64, Error> {
        Ok((self.variance()? / self.n() as f64).sqrt())
    }

    /// The plain Wald interval, not clipped. Far too narrow below about 50 ratings.
    ///
    /// # Errors
    /// [`Error::Empty`] without ratings.
    pub fn wald(&self, confidence: Confidence) -> Result<Interval, Error> {
        Ok(Interval::around(self.score()?, confidence.z() * self.standard_error()?))
    }

    /// The t interval of the mean of the scores {-1, 0, 1}, not clipped.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than two ratings.
    pub fn mean_t(&self, confidence: Confidence) -> Result<Interval, Error> {
        let n = self.n();
        if n < 2 {
            return Err(Error::TooFew { what: "a t interval", got: n, needed: 2 });
        }
        let df = (n - 1) as f64;
        let standard_error = (self.variance()? / df).sqrt();
        let t = student::quantile(confidence.upper_tail_point(), df)?;
        Ok(Interval::around(self.score()?, t * standard_error))
    }

    /// The score, variance and standard error after the pseudo-answers.
    ///
    /// # Errors
    /// [`Error::Empty`] without ratings: three pseudo-answers alone are not a measurement.
    pub fn adjusted(&self) -> Result<Adjusted, Error> {
        if self.n() == 0 {
            return Err(Error::Empty);
        }
        let n = self.n() as f64 + 3.0;
        let detractors = (self.detractors as f64 + 0.75) / n;
        let promoters = (self.promoters as f64 + 0.75) / n;
        let variance = spread(detractors, promoters);
        Ok(Adjusted { score: promoters - detractors, variance, standard_error: (variance / n).sqrt() })
    }

    /// The adjusted Wald interval, clipped to `[-1, 1]`: the interval to publish. It is not
    /// centred on [`Counts::score`]; at 95 % it contains it from two ratings up, and for a single rating it may not.
    ///
    /// # Errors
    /// [`Error::Empty`] without ratings.
    pub fn adjusted_wald(&self, confidence: Confidence) -> Result<Interval, Error> {
        let adjusted = self.adjusted()?;
        Ok(Interval::around(adjusted.score, confidence.z() * adjusted.standard_error).clipped(-1.0, 1.0))
    }
}

fn spread(detractors: f64, promoters: f64) -> f64 {
    // Rounding can leave -1e-17 where everyone is in one class.
    (promoters + detractors - (promoters - detractors).powi(2)).max(0.0)
}
