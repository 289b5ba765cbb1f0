//! Forgetting who owned metrics. What is counted is of groups.

use arki_ids::{ErasureId, PersonId, PurgeId};
use arki_privacy::{COMMON, schema};
use arki_proto::event::v1::{ErasureConfirmed, PersonErased, PurgeConfirmed, PurgeCutoffs, PurgeDue};
use arki_rpc::time::timestamp;
use arki_scorecard::storage::privacy::ROOMS;
use arki_test_support::{TestDatabase, on_each_database};

use crate::world::World;

on_each_database!(
    every_table_says_what_it_holds_of_a_person,
    somebody_who_is_not_here_is_confirmed_too,
    a_purge_is_confirmed_though_nothing_goes_by_time,
);

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

async fn a_purge_is_confirmed_though_nothing_goes_by_time(database: TestDatabase) {
    let world = World::start(database).await;
    let time = Some(timestamp(chrono::DateTime::UNIX_EPOCH));
    let due = PurgeDue {
        purge: PurgeId::generate().name(),
        service: String::new(),
        part: 0,
        after: String::new(),
        cutoffs: Some(PurgeCutoffs {
            link_time: time,
            answer_time: time,
            comment_time: time,
            contact_time: time,
            delivery_time: time,
        }),
    };
    // What goes on in another service is nothing to this one.
    world.hears(&PurgeDue { service: "survey".to_owned(), part: 1, ..due.clone() }).await;
    world.hears(&due).await;
    let confirmed = world.told::<PurgeConfirmed>(1).await;
    assert_eq!(confirmed.len(), 1);
    let PurgeConfirmed { purge, service, part, rows, is_done } = &confirmed[0];
    assert_eq!((purge, service.as_str(), *part, rows.len(), *is_done), (&due.purge, "scorecard", 0, 0, true));
}
