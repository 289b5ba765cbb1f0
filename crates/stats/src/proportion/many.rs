//! Several categories of one question at once.

use crate::{Confidence, Error, Interval, normal};

/// Goodman's simultaneous intervals (1965, Technometrics 7): all of them hold together with the given confidence.
/// One interval in `[0, 1]` for each count, in order.
///
/// # Errors
/// [`Error::TooFew`] for fewer than two categories, [`Error::Empty`] when all counts are zero.
pub fn goodman(counts: &[u64], confidence: Confidence) -> Result<Vec<Interval>, Error> {
    if counts.len() < 2 {
        return Err(Error::TooFew { what: "simultaneous intervals", got: counts.len() as u64, needed: 2 });
    }
    let n: f64 = counts.iter().map(|count| *count as f64).sum();
    if n <= 0.0 {
        return Err(Error::Empty);
    }
    // A chi-squared quantile with one degree of freedom is the square of a two-sided normal one.
    let z = normal::quantile(1.0 - confidence.alpha() / (2.0 * counts.len() as f64));
    let c = z * z;
    Ok(counts
        .iter()
        .map(|count| {
            let x = *count as f64;
            let half = (c * (c + 4.0 * x * (n - x) / n)).sqrt();
            let scale = 2.0 * (n + c);
            let mut interval =
                Interval { low: (2.0 * x + c - half) / scale, high: (2.0 * x + c + half) / scale };
            if *count == 0 {
                interval.low = 0.0;
            }
            if x >= n {
                interval.high = 1.0;
            }
            interval.clipped(0.0, 1.0)
        })
        .collect())
}
