use crate::vectors::{P95, close, close_interval, counts, list, vectors};
use arki_stats::proportion::{self, many::goodman, two};
use arki_stats::{Confidence, Error};
use proptest::prelude::*;

#[test]
fn intervals_of_one_share_agree_with_the_reference() {
    let reference = vectors!("proportions");
    for case in list(&reference["one"]) {
        let (x, n) = (case["x"].as_u64().unwrap(), case["n"].as_u64().unwrap());
        let expected = &case["expected"];
        let wilson = proportion::wilson(x, n, P95).unwrap();
        close_interval(wilson, &expected["wilson"], 1e-10, "wilson");
        close_interval(
            proportion::wilson(x, n, Confidence::P90).unwrap(),
            &expected["wilson90"],
            1e-10,
            "wilson at 90 %",
        );
        close_interval(
            proportion::clopper_pearson(x, n, P95).unwrap(),
            &expected["beta"],
            1e-9,
            "clopper-pearson",
        );
        close_interval(
            proportion::agresti_coull(x, n, P95).unwrap(),
            &expected["agresti_coull"],
            1e-10,
            "agresti-coull",
        );
        close_interval(proportion::jeffreys(x, n, P95).unwrap(), &expected["jeffreys"], 1e-9, "jeffreys");
        close_interval(proportion::normal(x, n, P95).unwrap(), &expected["normal"], 1e-10, "normal");
    }
}

#[test]
fn comparisons_of_two_shares_agree_with_the_reference() {
    let reference = vectors!("proportions");
    for case in list(&reference["two"]) {
        let number = |key: &str| case[key].as_u64().unwrap();
        let pair = two::Pair::new((number("x1"), number("n1")), (number("x2"), number("n2"))).unwrap();
        let expected = &case["expected"];
        let test = pair.pooled_test().unwrap();
        close(-test.statistic, &expected["z_pooled_p1_minus_p2"], 1e-10, "z");
        close(test.p, &expected["p_two_sided"], 1e-9, "p");
        close(test.statistic.powi(2), &expected["chi2_uncorrected"], 1e-10, "chi-squared");
        close(pair.difference(), &expected["diff_p2_minus_p1"], 1e-10, "difference");
        close_interval(pair.newcombe(P95).unwrap(), &expected["newcombe_ci95"], 1e-10, "newcombe");
        close_interval(pair.agresti_caffo(P95), &expected["agresti_caffo_ci95"], 1e-10, "agresti-caffo");
        close(pair.fisher(), &expected["fisher_two_sided_p"], 1e-10, "fisher");
        close(
            pair.cohen_h().abs(),
            &serde_json::json!(expected["cohen_h"].as_f64().unwrap().abs()),
            1e-10,
            "h",
        );
    }
}

#[test]
fn simultaneous_intervals_agree_with_the_reference() {
    let reference = vectors!("proportions");
    for case in list(&reference["multinomial_goodman"]) {
        let got = goodman(&counts(&case["counts"]), P95).unwrap();
        for (got, expected) in got.into_iter().zip(list(&case["goodman95"])) {
            close_interval(got, expected, 1e-10, "goodman");
        }
    }
}

#[test]
fn mcnemar_agrees_with_the_reference() {
    let reference = vectors!("proportions");
    let case = &reference["mcnemar_exact"];
    let result = two::mcnemar(case["b"].as_u64().unwrap(), case["c"].as_u64().unwrap());
    close(result.p, &case["p"], 1e-10, "mcnemar p");
    close(result.chi_squared.unwrap(), &case["chi2_no_cc"], 1e-10, "mcnemar chi-squared");
    assert_eq!(two::mcnemar(0, 0), two::McNemar { p: 1.0, chi_squared: None });
}

#[test]
fn the_ends_of_a_wilson_interval_are_exact() {
    for n in [1, 7, 10, 333, 1_000_000] {
        assert_eq!(proportion::wilson(0, n, P95).unwrap().low.to_bits(), 0.0_f64.to_bits());
        assert_eq!(proportion::wilson(n, n, P95).unwrap().high.to_bits(), 1.0_f64.to_bits());
    }
}

