//! Facts of the service as refusals on the wire.

use arki_proto::survey::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as House;
use arki_rpc::{Failure, failure};
use tonic::{Code, Status};

use super::words::violations;
use crate::peers::directory;
use crate::service::Error;

/// Refuses a call; `request_id` is the one that it came with.
pub(super) fn refusing(request_id: &str) -> impl Fn(Error) -> Status + use<> {
    let request_id = request_id.to_owned();
    move |error| match error {
        Error::Database(arki_database::Error::RequestIdReused) => {
            Failure::request_id_reused(&request_id).into()
        }
        other => failure(other).into(),
    }
}

pub(super) fn refuse(error: Error) -> Status {
    failure(error).into()
}

pub(super) fn failure(error: Error) -> Failure {
    match error {
        Error::QuestionnaireNotFound(id) => {
            let name = id.name();
            Failure::not_found(
                ErrorReason::QuestionnaireNotFound,
                format!("there is no {name} here, list them"),
            )
            .with("name", name)
        }
        Error::QuestionnaireIncomplete(found) => Failure::failed_precondition(
            ErrorReason::QuestionnaireIncomplete,
            format!("the questionnaire lacks {} things, update them and publish again", found.len()),
        )
        .violations(violations(found)),
        Error::VersionNotFound(key) => Failure::not_found(
            ErrorReason::VersionNotFound,
            format!("there is no {key} here, publish it first"),
        )
        .with("name", key),
        Error::WaveNotFound(id) => {
            let name = id.name();
            Failure::not_found(ErrorReason::WaveNotFound, format!("there is no {name} here, list them"))
                .with("name", name)
        }
        Error::WaveStateWrong { state, needed } => {
            let state = state.shown().word();
            Failure::failed_precondition(
                ErrorReason::WaveStateWrong,
                format!("the wave is {state}, and this is possible only while it is {needed}"),
            )
            .with("state", state)
            .with("needed", needed)
        }
        Error::CloseTimePassed => {
            Failure::invalid_field("wave.close_time", "must be after now, update it or leave it unset")
        }
        Error::AudienceEmpty => Failure::failed_precondition(
            ErrorReason::AudienceEmpty,
            "nobody belongs to the audience and may be asked now, widen its units or look at the contact rules",
        ),
        Error::InvitationNotFound => {
            Failure::not_found(ErrorReason::InvitationNotFound, "this link leads nowhere, ask for a new one")
        }
        Error::ResponseAlreadySubmitted => Failure::already_exists(
            ErrorReason::ResponseAlreadySubmitted,
            "this was answered before with other answers, which stay as they are",
        ),
        Error::AnswerInvalid(found) => {
            let first =
                found.first().map(|one| format!("{}: {}", one.field, one.description)).unwrap_or_default();
            Failure::invalid_argument(ErrorReason::AnswerInvalid, format!("answers do not fit, {first}"))
                .violations(violations(found))
        }
        Error::UnitUnknown(unit) => Failure::failed_precondition(
            ErrorReason::UnitUnknown,
            format!("unit {unit:?} is not known here, import it into the directory or leave it empty"),
        )
        .with("unit", unit),
        Error::RosterExceeded(unit) => Failure::failed_precondition(
            ErrorReason::RosterExceeded,
            format!("unit {unit:?} has as many responses as people who were invited, check for doubles"),
        )
        .with("unit", unit),
        Error::EtagMismatch { etag } => Failure::etag_mismatch(&etag),
        Error::DeadLetterNotFound(id) => Failure::not_found(
            House::DeadLetterNotFound,
            format!("there is no dead letter {id:?} here, list them"),
        )
        .with("dead_letter", id),
        Error::Invalid(found) => Failure::invalid(violations(found)),
        Error::Directory(error) => of_directory(error),
        Error::Database(error) => of_database(error),
    }
}

/// What the directory says is about the calls of this service, so the caller hears only whether to try again.
fn of_directory(error: directory::Error) -> Failure {
    match &error {
        directory::Error::Refused(refused) => match refused.code {
            Code::DeadlineExceeded | Code::Cancelled => Failure::deadline_exceeded(),
            Code::ResourceExhausted => {
                Failure::overloaded(refused.retry_after.unwrap_or(failure::RETRY_AFTER))
            }
            Code::Unavailable | Code::Aborted => Failure::away(error),
            _ => Failure::internal(error),
        },
        directory::Error::UnitNotFound { .. } | directory::Error::Unreadable(_) => Failure::internal(error),
    }
}

fn of_database(error: arki_database::Error) -> Failure {
    use arki_database::Error as Database;
    match error {
        Database::Overloaded => Failure::overloaded(failure::RETRY_AFTER),
        Database::Unavailable | Database::Serialization => Failure::away(error),
        Database::RequestIdReused => Failure::request_id_reused(""),
        Database::Conflict { .. } | Database::ForeignKey | Database::Corrupt(_) | Database::Other(_) => {
            Failure::internal(error)
        }
    }
}
