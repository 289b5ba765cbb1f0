//! From what went wrong here to what the wire says of it.

use arki_proto::communication::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::failure::RETRY_AFTER;
use arki_rpc::{Failure, Violation};

use crate::domain;
use crate::service::Error;

/// `request_id` is that of the request, for the refusal that names it.
pub(super) fn failure(error: Error, request_id: &str) -> Failure {
    match error {
        Error::Domain(error) => of_domain(error),
        Error::Database(error) => of_database(error, request_id),
        Error::Directory(error) => Failure::from(error),
        Error::Page(arki_database::page::Error::Token) => Failure::page_token_invalid(),
        Error::Page(error @ arki_database::page::Error::NegativeSize) => {
            Failure::invalid_field("page_size", error.to_string())
        }
        Error::DeadLetterNotFound(id) => {
            Failure::not_found(HouseReason::DeadLetterNotFound, format!("there is no dead letter {id:?}"))
                .with("dead_letter", id)
        }
    }
}

fn of_domain(error: domain::Error) -> Failure {
    let message = error.to_string();
    match error {
        domain::Error::MessageNotFound(id) => {
            Failure::not_found(ErrorReason::MessageNotFound, message).with("name", id.name())
        }
        domain::Error::MessageInvalid(found) => {
            Failure::invalid_argument(ErrorReason::MessageInvalid, message).violations(violations(found))
        }
        domain::Error::CampaignNotFound(id) => {
            Failure::not_found(ErrorReason::CampaignNotFound, message).with("name", id.name())
        }
        domain::Error::CampaignStateWrong { state, needed } => {
            Failure::failed_precondition(ErrorReason::CampaignStateWrong, message)
                .with("state", state.word())
                .with("needed", needed)
        }
        domain::Error::ScheduleInvalid { rrule, violations: found } => {
            Failure::invalid_argument(ErrorReason::ScheduleInvalid, message)
                .with("rrule", rrule)
                .violations(violations(found))
        }
        domain::Error::FieldsInvalid(found) => Failure::invalid(violations(found)),
        domain::Error::LinkNotFound => Failure::not_found(ErrorReason::MessageLinkNotFound, message),
        domain::Error::AlreadyAnswered => Failure::failed_precondition(ErrorReason::AlreadyAnswered, message),
        domain::Error::OptionUnknown(option) => {
            Failure::invalid_argument(ErrorReason::OptionUnknown, message).with("option", option)
        }
        domain::Error::EtagMismatch { etag } => Failure::etag_mismatch(&etag),
    }
}

fn of_database(error: arki_database::Error, request_id: &str) -> Failure {
    use arki_database::Error;
    match error {
        Error::RequestIdReused => Failure::request_id_reused(request_id),
        Error::Overloaded => Failure::overloaded(RETRY_AFTER),
        Error::Unavailable | Error::Serialization => Failure::away(error),
        Error::Conflict { .. } | Error::ForeignKey | Error::Corrupt(_) | Error::Other(_) => {
            Failure::internal(error)
        }
    }
}

fn violations(found: Vec<domain::Violation>) -> Vec<Violation> {
    found
        .into_iter()
        .map(|domain::Violation { field, description }| Violation { field, description })
        .collect()
}