#[test]
fn impossible_counts_are_refused() {
    assert_eq!(proportion::wilson(0, 0, P95), Err(Error::Empty));
    assert!(matches!(proportion::wilson(3, 2, P95), Err(Error::OutOfRange { .. })));
    assert!(two::Pair::new((1, 0), (1, 2)).is_err());
    assert_eq!(goodman(&[0, 0], P95), Err(Error::Empty));
    assert!(goodman(&[4], P95).is_err());
    assert!(proportion::binomial_test(1, 2, 1.5).is_err());
    assert!(
        Confidence::new(0.05).is_err() && Confidence::new(f64::NAN).is_err() && Confidence::new(1.0).is_err()
    );
}

#[test]
fn two_groups_without_variation_have_no_normal_test_and_are_not_different() {
    let pair = two::Pair::new((0, 30), (0, 40)).unwrap();
    assert_eq!(pair.pooled_test(), None);
    assert!((two::p_value(&pair) - 1.0).abs() < 1e-9);
}

#[test]
fn a_sparse_table_is_tested_exactly() {
    let sparse = two::Pair::new((0, 20), (4, 22)).unwrap();
    assert!(sparse.is_sparse());
    assert_eq!(two::p_value(&sparse).to_bits(), sparse.fisher().to_bits());
    let dense = two::Pair::new((45, 100), (60, 110)).unwrap();
    assert_eq!(two::p_value(&dense).to_bits(), dense.pooled_test().unwrap().p.to_bits());
}

proptest! {
    #[test]
    fn every_interval_is_ordered_and_within_zero_and_one(n in 1..30_000u64, part in 0.0..=1.0f64) {
        let x = (n as f64 * part) as u64;
        let share = proportion::share(x, n).unwrap();
        for interval in [
            proportion::wilson(x, n, P95).unwrap(),
            proportion::clopper_pearson(x, n, P95).unwrap(),
            proportion::agresti_coull(x, n, P95).unwrap(),
            proportion::jeffreys(x, n, P95).unwrap(),
        ] {
            prop_assert!(0.0 <= interval.low && interval.low < interval.high && interval.high <= 1.0);
        }
        prop_assert!(proportion::wilson(x, n, P95).unwrap().contains(share));
        prop_assert!(proportion::clopper_pearson(x, n, P95).unwrap().contains(share));
    }

    #[test]
    fn one_more_hit_moves_the_wilson_interval_up(n in 1..3000u64, part in 0.0..1.0f64) {
        let x = (n as f64 * part) as u64;
        let (before, after) = (proportion::wilson(x, n, P95).unwrap(), proportion::wilson(x + 1, n, P95).unwrap());
        prop_assert!(after.low >= before.low && after.high >= before.high);
    }

    #[test]
    fn hits_and_misses_mirror_each_other(n in 1..3000u64, part in 0.0..=1.0f64) {
        let x = (n as f64 * part) as u64;
        let (hits, misses) =
            (proportion::wilson(x, n, P95).unwrap(), proportion::wilson(n - x, n, P95).unwrap());
        prop_assert!((hits.low + misses.high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_higher_confidence_contains_a_lower_one(n in 1..3000u64, part in 0.0..=1.0f64) {
        let x = (n as f64 * part) as u64;
        let at = |confidence| proportion::wilson(x, n, confidence).unwrap();
        let (narrow, wide) = (at(Confidence::P90), at(Confidence::P99));
        prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
    }

    #[test]
    fn comparisons_turn_round_with_the_groups(a in (0..60u64, 1..60u64), b in (0..60u64, 1..60u64)) {
        let (first, second) = ((a.0.min(a.1), a.1), (b.0.min(b.1), b.1));
        let one = two::Pair::new(first, second).unwrap();
        let other = two::Pair::new(second, first).unwrap();
        let (x, y) = (one.newcombe(P95).unwrap(), other.newcombe(P95).unwrap());
        prop_assert!((x.low + y.high).abs() < 1e-12 && x.contains(one.difference()));
        prop_assert!((one.fisher() - other.fisher()).abs() < 1e-9);
        prop_assert!((0.0..=1.0).contains(&one.fisher()) && (0.0..=1.0).contains(&two::p_value(&one)));
    }
}
