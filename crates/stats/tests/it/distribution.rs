use crate::vectors::{close, floats, list, vectors};
use arki_stats::{normal, student};
use proptest::prelude::*;

#[test]
fn normal_tails_and_quantiles_agree_with_the_reference() {
    let reference = vectors!("special");
    for row in list(&reference["norm_sf"]) {
        let z = row[0].as_f64().unwrap();
        let relative = normal::upper_tail(z) / row[1].as_f64().unwrap() - 1.0;
        assert!(relative.abs() < 1e-9, "upper tail of {z} is off by {relative}");
    }
    for row in list(&reference["norm_ppf"]) {
        close(normal::quantile(row[0].as_f64().unwrap()), &row[1], 1e-12, "normal quantile");
    }
}

#[test]
fn student_tails_and_quantiles_agree_with_the_reference_at_any_degrees_of_freedom() {
    let reference = vectors!("special");
    for row in list(&reference["t_sf"]) {
        let numbers = floats(row);
        close(student::upper_tail(numbers[0], numbers[1]).unwrap(), &row[2], 1e-9, "t upper tail");
    }
    for row in list(&reference["t_ppf"]) {
        let numbers = floats(row);
        close(student::quantile(numbers[0], numbers[1]).unwrap(), &row[2], 1e-10, "t quantile");
    }
}

#[test]
fn the_two_ways_to_student_meet_where_they_change_over() {
    for p in [1e-9, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999] {
        let below = student::quantile(p, 9_999.999).unwrap();
        let above = student::quantile(p, 10_000.0).unwrap();
        assert!((below - above).abs() < 2e-8 * above.abs().max(1.0), "{p}: {below} and {above}");
    }
    for t in [-8.0, -1.0, 0.0, 0.5, 1.96, 5.0, 20.0] {
        let below = student::upper_tail(t, 9_999.999).unwrap();
        let above = student::upper_tail(t, 10_000.0).unwrap();
        assert!((below / above - 1.0).abs() < 1e-5, "{t}: {below} and {above}");
    }
}

#[test]
fn impossible_arguments_are_refused() {
    assert!(student::quantile(0.5, 0.0).is_err());
    assert!(student::quantile(f64::NAN, 5.0).is_err());
    assert!(student::upper_tail(f64::INFINITY, 5.0).is_err());
    assert!(normal::quantile(f64::NAN).is_finite());
}

proptest! {
    #[test]
    fn quantiles_are_finite_and_rise_with_the_probability(p in 0.0..1.0f64, q in 0.0..1.0f64, df in 1.0..3e4f64) {
        let (low, high) = if p <= q { (p, q) } else { (q, p) };
        prop_assert!(normal::quantile(low) <= normal::quantile(high));
        let (t_low, t_high) = (student::quantile(low, df).unwrap(), student::quantile(high, df).unwrap());
        prop_assert!(t_low.is_finite() && t_high.is_finite());
        prop_assert!(t_low <= t_high + 1e-9 * t_high.abs());
    }

    #[test]
    fn the_student_tail_undoes_the_student_quantile(p in 1e-6..0.999_999f64, df in 1.0..1e6f64) {
        let t = student::quantile(p, df).unwrap();
        prop_assert!((student::upper_tail(t, df).unwrap() - (1.0 - p)).abs() < 1e-8);
    }
}
