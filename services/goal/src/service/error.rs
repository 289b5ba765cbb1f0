use arki_ids::{GoalId, PersonId, RoleId, UnitId, VisionId};

use crate::{domain, peers};

/// Why a use case was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no vision {}, list the visions to find its name", .0.name())]
    VisionNotFound(VisionId),
    #[error("there is no goal {}, list the goals to find its name", .0.name())]
    GoalNotFound(GoalId),
    #[error("there is no unit {} in today's tree, look for its name in the directory", .0.name())]
    UnitNotFound(UnitId),
    #[error("there is no role {}, look for its name in the directory", .0.name())]
    RoleNotFound(RoleId),
    #[error("there is no person {}, look for the name in the directory", .0.name())]
    PersonNotFound(PersonId),
    #[error("there is no dead letter {0:?}, list the dead letters to find its id")]
    DeadLetterNotFound(String),
    #[error("it changed since it was read")]
    EtagMismatch { current: String },
    #[error("request_id {request_id:?} was used before with another body")]
    RequestIdReused { request_id: String },
    #[error(transparent)]
    Domain(#[from] domain::Error),
    #[error(transparent)]
    Directory(#[from] peers::Error),
    #[error(transparent)]
    Database(#[from] arki_database::Error),
}
