use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    GapState, Invalid, Palette, TargetProfile, Term, TermRole, emotion_gap, emotion_gap_released, fit,
    fit_released, seed,
};
use crate::domain::release::{MinimumGroup, PaletteClearance, Plan};
use crate::domain::tree::Merge;

fn term(key: &str, fi: &str, role: TermRole, low_percent: f64, high_percent: f64) -> Term {
    let label = [("en".to_owned(), key.to_owned()), ("fi".to_owned(), fi.to_owned())].into();
    Term { key: key.into(), label, role, low_percent, high_percent }
}

fn terms() -> Vec<Term> {
    vec![
        term("trusting", "luottavainen", TermRole::Wanted, 50.0, 80.0),
        term("calm", "rauhallinen", TermRole::Wanted, 40.0, 60.0),
        term("busy", "kiireinen", TermRole::Neutral, 0.0, 100.0),
        term("frustrated", "turhautunut", TermRole::Unwanted, 0.0, 10.0),
    ]
}

fn profile() -> TargetProfile {
    TargetProfile::new(terms()).unwrap()
}

fn palette(people: u64, picks: [u64; 4]) -> Palette {
    Palette { people, picks: picks.to_vec() }
}

/// The gate's permission for a tenant of one unit.
fn clearance(palette: &Palette) -> PaletteClearance {
    let plan = Plan::new(&[None], &[palette.people], MinimumGroup::DEFAULT).unwrap();
    plan.clear_palette(&[(palette.people, palette.picks.clone())]).unwrap().remove(0)
}

fn released(palette: &Palette) -> Option<super::EmotionGap> {
    emotion_gap_released(&profile(), &clearance(palette), &["en"], 1).unwrap()
}

#[test]
fn each_feeling_stands_against_its_band_with_the_furthest_first() {
    let gap = emotion_gap(&profile(), &palette(100, [20, 50, 90, 60]), &["fi"], 1).unwrap();
    let told: Vec<(&str, GapState)> =
        gap.terms.iter().map(|term| (term.label.as_str(), term.state)).collect();
    assert_eq!(
        told,
        [
            ("turhautunut", GapState::Above),
            ("luottavainen", GapState::Below),
            ("rauhallinen", GapState::OnTarget),
            ("kiireinen", GapState::OnTarget),
        ]
    );
    assert!((gap.terms[0].gap.unwrap() - 50.0).abs() < 1e-9);
    assert!((gap.terms[1].gap.unwrap() + 30.0).abs() < 1e-9);
    assert_eq!(gap.is_distinguishable, Some(true));
    assert!(gap.fit.unwrap() < gap.fit_by_chance.unwrap());
}

#[test]
fn few_answers_are_unclear_and_choices_on_target_are_not_told_from_it() {
    let few = emotion_gap(&profile(), &palette(9, [6, 5, 5, 0]), &["en"], 1).unwrap();
    assert!(few.terms.iter().all(|term| term.state == GapState::Unclear));
    let on_target = emotion_gap(&profile(), &palette(200, [130, 100, 100, 10]), &["en"], 1).unwrap();
    assert_eq!(on_target.is_distinguishable, Some(false));
}

#[test]
fn people_who_chose_nothing_have_gaps_but_no_fit() {
    let gap = emotion_gap(&profile(), &palette(30, [0; 4]), &["en"], 1).unwrap();
    assert_eq!((gap.fit, gap.fit_by_chance, gap.is_distinguishable), (None, None, None));
    assert!(gap.terms.iter().all(|term| term.percent == Some(0.0)));
    assert_eq!(fit(&profile(), &palette(30, [0; 4]), 1), Ok(None));
    assert_eq!(emotion_gap(&profile(), &palette(0, [0; 4]), &["en"], 1), Err(arki_stats::Error::Empty));
    assert_eq!(fit(&profile(), &palette(0, [0; 4]), 1), Err(arki_stats::Error::Empty));
}

#[test]
fn a_palette_of_other_terms_is_refused() {
    let short = Palette { people: 10, picks: vec![1, 2] };
    assert!(emotion_gap(&profile(), &short, &["en"], 1).is_err());
    assert!(fit(&profile(), &short, 1).is_err());
    assert!(emotion_gap(&profile(), &palette(10, [11, 0, 0, 0]), &["en"], 1).is_err());
}

#[test]
fn the_fit_is_a_figure_with_an_interval_and_the_number_of_people() {
    let figure = fit(&profile(), &palette(100, [20, 50, 90, 60]), 1).unwrap().unwrap();
    assert!(figure.low <= figure.value && figure.value <= figure.high && figure.low < figure.high);
    assert_eq!((figure.n, figure.interval.to_string()), (100, "bootstrap".into()));
}

