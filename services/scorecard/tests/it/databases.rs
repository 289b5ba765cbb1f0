//! Where a test keeps its state: a SQLite file of its own always, and a PostgreSQL schema of its own where
//! `TEST_POSTGRES_URL` names a server.

use std::path::PathBuf;

use arki_database::Config;
use arki_ids::EventId;

pub(crate) struct TestDatabase {
    pub(crate) config: Config,
    folder: Option<PathBuf>,
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("arki-scorecard-{}", EventId::random()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("scorecard.db").display());
        Self { config: Config { url, ..Config::default() }, folder: Some(folder) }
    }

    pub(crate) fn postgres() -> Option<Self> {
        let url = std::env::var("TEST_POSTGRES_URL").ok()?;
        let schema = Some(format!("scorecard_{}", EventId::random().uuid().simple()));
        let config = Config { url, schema, max_connections: 4, ..Config::default() };
        Some(Self { config, folder: None })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Stamps each test onto both databases.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(crate::databases::TestDatabase::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    match crate::databases::TestDatabase::postgres() {
                        Some(database) => super::$name(database).await,
                        None => eprintln!("left out: TEST_POSTGRES_URL is not set"),
                    }
                }
            )*
        }
    };
}

pub(crate) use on_both_databases;
