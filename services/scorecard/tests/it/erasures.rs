//! Forgetting who owned metrics. What is counted is of groups.

use arki_ids::{ErasureId, PersonId};
use arki_privacy::{COMMON, schema};
use arki_proto::event::v1::{ErasureConfirmed, PersonErased};
use arki_scorecard::storage::privacy::ROOMS;
use arki_test_support::{TestDatabase, on_each_database};

use crate::world::World;

on_each_database!(every_table_says_what_it_holds_of_a_person, somebody_who_is_not_here_is_confirmed_too);

async fn every_table_says_what_it_holds_of_a_person(database: TestDatabase) {
    let world = World::start(database).await;
    let wrong = schema::unclassified(world.store.reader(), &[ROOMS, COMMON]).await.unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn somebody_who_is_not_here_is_confirmed_too(database: TestDatabase) {
    let world = World::start(database).await;
    let erasure = ErasureId::generate().name();
    let person = PersonId::generate().name();
    world.hears(&PersonErased { erasure: erasure.clone(), person, merged: Vec::new() }).await;
    let confirmed = world.told::<ErasureConfirmed>(1).await;
    assert_eq!(
        (confirmed[0].erasure.as_str(), confirmed[0].service.as_str()),
        (erasure.as_str(), "scorecard")
    );
    assert!(confirmed[0].rows.is_empty() && confirmed[0].limits.is_empty());
}
