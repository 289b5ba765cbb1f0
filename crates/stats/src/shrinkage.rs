//! Empirical Bayes: drawing the noisy estimates of small units towards what all units have in common.
//!
//! For ranking, heat maps and alerts. The headline of a unit stays its own raw figure; and because the drawn
//! estimate of a unit uses the unit's own answers, it may be published only where the raw one may.
//!
//! Model: `y_j ~ N(theta_j, v_j)`, `theta_j ~ N(mu, tau2)`. Sources: `DerSimonian` and Laird (1986), Controlled
//! Clinical Trials 7; Paule and Mandel (1982), Journal of Research of the NBS 87.

use crate::{Error, nps};

/// The fewest units worth drawing together.
pub const MINIMUM_UNITS: usize = 5;

/// How to estimate the variance between units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The moment estimate of `DerSimonian` and Laird: in one step.
    DerSimonianLaird,
    /// The estimate of Paule and Mandel: by iteration, better for few units.
    PauleMandel,
}

/// One unit after shrinkage, in the unit of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shrunk {
    /// The weight of the common mean in the estimate, in `[0, 1]`.
    pub weight_of_mean: f64,
    /// The drawn estimate, between the unit's own and the common mean.
    pub estimate: f64,
    /// Its variance, with the uncertainty of the common mean included.
    pub variance: f64,
}

/// All units after shrinkage.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrinkage {
    /// The common mean.
    pub mean: f64,
    /// The variance between units; zero means that no difference between units can be detected.
    pub between_variance: f64,
    /// Cochran's heterogeneity statistic.
    pub q: f64,
    /// The share of the variation that is not chance, in `[0, 1)`.
    pub i_squared: f64,
    /// One result for each unit, in order.
    pub units: Vec<Shrunk>,
}

/// Draws estimates with known positive variances together.
///
/// # Errors
/// [`Error::TooFew`] below [`MINIMUM_UNITS`], [`Error::LengthMismatch`] for unequal lengths, and
/// [`Error::OutOfRange`] for an estimate that is not finite or a variance that is not positive and finite.
pub fn shrink(estimates: &[f64], variances: &[f64], method: Method) -> Result<Shrinkage, Error> {
    if estimates.len() != variances.len() {
        return Err(Error::LengthMismatch {
            what: "estimates and variances",
            left: estimates.len(),
            right: variances.len(),
        });
    }
    if estimates.len() < MINIMUM_UNITS {
        return Err(Error::TooFew {
            what: "shrinkage, in units",
            got: estimates.len() as u64,
            needed: MINIMUM_UNITS as u64,
        });
    }
    for (estimate, variance) in estimates.iter().zip(variances) {
        crate::error::finite("estimate", *estimate)?;
        if !(variance.is_finite() && *variance > 0.0) {
            return Err(Error::out_of_range("variance", variance, "above 0, finite"));
        }
    }
    let degrees = (estimates.len() - 1) as f64;
    let (_, q) = weighted(estimates, variances, 0.0);
    let between_variance = match method {
        Method::DerSimonianLaird => {
            let weights = variances.iter().map(|v| 1.0 / v);
            let sum: f64 = weights.clone().sum();
            let squares: f64 = weights.map(|w| w * w).sum();
            ((q - degrees) / (sum - squares / sum)).max(0.0)
        }
        Method::PauleMandel => paule_mandel(estimates, variances, degrees),
    };
    let (mean, _) = weighted(estimates, variances, between_variance);
    let variance_of_mean = 1.0 / variances.iter().map(|v| 1.0 / (v + between_variance)).sum::<f64>();
    let units = estimates
        .iter()
        .zip(variances)
        .map(|(y, v)| {
            let weight_of_mean = v / (v + between_variance);
            Shrunk {
                weight_of_mean,
                estimate: weight_of_mean * mean + (1.0 - weight_of_mean) * y,
                variance: (1.0 - weight_of_mean) * v + weight_of_mean * weight_of_mean * variance_of_mean,
            }
        })
        .collect();
    let i_squared = if q > degrees { (q - degrees) / q } else { 0.0 };
    Ok(Shrinkage { mean, between_variance, q, i_squared, units })
}

/// Draws Net Promoter Scores together, on their adjusted scores and variances.
///
/// # Errors
/// As [`shrink`], and [`Error::Empty`] for a unit without ratings.
pub fn shrink_scores(units: &[nps::Counts], method: Method) -> Result<Shrinkage, Error> {
    let adjusted = units.iter().map(nps::Counts::adjusted).collect::<Result<Vec<_>, _>>()?;
    let estimates: Vec<f64> = adjusted.iter().map(|unit| unit.score).collect();
    let variances: Vec<f64> = adjusted.iter().map(|unit| unit.standard_error.powi(2)).collect();
    shrink(&estimates, &variances, method)
}

/// The weighted mean and the weighted sum of squares around it, for a given variance between units.
fn weighted(estimates: &[f64], variances: &[f64], between: f64) -> (f64, f64) {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (y, v) in estimates.iter().zip(variances) {
        sum += y / (v + between);
        weights += 1.0 / (v + between);
    }
    let mean = sum / weights;
    let squares = estimates.iter().zip(variances).map(|(y, v)| (y - mean).powi(2) / (v + between)).sum();
    (mean, squares)
}

/// The variance between units at which the weighted sum of squares equals its expectation, by bisection; the sum
/// falls as the variance grows.
fn paule_mandel(estimates: &[f64], variances: &[f64], degrees: f64) -> f64 {
    if weighted(estimates, variances, 0.0).1 <= degrees {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, variances.iter().copied().fold(f64::MIN_POSITIVE, f64::max));
    for _ in 0..2000 {
        if weighted(estimates, variances, high).1 <= degrees {
            break;
        }
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if weighted(estimates, variances, middle).1 > degrees {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
