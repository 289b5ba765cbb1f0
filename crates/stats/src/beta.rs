//! The incomplete beta function and its inverse, for binomial intervals.
//!
//! `statrs` stops its continued fraction after 140 terms, too early for shapes above about 10,000, and its inverse
//! can wander in extreme tails; both matter for surveys with many answers. The fraction here runs until it has
//! converged, and the inverse is a bracketed search that cannot leave `[0, 1]`.

use statrs::function::gamma::ln_gamma;

const TINY: f64 = 1e-300;

/// The regularised incomplete beta function `I_x(a, b)` for positive shapes, by the modified Lentz method
/// (Press et al., Numerical Recipes, section 6.4).
pub(crate) fn regularised(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // The fraction converges fast only below the mean, so the other half is taken by symmetry.
    if x < (a + 1.0) / (a + b + 2.0) {
        (front * fraction(a, b, x) / a).clamp(0.0, 1.0)
    } else {
        (1.0 - front * fraction(b, a, 1.0 - x) / b).clamp(0.0, 1.0)
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    // The number of terms grows with the square root of the larger shape; the bound is never met by a count of
    // respondents, it only makes the end of the loop certain.
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let step = d * c;
        result *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

/// The `p` quantile of the beta distribution with positive shapes.
///
/// Newton steps on the distribution function, replaced by a bisection whenever they leave the bracket.
pub(crate) fn quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = (a / (a + b)).clamp(1e-9, 1.0 - 1e-9);
    let log_normaliser = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    for _ in 0..200 {
        let error = regularised(a, b, x) - p;
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = (log_normaliser + (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p()).exp();
        let newton = x - error / density;
        let next = if newton.is_finite() && newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        if (next - x).abs() <= 1e-15 * x.max(1e-300) || high - low <= f64::EPSILON * low {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::{quantile, regularised};
    use proptest::prelude::*;

    #[test]
    fn quantiles_agree_with_the_reference_values() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../tests/vectors/special.json")).unwrap();
        for row in vectors["betaincinv"].as_array().unwrap() {
            let value = |i: usize| row[i].as_f64().unwrap();
            let got = quantile(value(2), value(0), value(1));
            assert!((got - value(3)).abs() <= 1e-10 * value(3), "{row}: {got}");
        }
    }

    proptest! {
        #[test]
        fn the_inverse_undoes_the_function(a in 0.5..2e5f64, b in 0.5..2e5f64, p in 1e-6..0.999_999f64) {
            let x = quantile(p, a, b);
            prop_assert!((0.0..=1.0).contains(&x));
            prop_assert!((regularised(a, b, x) - p).abs() < 1e-7);
        }
    }
}
