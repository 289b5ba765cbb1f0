use arki_stats::Histogram;
use chrono::NaiveDate;
use proptest::prelude::*;

use super::{
    Band, Days, Error, Figure, IntervalMethod, Provenance, Reading, classes, measure, measure_released,
};
use crate::domain::metric::{
    BandMeaning, Computation, Metric, MetricContent, MetricKind, MetricRole, QuestionBinding,
};
use crate::domain::release::{Clearance, MinimumGroup, Plan};
use crate::domain::tree::Merge;

const KINDS: [MetricKind; 5] =
    [MetricKind::Nps, MetricKind::Enps, MetricKind::Csat, MetricKind::Ces, MetricKind::Favourable];

fn computation(kind: MetricKind) -> Computation {
    Computation {
        kind,
        question: QuestionBinding {
            questionnaire: "qst_00000000000000000000000001".parse().unwrap(),
            question: "heard".into(),
        },
        reversed: false,
        target_profile: None,
    }
}

fn of(values: &[i32]) -> Histogram {
    Histogram::from_values(values.iter().copied()).unwrap()
}

/// The gate's permission for a tenant of one unit.
fn clearance(computation: &Computation, histogram: &Histogram) -> Clearance {
    let cell = classes(computation, histogram).unwrap();
    let plan = Plan::new(&[None], &[histogram.n()], MinimumGroup::DEFAULT).unwrap();
    plan.clear(&[cell]).unwrap()[0]
}

fn released(kind: MetricKind, histogram: &Histogram) -> Option<Figure> {
    let computation = computation(kind);
    measure_released(&computation, histogram, &clearance(&computation, histogram)).unwrap()
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, number).unwrap()
}

#[test]
fn recommendation_is_in_points_and_shares_are_in_percent() {
    let nps = measure(&computation(MetricKind::Nps), &of(&[10, 9, 8, 3])).unwrap();
    assert!((nps.value - 25.0).abs() < 1e-9 && nps.n == 4);
    assert_eq!((nps.interval.to_string(), nps.unit.to_string()), ("adjusted Wald".into(), "points".into()));
    let csat = measure(&computation(MetricKind::Csat), &of(&[5, 4, 3, 1])).unwrap();
    assert!((csat.value - 50.0).abs() < 1e-9);
    assert_eq!((csat.interval.to_string(), csat.unit.to_string()), ("Wilson".into(), "percent".into()));
    let ces = measure(&computation(MetricKind::Ces), &of(&[7, 5, 4, 1])).unwrap();
    assert!((ces.value - 50.0).abs() < 1e-9);
    assert!((ces.mean.unwrap().mean - 4.25).abs() < 1e-9);
}

#[test]
fn a_reversed_statement_counts_disagreement() {
    let mut reversed = computation(MetricKind::Favourable);
    reversed.reversed = true;
    let answers = of(&[1, 1, 1, 5, -1]);
    let figure = measure(&reversed, &answers).unwrap();
    assert!((figure.value - 75.0).abs() < 1e-9 && figure.n == 4);
    assert_eq!(figure.histogram, Some(of(&[5, 5, 5, 1])));
}

#[test]
fn without_ratings_or_with_those_of_another_scale_there_is_no_figure() {
    for kind in KINDS {
        assert_eq!(measure(&computation(kind), &of(&[-1])), Err(Error::Statistics(arki_stats::Error::Empty)));
        assert!(matches!(measure(&computation(kind), &of(&[12])), Err(Error::Statistics(_))));
    }
    assert_eq!(measure(&computation(MetricKind::EmotionFit), &of(&[1])), Err(Error::NeedsPalette));
}

#[test]
fn a_permission_for_other_answers_opens_nothing() {
    let computation = computation(MetricKind::Csat);
    let permission = clearance(&computation, &of(&[1, 2, 3, 4, 5, 5, 4]));
    let other = of(&[1, 2, 3, 4, 5, 5, 3]);
    assert_eq!(measure_released(&computation, &other, &permission), Err(Error::OtherAnswers));
}

