use chrono::NaiveDate;

use super::{
    BandMeaning, Computation, CustomerRelevance, Invalid, Metric, MetricChange, MetricContent, MetricKind,
    MetricRole, QuestionBinding, ReviewOutcome, ReviseError, TooManyHeadlines, check_headline_cap,
};

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, number).unwrap()
}

fn band(from: f64, en: &str, fi: &str) -> BandMeaning {
    BandMeaning { from, words: [("en".to_owned(), en.to_owned()), ("fi".to_owned(), fi.to_owned())].into() }
}

fn content() -> MetricContent {
    MetricContent {
        display_name: "Ease of getting help".into(),
        role: MetricRole::Cause,
        headline: true,
        computation: Computation {
            kind: MetricKind::Ces,
            question: QuestionBinding {
                questionnaire: "qst_00000000000000000000000001".parse().unwrap(),
                question: "ease".into(),
            },
            reversed: false,
            target_profile: None,
        },
        owner: "per_00000000000000000000000001".parse().unwrap(),
        customer_relevance: Some(CustomerRelevance {
            score: 9,
            evidence: "Named first by 40 of 52 callers".into(),
        }),
        review_day: day(31),
        meanings: vec![
            band(0.0, "People fight for help", "Apua saa taistellen"),
            band(70.0, "Help comes", "Apu tulee"),
        ],
    }
}

fn metric() -> Metric {
    Metric::new("met_00000000000000000000000001".parse().unwrap(), content()).unwrap()
}

#[test]
fn a_review_moves_the_next_look_or_ends_the_metric() {
    let mut metric = metric();
    metric.review(ReviewOutcome::Keep { next: day(20) }).unwrap();
    assert!(!metric.is_review_overdue(day(20)) && metric.is_review_overdue(day(21)));
    metric.review(ReviewOutcome::Change { next: day(25) }).unwrap();
    assert_eq!((metric.content().review_day, metric.version()), (day(25), 1));
    metric.review(ReviewOutcome::Retire).unwrap();
    assert!(metric.is_retired() && !metric.is_review_overdue(day(31)));
    assert_eq!(metric.review(ReviewOutcome::Keep { next: day(28) }), Err(ReviseError::Retired));
}

#[test]
fn a_change_writes_its_fields_and_keeps_the_others() {
    let before = content();
    assert_eq!(MetricChange::default().apply(&before), before);
    let change = MetricChange {
        headline: Some(false),
        customer_relevance: Some(None),
        kind: Some(MetricKind::Csat),
        ..MetricChange::default()
    };
    let after = change.apply(&before);
    assert_eq!(
        (after.headline, after.customer_relevance, after.computation.kind),
        (false, None, MetricKind::Csat)
    );
    assert_eq!((after.meanings, after.computation.question), (before.meanings, before.computation.question));
}

fn faults(change: impl FnOnce(&mut MetricContent)) -> Vec<Invalid> {
    let mut changed = content();
    change(&mut changed);
    changed.validate().unwrap_err()
}

#[test]
fn words_are_those_of_the_band_whose_lower_bound_is_reached() {
    let metric = metric();
    assert_eq!(metric.band_words(69.9, &["en"]), Some("People fight for help"));
    assert_eq!(metric.band_words(70.0, &["en"]), Some("Help comes"));
    assert_eq!(metric.band_words(100.0, &["en"]), Some("Help comes"));
    assert_eq!(metric.band_words(-1.0, &["en"]), None);
    assert_eq!(metric.band_words(f64::NAN, &["en"]), None);
}

#[test]
fn words_fall_back_by_region_then_by_the_next_language_then_to_english() {
    let metric = metric();
    assert_eq!(metric.band_words(80.0, &["fi-FI"]), Some("Apu tulee"));
    assert_eq!(metric.band_words(80.0, &["sv", "fi"]), Some("Apu tulee"));
    assert_eq!(metric.band_words(80.0, &["sv"]), Some("Help comes"));
}

#[test]
fn a_metric_without_bands_has_no_words() {
    let mut plain = content();
    plain.meanings.clear();
    let metric = Metric::new("met_00000000000000000000000002".parse().unwrap(), plain).unwrap();
    assert_eq!(metric.band_words(50.0, &["en"]), None);
}

