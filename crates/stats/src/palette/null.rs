//! How far from the target a palette looks by chance alone.
//!
//! The Jensen-Shannon distance is biased upwards in small samples: ten choices made exactly on target are about 0.4
//! away from it on average. So an observed distance is always shown beside the 95 % point of the distances of
//! simulated samples of the same size drawn from the target (a parametric bootstrap).

use super::{Composition, distance};
use crate::{Confidence, Error, Interval};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::function::gamma::ln_gamma;

/// The number of simulated samples.
pub const DRAWS: usize = 2000;

/// An observed distance and what chance makes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The observed Jensen-Shannon distance, in `[0, 1]`.
    pub distance: f64,
    /// `100 * (1 - distance)`, in `[0, 100]`; 100 is a perfect fit.
    pub fit: f64,
    /// The distance that 95 % of the samples drawn from the target do not exceed.
    pub null_95: f64,
    /// The mean distance of the samples drawn from the target.
    pub null_mean: f64,
    /// The share of samples at least as far away, the observed one counted among them; in `(0, 1]`.
    pub p: f64,
    /// Whether the observed distance exceeds `null_95`, so that chance alone hardly explains it.
    pub is_distinguishable: bool,
    /// The seed, so that the numbers can be reproduced.
    pub seed: u64,
}

/// Measures the distance of counted choices from a target composition against the null distribution of
/// [`DRAWS`] samples of as many choices.
///
/// The same seed gives the same numbers on every machine; derive it from what the reading is about. Choices are
/// drawn independently, which those of one person are not; the point is therefore somewhat low when people choose
/// many related feelings.
///
/// Time grows with the number of feelings and with the square root of the number of choices.
///
/// # Errors
/// [`Error::LengthMismatch`] for different palettes, [`Error::Empty`] when nothing was chosen,
/// [`Error::OutOfRange`] for more than a billion choices.
pub fn fit(picks: &[u64], target: &Composition, seed: u64) -> Result<Fit, Error> {
    let observed = distance::jensen_shannon(&Composition::from_picks(picks)?, target)?;
    let distances = simulate(total(picks)?, target, target, seed)?;
    let null_95 = distances[DRAWS * 95 / 100 - 1];
    // Equal samples can differ in the last digits of their distances, which must not count as farther away.
    let as_far = distances.iter().filter(|distance| **distance >= observed - 1e-12).count();
    Ok(Fit {
        distance: observed,
        fit: 100.0 * (1.0 - observed),
        null_95,
        null_mean: distances.iter().sum::<f64>() / DRAWS as f64,
        p: (as_far + 1) as f64 / (DRAWS + 1) as f64,
        is_distinguishable: observed > null_95 + 1e-12,
        seed,
    })
}

/// An interval of the distance of the group behind the counted choices, in `[0, 1]`, by the basic bootstrap:
/// samples of the same size are drawn from the observed composition, and what they deviate by is taken off the
/// observed distance, which also takes off the upward bias. Widened where needed to contain the observed distance.
///
/// # Errors
/// As [`fit`].
pub fn interval(
    picks: &[u64],
    target: &Composition,
    seed: u64,
    confidence: Confidence,
) -> Result<Interval, Error> {
    let composition = Composition::from_picks(picks)?;
    let observed = distance::jensen_shannon(&composition, target)?;
    let distances = simulate(total(picks)?, &composition, target, seed)?;
    let at = |share: f64| distances[((share * DRAWS as f64) as usize).min(DRAWS - 1)];
    let tail = confidence.alpha() / 2.0;
    let (low, high) = (2.0 * observed - at(1.0 - tail), 2.0 * observed - at(tail));
    Ok(Interval { low: low.min(observed), high: high.max(observed) }.clipped(0.0, 1.0))
}

fn total(picks: &[u64]) -> Result<u64, Error> {
    let total = picks.iter().fold(0_u64, |sum, picks| sum.saturating_add(*picks));
    if total > 1_000_000_000 {
        return Err(Error::out_of_range("number of choices", total, "1 to 1000000000"));
    }
    Ok(total)
}

