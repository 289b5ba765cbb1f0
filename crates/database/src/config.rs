use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Where a service keeps its state, and how long it waits for it.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `sqlite:///var/lib/arki/goal.db` (an absolute path) or `postgres://user@host/database`. No default.
    pub url: String,
    /// PostgreSQL only: path of a file that holds the password, instead of one in the url. Default: none.
    pub password_file: Option<PathBuf>,
    /// PostgreSQL only: the schema that holds the tables, made by the migration where it is missing.
    /// Lower-case letters, digits and underscores. Default: the role's own search path.
    pub schema: Option<String>,
    /// PostgreSQL only: connections at most. SQLite always has one writer and four readers. Default 10.
    pub max_connections: u32,
    /// How long a call waits for a connection before the database counts as unavailable, in milliseconds. A
    /// request waits twice at most, once for the key that it came with, and is refused within a second. Default 450.
    pub acquire_timeout_milliseconds: u64,
    /// How long a statement waits for a lock that another transaction holds, in milliseconds. Default 2,000.
    pub lock_timeout_milliseconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: String::new(),
            password_file: None,
            schema: None,
            max_connections: 10,
            acquire_timeout_milliseconds: 450,
            lock_timeout_milliseconds: 2_000,
        }
    }
}

/// Without the password that the url may hold.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            password_file,
            schema,
            max_connections,
            acquire_timeout_milliseconds,
            lock_timeout_milliseconds,
        } = self;
        let shown = match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
            _ => url.clone(),
        };
        f.debug_struct("Config")
            .field("url", &shown)
            .field("password_file", password_file)
            .field("schema", schema)
            .field("max_connections", max_connections)
            .field("acquire_timeout_milliseconds", acquire_timeout_milliseconds)
            .field("lock_timeout_milliseconds", lock_timeout_milliseconds)
            .finish()
    }
}

/// What a [`Config`] asks for, once it has been understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Sqlite,
    Postgres,
}

impl Config {
    pub(crate) fn target(&self) -> Result<Target, Error> {
        if self.max_connections == 0 {
            return Err(Error::config("max_connections is 0: give at least 1"));
        }
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            self.check_schema()?;
            return Ok(Target::Postgres);
        }
        let Some(path) = self.url.strip_prefix("sqlite://") else {
            // The url is not quoted: it may hold a password.
            return Err(Error::config(
                "the database url is neither sqlite:///absolute/path.db nor postgres://user@host/database",
            ));
        };
        if path.contains(":memory:") || path.contains("mode=memory") || path.is_empty() {
            return Err(Error::config(
                "the database url asks for SQLite in memory, where readers and the writer would each see a \
                 database of their own: give a file, sqlite:///absolute/path.db",
            ));
        }
        if !path.starts_with('/') {
            return Err(Error::config(
                "the database url has a relative path, which depends on where the process was started: give \
                 sqlite:///absolute/path.db",
            ));
        }
        if self.schema.is_some() {
            return Err(Error::config("schema is set, but SQLite has none: leave it out or use PostgreSQL"));
        }
        Ok(Target::Sqlite)
    }

    fn check_schema(&self) -> Result<(), Error> {
        let Some(schema) = &self.schema else { return Ok(()) };
        let letters = schema.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        // PostgreSQL cuts a longer identifier silently, and two services would share a schema.
        if schema.is_empty() || schema.len() > 63 || !letters || schema.as_bytes()[0].is_ascii_digit() {
            return Err(Error::config(format!(
                "schema {schema:?} is not 1 to 63 lower-case letters, digits and underscores that begin with a \
                 letter"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Target};

    fn target(url: &str, schema: Option<&str>) -> Result<Target, String> {
        let config = Config { url: url.to_owned(), schema: schema.map(str::to_owned), ..Config::default() };
        config.target().map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_and_a_server_are_understood() {
        assert_eq!(target("sqlite:///tmp/goal.db", None), Ok(Target::Sqlite));
        assert_eq!(target("postgres://arki@localhost/arki", Some("goal")), Ok(Target::Postgres));
    }

    #[test]
    fn sqlite_in_memory_is_refused_with_the_way_out() {
        for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite:///tmp/x.db?mode=memory", "sqlite://"] {
            let refused = target(url, None).unwrap_err();
            assert!(refused.contains("sqlite:///absolute/path.db"), "{url}: {refused}");
        }
    }

    #[test]
    fn an_error_never_shows_the_password_in_the_url() {
        let refused = target("mysql://arki:opensesame@localhost/arki", None).unwrap_err();
        assert!(!refused.contains("opensesame"), "{refused}");
        let url = "postgres://arki:opensesame@localhost/arki".to_owned();
        let shown = format!("{:?}", Config { url, ..Config::default() });
        assert!(!shown.contains("opensesame") && shown.contains("localhost/arki"), "{shown}");
    }

    #[test]
    fn a_schema_that_postgresql_would_fold_or_cut_is_refused() {
        for schema in ["", "Goal", "1goal", "goal; drop", "goal-x", &"x".repeat(64)] {
            assert!(target("postgres://localhost/arki", Some(schema)).is_err(), "{schema:?}");
        }
        assert!(target("sqlite:///tmp/goal.db", Some("goal")).is_err());
    }

    #[test]
    fn a_request_that_waits_for_its_key_and_for_itself_is_refused_within_a_second() {
        assert!(2 * Config::default().acquire_timeout_milliseconds < 1_000);
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(serde_json::from_str::<Config>(r#"{"url":"sqlite:///tmp/x.db"}"#).is_ok());
        assert!(serde_json::from_str::<Config>(r#"{"ulr":"sqlite:///tmp/x.db"}"#).is_err());
    }
}