#[test]
fn employees_see_no_feelings_below_ten_people_and_rounded_ones_below_twenty() {
    assert_eq!(released(&palette(9, [5, 4, 3, 2])), None);
    let gap = released(&palette(12, [7, 5, 1, 0])).unwrap();
    assert_eq!((gap.n, gap.fit, gap.is_distinguishable), (10, None, None));
    let percents: BTreeMap<&str, Option<f64>> =
        gap.terms.iter().map(|term| (term.key.as_str(), term.percent)).collect();
    // One person's feeling is not told, and neither is it told from nobody's.
    let expected = [("trusting", Some(60.0)), ("calm", Some(40.0)), ("busy", None), ("frustrated", None)];
    assert_eq!(percents, BTreeMap::from(expected));
    assert_eq!(fit_released(&profile(), &clearance(&palette(12, [7, 5, 1, 0])), 1), Ok(None));
}

#[test]
fn twenty_people_see_what_they_feel_exactly_unless_nearly_all_feel_it() {
    let mixed = palette(24, [12, 10, 8, 6]);
    assert_eq!(released(&mixed).unwrap(), emotion_gap(&profile(), &mixed, &["en"], 1).unwrap());
    assert!(fit_released(&profile(), &clearance(&mixed), 1).unwrap().is_some());
    let agreed = palette(24, [12, 10, 8, 23]);
    let gap = released(&agreed).unwrap();
    assert_eq!((gap.fit, gap.terms[3].key.as_str(), gap.terms[3].percent), (None, "frustrated", None));
    assert_eq!(fit_released(&profile(), &clearance(&agreed), 1), Ok(None));
}

#[test]
fn every_fault_of_a_profile_names_its_field() {
    let mut wrong = terms();
    wrong[1].key = "trusting".into();
    wrong[2].label.clear();
    wrong[3].low_percent = 20.0;
    wrong[0].role = TermRole::Neutral;
    wrong[1].role = TermRole::Neutral;
    let faults = TargetProfile::new(wrong).unwrap_err();
    let fields: Vec<String> = faults.iter().map(Invalid::field).collect();
    assert_eq!(fields, ["terms[1].term", "terms[2].label", "terms[3].low_percent", "terms"]);
    assert!(TargetProfile::new(Vec::new()).unwrap_err().contains(&Invalid::TermCount(0)));
    let mut nan = terms();
    nan[0].high_percent = f64::NAN;
    assert_eq!(TargetProfile::new(nan).unwrap_err().len(), 1);
}

#[test]
fn counts_by_key_are_put_in_the_order_of_the_profile() {
    let picks =
        BTreeMap::from([("calm".to_owned(), 4), ("frustrated".to_owned(), 2), ("none".to_owned(), 9)]);
    assert_eq!(Palette::of(&profile(), 15, &picks), palette(15, [0, 4, 0, 2]));
}

#[test]
fn seeds_are_stable_and_differ_by_part() {
    assert_eq!(seed(&[]), 0xcbf2_9ce4_8422_2325);
    assert_ne!(seed(&["ab", "c"]), seed(&["a", "bc"]));
    assert_eq!(seed(&["wav_1", "unt_2"]), seed(&["wav_1", "unt_2"]));
}

proptest! {
    #[test]
    fn palettes_merge_in_any_order(a in (0..50u64, any::<[u8; 4]>()), b in (0..50u64, any::<[u8; 4]>())) {
        let of = |(people, picks): (u64, [u8; 4])| palette(people, picks.map(u64::from));
        let (mut ab, mut ba) = (of(a), of(b));
        ab.merge(&of(b));
        ba.merge(&of(a));
        prop_assert_eq!(&ab, &ba);
        let mut from_nothing = Palette::default();
        from_nothing.merge(&ab);
        prop_assert_eq!(from_nothing, ab);
    }

    #[test]
    fn what_employees_see_is_never_finer_than_the_level_allows(people in 1..40u64, shares in any::<[u8; 4]>()) {
        let picks = shares.map(|share| u64::from(share) * people / 255);
        match released(&palette(people, picks)) {
            None => prop_assert!(people < 10),
            Some(gap) => {
                prop_assert!(gap.n <= people && (people >= 20 || gap.n % 5 == 0));
                for percent in gap.terms.iter().filter_map(|term| term.percent) {
                    prop_assert!(people >= 20 || percent % 5.0 == 0.0);
                }
                prop_assert!(gap.fit.is_none() || people >= 20);
            }
        }
    }
}
