use arki_database::page;

use crate::{domain, peers};

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Domain(#[from] domain::Error),
    #[error(transparent)]
    Database(#[from] arki_database::Error),
    #[error(transparent)]
    Directory(#[from] peers::Error),
    #[error(transparent)]
    Page(#[from] page::Error),
    #[error("there is no dead letter {0:?}, look it up in their list")]
    DeadLetterNotFound(String),
}
