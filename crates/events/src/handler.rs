use arki_database::Tx;
use async_trait::async_trait;
use sea_orm::DbErr;

use crate::envelope::Envelope;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a consumer does with an event.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Who consumes, such as `scorecard.organisation`. Never changed once events were consumed: it is the key
    /// of what has been seen.
    fn consumer(&self) -> &'static str;

    /// Which subjects, with the wildcards of [`crate::matches`].
    fn subjects(&self) -> &'static [&'static str];

    /// Whether an event that is sent again from history is handled although it has been handled before. True
    /// for a read model that replaces what it holds by the newer revision; false, the default, where handling
    /// twice would do something twice.
    fn replays(&self) -> bool {
        false
    }

    /// Makes the effect inside `tx`. It may run more than once for one event, but only one run is committed;
    /// nothing outside of `tx` may be touched or waited for. Several events may share the transaction.
    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError>;
}

/// Why an event could not be handled. The text is shown to operators: no personal data in it.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// It may go better later: tried again a few times, then a dead letter.
    #[error("{0}")]
    Transient(#[source] BoxError),
    /// It will never go better: a dead letter at once.
    #[error("{0}")]
    Poison(#[source] BoxError),
}

impl HandlerError {
    pub fn transient(error: impl Into<BoxError>) -> Self {
        Self::Transient(error.into())
    }

    pub fn poison(error: impl Into<BoxError>) -> Self {
        Self::Poison(error.into())
    }
}

/// Transient whatever it is: a missing or a taken key may be an earlier event that has not come yet.
impl From<arki_database::Error> for HandlerError {
    fn from(error: arki_database::Error) -> Self {
        Self::Transient(error.into())
    }
}

impl From<DbErr> for HandlerError {
    fn from(error: DbErr) -> Self {
        arki_database::Error::from(error).into()
    }
}
