//! A refusal, before it is put on the wire and after it was taken off it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use arki_proto::Reason;
use tonic::{Code, Status};

use crate::BoxError;

mod house;
mod status;

/// One field that is not as it should be: its path from the request, as in `goal.key_results[2].weight`, and what
/// would be right, lowercase and without a full stop.
pub use arki_proto::Violation;
pub use house::DOMAIN;

/// How long a caller waits before trying again when nobody knows better.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a call was refused. It becomes a [`Status`] with `google.rpc.ErrorInfo`, `BadRequest` and `RetryInfo`.
///
/// It is one pointer wide, so that a `Result` that holds it stays small.
pub struct Failure(Box<Parts>);

/// What a [`Failure`] is made of; reached through it.
#[derive(Debug)]
pub struct Parts {
    /// The gRPC code.
    pub code: Code,
    /// The reason's name, as in `GOAL_NOT_FOUND`.
    pub reason: Cow<'static, str>,
    /// Who gives the reason, as in `goal.arki`.
    pub domain: Cow<'static, str>,
    /// For people: lowercase, no full stop, names the input and the way out.
    pub message: String,
    /// Everything dynamic in the message, for programs.
    pub metadata: BTreeMap<String, String>,
    /// The fields that are not as they should be.
    pub violations: Vec<Violation>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// What caused it. Never leaves the process: it is logged when the failure becomes a status.
    pub source: Option<BoxError>,
}

impl Failure {
    /// A failure of any code.
    pub fn new(code: Code, reason: impl Reason, message: impl Into<String>) -> Self {
        Self::from_names(code, reason.reason(), reason.domain(), message)
    }

    fn from_names(
        code: Code,
        reason: impl Into<Cow<'static, str>>,
        domain: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            code,
            reason: reason.into(),
            domain: domain.into(),
            message: message.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
            source: None,
        }))
    }

    /// A request that is wrong in a way that is not about one field, or not about a bound.
    pub fn invalid_argument(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, reason, message)
    }

    /// Something missing whose parent the caller may see.
    pub fn not_found(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, reason, message)
    }

    /// A unique key that is taken.
    pub fn already_exists(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::AlreadyExists, reason, message)
    }

    /// The wrong state.
    pub fn failed_precondition(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::FailedPrecondition, reason, message)
    }

    /// Somebody else was faster: read again, then try again.
    pub fn aborted(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::Aborted, reason, message)
    }

    /// Not allowed, also when the thing may not exist.
    pub fn permission_denied(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::PermissionDenied, reason, message)
    }

    /// No credentials, or bad ones.
    pub fn unauthenticated(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, reason, message)
    }

    /// A quota, a rate or a queue that is full. Asks to try again after [`RETRY_AFTER`] unless told otherwise.
    pub fn resource_exhausted(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::ResourceExhausted, reason, message).retry_after(RETRY_AFTER)
    }

    /// A database or a peer that is away. Asks to try again after [`RETRY_AFTER`] unless told otherwise.
    pub fn unavailable(reason: impl Reason, message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, reason, message).retry_after(RETRY_AFTER)
    }

    /// The same failure with a fact for programs.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl fmt::Display) -> Self {
        self.metadata.insert(key.into(), value.to_string());
        self
    }

    /// The same failure with a time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The same failure with what caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same failure with the fields that are not as they should be.
    #[must_use]
    pub fn violations(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }

    /// Whether this is the failure that `reason` names.
    pub fn is(&self, reason: impl Reason) -> bool {
        self.reason == reason.reason() && self.domain == reason.domain()
    }

    /// All the parts, to be taken apart.
    pub fn into_parts(self) -> Parts {
        *self.0
    }
}

impl Deref for Failure {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<&Status> for Failure {
    fn from(status: &Status) -> Self {
        Self::from_status(status)
    }
}

#[cfg(test)]
mod tests;
