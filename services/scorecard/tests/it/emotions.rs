//! The gap between lived and chosen feelings, and the fit as a metric.

use arki_proto::scorecard::v1 as pb;
use arki_test_support::{TestDatabase, on_each_database, text, told};
use tonic::Code;

use crate::wave::{Answers, felt};
use crate::world::World;

on_each_database!(
    a_gap_tells_each_feeling_with_the_furthest_first,
    feelings_roll_up_and_pass_the_gate,
    ten_people_show_feelings_in_fives_and_no_fit,
    a_fit_is_a_metric_like_any_other,
    a_profile_is_read_in_waves_of_its_own_people_only,
);

/// `people` who choose in turn.
fn in_turn(people: usize, chosen: &[&[i32]]) -> Vec<Answers> {
    felt(&chosen.iter().copied().cycle().take(people).collect::<Vec<_>>())
}

async fn profile(world: &World, audience: pb::ProfileAudience) -> String {
    let profile = pb::TargetProfile { audience: audience.into(), ..world.whole_profile() };
    world.creates_profile(profile).await.unwrap().name
}

fn of(profile: &str, unit: String) -> pb::GetEmotionGapRequest {
    pb::GetEmotionGapRequest { target_profile: profile.to_owned(), unit, ..Default::default() }
}

fn shares(gap: &pb::EmotionGap) -> Vec<(&str, Option<f64>, Option<f64>)> {
    gap.terms.iter().map(|term| (term.term.as_str(), term.percent, term.gap)).collect()
}

async fn a_gap_tells_each_feeling_with_the_furthest_first(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let mut given =
        pb::TargetProfile { audience: pb::ProfileAudience::Customers.into(), ..world.whole_profile() };
    given.terms[2].label = text("fi", "eksyksissä");
    let profile = world.creates_profile(given).await.unwrap().name;
    let wave = world.opens("customers").await;
    // Of forty: calm 10, glad 20, lost 10, seen 10 (which the profile does not name), and ten chose nothing.
    world.answers(&wave, Some(root), in_turn(40, &[&[0, 1], &[1], &[2, 3], &[]])).await;
    let gap = world.gap(of(&profile, String::new())).await.unwrap();
    assert!(gap.shown && gap.n == 40 && gap.unit.is_empty());
    assert_eq!(gap.wave, wave.id.name());
    let expected = [
        ("calm", Some(25.0), Some(-35.0)),
        ("lost", Some(25.0), Some(15.0)),
        ("glad", Some(50.0), Some(0.0)),
    ];
    assert_eq!(shares(&gap), expected);
    let [calm, lost, glad] = &gap.terms[..] else { panic!("there are three terms") };
    assert_eq!(
        (calm.state(), lost.state(), glad.state()),
        (pb::GapState::Below, pb::GapState::Above, pb::GapState::OnTarget)
    );
    assert_eq!((lost.label.as_str(), calm.label.as_str()), ("eksyksissä", "calm"));
    // Wilson of 10 in 40.
    assert!(
        (calm.interval_low.unwrap() - 14.187).abs() < 1e-3
            && (calm.interval_high.unwrap() - 40.194).abs() < 1e-3
    );
    let (fit, by_chance) = (gap.fit.unwrap(), gap.fit_by_chance.unwrap());
    assert!((0.0..=100.0).contains(&fit) && fit < by_chance && gap.distinguishable == Some(true));
    assert_eq!(world.gap(of(&profile, String::new())).await.unwrap(), gap, "the same seed each time");
}

