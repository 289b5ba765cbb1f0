//! The reasons that every service gives alike, so that they are worded once.

use std::time::Duration;

use arki_proto::Reason;
use arki_proto::r#type::v1::ErrorReason;
use tonic::Code;

use super::{Failure, RETRY_AFTER, Violation};
use crate::BoxError;

/// The domain of the reasons that every service gives.
pub const DOMAIN: &str = "arki";

/// Most violations named in the message; all of them are in the details.
const NAMED: usize = 3;

impl Failure {
    /// Fields that are not as they should be, all of them at once.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let mut message: Vec<_> = violations
            .iter()
            .take(NAMED)
            .map(|Violation { field, description }| format!("{field}: {description}"))
            .collect();
        if violations.len() > NAMED {
            message.push(format!("and {} more", violations.len() - NAMED));
        }
        Self::new(Code::InvalidArgument, ErrorReason::InvalidFields, message.join("; "))
            .violations(violations)
    }

    /// One field that is not as it should be.
    pub fn invalid_field(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::invalid(vec![Violation { field: field.into(), description: description.into() }])
    }

    /// A call without a caller, or with one that can't be believed.
    pub fn no_caller(message: impl Into<String>) -> Self {
        Self::unauthenticated(ErrorReason::Unauthenticated, message)
    }

    /// A caller whose scopes don't include `scope`.
    pub fn scope_missing(scope: &str) -> Self {
        Self::permission_denied(
            ErrorReason::ScopeMissing,
            format!("the caller lacks scope {scope}, use a key that has it"),
        )
        .with("scope", scope)
    }

    /// Rows that the caller may not see, whether they are there or not.
    pub fn out_of_reach() -> Self {
        Self::permission_denied(
            ErrorReason::OutOfReach,
            "this lies outside of what the caller may see, ask for a unit of its own",
        )
    }

    /// A request id that was used before with another body.
    pub fn request_id_reused(request_id: &str) -> Self {
        Self::invalid_argument(
            ErrorReason::RequestIdReused,
            format!("request_id {request_id:?} was used before with another body, choose a new one"),
        )
        .with("request_id", request_id)
    }

    /// A resource that changed since the caller read it; `etag` is what it is now.
    pub fn etag_mismatch(etag: &str) -> Self {
        Self::aborted(ErrorReason::EtagMismatch, "the resource changed since it was read, read it again")
            .with("etag", etag)
    }

    /// A page token that is damaged or belongs to a call with other arguments.
    pub fn page_token_invalid() -> Self {
        Self::invalid_argument(
            ErrorReason::PageTokenInvalid,
            "page_token is not one that this call with these arguments returned, start without it",
        )
        .violations(vec![Violation {
            field: "page_token".to_owned(),
            description: "must be the next_page_token of the same list".to_owned(),
        }])
    }

    /// An update mask with a path that can't be changed.
    pub fn update_mask_invalid(path: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::invalid_argument(ErrorReason::UpdateMaskInvalid, format!("update_mask: {message}"))
            .with("path", path)
            .violations(vec![Violation { field: "update_mask".to_owned(), description: message }])
    }

    /// A method that this service doesn't have.
    pub fn no_such_method(path: &str) -> Self {
        Self::new(
            Code::Unimplemented,
            ErrorReason::RouteNotFound,
            format!("there is no method {path}, see the contract of this version"),
        )
        .with("path", path)
    }

    /// The time that the caller gave is over.
    pub fn deadline_exceeded() -> Self {
        Self::new(
            Code::DeadlineExceeded,
            ErrorReason::DeadlineExceeded,
            "the answer was not ready before the deadline, allow more time or ask for less",
        )
    }

    /// A queue that is full.
    pub fn overloaded(retry_after: Duration) -> Self {
        Self::resource_exhausted(ErrorReason::Overloaded, "the service is full, try again later")
            .retry_after(retry_after)
    }

    /// A database or a peer that is away; `source` is logged, not shown.
    pub fn away(source: impl Into<BoxError>) -> Self {
        Self::unavailable(ErrorReason::Unavailable, "the service is not available now, try again later")
            .retry_after(RETRY_AFTER)
            .because(source)
    }

    /// A bug, or anything else that the caller can't do anything about; `source` is logged, not shown.
    pub fn internal(source: impl Into<BoxError>) -> Self {
        Self::new(Code::Internal, ErrorReason::Internal, INTERNAL).because(source)
    }
}

/// All that anybody outside hears of a bug.
pub(super) const INTERNAL: &str = "internal error";

/// The reason of a status that gives none: it comes from tonic, a proxy or a foreign server.
pub(super) fn reason_of(code: Code) -> &'static str {
    match code {
        Code::InvalidArgument | Code::OutOfRange => ErrorReason::MalformedRequest,
        Code::Cancelled | Code::DeadlineExceeded => ErrorReason::DeadlineExceeded,
        Code::NotFound | Code::Unimplemented => ErrorReason::RouteNotFound,
        Code::PermissionDenied => ErrorReason::ScopeMissing,
        Code::ResourceExhausted => ErrorReason::Overloaded,
        Code::Unavailable => ErrorReason::Unavailable,
        Code::Unauthenticated => ErrorReason::Unauthenticated,
        Code::Ok
        | Code::Unknown
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Internal
        | Code::DataLoss => ErrorReason::Internal,
    }
    .reason()
}
