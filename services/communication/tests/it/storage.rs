use arki_test_support::on_each_database;

use crate::world::World;

on_each_database!(every_table_is_kept_apart_by_tenant_first, migrating_what_is_migrated_changes_nothing,);

const TABLES: [&str; 7] =
    ["message", "campaign", "occurrence", "delivery", "reader", "tally", "reached_before"];

async fn every_table_is_kept_apart_by_tenant_first(world: World) {
    for table in TABLES {
        assert_eq!(world.columns(table).await.first().map(String::as_str), Some("tenant_id"), "{table}");
        assert_eq!(world.first_of_primary_key(table).await, "tenant_id", "{table}");
    }
}

async fn migrating_what_is_migrated_changes_nothing(world: World) {
    let created = world.creates_message(crate::world::message()).await;
    world.migrates().await;
    let request = arki_proto::communication::v1::GetMessageRequest { name: created.name };
    world.client().get_message(world.asks(request)).await.unwrap();
}