#[test]
fn five_to_nine_people_show_a_share_in_tens_and_nothing_else() {
    // Four of seven are 57 %.
    let figure = released(MetricKind::Favourable, &of(&[5, 4, 4, 5, 3, 2, 1])).unwrap();
    assert_eq!((figure.value, figure.n), (60.0, 5));
    assert_eq!((figure.classes, figure.mean, figure.histogram), (None, None, None));
}

#[test]
fn groups_with_the_same_rounded_share_and_size_cannot_be_told_apart() {
    // Four of seven and three of five are both shown as 60 % of five.
    let seven = released(MetricKind::Favourable, &of(&[5, 4, 4, 5, 3, 2, 1]));
    let five = released(MetricKind::Favourable, &of(&[5, 4, 4, 2, 1]));
    assert!(seven.is_some());
    assert_eq!(seven, five);
}

#[test]
fn ten_to_nineteen_people_show_three_classes_in_fives() {
    let answers = of(&[5, 4, 4, 5, 5, 4, 3, 3, 2, 1, 1, 1]);
    let figure = released(MetricKind::Favourable, &answers).unwrap();
    let classes = figure.classes.unwrap();
    assert_eq!((classes.unfavourable, classes.neutral, classes.favourable), (35, 15, 50));
    assert_eq!((figure.value, figure.n), (50.0, 10));
    assert_eq!((figure.mean, figure.histogram), (None, None));
}

#[test]
fn twenty_people_show_every_answer() {
    let answers: Vec<i32> = (0..20).map(|person| 1 + person % 5).collect();
    let figure = released(MetricKind::Favourable, &of(&answers)).unwrap();
    assert_eq!(figure, measure(&computation(MetricKind::Favourable), &of(&answers)).unwrap());
    assert_eq!(figure.histogram, Some(of(&answers)));
}

#[test]
fn fewer_than_the_minimum_and_small_groups_that_agree_show_nothing() {
    assert_eq!(released(MetricKind::Favourable, &of(&[1, 2, 4, 5])), None);
    assert_eq!(released(MetricKind::Favourable, &of(&[5, 5, 5, 5, 5, 5])), None);
    assert_eq!(released(MetricKind::Enps, &of(&[9; 9])), None);
}

#[test]
fn a_dozen_people_who_agree_show_a_band() {
    let high = released(MetricKind::Favourable, &of(&[5; 12])).unwrap();
    assert_eq!((high.band, high.n, high.high), (Some(Band::AtLeastNinetyPercent), 10, 100.0));
    let nearly = released(MetricKind::Favourable, &of(&[5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 1])).unwrap();
    assert_eq!(nearly, high, "whether one person differs must not show");
    let low = released(MetricKind::Favourable, &of(&[1; 12])).unwrap();
    assert_eq!((low.band, low.low), (Some(Band::AtMostTenPercent), 0.0));
    assert_eq!(released(MetricKind::Enps, &of(&[9; 12])).unwrap().band, Some(Band::AtLeastNinetyPercent));
    assert_eq!(released(MetricKind::Enps, &of(&[1; 12])), None);
}

