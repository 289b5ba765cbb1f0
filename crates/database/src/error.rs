//! What can go wrong with the database, in the few kinds that a caller can act on.
//!
//! A `DbErr` is classified here and nowhere else: by SQLSTATE on PostgreSQL and by extended result code on
//! SQLite, never by the English of a message.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, SqlxError, SqlxPostgresError, SqlxSqliteError};

use crate::scope;

/// Why the database did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The database can't be reached, is shutting down, is full, or did not answer in time. Nothing can be said
    /// of a commit that was under way: ask again with the same request id.
    #[error("the database is unavailable")]
    Unavailable,
    /// A unique key is taken. `constraint` is the same on both databases when unique indexes are named as
    /// PostgreSQL would name them: `<table>_pkey` and `<table>_<column>_<column>_key`.
    #[error("a row with the same key exists already ({constraint})")]
    Conflict { constraint: String },
    /// A row that is referred to doesn't exist, or one that is to go is still referred to.
    #[error("a row that is referred to is missing, or one to be removed is still referred to")]
    ForeignKey,
    /// The transaction lost against a concurrent one. `Store::write` has tried again already.
    #[error("the transaction kept losing against concurrent ones")]
    Serialization,
    /// The request id was used before for a request with another content.
    #[error("the request_id was used before with another request: use a new one for a new request")]
    RequestIdReused,
    /// More work is waiting than the queue takes: try again a little later.
    #[error("the queue is full: try again later")]
    Overloaded,
    /// What is stored is not what this program stores.
    #[error("stored data can't be read: {0}")]
    Corrupt(String),
    /// Anything else, which is a fault of the program, its configuration or the database's rights.
    #[error(transparent)]
    Other(Arc<dyn std::error::Error + Send + Sync>),
}

/// A setting that can't work, told in the words of the configuration.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ConfigError(String);

impl Error {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::other(ConfigError(message.into()))
    }

    pub(crate) fn other(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Other(Arc::new(error))
    }

    /// Whether the same call may succeed when it is made again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Serialization | Self::Overloaded)
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let classified = match &error {
            DbErr::ConnectionAcquire(_) => Self::Unavailable,
            // While a connection is made, what is no answer of a database is a line that was cut, or something before it.
            DbErr::Conn(RuntimeErr::SqlxError(cause)) if matches!(**cause, SqlxError::Protocol(_)) => {
                Self::Unavailable
            }
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                of_sqlx(cause).unwrap_or_else(|| Self::other(error.clone()))
            }
            DbErr::TryIntoErr { .. } | DbErr::Type(_) | DbErr::Json(_) => Self::Corrupt(error.to_string()),
            _ => Self::other(error.clone()),
        };
        match classified {
            // The kind alone reaches the caller, so the cause is told here or never.
            Self::Unavailable => tracing::debug!(%error, "the database is unavailable"),
            Self::Serialization => scope::lost(),
            _ => {}
        }
        classified
    }
}

