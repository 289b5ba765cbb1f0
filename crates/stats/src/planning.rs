//! What a survey of a given size can show, before it is sent.

use crate::{Confidence, Error, normal};

/// The smallest true difference of two means that a two-sided test finds with probability `power`, in the unit of
/// `standard_deviation`: `(z_(1 - alpha/2) + z_power) * sd * sqrt(1/n1 + 1/n2)`.
///
/// For a Net Promoter Score a usual standard deviation is 0.8 on the scale -1 to 1; times 100 gives points.
///
/// # Errors
/// [`Error::Empty`] when a group is empty, [`Error::OutOfRange`] for a power outside 0.5 to 0.999 or a standard
/// deviation that is negative or not finite.
pub fn minimum_detectable_difference(
    n1: u64,
    n2: u64,
    standard_deviation: f64,
    power: f64,
    confidence: Confidence,
) -> Result<f64, Error> {
    if n1 == 0 || n2 == 0 {
        return Err(Error::Empty);
    }
    if !(0.5..=0.999).contains(&power) {
        return Err(Error::out_of_range("power", power, "0.5 to 0.999"));
    }
    let sd = crate::error::finite("standard deviation", standard_deviation)?;
    if sd < 0.0 {
        return Err(Error::out_of_range("standard deviation", sd, "0 and above"));
    }
    let groups = 1.0 / n1 as f64 + 1.0 / n2 as f64;
    Ok((confidence.z() + normal::quantile(power)) * sd * groups.sqrt())
}
