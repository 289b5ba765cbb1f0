//! A failure on its way to the wire, and back.

use std::error::Error as _;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::{Failure, Parts, Violation, house};

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        failure.log();
        let Parts { code, reason, domain, mut message, mut metadata, violations, retry_after, source: _ } =
            failure.into_parts();
        if matches!(code, Code::Internal | Code::Unknown | Code::DataLoss) {
            // Whatever is known about a bug may tell more than its finder should know.
            house::INTERNAL.clone_into(&mut message);
            metadata.clear();
        }
        let mut details = ErrorDetails::with_error_info(
            reason,
            domain,
            metadata.into_iter().collect::<std::collections::HashMap<_, _>>(),
        );
        if !violations.is_empty() {
            let violations: Vec<_> = violations
                .into_iter()
                .map(|Violation { field, description }| FieldViolation::new(field, description))
                .collect();
            details.set_bad_request(violations);
        }
        if retry_after.is_some() {
            details.set_retry_info(retry_after);
        }
        Self::with_error_details(code, message, details)
    }
}

impl Failure {
    /// The failure that a peer reports. A status without `ErrorInfo` gets the reason that fits its code.
    pub fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let mut failure = Self::from_names(
            status.code(),
            house::reason_of(status.code()),
            house::DOMAIN,
            status.message().to_owned(),
        );
        if let Some(info) = details.error_info() {
            failure.reason = info.reason.clone().into();
            failure.domain = info.domain.clone().into();
            failure.metadata = info.metadata.clone().into_iter().collect();
        }
        if let Some(bad) = details.bad_request() {
            failure.violations = bad
                .field_violations
                .iter()
                .map(|violation| Violation {
                    field: violation.field.clone(),
                    description: violation.description.clone(),
                })
                .collect();
        }
        failure.retry_after = details.retry_info().and_then(|info| info.retry_delay);
        failure
    }

    /// Logs what caused the failure, once: here is where it ends, since the wire takes no sources. A failure without a
    /// source has nothing to add to the status that the caller sees.
    fn log(&self) {
        let Some(source) = self.source() else { return };
        let (reason, error) = (&*self.reason, chain(source));
        match self.code {
            Code::Internal | Code::Unknown | Code::DataLoss => tracing::error!(reason, error, "call failed"),
            Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => {
                tracing::warn!(reason, error, "call refused");
            }
            _ => tracing::debug!(reason, error, "call refused"),
        }
    }
}

/// An error and all that caused it, on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| (*error).source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
