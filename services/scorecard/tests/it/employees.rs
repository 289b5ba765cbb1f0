//! Readings of employees: after the wave, once, and only what the release gate lets through.

use arki_proto::event::v1::ReadingsReleased;
use arki_proto::scorecard::v1 as pb;
use arki_test_support::{TestDatabase, on_each_database, told};
use prost::Message;
use tonic::Code;

use crate::wave::{Wave, date, heard, march, unit_changed};
use crate::world::{World, values};

on_each_database!(
    nothing_is_shown_before_the_wave_has_closed,
    a_unit_of_eight_beside_a_unit_of_one_disappears_and_nobody_learns_why,
    what_was_released_stays_when_the_tree_changes,
    the_minimum_group_is_that_of_the_opening_and_never_below_five,
    few_people_are_shown_coarsely_and_counted_in_fives,
    a_dozen_who_agree_show_a_band_and_no_number,
    the_whole_tenant_stands_above_several_roots_if_it_may_be_shown,
    somebody_without_a_unit_makes_the_whole_tenant_a_place,
    the_release_is_told_with_the_number_of_units,
    a_tenant_of_too_few_shows_nothing_at_all,
);

async fn metric(world: &World) -> String {
    world.metric(pb::MetricKind::Favourable, "heard").await
}

/// Answers of people who differ: four of ten agree.
fn mixed(people: usize) -> Vec<crate::wave::Answers> {
    heard(&[5, 1, 3, 4, 2, 5, 3, 1, 4, 2].into_iter().cycle().take(people).collect::<Vec<_>>())
}

async fn nothing_is_shown_before_the_wave_has_closed(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = metric(&world).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(root), mixed(20)).await;
    let named =
        pb::ListReadingsRequest { metric: metric.clone(), wave: wave.id.name(), ..Default::default() };
    for answer in [world.readings(&metric).await.map(|_| ()), world.reads(named.clone()).await.map(|_| ())] {
        assert_eq!(told(answer), (Code::NotFound, "NO_READINGS".to_owned()));
    }
    world.closes(&wave, &[(Some(root), 25)]).await;
    let readings = world.reads(named).await.unwrap().readings;
    assert_eq!(readings, world.readings(&metric).await.unwrap());
    assert_eq!(values(&readings), [("Root".to_owned(), Some(40.0))]);
    assert_eq!(
        readings[0].provenance,
        "20 of 25 invited answered between 1 March 2026 and 21 March 2026; 95 % interval by the Wilson method"
    );
    // An older one of employees that is still open hides behind the released one.
    let newer = Wave { open_day: march(9), ..Wave::of("employees", world.questionnaire) };
    world.hears(&newer.opened()).await;
    assert_eq!(world.readings(&metric).await.unwrap(), readings);
}

async fn a_unit_of_eight_beside_a_unit_of_one_disappears_and_nobody_learns_why(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let eight = world.unit("Eight", Some(head)).await;
    let one = world.unit("One", Some(head)).await;
    let none = world.unit("None", Some(head)).await;
    let metric = metric(&world).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(eight), heard(&[5, 4, 4, 2, 1, 3, 3, 5])).await;
    world.answers_on(&wave, Some(one), march(7), heard(&[1])).await;
    world.closes(&wave, &[(Some(eight), 9), (Some(one), 1), (Some(none), 3)]).await;
    assert_eq!(world.tells::<ReadingsReleased>().await.units, 1);
    let readings = world.readings(&metric).await.unwrap();
    // Four of nine are 44 %.
    let expected = [("Head", Some(40.0)), ("Eight", None), ("One", None), ("None", None)];
    assert_eq!(values(&readings), expected.map(|(name, value)| (name.to_owned(), value)));
    let plain = |reading: &pb::Reading| {
        assert!(!reading.shown && reading.figure.is_none() && reading.words.is_empty());
        pb::Reading { unit: String::new(), unit_display_name: String::new(), ..reading.clone() }
            .encode_to_vec()
    };
    assert_eq!(plain(&readings[1]), plain(&readings[2]));
    assert_eq!(plain(&readings[1]), plain(&readings[3]));
    assert_eq!(readings[1].provenance, "Asked between 1 March 2026 and 21 March 2026");
}

async fn what_was_released_stays_when_the_tree_changes(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let north = world.unit("North", Some(head)).await;
    let south = world.unit("South", Some(head)).await;
    let metric = metric(&world).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(north), mixed(20)).await;
    world.answers(&wave, Some(south), mixed(10)).await;
    world.closes(&wave, &[]).await;
    let before = world.readings(&metric).await.unwrap();
    assert_eq!(before.iter().filter(|reading| reading.shown).count(), 3);
    // History itself is written anew: the south was always below the north, and had another name.
    world.hears(&unit_changed(south, Some(north), "South of north", 2)).await;
    world.unit("Late", Some(head)).await;
    assert_eq!(world.readings(&metric).await.unwrap(), before);
}

async fn the_minimum_group_is_that_of_the_opening_and_never_below_five(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = metric(&world).await;
    for (day, minimum_group, people, is_shown) in
        [(2, 8, 7, false), (3, 8, 8, true), (4, 1, 4, false), (5, 1, 5, true), (6, 0, 5, true)]
    {
        let wave = Wave { open_day: march(day), minimum_group, ..Wave::of("employees", world.questionnaire) };
        world.hears(&wave.opened()).await;
        world.answers(&wave, Some(root), mixed(people)).await;
        world.closes(&wave, &[]).await;
        let readings = world.readings(&metric).await.unwrap();
        assert_eq!(readings[0].wave, wave.id.name());
        assert_eq!(readings[0].shown, is_shown, "{people} people of {minimum_group}");
    }
}

