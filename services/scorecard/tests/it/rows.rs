//! What a leader sees: of what the release gate lets anybody see, what is theirs.

use arki_ids::UnitId;
use arki_proto::scorecard::v1 as pb;
use arki_rpc::Failure;
use arki_test_support::{TestDatabase, ask_as, on_each_database, said, told};
use tonic::Code;

use crate::wave::{Answers, felt, heard, unit_changed};
use crate::world::World;

on_each_database!(
    a_leader_sees_of_the_gate_what_is_theirs_and_nothing_beside_or_above,
    a_unit_that_went_elsewhere_is_its_new_leaders,
    a_leader_sees_the_same_gap_as_anybody_and_only_their_own,
);

fn mixed(people: usize) -> Vec<Answers> {
    heard(&[5, 1, 3, 4, 2, 5, 3, 1, 4, 2].into_iter().cycle().take(people).collect::<Vec<_>>())
}

async fn reads(
    world: &World,
    leads: &[UnitId],
    metric: &str,
    unit: Option<UnitId>,
) -> Result<Vec<pb::Reading>, Failure> {
    let request = pb::ListReadingsRequest {
        metric: metric.to_owned(),
        unit: unit.map(|unit| unit.name()).unwrap_or_default(),
        page_size: 1000,
        ..Default::default()
    };
    let request = ask_as(world.tenant, "scorecard.read", leads, None, request);
    said(world.client().list_readings(request).await).map(|page| page.readings)
}

const BEYOND: (Code, &str) = (Code::PermissionDenied, "OUT_OF_REACH");

async fn a_leader_sees_of_the_gate_what_is_theirs_and_nothing_beside_or_above(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let north = world.unit("North", Some(head)).await;
    let south = world.unit("South", Some(head)).await;
    let shop = world.unit("Shop", Some(north)).await;
    let few = world.unit("Few", Some(north)).await;
    let metric = world.metric(pb::MetricKind::Favourable, "heard").await;
    let wave = world.opens("employees").await;
    for (unit, people) in [(north, 12), (south, 20), (shop, 15), (few, 3)] {
        world.answers(&wave, Some(unit), mixed(people)).await;
    }
    world.closes(&wave, &[]).await;
    let released = world.readings(&metric).await.unwrap();
    let named = |unit: UnitId| released.iter().find(|reading| reading.unit == unit.name()).unwrap().clone();

    let own = reads(&world, &[north], &metric, Some(north)).await.unwrap();
    assert_eq!(own, [named(north), named(shop), named(few)], "as the gate lets anybody see them");
    assert!(!named(few).shown, "the few stay hidden, whoever leads them");
    assert_eq!(reads(&world, &[north], &metric, None).await.unwrap(), own, "without a unit: the own one");
    assert_eq!(reads(&world, &[north], &metric, Some(shop)).await.unwrap(), [named(shop)]);
    for unit in [head, south, UnitId::generate()] {
        let (code, reason) = told(reads(&world, &[north], &metric, Some(unit)).await);
        assert_eq!((code, reason.as_str()), BEYOND, "whether it is there or not");
    }
    for leads in [&[][..], &[north, south]] {
        let (code, reason) = told(reads(&world, leads, &metric, None).await);
        assert_eq!((code, reason.as_str()), BEYOND, "which one?");
    }
    // Every subset of units: what a leader sees is in what the gate released, to the letter.
    let all = [head, north, south, shop, few];
    for mask in 0..1_u32 << all.len() {
        let leads: Vec<_> = (0..all.len()).filter(|at| mask >> at & 1 == 1).map(|at| all[at]).collect();
        for unit in all {
            if let Ok(seen) = reads(&world, &leads, &metric, Some(unit)).await {
                assert!(seen.iter().all(|reading| released.contains(reading)), "{leads:?}");
            }
        }
    }
}

async fn a_unit_that_went_elsewhere_is_its_new_leaders(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let north = world.unit("North", Some(head)).await;
    let south = world.unit("South", Some(head)).await;
    let shop = world.unit("Shop", Some(north)).await;
    let metric = world.metric(pb::MetricKind::Favourable, "heard").await;
    let wave = world.opens("employees").await;
    for unit in [north, south, shop] {
        world.answers(&wave, Some(unit), mixed(20)).await;
    }
    world.closes(&wave, &[]).await;
    world.hears(&unit_changed(shop, Some(south), "Shop", 2)).await;
    let units = |readings: Vec<pb::Reading>| readings.into_iter().map(|one| one.unit).collect::<Vec<_>>();
    let old = reads(&world, &[north], &metric, Some(north)).await.unwrap();
    assert_eq!(units(old), [north.name()], "below the north in the tree of the wave, and not today");
    assert!(reads(&world, &[north], &metric, Some(shop)).await.is_err());
    assert_eq!(units(reads(&world, &[south], &metric, Some(shop)).await.unwrap()), [shop.name()]);
}

async fn a_leader_sees_the_same_gap_as_anybody_and_only_their_own(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let (north, south) = (world.unit("North", Some(head)).await, world.unit("South", Some(head)).await);
    let given =
        pb::TargetProfile { audience: pb::ProfileAudience::Customers.into(), ..world.whole_profile() };
    let profile = world.creates_profile(given).await.unwrap().name;
    let wave = world.opens("customers").await;
    for unit in [north, south] {
        world.answers(&wave, Some(unit), felt(&[&[0], &[1], &[0, 1]])).await;
    }
    let ask = |unit: UnitId| pb::GetEmotionGapRequest {
        target_profile: profile.clone(),
        unit: unit.name(),
        ..Default::default()
    };
    let anybody = world.gap(ask(north)).await.unwrap();
    let own = ask_as(world.tenant, "scorecard.read", &[north], None, ask(north));
    assert_eq!(said(world.client().get_emotion_gap(own).await).unwrap().gap.unwrap(), anybody);
    for unit in [south, head, UnitId::generate()] {
        let request = ask_as(world.tenant, "scorecard.read", &[north], None, ask(unit));
        let (code, reason) = told(said(world.client().get_emotion_gap(request).await));
        assert_eq!((code, reason.as_str()), BEYOND);
    }
}
