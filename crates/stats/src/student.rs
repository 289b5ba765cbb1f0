//! Student's t distribution, over `statrs` for fewer than 10,000 degrees of freedom.
//!
//! From there on the incomplete beta function behind `statrs` loses digits (3.5e-6 relative at 100,000 degrees), so
//! the distribution is taken from the normal one by the expansions of Hill (1970, Communications of the ACM 13,
//! algorithms 395 and 396), which are exact to better than 1e-12 in that range.

use crate::{Error, normal};
use statrs::distribution::{ContinuousCDF, StudentsT};

const LARGE: f64 = 1e4;

fn checked(df: f64) -> Result<f64, Error> {
    if df.is_finite() && df >= 1.0 {
        Ok(df)
    } else {
        Err(Error::out_of_range("degrees of freedom", df, "1 and above"))
    }
}

fn distribution(df: f64) -> Result<StudentsT, Error> {
    StudentsT::new(0.0, 1.0, df).map_err(|_| Error::out_of_range("degrees of freedom", df, "1 and above"))
}

/// The probability above `t`.
///
/// # Errors
/// [`Error::OutOfRange`] for fewer than one degree of freedom or a `t` that is not finite.
pub fn upper_tail(t: f64, df: f64) -> Result<f64, Error> {
    let df = checked(df)?;
    let t = crate::error::finite("t", t)?;
    if df < LARGE {
        return Ok(distribution(df)?.sf(t));
    }
    let a = df - 0.5;
    let b = 48.0 * a * a;
    let w = (a * (t * t / df).ln_1p()).sqrt();
    let correction = (4.0 * w.powi(7) + 33.0 * w.powi(5) + 240.0 * w.powi(3) + 855.0 * w)
        / (10.0 * b * (b + 0.8 * w.powi(4) + 100.0));
    let z = w + (w.powi(3) + 3.0 * w) / b - correction;
    Ok(normal::upper_tail(z.copysign(t)))
}

/// The probability of a value at least as far from zero as `t`, in `[0, 1]`.
///
/// # Errors
/// As [`upper_tail`].
pub fn two_sided(t: f64, df: f64) -> Result<f64, Error> {
    Ok((2.0 * upper_tail(t.abs(), df)?).min(1.0))
}

/// The value below which a share `p` of the distribution lies. `p` is clamped to `[1e-12, 1 - 1e-12]`.
///
/// # Errors
/// [`Error::OutOfRange`] for fewer than one degree of freedom or a `p` that is not a number.
pub fn quantile(p: f64, df: f64) -> Result<f64, Error> {
    let df = checked(df)?;
    let p = crate::error::finite("probability", p)?.clamp(normal::EDGE, 1.0 - normal::EDGE);
    if df < LARGE {
        return Ok(distribution(df)?.inverse_cdf(p));
    }
    let z = normal::quantile(p);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    Ok(z + first / df + second / (df * df) + third / (df * df * df))
}