async fn few_people_are_shown_coarsely_and_counted_in_fives(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let twelve = world.unit("Twelve", Some(head)).await;
    let seven = world.unit("Seven", Some(head)).await;
    let metric = metric(&world).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(twelve), heard(&[5, 4, 4, 5, 5, 4, 3, 3, 2, 1, 1, 1])).await;
    world.answers(&wave, Some(seven), heard(&[5, 4, 4, 5, 3, 2, 1])).await;
    world.closes(&wave, &[(Some(twelve), 14), (Some(seven), 9)]).await;
    let readings = world.readings(&metric).await.unwrap();
    let [all, twelve, seven] = &readings[..] else { panic!("there are three units") };
    let shown = |reading: &pb::Reading| reading.figure.clone().unwrap();
    // Ten of nineteen are 53 %, six of twelve 50 % and four of seven 57 %.
    assert_eq!((shown(all).value, shown(all).n), (55.0, 15));
    let classes = pb::ClassShares { unfavourable_percent: 35, neutral_percent: 15, favourable_percent: 50 };
    assert_eq!((shown(twelve).value, shown(twelve).n, shown(twelve).classes), (50.0, 10, Some(classes)));
    assert_eq!((shown(seven).value, shown(seven).n, shown(seven).classes), (60.0, 5, None));
    assert!(readings.iter().all(|reading| shown(reading).histogram.is_empty()));
    assert!(readings.iter().all(|reading| shown(reading).mean.is_none()));
    assert!(twelve.provenance.starts_with("At least 10 of 14 invited answered"), "{}", twelve.provenance);
    assert!(all.provenance.starts_with("At least 15 of 23 invited answered"), "{}", all.provenance);
    let larger = Wave { open_day: march(9), ..Wave::of("employees", world.questionnaire) };
    world.hears(&larger.opened()).await;
    world.answers(&larger, Some(head), mixed(20)).await;
    world.closes(&larger, &[]).await;
    let all = shown(&world.readings(&metric).await.unwrap()[0]);
    assert_eq!((all.n, all.histogram.len(), all.mean.is_some()), (20, 5, true));
}

async fn a_dozen_who_agree_show_a_band_and_no_number(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = metric(&world).await;
    let mut seen = Vec::new();
    for (day, answers) in [(2, [5; 12]), (3, [5, 5, 5, 4, 4, 4, 5, 5, 5, 5, 5, 1])] {
        let wave = Wave { open_day: march(day), ..Wave::of("employees", world.questionnaire) };
        world.hears(&wave.opened()).await;
        world.answers(&wave, Some(root), heard(&answers)).await;
        world.closes(&wave, &[]).await;
        seen.push(world.readings(&metric).await.unwrap()[0].figure.clone().unwrap());
    }
    assert_eq!(seen[0].band(), pb::FigureBand::AtLeastNinetyPercent);
    assert_eq!(seen[0], seen[1], "whether one person differs must not show");
}

async fn the_whole_tenant_stands_above_several_roots_if_it_may_be_shown(database: TestDatabase) {
    let world = World::start(database).await;
    let one = world.unit("One", None).await;
    let two = world.unit("Two", None).await;
    let metric = metric(&world).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(one), mixed(20)).await;
    world.answers(&wave, Some(two), heard(&[1, 2, 5])).await;
    world.closes(&wave, &[]).await;
    let readings = world.readings(&metric).await.unwrap();
    // The three of the second root would be the difference of the tenant and the first one.
    let shown: Vec<_> =
        readings.iter().map(|reading| (reading.unit_display_name.as_str(), reading.shown)).collect();
    assert_eq!(shown, [("", true), ("One", false), ("Two", false)]);
    assert_eq!(readings[0].unit, "");
}

async fn somebody_without_a_unit_makes_the_whole_tenant_a_place(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let team = world.unit("Team", Some(root)).await;
    let metric = metric(&world).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(root), mixed(10)).await;
    world.answers(&wave, Some(team), mixed(10)).await;
    world.answers(&wave, None, heard(&[1])).await;
    world.closes(&wave, &[]).await;
    let readings = world.readings(&metric).await.unwrap();
    let shown: Vec<_> =
        readings.iter().map(|reading| (reading.unit_display_name.as_str(), reading.shown)).collect();
    // The root would tell the one apart from the tenant; its team does not.
    assert_eq!(shown, [("", true), ("Root", false), ("Team", true)]);
}

async fn the_release_is_told_with_the_number_of_units(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let team = world.unit("Team", Some(head)).await;
    world.unit("Empty", Some(head)).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(team), mixed(6)).await;
    world.closes(&wave, &[]).await;
    assert_eq!(world.tells::<ReadingsReleased>().await, ReadingsReleased { wave: wave.id.name(), units: 2 });
    let customers = world.opens("customers").await;
    world.answers(&customers, Some(head), mixed(1)).await;
    world.closes(&customers, &[]).await;
    let expected = ReadingsReleased { wave: customers.id.name(), units: 1 };
    assert_eq!(world.tells::<ReadingsReleased>().await, expected);
}

async fn a_tenant_of_too_few_shows_nothing_at_all(database: TestDatabase) {
    let world = World::start(database).await;
    let one = world.unit("One", None).await;
    world.unit("Two", None).await;
    let metric = metric(&world).await;
    let wave = world.opens("employees").await;
    world.answers(&wave, Some(one), heard(&[1, 5])).await;
    world.answers(&wave, None, heard(&[1, 5])).await;
    world.closes(&wave, &[]).await;
    let readings = world.readings(&metric).await.unwrap();
    assert_eq!(values(&readings), [("One".to_owned(), None), ("Two".to_owned(), None)]);
    assert!(readings.iter().all(|reading| reading.last_day == date(march(21))));
}
