//! What PostgreSQL knows of a table that has grown.

use std::time::Duration;

use arki_database::statistics;
use sea_orm::ConnectionTrait;

use crate::fixture::{Place, number};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_has_grown_is_looked_at_once() {
    let Some(place) = Place::postgres() else { return };
    place
        .lend(async |store| {
            let sql = "INSERT INTO note (tenant_id, id, title) \
                       SELECT 'ten_1', 'not_' || n, 'title ' || n FROM generate_series(1, 5000) n";
            store.reader().execute_unprepared(sql).await.unwrap();
            // What was changed is counted a moment after it was.
            let mut looked_at = 0;
            for _ in 0..100 {
                looked_at += statistics::refresh(store).await.unwrap();
                if looked_at > 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            assert_eq!(looked_at, 1, "the other tables are empty");
            let known = "SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = 'note'::regclass";
            assert_eq!(number(store.reader(), known).await, 5_000);
        })
        .await;
}
