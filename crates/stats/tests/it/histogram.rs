use crate::vectors::{close, integers, vectors};
use arki_stats::Histogram;
use proptest::prelude::*;

fn answers() -> impl Strategy<Value = Vec<i32>> {
    prop::collection::vec(-1..=127_i32, 0..60)
}

fn of(values: &[i32]) -> Histogram {
    Histogram::from_values(values.iter().copied()).unwrap()
}

fn union(parts: &[&Histogram]) -> Histogram {
    let mut whole = Histogram::new();
    for part in parts {
        whole.merge(part);
    }
    whole
}

#[test]
fn mean_and_variance_agree_with_the_reference() {
    let reference = vectors!("nps");
    let raw = &reference["raw_0_10"];
    let histogram = of(&integers(&raw["answers"]));
    close(histogram.mean().unwrap(), &raw["mean_ltr"], 1e-12, "mean");
    close(histogram.sample_variance().unwrap().sqrt(), &raw["sd_ltr_ddof1"], 1e-12, "standard deviation");
}

#[test]
fn a_histogram_of_nobody_has_no_mean() {
    let nobody = Histogram::new();
    assert_eq!(
        (nobody.n(), nobody.mean(), nobody.variance(), nobody.sample_variance()),
        (0, None, None, None)
    );
    assert_eq!(of(&[3]).sample_variance(), None);
}

#[test]
fn a_value_off_the_scale_is_refused_and_changes_nothing() {
    let mut histogram = of(&[1, 2]);
    assert!(histogram.add(128, 1).is_err() && histogram.add(-2, 1).is_err());
    assert_eq!(histogram, of(&[1, 2]));
}

#[test]
fn counting_nothing_leaves_the_histogram_equal() {
    let mut histogram = of(&[5]);
    histogram.add(90, 0).unwrap();
    assert_eq!(histogram, of(&[5]));
}

#[test]
fn a_part_that_is_not_contained_cannot_be_taken_away() {
    assert!(of(&[1, 1, 2]).without(&of(&[2, 2])).is_err());
}

#[test]
fn full_counters_stay_full_instead_of_wrapping() {
    let mut histogram = Histogram::from_counts([(4, u64::MAX)]).unwrap();
    histogram.merge(&of(&[4, 4]));
    assert_eq!(histogram.count(4), u64::MAX);
    assert_eq!(histogram.mean(), Some(4.0));
}

#[test]
fn a_stored_histogram_with_an_impossible_value_is_refused() {
    assert!(serde_json::from_str::<Histogram>("[[200,1]]").is_err());
}

proptest! {
    #[test]
    fn a_histogram_survives_storage(values in answers()) {
        let text = serde_json::to_string(&of(&values)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Histogram>(&text).unwrap(), of(&values));
    }

    #[test]
    fn the_order_of_answers_does_not_show(values in answers(), seed in any::<u64>()) {
        let mut shuffled = values.clone();
        let length = shuffled.len().max(1);
        for index in 0..shuffled.len() {
            shuffled.swap(index, (seed as usize).wrapping_mul(index + 7) % length);
        }
        let (a, b) = (of(&values), of(&shuffled));
        prop_assert_eq!(&a, &b);
        prop_assert_eq!(a.mean().map(f64::to_bits), b.mean().map(f64::to_bits));
        prop_assert_eq!(a.variance().map(f64::to_bits), b.variance().map(f64::to_bits));
    }

    #[test]
    fn merging_is_associative_commutative_and_equals_counting_everyone(
        a in answers(), b in answers(), c in answers()
    ) {
        let (x, y, z) = (of(&a), of(&b), of(&c));
        let everyone: Vec<i32> = a.iter().chain(&b).chain(&c).copied().collect();
        let left = union(&[&union(&[&x, &y]), &z]);
        prop_assert_eq!(&left, &union(&[&x, &union(&[&y, &z])]));
        prop_assert_eq!(&left, &union(&[&z, &y, &x]));
        prop_assert_eq!(&left, &of(&everyone));
        prop_assert_eq!(left.n(), everyone.len() as u64);
    }

    #[test]
    fn taking_a_part_away_undoes_merging_it(a in answers(), b in answers()) {
        let (x, y) = (of(&a), of(&b));
        prop_assert_eq!(union(&[&x, &y]).without(&y).unwrap(), x);
    }

    #[test]
    fn the_mean_lies_between_the_extremes(values in prop::collection::vec(-1..=127_i32, 1..60)) {
        let mean = of(&values).mean().unwrap();
        prop_assert!(mean >= f64::from(*values.iter().min().unwrap()) - 1e-12);
        prop_assert!(mean <= f64::from(*values.iter().max().unwrap()) + 1e-12);
    }

    #[test]
    fn rated_leaves_out_exactly_the_answers_without_a_rating(values in answers()) {
        let rated: Vec<i32> = values.iter().copied().filter(|value| *value != Histogram::NO_RATING).collect();
        prop_assert_eq!(of(&values).rated(), of(&rated));
    }
}
