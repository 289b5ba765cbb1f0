//! Rating scales: satisfaction (CSAT), effort (CES), agreement (favourable share), engagement index, reliability.
//!
//! Every function leaves out answers without a rating ([`Histogram::NO_RATING`]) and refuses a value that is not on
//! the scale. Shares are in `[0, 1]` with Wilson intervals, means in points of the scale with t intervals.

use crate::{Confidence, Error, Histogram, Interval, proportion, student};
use std::ops::RangeInclusive;

/// A share of the respondents who gave a rating.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// How many count.
    pub x: u64,
    /// How many gave a rating.
    pub n: u64,
    /// `x / n`, in `[0, 1]`.
    pub share: f64,
    /// The Wilson interval.
    pub interval: Interval,
}

/// A mean of ratings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// How many gave a rating.
    pub n: u64,
    /// The mean, in points of the scale.
    pub mean: f64,
    /// The sample standard deviation; `None` for a single rating.
    pub standard_deviation: Option<f64>,
    /// The t interval, not clipped to the scale; `None` for a single rating.
    pub interval: Option<Interval>,
}

/// The share of ratings in `counted` on the scale `scale`.
///
/// # Errors
/// [`Error::Empty`] without ratings, [`Error::OutOfRange`] for a rating that is not on the scale.
pub fn share(
    histogram: &Histogram,
    scale: RangeInclusive<i32>,
    counted: RangeInclusive<i32>,
    confidence: Confidence,
) -> Result<Share, Error> {
    let rated = histogram.rated();
    rated.check_scale("rating", *scale.start(), *scale.end())?;
    let (x, n) = (rated.count_between(*counted.start(), *counted.end()), rated.n());
    Ok(Share { x, n, share: proportion::share(x, n)?, interval: proportion::wilson(x, n, confidence)? })
}

/// Customer satisfaction: the share of 4 and 5 on the scale 1 to 5.
///
/// # Errors
/// As [`share`].
pub fn csat(histogram: &Histogram, confidence: Confidence) -> Result<Share, Error> {
    share(histogram, 1..=5, 4..=5, confidence)
}

/// Customer effort 2.0: the share of 5, 6 and 7 on the scale 1 ("made it hard") to 7 ("made it easy").
///
/// # Errors
/// As [`share`].
pub fn ces(histogram: &Histogram, confidence: Confidence) -> Result<Share, Error> {
    share(histogram, 1..=7, 5..=7, confidence)
}

/// The mean of the ratings with its t interval.
///
/// # Errors
/// [`Error::Empty`] without ratings.
pub fn mean(histogram: &Histogram, confidence: Confidence) -> Result<Mean, Error> {
    let rated = histogram.rated();
    let (mean, n) = (rated.mean().ok_or(Error::Empty)?, rated.n());
    let Some(variance) = rated.sample_variance() else {
        return Ok(Mean { n, mean, standard_deviation: None, interval: None });
    };
    let t = student::quantile(confidence.upper_tail_point(), (n - 1) as f64)?;
    Ok(Mean {
        n,
        mean,
        standard_deviation: Some(variance.sqrt()),
        interval: Some(Interval::around(mean, t * (variance / n as f64).sqrt())),
    })
}

/// Agreement with a statement on the scale 1 to 5, in three classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// The share of 4 and 5.
    pub favourable: Share,
    /// The share of 3, in `[0, 1]`.
    pub neutral: f64,
    /// The share of 1 and 2, in `[0, 1]`.
    pub unfavourable: f64,
    /// Favourable minus unfavourable, in `[-1, 1]`.
    pub net: f64,
}

/// The three classes of agreement. A negatively worded statement is `reversed` first (`6 - x`).
///
/// # Errors
/// As [`share`].
pub fn agreement(histogram: &Histogram, reversed: bool, confidence: Confidence) -> Result<Agreement, Error> {
    let turned;
    let answers = if reversed {
        turned = reverse(histogram, 1, 5)?;
        &turned
    } else {
        histogram
    };
    let favourable = share(answers, 1..=5, 4..=5, confidence)?;
    let of = |low, high| proportion::share(answers.count_between(low, high), favourable.n);
    let (neutral, unfavourable) = (of(3, 3)?, of(1, 2)?);
    Ok(Agreement { favourable, neutral, unfavourable, net: favourable.share - unfavourable })
}

/// Turns a scale round, `low + high - x`; answers without a rating stay as they are.
///
/// # Errors
/// [`Error::OutOfRange`] for a rating that is not on the scale.
pub fn reverse(histogram: &Histogram, low: i32, high: i32) -> Result<Histogram, Error> {
    histogram.rated().check_scale("rating", low, high)?;
    Histogram::from_counts(histogram.iter().map(|(value, count)| {
        (if value == Histogram::NO_RATING { value } else { low + high - value }, count)
    }))
}

/// The engagement index: the unweighted mean of the favourable shares of its items, in `[0, 1]`.
///
/// It is computed from shares that are released already and so discloses nothing more; a mean of person means would
/// give away the answer of the one person who skipped an item.
///
/// # Errors
/// [`Error::Empty`] without items, [`Error::OutOfRange`] for a share outside `[0, 1]`.
pub fn engagement_index(favourable_shares: &[f64]) -> Result<f64, Error> {
    if favourable_shares.is_empty() {
        return Err(Error::Empty);
    }
    let mut sum = 0.0;
    for share in favourable_shares {
        sum += crate::error::share("favourable share", *share)?;
    }
    Ok(sum / favourable_shares.len() as f64)
}

/// Cronbach's alpha: how consistently the items of an index measure one thing; at most 1, and negative when items
/// contradict each other.
///
/// `items` holds one slice for each item, each with one answer for each respondent in the same order; only
/// respondents who answered every item may be included.
///
/// # Errors
/// [`Error::TooFew`] for fewer than two items or respondents, [`Error::LengthMismatch`] for items of different
/// length, [`Error::OutOfRange`] for a number that is not finite, [`Error::NoVariation`] when all totals are equal.
pub fn cronbach_alpha(items: &[&[f64]]) -> Result<f64, Error> {
    if items.len() < 2 {
        return Err(Error::TooFew { what: "alpha, in items", got: items.len() as u64, needed: 2 });
    }
    let n = items[0].len();
    if n < 2 {
        return Err(Error::TooFew { what: "alpha, in respondents", got: n as u64, needed: 2 });
    }
    let mut totals = vec![0.0; n];
    let mut item_variances = 0.0;
    for item in items {
        if item.len() != n {
            return Err(Error::LengthMismatch { what: "answers of the items", left: n, right: item.len() });
        }
        for (total, answer) in totals.iter_mut().zip(*item) {
            *total += crate::error::finite("answer", *answer)?;
        }
        item_variances += sample_variance(item);
    }
    let total_variance = sample_variance(&totals);
    if total_variance <= 0.0 {
        return Err(Error::NoVariation { what: "alpha" });
    }
    let k = items.len() as f64;
    Ok(k / (k - 1.0) * (1.0 - item_variances / total_variance))
}

/// Two-pass sample variance of at least two finite values.
fn sample_variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}