/// The distances from the target of [`DRAWS`] samples from a source, ascending.
fn simulate(total: u64, source: &Composition, target: &Composition, seed: u64) -> Result<Vec<f64>, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut distances = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let sample = multinomial(&mut rng, total, source.shares());
        distances.push(distance::jensen_shannon(&Composition::from_picks(&sample)?, target)?);
    }
    distances.sort_by(f64::total_cmp);
    Ok(distances)
}

/// One multinomial sample, as a chain of binomial ones.
fn multinomial(rng: &mut impl Rng, total: u64, shares: &[f64]) -> Vec<u64> {
    let (mut left, mut weight) = (total, 1.0_f64);
    let last = shares.iter().rposition(|share| *share > 0.0);
    shares
        .iter()
        .enumerate()
        .map(|(index, share)| {
            let drawn = if Some(index) == last {
                left
            } else if left == 0 || *share <= 0.0 {
                0
            } else {
                binomial(rng, left, (share / weight).min(1.0))
            };
            left -= drawn;
            weight = (weight - share).max(f64::MIN_POSITIVE);
            drawn
        })
        .collect()
}

/// One binomial draw by inversion from the mode outwards: exact, with about a standard deviation of steps.
fn binomial(rng: &mut impl Rng, n: u64, p: f64) -> u64 {
    if p >= 1.0 {
        return n;
    }
    let size = n as f64;
    let mode = (((size + 1.0) * p).floor() as u64).min(n);
    let at_mode = {
        let x = mode as f64;
        (ln_gamma(size + 1.0) - ln_gamma(x + 1.0) - ln_gamma(size - x + 1.0)
            + x * p.ln()
            + (size - x) * (-p).ln_1p())
        .exp()
    };
    let odds = p / (1.0 - p);
    let mut rest = rng.random::<f64>() - at_mode;
    let (mut low, mut high) = (mode, mode);
    let (mut at_low, mut at_high) = (at_mode, at_mode);
    while rest > 0.0 && (low > 0 || high < n) {
        if high < n {
            at_high *= (n - high) as f64 / (high + 1) as f64 * odds;
            high += 1;
            rest -= at_high;
            if rest <= 0.0 {
                return high;
            }
        }
        if low > 0 {
            at_low *= low as f64 / (n - low + 1) as f64 / odds;
            low -= 1;
            rest -= at_low;
            if rest <= 0.0 {
                return low;
            }
        }
        // Both tails have run out of representable probability, so what is left of `rest` is rounding.
        if at_low < 1e-300 && at_high < 1e-300 {
            break;
        }
    }
    mode
}

#[cfg(test)]
mod tests {
    use super::{binomial, multinomial};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn binomial_draws_have_the_right_mean_and_variance() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (n, p) in [(1, 0.5), (10, 0.02), (200, 0.3), (200, 0.97), (1_000_000, 0.4)] {
            let draws: Vec<f64> = (0..4000).map(|_| binomial(&mut rng, n, p) as f64).collect();
            let mean = draws.iter().sum::<f64>() / 4000.0;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 3999.0;
            let (expected, spread) = (n as f64 * p, n as f64 * p * (1.0 - p));
            assert!((mean - expected).abs() < 5.0 * (spread / 4000.0).sqrt(), "{n} {p}: mean {mean}");
            assert!((variance / spread - 1.0).abs() < 0.25, "{n} {p}: variance {variance}, not {spread}");
        }
    }

    #[test]
    fn a_multinomial_sample_keeps_its_size_and_never_draws_an_impossible_feeling() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for total in [0, 1, 17, 5000] {
            let sample = multinomial(&mut rng, total, &[0.2, 0.0, 0.5, 0.3, 0.0]);
            assert_eq!(sample.iter().sum::<u64>(), total);
            assert_eq!((sample[1], sample[4]), (0, 0));
        }
    }
}
