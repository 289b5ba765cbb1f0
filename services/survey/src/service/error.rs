use arki_ids::{QuestionnaireId, WaveId};

use crate::domain::wave;
use crate::domain::{State, VersionKey, Violation};
use crate::peers::directory;

/// Why a use case was not carried out, as facts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no {}", .0.name())]
    QuestionnaireNotFound(QuestionnaireId),
    #[error("the questionnaire is not complete")]
    QuestionnaireIncomplete(Vec<Violation>),
    #[error("there is no {0}")]
    VersionNotFound(VersionKey),
    #[error("there is no {}", .0.name())]
    WaveNotFound(WaveId),
    #[error("the wave is {}, needed is {needed}", .state.shown().word())]
    WaveStateWrong { state: State, needed: &'static str },
    #[error("the wave would end before it begins")]
    CloseTimePassed,
    #[error("nobody belongs to the audience and may be asked")]
    AudienceEmpty,
    #[error("no invitation has this token")]
    InvitationNotFound,
    #[error("it was answered before with other answers")]
    ResponseAlreadySubmitted,
    #[error("answers do not fit their questions")]
    AnswerInvalid(Vec<Violation>),
    #[error("there is no unit {0}")]
    UnitUnknown(String),
    #[error("everybody who was invited in {0:?} has answered")]
    RosterExceeded(String),
    #[error("it has changed since it was read")]
    EtagMismatch { etag: String },
    #[error("there is no dead letter {0:?}")]
    DeadLetterNotFound(String),
    #[error("fields are not as they should be")]
    Invalid(Vec<Violation>),
    #[error(transparent)]
    Directory(directory::Error),
    #[error(transparent)]
    Database(#[from] arki_database::Error),
}

impl From<wave::Error> for Error {
    fn from(error: wave::Error) -> Self {
        match error {
            wave::Error::StateWrong { state, needed } => Self::WaveStateWrong { state, needed },
            wave::Error::CloseTimePassed => Self::CloseTimePassed,
        }
    }
}

impl From<directory::Error> for Error {
    fn from(error: directory::Error) -> Self {
        match error {
            directory::Error::UnitNotFound { name } => Self::UnitUnknown(name),
            other @ (directory::Error::Refused(_) | directory::Error::Unreadable(_)) => {
                Self::Directory(other)
            }
        }
    }
}
