use std::sync::Arc;
use std::time::Duration;

use arki_database::{Error, Store, announce};
use futures::future::join_all;
use sea_orm::ConnectionTrait;
use tokio::sync::Notify;

use crate::fixture::{insert, notes, number, on_both};

on_both!(
    commits_what_succeeds_and_nothing_of_what_fails,
    leaves_nothing_when_it_is_dropped_before_the_commit,
    leaves_no_open_transaction_however_soon_it_is_dropped,
    concurrent_read_modify_writes_lose_no_update,
    announces_after_the_commit_and_only_then,
    is_alive,
);

async fn commits_what_succeeds_and_nothing_of_what_fails(store: &Store) {
    let id = store
        .write("Insert", |tx| {
            Box::pin(async move {
                insert(tx, "not_1", "kept", None).await?;
                Ok::<_, Error>("not_1")
            })
        })
        .await;
    assert_eq!(id.unwrap(), "not_1");
    assert_eq!(notes(store).await, 1);

    #[derive(Debug, PartialEq)]
    struct Refused;
    impl From<Error> for Refused {
        fn from(error: Error) -> Self {
            panic!("the database failed: {error}");
        }
    }
    let refused: Result<(), Refused> = store
        .write("Refuse", |tx| {
            Box::pin(async move {
                insert(tx, "not_2", "not kept", None).await.map_err(Error::from)?;
                Err(Refused)
            })
        })
        .await;
    assert_eq!(refused, Err(Refused));
    assert_eq!(notes(store).await, 1);
}

async fn leaves_nothing_when_it_is_dropped_before_the_commit(store: &Store) {
    let inserted = Arc::new(Notify::new());
    let seen = Arc::clone(&inserted);
    let hanging = store.write("Hang", move |tx| {
        let inserted = Arc::clone(&inserted);
        Box::pin(async move {
            insert(tx, "not_1", "lost", None).await?;
            inserted.notify_one();
            std::future::pending::<Result<(), Error>>().await
        })
    });
    tokio::select! {
        _ = hanging => panic!("the write came to an end"),
        () = seen.notified() => {}
    }
    let after: Result<(), Error> = store
        .write("After", |tx| Box::pin(async move { Ok(insert(tx, "not_2", "kept", None).await?) }))
        .await;
    after.unwrap();
    assert_eq!(number(store.reader(), "SELECT count(*) FROM note WHERE title = 'lost'").await, 0);
    assert_eq!(notes(store).await, 1);
}

async fn concurrent_read_modify_writes_lose_no_update(store: &Store) {
    insert_one(store).await;
    let increments = (0..24).map(|_| {
        let store = store.clone();
        async move {
            store
                .write("Increment", |tx| {
                    Box::pin(async move {
                        let count = number(tx, "SELECT count FROM note WHERE id = 'not_1'").await;
                        let sql = format!("UPDATE note SET count = {} WHERE id = 'not_1'", count + 1);
                        tx.execute_unprepared(&sql).await?;
                        Ok::<_, Error>(())
                    })
                })
                .await
        }
    });
    let results = join_all(increments).await;
    let succeeded = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(succeeded, results.len(), "{results:?}");
    let count = number(store.reader(), "SELECT count FROM note WHERE id = 'not_1'").await;
    assert_eq!(usize::try_from(count).unwrap(), succeeded);
}

async fn announces_after_the_commit_and_only_then(store: &Store) {
    let announcements = store.announcements();
    let nothing = |announcements: Arc<Notify>| async move {
        tokio::time::timeout(Duration::from_millis(50), announcements.notified()).await.is_err()
    };
    insert_one(store).await;
    assert!(nothing(Arc::clone(&announcements)).await, "a write that announced nothing woke somebody");
    let rolled_back: Result<(), Error> = store
        .write("RollBack", |_| {
            Box::pin(async move {
                announce();
                Err(Error::Overloaded)
            })
        })
        .await;
    assert!(rolled_back.is_err());
    assert!(nothing(Arc::clone(&announcements)).await, "a write that was rolled back woke somebody");
    let committed: Result<(), Error> = store
        .write("Announce", |_| {
            Box::pin(async move {
                announce();
                Ok(())
            })
        })
        .await;
    committed.unwrap();
    tokio::time::timeout(Duration::from_secs(5), announcements.notified()).await.expect("nobody was woken");
}

async fn is_alive(store: &Store) {
    store.ping().await.unwrap();
}

async fn insert_one(store: &Store) {
    let inserted: Result<(), Error> = store
        .write("Insert", |tx| Box::pin(async move { Ok(insert(tx, "not_1", "one", None).await?) }))
        .await;
    inserted.unwrap();
}

async fn leaves_no_open_transaction_however_soon_it_is_dropped(store: &Store) {
    let look = || {
        store.write("Look", |tx| {
            Box::pin(async move {
                number(tx, "SELECT count(*) FROM note").await;
                Ok::<_, Error>(())
            })
        })
    };
    for polls in 1..=40 {
        let mut dropped = Box::pin(look());
        for _ in 0..polls {
            if futures::poll!(&mut dropped).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(dropped);
    }
    // On every connection of the pool: after a read inside of a transaction another isolation is refused.
    for _ in 0..40 {
        notes(store).await;
    }
    for _ in 0..40 {
        look().await.unwrap();
    }
}
