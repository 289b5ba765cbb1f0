//! Shares: `x` of `n` respondents, with intervals in `[0, 1]`.
//!
//! [`wilson`] is the interval to publish. [`clopper_pearson`], [`agresti_coull`], [`jeffreys`] and [`normal`] are
//! there for comparison; two groups are compared in [`two`], several categories at once in [`many`].
//! Sources: Brown, Cai, `DasGupta` (2001), Statistical Science 16; Newcombe (1998), Statistics in Medicine 17.

pub mod many;
pub mod two;

use crate::{Confidence, Error, Interval, beta};
use statrs::function::gamma::ln_gamma;

fn checked(x: u64, n: u64) -> Result<(f64, f64), Error> {
    if n == 0 {
        Err(Error::Empty)
    } else if x > n {
        Err(Error::out_of_range("count", x, "0 to the number of respondents"))
    } else {
        Ok((x as f64, n as f64))
    }
}

/// The share `x / n`.
///
/// # Errors
/// [`Error::Empty`] for `n = 0`, [`Error::OutOfRange`] for `x > n`; so for every function of this module.
pub fn share(x: u64, n: u64) -> Result<f64, Error> {
    let (x, n) = checked(x, n)?;
    Ok(x / n)
}

/// The Wilson score interval. Its lower end is exactly 0 at `x = 0`, its upper end exactly 1 at `x = n`.
///
/// # Errors
/// As [`share`].
pub fn wilson(x: u64, n: u64, confidence: Confidence) -> Result<Interval, Error> {
    let (hits, total) = checked(x, n)?;
    let z = confidence.z();
    let centre = (hits + z * z / 2.0) / (total + z * z);
    let half = z / (total + z * z) * (hits * (total - hits) / total + z * z / 4.0).sqrt();
    let mut interval = Interval::around(centre, half).clipped(0.0, 1.0);
    // Rounding would leave -1e-17 here, and a published "0 %" must be one.
    if x == 0 {
        interval.low = 0.0;
    }
    if x == n {
        interval.high = 1.0;
    }
    Ok(interval)
}

/// The Clopper-Pearson interval, from beta quantiles, with the closed forms at `x = 0` and `x = n`.
///
/// # Errors
/// As [`share`].
pub fn clopper_pearson(x: u64, n: u64, confidence: Confidence) -> Result<Interval, Error> {
    let (hits, total) = checked(x, n)?;
    let tail = confidence.alpha() / 2.0;
    let low = match x {
        0 => 0.0,
        _ if x == n => tail.powf(1.0 / total),
        _ => beta::quantile(tail, hits, total - hits + 1.0),
    };
    let high = match x {
        _ if x == n => 1.0,
        0 => 1.0 - tail.powf(1.0 / total),
        _ => beta::quantile(1.0 - tail, hits + 1.0, total - hits),
    };
    Ok(Interval { low, high })
}

/// The Agresti-Coull interval, clipped to `[0, 1]`.
///
/// # Errors
/// As [`share`].
pub fn agresti_coull(x: u64, n: u64, confidence: Confidence) -> Result<Interval, Error> {
    let (hits, total) = checked(x, n)?;
    let z = confidence.z();
    let total = total + z * z;
    let centre = (hits + z * z / 2.0) / total;
    Ok(Interval::around(centre, z * (centre * (1.0 - centre) / total).sqrt()).clipped(0.0, 1.0))
}

/// The equal-tailed interval of the posterior under Jeffreys' prior; not widened to 0 or 1 at the ends.
///
/// # Errors
/// As [`share`].
pub fn jeffreys(x: u64, n: u64, confidence: Confidence) -> Result<Interval, Error> {
    let (hits, total) = checked(x, n)?;
    let tail = confidence.alpha() / 2.0;
    let (a, b) = (hits + 0.5, total - hits + 0.5);
    Ok(Interval { low: beta::quantile(tail, a, b), high: beta::quantile(1.0 - tail, a, b) })
}

/// The textbook interval, clipped to `[0, 1]`: of no width at 0 and 1, so never published.
///
/// # Errors
/// As [`share`].
pub fn normal(x: u64, n: u64, confidence: Confidence) -> Result<Interval, Error> {
    let (hits, total) = checked(x, n)?;
    let share = hits / total;
    Ok(Interval::around(share, confidence.z() * (share * (1.0 - share) / total).sqrt()).clipped(0.0, 1.0))
}

/// The logarithm of the binomial probability of `x` of `n` for `0 < p < 1`.
fn ln_binomial(x: f64, n: f64, p: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(x + 1.0) - ln_gamma(n - x + 1.0) + x * p.ln() + (n - x) * (-p).ln_1p()
}

/// The exact two-sided binomial p-value of the hypothesis that the share is `p`: the probability of every outcome
/// that is at most as likely as the one seen. Takes time proportional to `n`.
///
/// # Errors
/// As [`share`], and [`Error::OutOfRange`] for `p` outside `[0, 1]`.
pub fn binomial_test(x: u64, n: u64, p: f64) -> Result<f64, Error> {
    let (hits, total) = checked(x, n)?;
    let p = crate::error::share("hypothetical share", p)?;
    if p == 0.0 || p == 1.0 {
        let certain = if p == 0.0 { 0 } else { n };
        return Ok(if x == certain { 1.0 } else { 0.0 });
    }
    // Outcomes that are equally likely on paper differ in the last digits, hence the tolerance.
    let limit = ln_binomial(hits, total, p) + 1e-7;
    let sum: f64 = (0..=n)
        .map(|outcome| ln_binomial(outcome as f64, total, p))
        .filter(|log| *log <= limit)
        .map(f64::exp)
        .sum();
    Ok(sum.min(1.0))
}