#[test]
fn every_fault_is_found_at_once_and_names_its_field() {
    let all = faults(|content| {
        content.display_name = " ".into();
        content.computation.question.question.clear();
        content.computation.reversed = true;
        content.computation.kind = MetricKind::EmotionFit;
        content.customer_relevance = Some(CustomerRelevance { score: 11, evidence: String::new() });
        content.meanings =
            vec![band(-5.0, "a", "b"), band(10.0, "a", "b"), band(10.0, "a", "b"), band(20.0, "", "b")];
    });
    let fields: Vec<String> = all.iter().map(Invalid::field).collect();
    assert_eq!(
        fields,
        [
            "display_name",
            "question",
            "reversed",
            "target_profile",
            "customer_relevance.score",
            "customer_relevance.evidence",
            "meanings[0].from",
            "meanings[2].from",
            "meanings[3].words",
        ]
    );
}

#[test]
fn a_headline_needs_customer_relevance_and_an_ordinary_metric_does_not() {
    assert_eq!(faults(|content| content.customer_relevance = None), [Invalid::RelevanceMissing]);
    let mut internal = content();
    (internal.customer_relevance, internal.headline) = (None, false);
    assert_eq!(internal.validate(), Ok(()));
}

#[test]
fn a_target_profile_is_for_emotion_fit_only() {
    let profile = "tpr_00000000000000000000000001".parse().ok();
    assert_eq!(
        faults(|content| content.computation.target_profile = profile),
        [Invalid::TargetProfileUnused]
    );
    let mut fit = content();
    (fit.computation.kind, fit.computation.target_profile) = (MetricKind::EmotionFit, profile);
    assert_eq!(fit.validate(), Ok(()));
}

#[test]
fn points_below_zero_are_a_band_for_nps_only() {
    let mut nps = content();
    nps.computation.kind = MetricKind::Nps;
    nps.meanings[0].from = -100.0;
    assert_eq!(nps.validate(), Ok(()));
    assert_eq!(faults(|content| content.meanings[0].from = -100.0).len(), 1);
    assert_eq!(faults(|content| content.meanings[0].from = f64::NAN).len(), 1);
}

#[test]
fn another_computation_is_another_version_and_the_old_one_stays_as_it_was() {
    let mut metric = metric();
    let first = metric.versions()[0].clone();
    let mut renamed = content();
    renamed.display_name = "Ease of being helped".into();
    metric.revise(renamed.clone()).unwrap();
    assert_eq!(metric.version(), 1);
    renamed.computation.question.question = "ease_of_help".into();
    metric.revise(renamed).unwrap();
    assert_eq!(metric.version(), 2);
    assert_eq!(metric.versions()[0], first);
}

#[test]
fn a_refused_revision_changes_nothing() {
    let mut metric = metric();
    let before = metric.clone();
    let mut wrong = content();
    wrong.display_name.clear();
    assert_eq!(metric.revise(wrong), Err(ReviseError::Invalid(vec![Invalid::NameMissing])));
    assert_eq!(metric, before);
    metric.review(ReviewOutcome::Retire).unwrap();
    assert_eq!(metric.revise(content()), Err(ReviseError::Retired));
}

#[test]
fn a_stored_metric_comes_back_and_one_that_lost_its_versions_does_not() {
    let mut metric = metric();
    let mut other = content();
    other.computation.question.question = "ease_of_help".into();
    metric.revise(other).unwrap();
    let computations: Vec<Computation> = metric.versions().iter().map(|v| v.computation().clone()).collect();
    let restored = Metric::restore(metric.id(), metric.content().clone(), computations.clone(), false);
    assert_eq!(restored, Some(metric.clone()));
    let truncated = computations[..1].to_vec();
    assert_eq!(Metric::restore(metric.id(), metric.content().clone(), truncated, false), None);
    assert_eq!(Metric::restore(metric.id(), metric.content().clone(), Vec::new(), false), None);
}

#[test]
fn a_review_is_overdue_from_the_day_after_its_day() {
    let mut metric = metric();
    assert!(!metric.is_review_overdue(day(31)));
    assert!(metric.is_review_overdue(NaiveDate::from_ymd_opt(2026, 4, 1).unwrap()));
    metric.review(ReviewOutcome::Retire).unwrap();
    assert!(!metric.is_review_overdue(NaiveDate::from_ymd_opt(2026, 4, 1).unwrap()));
}

#[test]
fn the_headlines_are_capped() {
    assert_eq!(check_headline_cap(4, 5), Ok(()));
    assert_eq!(check_headline_cap(5, 5), Err(TooManyHeadlines { cap: 5 }));
    assert_eq!(check_headline_cap(0, 0), Err(TooManyHeadlines { cap: 0 }));
}
