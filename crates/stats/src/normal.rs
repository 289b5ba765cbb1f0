//! The standard normal distribution, over `statrs`.
//!
//! Probabilities at the very edge are moved inside, so that no quantile is infinite.

use statrs::function::erf::{erfc, erfc_inv};
use std::f64::consts::SQRT_2;

/// Probabilities closer to 0 or 1 than this are treated as this: nothing published depends on a thinner tail,
/// and inverse functions lose their digits or their way there.
pub(crate) const EDGE: f64 = 1e-12;

/// The probability above `z`. Relative error below 1e-9 for `z <= 12`; 0.5 for a `z` that is not a number.
#[must_use]
pub fn upper_tail(z: f64) -> f64 {
    if z.is_nan() { 0.5 } else { 0.5 * erfc(z / SQRT_2) }
}

/// The probability of a value at least as far from zero as `z`, in `[0, 1]`.
#[must_use]
pub fn two_sided(z: f64) -> f64 {
    (2.0 * upper_tail(z.abs())).min(1.0)
}

/// The value below which a share `p` of the distribution lies. `p` is clamped to `[1e-12, 1 - 1e-12]`.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    let p = if p.is_nan() { 0.5 } else { p.clamp(EDGE, 1.0 - EDGE) };
    -SQRT_2 * erfc_inv(2.0 * p)
}
