//! The upper tail of the chi-squared distribution, all that the tests of this crate need of it.

use statrs::function::gamma::checked_gamma_ur;

/// The probability above `x >= 0` with `df >= 1` degrees of freedom.
pub(crate) fn upper_tail(x: f64, df: u32) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    // The only failures are a non-positive shape and a non-positive argument, both excluded above.
    checked_gamma_ur(f64::from(df.max(1)) / 2.0, x / 2.0).unwrap_or(0.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::upper_tail;

    #[test]
    fn agrees_with_the_reference_values() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../tests/vectors/special.json")).unwrap();
        for row in vectors["chi2_sf"].as_array().unwrap() {
            let (x, df, expected) =
                (row[0].as_f64().unwrap(), row[1].as_u64().unwrap(), row[2].as_f64().unwrap());
            let got = upper_tail(x, u32::try_from(df).unwrap());
            assert!((got - expected).abs() <= 1e-9 * expected, "{x} {df}: {got} is not {expected}");
        }
    }
}
