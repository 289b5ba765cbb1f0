use crate::vectors::{P95, close, close_interval, floats, list, vectors};
use arki_stats::palette::{Composition, balance::Balance, distance, gap, null};
use arki_stats::{Error, proportion};
use proptest::prelude::*;

fn weights() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![Just(0.0), 0.0..1e6f64], 8)
        .prop_filter("something was chosen", |weights| weights.iter().any(|weight| *weight > 0.0))
}

#[test]
fn distances_agree_with_the_reference() {
    let reference = vectors!("emotion_distance");
    let profile = |name: &str| Composition::from_weights(&floats(&reference["profiles"][name])).unwrap();
    for pair in list(&reference["pairs"]) {
        let (p, t) = (profile(pair["from"].as_str().unwrap()), profile(pair["to"].as_str().unwrap()));
        let expected = &pair["expected"];
        close(
            distance::jensen_shannon_divergence(&p, &t).unwrap(),
            &expected["js_divergence_bits"],
            1e-10,
            "divergence",
        );
        close(distance::jensen_shannon(&p, &t).unwrap(), &expected["js_distance_base2"], 1e-10, "distance");
        close(
            distance::total_variation(&p, &t).unwrap(),
            &expected["total_variation"],
            1e-10,
            "total variation",
        );
        close(distance::hellinger(&p, &t).unwrap(), &expected["hellinger"], 1e-10, "hellinger");
        close(distance::cosine(&p, &t).unwrap(), &expected["cosine_distance"], 1e-10, "cosine");
    }
}

#[test]
fn gaps_to_a_point_target_agree_with_the_reference() {
    let reference = vectors!("emotion_distance");
    for case in list(&reference["multi_select_gap"]) {
        let target = case["target"].as_f64().unwrap();
        let band = gap::Band::new(target, target).unwrap();
        let (k, n) = (case["k"].as_u64().unwrap(), case["n"].as_u64().unwrap());
        let got = gap::gap(k, n, band, gap::CLEAR_FROM, P95).unwrap();
        close(got.prevalence, &case["prev"], 1e-10, "prevalence");
        close_interval(got.interval, &case["wilson95"], 1e-10, "interval");
        close(got.gap, &case["gap"], 1e-10, "gap");
        close_interval(got.gap_interval, &case["gap_ci"], 1e-10, "interval of the gap");
        close(got.p, &case["binom_p_two_sided"], 1e-10, "exact p");
    }
}

#[test]
fn a_standing_follows_from_the_interval_and_the_number_of_respondents() {
    let band = gap::Band::new(0.4, 0.6).unwrap();
    let standing = |k, n| gap::gap(k, n, band, gap::CLEAR_FROM, P95).unwrap().standing;
    assert_eq!(standing(50, 100), gap::Standing::OnTarget);
    assert_eq!(standing(35, 100), gap::Standing::OnTarget, "the interval still reaches the band");
    assert_eq!(standing(10, 100), gap::Standing::Below);
    assert_eq!(standing(90, 100), gap::Standing::Above);
    assert_eq!(standing(0, 9), gap::Standing::Unclear);
}

#[test]
fn inside_the_band_there_is_no_gap() {
    let band = gap::Band::new(0.4, 0.6).unwrap();
    let inside = gap::gap(50, 100, band, gap::CLEAR_FROM, P95).unwrap();
    assert!(inside.gap == 0.0 && (inside.p - 1.0).abs() < 1e-12);
    let above = gap::gap(90, 100, band, gap::CLEAR_FROM, P95).unwrap();
    assert!((above.gap - 0.3).abs() < 1e-12);
}

#[test]
fn a_palette_of_gaps_is_adjusted_as_one_family() {
    let band = gap::Band::new(0.5, 0.5).unwrap();
    let gaps = gap::gaps(&[30, 50, 70], 100, &[band; 3], gap::CLEAR_FROM, P95).unwrap();
    for (gap, adjusted) in gaps.feelings.iter().zip(&gaps.adjusted_p) {
        assert!(*adjusted >= gap.p);
    }
    assert!(gaps.adjusted_p[0] > gaps.feelings[0].p);
    assert!(gap::gaps(&[1, 2], 10, &[band], gap::CLEAR_FROM, P95).is_err());
    assert!(gap::Band::new(0.6, 0.4).is_err() && gap::Band::new(0.2, 1.2).is_err());
    assert_eq!(gap::gap(0, 0, band, gap::CLEAR_FROM, P95), Err(Error::Empty));
}

#[test]
fn the_null_matches_the_small_sample_bias_known_from_simulation() {
    let reference = vectors!("emotion_distance");
    let target = Composition::from_weights(&floats(&reference["profiles"]["target"])).unwrap();
    // Mean and 95 % point of the distance at 10, 20, 50 and 200 choices made on target, simulated independently.
    for (n, mean, point) in [(10, 0.387, 0.537), (20, 0.271, 0.391), (50, 0.165, 0.243), (200, 0.078, 0.115)]
    {
        let mut picks = vec![0; 8];
        picks[0] = n;
        let fit = null::fit(&picks, &target, 42).unwrap();
        assert!((fit.null_mean - mean).abs() < 0.02 * (1.0 + mean), "{n}: mean {}", fit.null_mean);
        assert!((fit.null_95 - point).abs() < 0.03, "{n}: point {}", fit.null_95);
        assert!(fit.is_distinguishable && fit.p < 0.05);
    }
}

#[test]
fn the_null_is_reproducible_from_its_seed() {
    let target = Composition::from_weights(&[0.5, 0.3, 0.2]).unwrap();
    let fit = |seed| null::fit(&[4, 5, 6], &target, seed).unwrap();
    assert_eq!(fit(1), fit(1));
    assert_ne!(fit(1).null_mean.to_bits(), fit(2).null_mean.to_bits());
}

