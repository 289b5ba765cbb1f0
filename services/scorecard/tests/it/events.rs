//! How news of waves and units comes in: once, in whatever order, and never against what is released.

use arki_database::page::PageRequest;
use arki_events::{Bus, Envelope, dead_letters};
use arki_ids::{TenantId, UnitId};
use arki_proto::scorecard::v1 as pb;
use arki_test_support::{TestDatabase, on_each_database, told};

use crate::wave::{Wave, counted, heard, march, recommend, unit_changed};
use crate::world::{World, values};

on_each_database!(
    an_event_that_comes_twice_counts_once,
    counts_add_up_over_messages_units_and_days,
    answers_that_come_before_the_opening_are_kept,
    a_wave_waits_for_the_units_that_were_asked,
    a_wave_waits_for_the_units_above_those_that_were_asked,
    the_release_is_the_same_in_whichever_order_the_news_came,
    nothing_is_added_to_a_wave_of_employees_that_has_ended,
    customers_who_answered_late_still_count,
    an_older_revision_of_a_unit_is_passed_over,
    units_that_change_places_are_read_again_when_both_are_known,
    what_makes_no_sense_is_a_dead_letter,
);

async fn letters(world: &World, tenant: TenantId) -> Vec<String> {
    let page = dead_letters::list(&world.store, tenant, &PageRequest::default()).await.unwrap();
    page.items.into_iter().map(|letter| letter.last_error).collect()
}

fn mixed(people: usize) -> Vec<crate::wave::Answers> {
    heard(&[5, 1, 3, 4, 2].into_iter().cycle().take(people).collect::<Vec<_>>())
}

async fn an_event_that_comes_twice_counts_once(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    let answers = recommend(&[10, 9, 0]).into_iter().map(|given| (Some(root), march(2), given));
    let event = world.hears(&counted(&wave, &answers.collect::<Vec<_>>())).await;
    let once = world.readings(&metric).await.unwrap();
    world.bus.publish(event.clone()).await.unwrap();
    world.bus.publish(Envelope { replay: true, ..event }).await.unwrap();
    assert_eq!(world.readings(&metric).await.unwrap(), once);
    assert_eq!(once[0].figure.as_ref().unwrap().n, 3);
}

async fn counts_add_up_over_messages_units_and_days(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    // More rows than one statement takes, each of them twice.
    let rows: Vec<_> = (1..=28)
        .flat_map(|day| (0..=10).map(move |value| (day, value)))
        .flat_map(|(day, value)| {
            recommend(&[value]).into_iter().map(move |given| (Some(root), march(day), given))
        })
        .collect();
    for _ in 0..2 {
        world.hears(&counted(&wave, &rows)).await;
    }
    let readings = world.readings(&metric).await.unwrap();
    let figure = readings[0].figure.as_ref().unwrap();
    assert_eq!(figure.n, 2 * 28 * 11);
    assert!(figure.histogram.iter().all(|value| value.count == 56), "{:?}", figure.histogram);
}

async fn answers_that_come_before_the_opening_are_kept(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = Wave::of("customers", world.questionnaire);
    world.answers(&wave, Some(root), recommend(&[10])).await;
    assert_eq!(told(world.readings(&metric).await).1, "NO_READINGS");
    world.hears(&wave.opened()).await;
    world.answers(&wave, Some(root), recommend(&[9])).await;
    assert_eq!(world.readings(&metric).await.unwrap()[0].figure.as_ref().unwrap().n, 2);
    assert_eq!(letters(&world, world.tenant).await, [] as [String; 0]);
}

async fn a_wave_waits_for_the_units_that_were_asked(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let (team, silent) = (UnitId::generate(), UnitId::generate());
    let metric = world.metric(pb::MetricKind::Favourable, "heard").await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(team), mixed(10)).await;
    world.closes(&wave, &[(Some(team), 12), (Some(silent), 3)]).await;
    assert_eq!(told(world.readings(&metric).await).1, "NO_READINGS");
    world.hears(&unit_changed(team, Some(root), "Team", 1)).await;
    assert_eq!(told(world.readings(&metric).await).1, "NO_READINGS", "one was asked that nobody knows");
    world.hears(&unit_changed(silent, Some(team), "Silent", 1)).await;
    let expected = [("Root", Some(40.0)), ("Team", Some(40.0)), ("Silent", None)];
    assert_eq!(
        values(&world.readings(&metric).await.unwrap()),
        expected.map(|(name, value)| (name.to_owned(), value))
    );
    assert_eq!(letters(&world, world.tenant).await, [] as [String; 0]);
}

async fn a_wave_waits_for_the_units_above_those_that_were_asked(database: TestDatabase) {
    let world = World::start(database).await;
    let root = UnitId::generate();
    let one = world.unit("One", Some(root)).await;
    let two = world.unit("Two", Some(root)).await;
    let metric = world.metric(pb::MetricKind::Favourable, "heard").await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(one), mixed(10)).await;
    world.answers(&wave, Some(two), mixed(10)).await;
    world.closes(&wave, &[]).await;
    assert_eq!(told(world.readings(&metric).await).1, "NO_READINGS");
    world.hears(&unit_changed(root, None, "Root", 1)).await;
    let readings = world.readings(&metric).await.unwrap();
    assert_eq!(values(&readings)[0], ("Root".to_owned(), Some(40.0)));
    assert_eq!(readings.len(), 3, "the root is the whole tenant");
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Root,
    Team,
    Opened,
    Counted,
    Closed,
}

