use crate::vectors::{P95, close, close_interval, integers, vectors};
use arki_stats::{Error, Histogram, likert};
use proptest::prelude::*;

fn of(values: &[i32]) -> Histogram {
    Histogram::from_values(values.iter().copied()).unwrap()
}

#[test]
fn agreement_and_satisfaction_agree_with_the_reference() {
    let reference = vectors!("csat_ces_fav");
    let histogram = of(&integers(&reference["likert5"]));
    let expected = &reference["expected5"];
    let agreement = likert::agreement(&histogram, false, P95).unwrap();
    assert_eq!(agreement.favourable.n, expected["n"].as_u64().unwrap());
    close(agreement.favourable.share, &expected["favourable"], 1e-12, "favourable");
    close(agreement.neutral, &expected["neutral"], 1e-12, "neutral");
    close(agreement.unfavourable, &expected["unfavourable"], 1e-12, "unfavourable");
    close(agreement.net, &expected["net_favourable"], 1e-12, "net");
    let csat = likert::csat(&histogram, P95).unwrap();
    close_interval(csat.interval, &expected["top2_wilson95"], 1e-12, "top two boxes");
    let mean = likert::mean(&histogram, P95).unwrap();
    close(mean.mean, &expected["mean"], 1e-12, "mean");
    close(mean.standard_deviation.unwrap(), &expected["sd"], 1e-12, "standard deviation");
    close_interval(mean.interval.unwrap(), &expected["mean_t_ci95"], 1e-12, "t interval");
}

#[test]
fn effort_agrees_with_the_reference() {
    let reference = vectors!("csat_ces_fav");
    let histogram = of(&integers(&reference["ces7"]));
    let expected = &reference["expected7"];
    let ces = likert::ces(&histogram, P95).unwrap();
    close(ces.share, &expected["top3_5to7"], 1e-12, "5 to 7");
    close_interval(ces.interval, &expected["top3_wilson95"], 1e-12, "interval of 5 to 7");
    close(likert::mean(&histogram, P95).unwrap().mean, &expected["mean"], 1e-12, "mean");
    let top = likert::share(&histogram, 1..=7, 6..=7, P95).unwrap();
    close(top.share, &expected["top2_6to7"], 1e-12, "6 and 7");
}

#[test]
fn only_those_who_gave_a_rating_are_in_the_denominator() {
    let csat = likert::csat(&of(&[5, 4, 1, -1, -1, -1]), P95).unwrap();
    assert_eq!((csat.x, csat.n), (2, 3));
    assert_eq!(likert::csat(&of(&[-1, -1]), P95), Err(Error::Empty));
    assert!(likert::mean(&of(&[-1]), P95).is_err());
}

#[test]
fn a_single_rating_has_a_mean_without_an_interval() {
    let mean = likert::mean(&of(&[4]), P95).unwrap();
    assert_eq!((mean.n, mean.standard_deviation, mean.interval), (1, None, None));
}

#[test]
fn a_rating_of_another_scale_is_refused() {
    assert!(likert::csat(&of(&[5, 6]), P95).is_err());
    assert!(likert::ces(&of(&[0]), P95).is_err());
    assert!(likert::reverse(&of(&[7]), 1, 5).is_err());
}

#[test]
fn a_reversed_statement_swaps_agreement_and_disagreement() {
    let answers = of(&[1, 1, 2, 3, 5, -1]);
    let (plain, reversed) =
        (likert::agreement(&answers, false, P95).unwrap(), likert::agreement(&answers, true, P95).unwrap());
    assert!((plain.unfavourable - reversed.favourable.share).abs() < 1e-12);
    assert!((plain.net + reversed.net).abs() < 1e-12);
    assert_eq!(plain.favourable.n, reversed.favourable.n);
}

#[test]
fn the_engagement_index_is_the_mean_of_shares_and_nothing_else() {
    assert!((likert::engagement_index(&[0.5, 0.7, 0.9]).unwrap() - 0.7).abs() < 1e-12);
    assert_eq!(likert::engagement_index(&[]), Err(Error::Empty));
    assert!(likert::engagement_index(&[1.2]).is_err());
}

#[test]
fn alpha_agrees_with_a_worked_example_and_knows_its_limits() {
    // The totals are 3, 3, 7 and 7, with variance 16/3; each item has variance 5/3.
    let (a, b) = ([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]);
    let total_variance: f64 = 16.0 / 3.0;
    let expected = 2.0 * (1.0 - (10.0 / 3.0) / total_variance);
    assert!((likert::cronbach_alpha(&[&a, &b]).unwrap() - expected).abs() < 1e-12);
    assert!((likert::cronbach_alpha(&[&a, &a, &a]).unwrap() - 1.0).abs() < 1e-12);
    assert!(matches!(likert::cronbach_alpha(&[&[1.0, 1.0], &[2.0, 2.0]]), Err(Error::NoVariation { .. })));
    assert!(likert::cronbach_alpha(&[&a]).is_err());
    assert!(likert::cronbach_alpha(&[&a, &[1.0]]).is_err());
    assert!(likert::cronbach_alpha(&[&[1.0, f64::NAN], &[2.0, 3.0]]).is_err());
}

proptest! {
    #[test]
    fn the_three_classes_of_agreement_are_everybody(values in prop::collection::vec(1..=5i32, 1..200)) {
        let agreement = likert::agreement(&of(&values), false, P95).unwrap();
        prop_assert!((agreement.favourable.share + agreement.neutral + agreement.unfavourable - 1.0).abs() < 1e-12);
        prop_assert!(agreement.favourable.interval.contains(agreement.favourable.share));
    }

    #[test]
    fn reversing_twice_changes_nothing(values in prop::collection::vec(prop_oneof![Just(-1), 1..=7i32], 0..60)) {
        let histogram = of(&values);
        let twice = likert::reverse(&likert::reverse(&histogram, 1, 7).unwrap(), 1, 7).unwrap();
        prop_assert_eq!(twice, histogram);
    }

    #[test]
    fn alpha_never_exceeds_one(rows in prop::collection::vec((1..=5u8, 1..=5u8, 1..=5u8), 2..40)) {
        let item = |of: fn(&(u8, u8, u8)) -> u8| -> Vec<f64> { rows.iter().map(|row| f64::from(of(row))).collect() };
        let (a, b, c) = (item(|r| r.0), item(|r| r.1), item(|r| r.2));
        if let Ok(alpha) = likert::cronbach_alpha(&[&a, &b, &c]) {
            prop_assert!(alpha.is_finite() && alpha <= 1.0 + 1e-12);
        }
    }
}
