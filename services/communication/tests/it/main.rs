//! The service by its contract, over both databases, with a directory and mail servers that do what a test says.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod answering;
mod calendar;
mod campaigns;
mod directory;
mod folder;
mod messages;
mod planning;
mod server;
mod smtp;
mod storage;
mod tenants;
mod whole;
mod world;

/// Stamps tests onto SQLite, and onto PostgreSQL where `TEST_POSTGRES_URL` names a server.
macro_rules! on_each_database {
    ($(async fn $name:ident($world:ident: World) $body:block)*) => {
        mod sqlite {
            #[allow(unused_imports, reason = "what a test needs depends on the test")]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let $world = World::new(crate::world::Database::sqlite()).await;
                    $body
                }
            )*
        }
        mod postgres {
            #[allow(unused_imports, reason = "what a test needs depends on the test")]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let Some(database) = crate::world::Database::postgres() else { return };
                    let $world = World::new(database).await;
                    $body
                }
            )*
        }
    };
}

pub(crate) use on_each_database;
