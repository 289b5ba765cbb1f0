//! What each refusal of the service is on the wire.

use arki_database::Error as Database;
use arki_proto::scorecard::v1::ErrorReason as Reason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::{Failure, Violation, failure};

use crate::domain::{emotion, metric};
use crate::peers;
use crate::service::Error;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::MetricNotFound(id) => {
                Self::not_found(Reason::MetricNotFound, message).with("name", id.name())
            }
            Error::MetricRetired(id) => {
                Self::failed_precondition(Reason::MetricRetired, message).with("name", id.name())
            }
            Error::MetricInvalid(faults) => of_metric(faults, message),
            Error::OtherQuestion { profile: _, question } => {
                let description = format!("must be {question}, which the target profile is about");
                let violation = Violation { field: "metric.question".to_owned(), description };
                Self::invalid_argument(Reason::MetricInvalid, message).violations(vec![violation])
            }
            Error::TooManyHeadlines(metric::TooManyHeadlines { cap }) => {
                Self::failed_precondition(Reason::TooManyHeadlines, message).with("cap", cap)
            }
            Error::ProfileNotFound(id) => {
                Self::not_found(Reason::TargetProfileNotFound, message).with("name", id.name())
            }
            Error::ProfileInvalid(faults) => {
                let violation = |fault: emotion::Invalid| Violation {
                    field: format!("target_profile.{}", fault.field()),
                    description: fault.to_string(),
                };
                Self::invalid_argument(Reason::TargetProfileInvalid, message)
                    .violations(faults.into_iter().map(violation).collect())
            }
            Error::ProfileInUse(metric) => {
                let description = format!("must stay while {} measures by the profile", metric.name());
                let violation = Violation { field: "target_profile.question".to_owned(), description };
                Self::invalid_argument(Reason::TargetProfileInvalid, message).violations(vec![violation])
            }
            Error::NoReadings(question) => {
                Self::not_found(Reason::NoReadings, message).with("question", question)
            }
            Error::UnitNotFound(id) => Self::not_found(Reason::UnitNotFound, message).with("name", id.name()),
            Error::PageTokenInvalid => Self::page_token_invalid(),
            Error::Field { field, description } => Self::invalid_field(field, description),
            Error::DeadLetterNotFound(id) => {
                Self::not_found(HouseReason::DeadLetterNotFound, message).with("dead_letter", id)
            }
            Error::EtagMismatch { current } => Self::etag_mismatch(&current),
            Error::RequestIdReused { request_id } => Self::request_id_reused(&request_id),
            Error::Directory(error) => of_directory(error),
            Error::Database(error) => of_database(error),
            // Two units that change places are above each other until the news of both has come.
            Error::Tree(_) => Self::away(error),
            Error::Results(_) | Error::Homeless(_) | Error::Interrupted(_) => Self::internal(error),
        }
    }
}

/// A headline without relevance has a reason of its own, since it is the only fault that is about the headline.
fn of_metric(faults: Vec<metric::Invalid>, message: String) -> Failure {
    let is_relevance_alone = faults == [metric::Invalid::RelevanceMissing];
    let violation = |fault: metric::Invalid| Violation {
        field: format!("metric.{}", fault.field()),
        description: fault.to_string(),
    };
    let failure = if is_relevance_alone {
        Failure::failed_precondition(Reason::CustomerRelevanceMissing, message)
    } else {
        Failure::invalid_argument(Reason::MetricInvalid, message)
    };
    failure.violations(faults.into_iter().map(violation).collect())
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
        Database::Serialization => Failure::aborted(
            HouseReason::EtagMismatch,
            "others kept changing the same at the same time, read it again and try again",
        ),
        // The service puts the request id to it before it gets here; without one there is none to name.
        Database::RequestIdReused => Failure::request_id_reused(""),
        Database::Conflict { .. } | Database::ForeignKey | Database::Corrupt(_) | Database::Other(_) => {
            Failure::internal(error)
        }
    }
}