/// Every order in which the counts come before the close, as they do from the survey.
fn orders(steps: &[Step]) -> Vec<Vec<Step>> {
    let Some((last, rest)) = steps.split_last() else { return vec![Vec::new()] };
    let mut longer: Vec<Vec<Step>> = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut order = order.clone();
            order.insert(place, *last);
            longer.push(order);
        }
    }
    let place = |order: &[Step], step| order.iter().position(|one| *one == step);
    longer.retain(|order| {
        !order.contains(&Step::Closed) || place(order, Step::Counted) < place(order, Step::Closed)
    });
    longer
}

async fn the_release_is_the_same_in_whichever_order_the_news_came(database: TestDatabase) {
    let mut world = World::start(database).await;
    let (root, team) = (UnitId::generate(), UnitId::generate());
    let wave = Wave::of("employees", world.questionnaire);
    let rows: Vec<_> = mixed(20).into_iter().map(|given| (Some(team), march(2), given)).collect();
    let mut seen = Vec::new();
    for order in orders(&[Step::Root, Step::Team, Step::Opened, Step::Counted, Step::Closed]) {
        world.tenant = TenantId::generate();
        for step in order {
            match step {
                Step::Root => world.hears(&unit_changed(root, None, "Root", 1)).await,
                Step::Team => world.hears(&unit_changed(team, Some(root), "Team", 1)).await,
                Step::Opened => world.hears(&wave.opened()).await,
                Step::Counted => world.hears(&counted(&wave, &rows)).await,
                Step::Closed => world.hears(&wave.closed(&[(Some(team), 25)])).await,
            };
        }
        let metric = world.metric(pb::MetricKind::Favourable, "heard").await;
        let readings = world.readings(&metric).await.unwrap().into_iter();
        seen.push(
            readings.map(|reading| pb::Reading { metric: String::new(), ..reading }).collect::<Vec<_>>(),
        );
    }
    assert_eq!(seen.len(), 60);
    assert_eq!(seen[0].iter().filter(|reading| reading.shown).count(), 2);
    assert!(seen.iter().all(|readings| *readings == seen[0]), "{seen:#?}");
}

async fn nothing_is_added_to_a_wave_of_employees_that_has_ended(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Favourable, "heard").await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(root), mixed(10)).await;
    world.closes(&wave, &[]).await;
    let before = world.readings(&metric).await.unwrap();
    world.answers(&wave, Some(root), mixed(1)).await;
    world.closes(&wave, &[(Some(root), 90)]).await;
    world.hears(&Wave { minimum_group: 50, ..wave.clone() }.opened()).await;
    assert_eq!(world.readings(&metric).await.unwrap(), before);
    let late = letters(&world, world.tenant).await;
    assert_eq!(late.len(), 1);
    assert!(late[0].contains("has ended"), "{late:?}");
}

async fn customers_who_answered_late_still_count(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(root), recommend(&[10])).await;
    world.closes(&wave, &[]).await;
    world.answers(&wave, Some(root), recommend(&[10])).await;
    assert_eq!(world.readings(&metric).await.unwrap()[0].figure.as_ref().unwrap().n, 2);
}

async fn an_older_revision_of_a_unit_is_passed_over(database: TestDatabase) {
    let world = World::start(database).await;
    let unit = UnitId::generate();
    world.hears(&unit_changed(unit, None, "New name", 3)).await;
    let old = world.hears(&unit_changed(unit, None, "Old name", 2)).await;
    world.bus.publish(Envelope { replay: true, ..old }).await.unwrap();
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(unit), recommend(&[10])).await;
    assert_eq!(values(&world.readings(&metric).await.unwrap())[0].0, "New name");
    world.hears(&unit_changed(unit, None, "Newest name", 4)).await;
    assert_eq!(values(&world.readings(&metric).await.unwrap())[0].0, "Newest name");
}

async fn units_that_change_places_are_read_again_when_both_are_known(database: TestDatabase) {
    let world = World::start(database).await;
    let upper = world.unit("Upper", None).await;
    let lower = world.unit("Lower", Some(upper)).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let customers = world.opens("customers").await;
    world.answers(&customers, Some(lower), recommend(&[10])).await;
    let staff = world.opens("employees").await;
    world.answers(&staff, Some(lower), mixed(9)).await;
    world.hears(&unit_changed(upper, Some(lower), "Upper", 2)).await;
    world.closes(&staff, &[]).await;
    assert_eq!(told(world.readings(&metric).await).1, "UNAVAILABLE");
    world.hears(&unit_changed(lower, None, "Lower", 2)).await;
    let names: Vec<_> =
        values(&world.readings(&metric).await.unwrap()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Lower", "Upper"]);
    let heard = world.metric(pb::MetricKind::Favourable, "heard").await;
    assert!(world.readings(&heard).await.unwrap()[0].shown, "the wave of employees waited too");
}

async fn what_makes_no_sense_is_a_dead_letter(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let wave = world.opens("customers").await;
    let rows = [(Some(root), march(2), recommend(&[10]).remove(0))];
    let sound = counted(&wave, &rows);
    let mut negative = sound.clone();
    negative.counts[0].respondents = -1;
    let mut off_scale = sound.clone();
    off_scale.counts[0].counts.insert(4_000, 1);
    let mut nowhere = sound.clone();
    nowhere.counts[0].question = "questions/recommend".to_owned();
    let mut undated = sound.clone();
    undated.responses[0].day = None;
    for wrong in [negative, off_scale, nowhere, undated] {
        world.hears(&wrong).await;
    }
    world.hears(&Wave::of("neighbours", world.questionnaire).opened()).await;
    let mut nameless = unit_changed(root, None, "Root", 9);
    nameless.unit = "units/root".to_owned();
    world.hears(&nameless).await;
    assert_eq!(letters(&world, world.tenant).await.len(), 6);
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    assert!(!world.readings(&metric).await.unwrap()[0].shown, "nothing of them was counted");
}