fn of_sqlx(error: &SqlxError) -> Option<Error> {
    match error {
        SqlxError::Database(cause) => {
            if let Some(cause) = cause.try_downcast_ref::<SqlxPostgresError>() {
                of_sqlstate(cause.code(), cause.constraint())
            } else if cause.try_downcast_ref::<SqlxSqliteError>().is_some() {
                of_sqlite_code(cause.code()?.parse().ok()?, cause.message())
            } else {
                None
            }
        }
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        | SqlxError::BeginFailed => Some(Error::Unavailable),
        SqlxError::ColumnDecode { .. } | SqlxError::Decode(_) => Some(Error::Corrupt(error.to_string())),
        _ => None,
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_sqlstate(code: &str, constraint: Option<&str>) -> Option<Error> {
    Some(match code {
        "23505" => Error::Conflict { constraint: constraint.unwrap_or_default().to_owned() },
        "23001" | "23503" => Error::ForeignKey,
        "40001" | "40P01" => Error::Serialization,
        // lock_not_available, query_canceled by statement_timeout, and a server that became a standby.
        "55P03" | "57014" | "25006" => Error::Unavailable,
        "XX001" | "XX002" => Error::Corrupt(format!("PostgreSQL reports corruption ({code})")),
        _ => match code.get(..2)? {
            // Connection exceptions, insufficient resources (disk, memory, connections), operator
            // intervention (shutdown, crash, starting up), system errors.
            "08" | "53" | "57" | "58" => Error::Unavailable,
            _ => return None,
        },
    })
}

/// <https://www.sqlite.org/rescode.html>
fn of_sqlite_code(code: u32, message: &str) -> Option<Error> {
    const BUSY_SNAPSHOT: u32 = 517;
    const CONSTRAINT_FOREIGNKEY: u32 = 787;
    const CONSTRAINT_PRIMARYKEY: u32 = 1555;
    const CONSTRAINT_UNIQUE: u32 = 2067;
    const CONSTRAINT_ROWID: u32 = 2579;
    Some(match code {
        CONSTRAINT_FOREIGNKEY => Error::ForeignKey,
        CONSTRAINT_PRIMARYKEY | CONSTRAINT_ROWID => {
            Error::Conflict { constraint: sqlite_constraint(message, true) }
        }
        CONSTRAINT_UNIQUE => Error::Conflict { constraint: sqlite_constraint(message, false) },
        BUSY_SNAPSHOT => Error::Serialization,
        _ => match code & 0xff {
            // BUSY and LOCKED (after the busy timeout), READONLY, IOERR, FULL, CANTOPEN, PROTOCOL.
            5 | 6 | 8 | 10 | 13 | 14 | 15 => Error::Unavailable,
            // CORRUPT, NOTADB.
            11 | 26 => Error::Corrupt(format!("SQLite reports a damaged file ({code})")),
            _ => return None,
        },
    })
}

/// SQLite tells which key it was only by the identifiers at the end of its message (`goal.tenant_id, goal.id`,
/// or `index 'name'` for an index over expressions). They are turned into the name that PostgreSQL gives such a
/// constraint, so that a caller compares with one name on both.
fn sqlite_constraint(message: &str, primary: bool) -> String {
    let identifiers = message.rsplit_once(": ").map_or(message, |(_, identifiers)| identifiers);
    if let Some(index) = identifiers.strip_prefix("index '") {
        return index.trim_end_matches('\'').to_owned();
    }
    let mut table = "";
    let mut columns = Vec::new();
    for identifier in identifiers.split(", ") {
        if let Some((of, column)) = identifier.split_once('.') {
            table = of;
            columns.push(column);
        }
    }
    if primary { format!("{table}_pkey") } else { format!("{table}_{}_key", columns.join("_")) }
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbErr, RuntimeErr, SqlxError};

    use super::{Error, of_sqlite_code, of_sqlstate};

    fn word(error: Option<Error>) -> String {
        match error {
            Some(Error::Conflict { constraint }) => constraint,
            Some(Error::Unavailable) => "unavailable".to_owned(),
            Some(Error::ForeignKey) => "foreign key".to_owned(),
            Some(Error::Serialization) => "serialization".to_owned(),
            Some(Error::Corrupt(_)) => "corrupt".to_owned(),
            Some(other) => format!("{other:?}"),
            None => "other".to_owned(),
        }
    }

    #[test]
    fn sqlstates_are_told_apart() {
        for (code, expected) in [
            ("23505", "goal_pkey"),
            ("23503", "foreign key"),
            ("40001", "serialization"),
            ("40P01", "serialization"),
            ("55P03", "unavailable"),
            ("57014", "unavailable"),
            ("57P01", "unavailable"),
            ("57P03", "unavailable"),
            ("53100", "unavailable"),
            ("53300", "unavailable"),
            ("08006", "unavailable"),
            ("25006", "unavailable"),
            ("XX001", "corrupt"),
            ("42P01", "other"),
            ("23514", "other"),
            ("", "other"),
        ] {
            assert_eq!(word(of_sqlstate(code, Some("goal_pkey"))), expected, "{code}");
        }
    }

    #[test]
    fn sqlite_codes_are_told_apart() {
        for (code, expected) in [
            (787, "foreign key"),
            (5, "unavailable"),
            (261, "unavailable"),
            (517, "serialization"),
            (6, "unavailable"),
            (778, "unavailable"),
            (13, "unavailable"),
            (14, "unavailable"),
            (11, "corrupt"),
            (26, "corrupt"),
            (1, "other"),
            (275, "other"),
        ] {
            assert_eq!(word(of_sqlite_code(code, "any words")), expected, "{code}");
        }
    }

    #[test]
    fn a_line_that_is_cut_while_a_connection_is_made_is_no_fault_of_the_program() {
        let protocol = || SqlxError::Protocol("unexpected response from SSLRequest: 0x00".to_owned());
        let connecting = DbErr::Conn(RuntimeErr::SqlxError(protocol().into()));
        assert!(matches!(Error::from(connecting), Error::Unavailable));
        let asking = DbErr::Query(RuntimeErr::SqlxError(protocol().into()));
        assert!(matches!(Error::from(asking), Error::Other(_)));
    }

    #[test]
    fn a_taken_key_of_sqlite_has_the_name_that_postgresql_gives() {
        for (code, message, expected) in [
            (1555, "UNIQUE constraint failed: goal.tenant_id, goal.id", "goal_pkey"),
            (2067, "UNIQUE constraint failed: person.tenant_id, person.email", "person_tenant_id_email_key"),
            (2067, "UNIQUE constraint failed: index 'person_lower_email_key'", "person_lower_email_key"),
        ] {
            assert_eq!(word(of_sqlite_code(code, message)), expected);
        }
    }
}
