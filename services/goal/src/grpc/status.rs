//! What each refusal of the service is on the wire.

use arki_database::Error as Database;
use arki_proto::goal::v1::ErrorReason as Reason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::{Failure, Violation, failure};

use crate::domain::{EmptyText, Error as Domain, Missing};
use crate::peers;
use crate::service::Error;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::VisionNotFound(id) => {
                Self::not_found(Reason::VisionNotFound, message).with("name", id.name())
            }
            Error::GoalNotFound(id) => Self::not_found(Reason::GoalNotFound, message).with("name", id.name()),
            Error::UnitNotFound(id) => Self::not_found(Reason::UnitNotFound, message).with("name", id.name()),
            Error::RoleNotFound(id) => Self::not_found(Reason::RoleNotFound, message).with("name", id.name()),
            Error::PersonNotFound(id) => {
                Self::not_found(Reason::PersonNotFound, message).with("name", id.name())
            }
            Error::DeadLetterNotFound(id) => {
                Self::not_found(HouseReason::DeadLetterNotFound, message).with("dead_letter", id)
            }
            Error::EtagMismatch { current } => Self::etag_mismatch(&current),
            Error::RequestIdReused { request_id } => Self::request_id_reused(&request_id),
            Error::Domain(error) => of_domain(error, message),
            Error::Directory(error) => of_directory(error),
            Error::Database(error) => of_database(error),
        }
    }
}

fn of_domain(error: Domain, message: String) -> Failure {
    let refused = |reason| Failure::failed_precondition(reason, message.clone());
    match error {
        Domain::VisionIncomplete(missing) => refused(Reason::VisionIncomplete).violations(lacks(missing)),
        Domain::GoalIncomplete(missing) => refused(Reason::GoalIncomplete).violations(lacks(missing)),
        Domain::GoalTextEmpty(found) => {
            let mut languages: Vec<&str> = found.iter().map(|empty| empty.language.as_str()).collect();
            languages.dedup();
            let languages = languages.join(",");
            refused(Reason::GoalTextEmpty)
                .with("language", languages)
                .violations(found.into_iter().map(emptiness).collect())
        }
        Domain::WrongState { state, needed } => {
            refused(Reason::GoalStateWrong).with("state", state).with("needed", needed)
        }
        Domain::WouldCycle { parent } => refused(Reason::CascadeWouldCycle).with("parent", parent.name()),
        Domain::ParentMismatch { parent, why: _ } => {
            refused(Reason::ParentMismatch).with("parent", parent.name())
        }
        Domain::CommitmentBackward { from, to } => {
            refused(Reason::CommitmentBackward).with("from", from.as_str()).with("to", to.as_str())
        }
        Domain::NotForPerson { person } => refused(Reason::NotForPerson).with("person", person.name()),
        Domain::Field { field, description } => Failure::invalid_field(field, description),
    }
}

fn lacks(missing: Vec<Missing>) -> Vec<Violation> {
    let violation = |Missing { field, description }| Violation { field, description: description.to_owned() };
    missing.into_iter().map(violation).collect()
}

fn emptiness(empty: EmptyText) -> Violation {
    let EmptyText { language, finding } = empty;
    Violation {
        field: format!("everyday_text.by_language.{language}"),
        description: format!(
            "{:?} at {} to {}: {}",
            finding.words, finding.start, finding.end, finding.advice
        ),
    }
}

/// Translated, not passed through: whoever called this service didn't call the directory.
fn of_directory(error: peers::Error) -> Failure {
    match error {
        peers::Error::Away(_) => Failure::away(error),
        peers::Error::Late(_) => Failure::deadline_exceeded(),
        peers::Error::Refused(_) | peers::Error::Unreadable(_) => Failure::internal(error),
    }
}

fn of_database(error: Database) -> Failure {
    match error {
        Database::Unavailable => Failure::away(error),
        Database::Overloaded => Failure::overloaded(failure::RETRY_AFTER),
        // No key is the caller's to choose, so one that is taken was taken by another call at the same time.
        Database::Serialization | Database::Conflict { .. } => Failure::aborted(
            HouseReason::EtagMismatch,
            "others kept changing the same at the same time, read it again and try again",
        ),
        // The service puts the request id to it before it gets here; without one there is none to name.
        Database::RequestIdReused => Failure::request_id_reused(""),
        Database::ForeignKey | Database::Corrupt(_) | Database::Other(_) => Failure::internal(error),
    }
}
