use crate::vectors::{P95, close, close_interval, counts, floats, integers, list, vectors};
use arki_stats::nps::{self, Counts};
use arki_stats::{Error, Histogram};
use proptest::prelude::*;
use serde_json::Value;

fn of(counts: &[u64]) -> Counts {
    Counts { detractors: counts[0], passives: counts[1], promoters: counts[2] }
}

#[track_caller]
fn agrees(counts: &Counts, expected: &Value) {
    assert_eq!(counts.n(), expected["n"].as_u64().unwrap());
    close(counts.score().unwrap(), &expected["nps"], 1e-12, "score");
    close(counts.variance().unwrap(), &expected["pop_var"], 1e-12, "variance");
    close(counts.standard_error().unwrap(), &expected["se"], 1e-12, "standard error");
    close_interval(counts.wald(P95).unwrap(), &expected["wald"], 1e-12, "wald");
    match expected.get("trinomial_mean_t") {
        Some(interval) => close_interval(counts.mean_t(P95).unwrap(), interval, 1e-10, "t interval"),
        None => assert!(matches!(counts.mean_t(P95), Err(Error::TooFew { .. }))),
    }
    let (adjusted, expected) = (counts.adjusted().unwrap(), &expected["adj_wald"]);
    close(adjusted.score, &expected["nps_adj"], 1e-12, "adjusted score");
    close(adjusted.variance, &expected["var_adj"], 1e-12, "adjusted variance");
    close(adjusted.standard_error, &expected["se_adj"], 1e-12, "adjusted standard error");
    close_interval(counts.adjusted_wald(P95).unwrap(), &expected["ci"], 1e-12, "adjusted wald");
}

#[test]
fn scores_and_intervals_agree_with_the_reference() {
    let reference = vectors!("nps");
    for case in list(&reference["cases"]) {
        let count = |class: &str| case[class].as_u64().unwrap();
        agrees(&of(&[count("detractors"), count("passives"), count("promoters")]), &case["expected"]);
    }
}

#[test]
fn raw_answers_are_classified_and_agree_with_the_reference() {
    let reference = vectors!("nps");
    let raw = &reference["raw_0_10"];
    let histogram = Histogram::from_values(integers(&raw["answers"])).unwrap();
    agrees(&Counts::from_histogram(&histogram).unwrap(), &raw["expected"]);
}

#[test]
fn changes_between_independent_periods_agree_with_the_reference() {
    let reference = vectors!("nps");
    for case in list(&reference["two_periods_independent"]) {
        let (before, after) = (of(&counts(&case["t0"])), of(&counts(&case["t1"])));
        let expected = &case["expected"];
        let plain = nps::unpooled_change(&before, &after, P95).unwrap();
        close(plain.difference, &expected["diff"], 1e-12, "difference");
        close(plain.standard_error, &expected["se_unpooled"], 1e-12, "standard error");
        close(plain.test.unwrap().statistic, &expected["z_unpooled"], 1e-12, "z");
        close(plain.test.unwrap().p, &expected["p_unpooled"], 1e-9, "p");
        close_interval(plain.interval, &expected["ci95_unpooled"], 1e-12, "interval");
        let adjusted = nps::adjusted_change(&before, &after, P95).unwrap();
        close(adjusted.difference, &expected["adj_wald_diff"], 1e-12, "adjusted difference");
        close(adjusted.standard_error, &expected["adj_wald_se"], 1e-12, "adjusted standard error");
        close_interval(adjusted.interval, &expected["adj_wald_ci95"], 1e-12, "adjusted interval");
        close(adjusted.test.unwrap().p, &expected["adj_wald_p"], 1e-9, "adjusted p");
        let pooled = nps::pooled_test(&before, &after).unwrap().unwrap();
        close(pooled.statistic, &expected["z_pooled"], 1e-12, "pooled z");
        close(pooled.p, &expected["p_pooled"], 1e-9, "pooled p");
        let shape = nps::shape_change(&before, &after).unwrap().unwrap();
        close(shape.test.statistic, &expected["chi2_3cat"]["stat"], 1e-12, "chi-squared");
        close(shape.test.p, &expected["chi2_3cat"]["p"], 1e-9, "chi-squared p");
        assert_eq!(u64::from(shape.degrees_of_freedom), expected["chi2_3cat"]["dof"].as_u64().unwrap());
    }
}