#[test]
fn choices_on_target_cannot_be_told_from_it() {
    let target = Composition::from_weights(&[0.5, 0.3, 0.2]).unwrap();
    let fit = null::fit(&[50, 30, 20], &target, 3).unwrap();
    assert!(!fit.is_distinguishable && (fit.p - 1.0).abs() < 1e-12 && (fit.fit - 100.0).abs() < 1e-6);
    assert_eq!(null::fit(&[0, 0, 0], &target, 3), Err(Error::Empty));
    assert!(null::fit(&[1, 2], &target, 3).is_err());
}

#[test]
fn the_interval_of_a_distance_contains_it_and_narrows_with_more_choices() {
    let target = Composition::from_weights(&[0.5, 0.3, 0.2]).unwrap();
    let of = |scale: u64| {
        let picks = [2 * scale, 3 * scale, 5 * scale];
        let distance = null::fit(&picks, &target, 9).unwrap().distance;
        let interval = null::interval(&picks, &target, 9, P95).unwrap();
        assert!(interval.contains(distance) && interval.low >= 0.0 && interval.high <= 1.0);
        interval.width()
    };
    assert!(of(1000) < of(10) / 3.0);
}

#[test]
fn a_composition_needs_something_to_divide() {
    assert_eq!(Composition::from_weights(&[0.0, 0.0]), Err(Error::Empty));
    assert_eq!(Composition::from_picks(&[]), Err(Error::Empty));
    assert!(Composition::from_weights(&[1.0, -0.1]).is_err());
    assert!(Composition::from_weights(&[1.0, f64::NAN]).is_err());
}

#[test]
fn the_balance_is_the_difference_of_mean_prevalences() {
    let people = [(2, 0), (1, 1), (0, 2), (2, 0), (1, 0)];
    let mut balance = Balance::new(2, 3).unwrap();
    for (wanted, unwanted) in people {
        balance.add(wanted, unwanted).unwrap();
    }
    let estimate = balance.estimate(P95).unwrap();
    let expected = proportion::share(6, 10).unwrap() - proportion::share(3, 15).unwrap();
    assert!((estimate.value - expected).abs() < 1e-12);
    assert!(estimate.interval.unwrap().contains(expected));
    assert!(balance.add(3, 0).is_err());
    assert_eq!(Balance::new(2, 2).unwrap().estimate(P95), Err(Error::Empty));
    assert!(Balance::new(0, 2).is_err());
}

proptest! {
    #[test]
    fn distances_are_symmetric_bounded_and_zero_for_equals(a in weights(), b in weights()) {
        let (p, t) = (Composition::from_weights(&a).unwrap(), Composition::from_weights(&b).unwrap());
        for measure in [
            distance::jensen_shannon_divergence,
            distance::jensen_shannon,
            distance::total_variation,
            distance::hellinger,
            distance::cosine,
        ] {
            let (there, back) = (measure(&p, &t).unwrap(), measure(&t, &p).unwrap());
            prop_assert!((there - back).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&there));
            prop_assert!(measure(&p, &p).unwrap() < 1e-7);
        }
    }

    #[test]
    fn the_jensen_shannon_distance_is_a_metric(a in weights(), b in weights(), c in weights()) {
        let of = |weights: &[f64]| Composition::from_weights(weights).unwrap();
        let d = |x: &Composition, y: &Composition| distance::jensen_shannon(x, y).unwrap();
        let (x, y, z) = (of(&a), of(&b), of(&c));
        prop_assert!(d(&x, &z) <= d(&x, &y) + d(&y, &z) + 1e-9);
    }

    #[test]
    fn contributions_explain_the_whole_divergence(a in weights(), b in weights()) {
        let (p, t) = (Composition::from_weights(&a).unwrap(), Composition::from_weights(&b).unwrap());
        let parts = distance::contributions(&p, &t).unwrap();
        let sum: f64 = parts.iter().map(|part| part.bits).sum();
        prop_assert!((sum - distance::jensen_shannon_divergence(&p, &t).unwrap()).abs() < 1e-9);
        prop_assert!(parts.iter().map(|part| part.direction).sum::<f64>().abs() < 1e-9);
    }

    #[test]
    fn more_picks_never_lower_a_standing(k in 0..200u64, n in 1..200u64) {
        prop_assume!(k < n);
        let band = gap::Band::new(0.3, 0.5).unwrap();
        let of = |k| gap::gap(k, n, band, 1, P95).unwrap();
        prop_assert!(of(k + 1).gap >= of(k).gap);
        prop_assert!((0.0..=1.0).contains(&of(k).p));
    }

    #[test]
    fn balances_merge_in_any_order(
        a in prop::collection::vec((0..=3u32, 0..=4u32), 0..20),
        b in prop::collection::vec((0..=3u32, 0..=4u32), 1..20)
    ) {
        let of = |people: &[(u32, u32)]| {
            let mut balance = Balance::new(3, 4).unwrap();
            for (wanted, unwanted) in people {
                balance.add(*wanted, *unwanted).unwrap();
            }
            balance
        };
        let (mut ab, mut ba) = (of(&a), of(&b));
        ab.merge(&of(&b)).unwrap();
        ba.merge(&of(&a)).unwrap();
        let everyone: Vec<_> = a.iter().chain(&b).copied().collect();
        prop_assert_eq!(ab, ba);
        prop_assert_eq!(ab, of(&everyone));
        let value = ab.estimate(P95).unwrap().value;
        prop_assert!((-1.0..=1.0).contains(&value));
    }
}