async fn feelings_roll_up_and_pass_the_gate(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let large = world.unit("Large", Some(head)).await;
    let small = world.unit("Small", Some(head)).await;
    let profile = profile(&world, pb::ProfileAudience::Employees).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(large), in_turn(24, &[&[0], &[1], &[0, 2]])).await;
    world.answers(&wave, Some(small), in_turn(8, &[&[0], &[1]])).await;
    assert_eq!(
        told(world.gap(of(&profile, String::new())).await),
        (Code::NotFound, "NO_READINGS".to_owned())
    );
    world.closes(&wave, &[]).await;
    let whole = world.gap(of(&profile, String::new())).await.unwrap();
    assert_eq!((whole.n, whole.terms.len()), (32, 3));
    let calm = whole.terms.iter().find(|term| term.term == "calm").unwrap();
    assert_eq!(calm.percent, Some(62.5), "twenty of thirty-two");
    let by_name = world.gap(of(&profile, head.name())).await.unwrap();
    assert_eq!(pb::EmotionGap { unit: String::new(), ..by_name }, whole);
    assert!(world.gap(of(&profile, large.name())).await.unwrap().fit.is_some());
    let hidden = world.gap(of(&profile, small.name())).await.unwrap();
    let expected = pb::EmotionGap {
        target_profile: profile.clone(),
        wave: wave.id.name(),
        unit: small.name(),
        ..Default::default()
    };
    assert_eq!(hidden, expected);
    let nowhere = world.gap(of(&profile, "units/unt_00000000000000000000000001".to_owned())).await;
    assert_eq!(told(nowhere), (Code::NotFound, "UNIT_NOT_FOUND".to_owned()));
    let nothing = world.gap(of("targetProfiles/tpr_00000000000000000000000001", String::new())).await;
    assert_eq!(told(nothing), (Code::NotFound, "TARGET_PROFILE_NOT_FOUND".to_owned()));
}

async fn ten_people_show_feelings_in_fives_and_no_fit(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let profile = profile(&world, pb::ProfileAudience::Employees).await;
    let wave = world.opens("employees").await;
    // Of twelve: calm 7, glad 4, and one is lost.
    let mut answers = felt(&[&[0, 2]]);
    answers.extend(in_turn(6, &[&[0]]));
    answers.extend(in_turn(4, &[&[1]]));
    answers.extend(felt(&[&[]]));
    world.answers(&wave, Some(root), answers).await;
    world.closes(&wave, &[]).await;
    let gap = world.gap(of(&profile, String::new())).await.unwrap();
    assert_eq!((gap.shown, gap.n, gap.fit, gap.distinguishable), (true, 10, None, None));
    let expected = [("glad", Some(35.0), Some(-5.0)), ("calm", Some(60.0), Some(0.0)), ("lost", None, None)];
    assert_eq!(shares(&gap), expected);
    assert_eq!(gap.terms[2].state(), pb::GapState::Unclear);
}

async fn a_fit_is_a_metric_like_any_other(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let team = world.unit("Team", Some(head)).await;
    let profile = profile(&world, pb::ProfileAudience::Employees).await;
    let metric = pb::Metric {
        target_profile: profile.clone(),
        meanings: vec![pb::BandMeaning { from: 0.0, words: text("en", "Some of it feels as it should") }],
        ..world.whole_metric(pb::MetricKind::EmotionFit, "felt")
    };
    let metric = world.creates_metric(metric).await.unwrap().name;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(team), in_turn(24, &[&[0], &[1], &[0, 2]])).await;
    world.answers(&wave, Some(head), in_turn(6, &[&[0], &[1]])).await;
    world.closes(&wave, &[]).await;
    let readings = world.readings(&metric).await.unwrap();
    let gap = world.gap(of(&profile, team.name())).await.unwrap();
    let figure = readings[1].figure.as_ref().unwrap();
    assert_eq!((Some(figure.value), figure.n, figure.interval.as_str()), (gap.fit, 24, "bootstrap"));
    assert!(figure.low <= figure.value && figure.value <= figure.high);
    assert_eq!(
        (readings[0].figure.as_ref().unwrap().n, readings[0].words.as_str()),
        (30, "Some of it feels as it should")
    );
    assert!(readings[1].provenance.ends_with("95 % interval by the bootstrap method"));
}

async fn a_profile_is_read_in_waves_of_its_own_people_only(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let staff = profile(&world, pb::ProfileAudience::Employees).await;
    let customers = profile(&world, pb::ProfileAudience::Customers).await;
    let wave = world.opens("prospects").await;
    world.answers(&wave, Some(root), in_turn(3, &[&[0]])).await;
    assert!(world.gap(of(&customers, String::new())).await.unwrap().shown);
    let named = pb::GetEmotionGapRequest { wave: wave.id.name(), ..of(&staff, String::new()) };
    assert_eq!(told(world.gap(named).await).1, "NO_READINGS");
    let empty = world.opens("customers").await;
    let named = pb::GetEmotionGapRequest { wave: empty.id.name(), ..of(&customers, String::new()) };
    assert!(!world.gap(named).await.unwrap().shown, "nobody has answered yet");
}