#[test]
fn a_change_of_the_same_people_agrees_with_the_reference() {
    let reference = vectors!("nps");
    let case = &reference["paired_change"];
    let scores = |key: &str| -> Vec<i8> { floats(&case[key]).into_iter().map(|score| score as i8).collect() };
    let change = nps::paired_change(&scores("t0"), &scores("t1"), P95).unwrap();
    let expected = &case["expected"];
    close(change.difference, &expected["diff"], 1e-12, "difference");
    close(change.standard_deviation, &expected["sd_ddof1"], 1e-12, "standard deviation");
    close(change.test.unwrap().statistic, &expected["t"], 1e-12, "t");
    close(change.test.unwrap().p, &expected["p"], 1e-9, "p");
    assert_eq!(change.degrees_of_freedom, expected["dof"].as_u64().unwrap());
}

#[test]
fn nobody_has_no_score() {
    let (nobody, somebody) = (Counts::default(), of(&[1, 1, 1]));
    assert_eq!(nobody.score(), Err(Error::Empty));
    assert_eq!(nobody.adjusted_wald(P95), Err(Error::Empty));
    assert_eq!(nps::adjusted_change(&nobody, &somebody, P95), Err(Error::Empty));
    assert_eq!(nps::pooled_test(&somebody, &nobody), Err(Error::Empty));
    assert_eq!(nps::shape_change(&somebody, &nobody), Err(Error::Empty));
}

#[test]
fn without_variation_there_is_no_test() {
    let all = of(&[0, 0, 9]);
    assert_eq!(nps::unpooled_change(&all, &all, P95).unwrap().test, None);
    assert_eq!(nps::pooled_test(&all, &all), Ok(None));
    assert_eq!(nps::shape_change(&all, &all), Ok(None));
    assert_eq!(nps::paired_change(&[0, 0], &[1, 1], P95).unwrap().test, None);
}

#[test]
fn answers_of_another_scale_are_refused_and_missing_ratings_left_out() {
    assert!(Counts::from_histogram(&Histogram::from_values([9, 11]).unwrap()).is_err());
    let counts = Counts::from_histogram(&Histogram::from_values([9, -1, -1, 6]).unwrap()).unwrap();
    assert_eq!(counts, of(&[1, 0, 1]));
}

#[test]
fn pairs_must_match_and_hold_scores() {
    assert!(nps::paired_change(&[0, 1], &[0], P95).is_err());
    assert!(nps::paired_change(&[0], &[1], P95).is_err());
    assert!(nps::paired_change(&[0, 2], &[1, 1], P95).is_err());
}

proptest! {
    #[test]
    fn score_and_interval_stay_in_bounds(d in 0..5000u64, s in 0..5000u64, p in 0..5000u64) {
        let counts = of(&[d, s, p]);
        prop_assume!(counts.n() > 0);
        let (score, interval) = (counts.score().unwrap(), counts.adjusted_wald(P95).unwrap());
        prop_assert!((-1.0..=1.0).contains(&score));
        prop_assert!(-1.0 <= interval.low && interval.low < interval.high && interval.high <= 1.0);
        prop_assert!((0.0..=1.0).contains(&counts.variance().unwrap()));
        prop_assert!(counts.n() < 2 || interval.contains(score));
    }

    #[test]
    fn one_more_promoter_never_lowers_the_score(d in 0..500u64, s in 0..500u64, p in 0..500u64) {
        let (before, after) = (of(&[d, s, p]), of(&[d, s, p + 1]));
        prop_assume!(before.n() > 0);
        prop_assert!(after.score().unwrap() >= before.score().unwrap());
        let lower = |counts: &Counts| counts.adjusted().unwrap().score;
        prop_assert!(lower(&after) >= lower(&before) - 1e-12);
    }

    #[test]
    fn swapping_promoters_and_detractors_mirrors_everything(d in 0..500u64, s in 0..500u64, p in 0..500u64) {
        let (one, other) = (of(&[d, s, p]), of(&[p, s, d]));
        prop_assume!(one.n() > 0);
        let (a, b) = (one.adjusted_wald(P95).unwrap(), other.adjusted_wald(P95).unwrap());
        prop_assert!((a.low + b.high).abs() < 1e-12 && (a.high + b.low).abs() < 1e-12);
    }

    #[test]
    fn more_answers_of_the_same_kind_narrow_the_interval(d in 1..50u64, s in 1..50u64, p in 1..50u64) {
        let (small, large) = (of(&[d, s, p]), of(&[4 * d, 4 * s, 4 * p]));
        prop_assert!(large.adjusted_wald(P95).unwrap().width() < small.adjusted_wald(P95).unwrap().width());
    }
}