#[test]
fn a_reading_says_what_the_number_means_and_whether_the_metric_is_stale() {
    let content = MetricContent {
        display_name: "Being heard".into(),
        role: MetricRole::Cause,
        headline: false,
        computation: computation(MetricKind::Favourable),
        owner: "per_00000000000000000000000001".parse().unwrap(),
        customer_relevance: None,
        review_day: day(10),
        meanings: vec![BandMeaning {
            from: 40.0,
            words: [("en".to_owned(), "Most are heard".to_owned())].into(),
        }],
    };
    let metric = Metric::new("met_00000000000000000000000001".parse().unwrap(), content).unwrap();
    let provenance = Provenance {
        metric_version: 1,
        wave: "wav_00000000000000000000000001".parse().ok(),
        unit: None,
        unit_name: "Northern Lights Oy".into(),
        days: Some(Days { first: day(1), last: day(7) }),
        answered: None,
    };
    let read = |values: &[i32], today| {
        let figure = released(MetricKind::Favourable, &of(values));
        Reading::new(&metric, figure, provenance.clone(), &["sv"], today)
    };
    let shown = read(&[5, 4, 4, 5, 3, 2, 1], day(10));
    assert_eq!((shown.words.as_deref(), shown.is_stale_review), (Some("Most are heard"), false));
    let hidden = read(&[5, 5, 5, 5, 5], day(11));
    assert_eq!((hidden.figure, hidden.words, hidden.is_stale_review), (None, None, true));
    let mut unknown = provenance.clone();
    unknown.metric_version = 7;
    let figure = released(MetricKind::Favourable, &of(&[5, 4, 4, 5, 3, 2, 1]));
    assert_eq!(Reading::new(&metric, figure, unknown, &["en"], day(1)).words, None);
}

#[test]
fn periods_are_joined_to_the_shortest_one_that_holds_them() {
    let days = |first, last| Some(Days { first: day(first), last: day(last) });
    let joined = |mut one: Option<Days>, other| {
        one.merge(&other);
        one
    };
    assert_eq!(joined(days(3, 4), days(1, 2)), days(1, 4));
    assert_eq!(joined(None, days(1, 2)), days(1, 2));
    assert_eq!(joined(days(1, 2), None), days(1, 2));
    assert_eq!(joined(None, None), None);
}

fn ratings(kind: MetricKind) -> std::ops::RangeInclusive<i32> {
    match kind {
        MetricKind::Nps | MetricKind::Enps => 0..=10,
        MetricKind::Ces => 1..=7,
        MetricKind::Csat | MetricKind::Favourable | MetricKind::EmotionFit => 1..=5,
    }
}

fn kind_and_answers() -> impl Strategy<Value = (MetricKind, Vec<i32>)> {
    prop::sample::select(&KINDS[..])
        .prop_flat_map(|kind| (Just(kind), prop::collection::vec(ratings(kind), 1..60)))
}

proptest! {
    #[test]
    fn every_figure_lies_in_its_interval_and_on_its_scale((kind, answers) in kind_and_answers()) {
        let histogram = of(&answers);
        let exact = measure(&computation(kind), &histogram).unwrap();
        for figure in [Some(exact), released(kind, &histogram)].into_iter().flatten() {
            let (least, most) = kind.scale();
            prop_assert!(least <= figure.low && figure.low <= figure.value);
            prop_assert!(figure.value <= figure.high && figure.high <= most);
            prop_assert!(figure.n > 0);
        }
    }

    #[test]
    fn a_coarse_figure_follows_from_what_it_shows((kind, answers) in kind_and_answers(), more in 1..60usize) {
        // Two groups that show the same shares and number of people show the same figure in every other respect.
        let one = released(kind, &of(&answers));
        let mut turned = answers.clone();
        turned.rotate_left(more % answers.len());
        turned.truncate(answers.len().max(2) - 1);
        let other = released(kind, &of(&turned));
        if let (Some(one), Some(other)) = (one, other) {
            let is_coarse = one.histogram.is_none() && one.band.is_none() && other.histogram.is_none();
            if is_coarse && one.n == other.n && one.classes.is_some() && one.classes == other.classes {
                prop_assert_eq!(one, other);
            }
        }
    }

    #[test]
    fn employees_see_no_number_of_people_between_the_fives((kind, answers) in kind_and_answers()) {
        if let Some(figure) = released(kind, &of(&answers)) {
            prop_assert!(figure.n >= 5 && (figure.n >= 20 || figure.n % 5 == 0));
            prop_assert_eq!(figure.histogram.is_some(), answers.len() >= 20 && figure.band.is_none());
            prop_assert_eq!(figure.interval == IntervalMethod::AdjustedWald, kind.is_points());
        }
    }
}
