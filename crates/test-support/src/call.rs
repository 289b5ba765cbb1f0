//! Calling a service as a test does, and reading what was refused.

use std::fmt::Debug;

use arki_ids::{PersonId, TenantId, UnitId};
use arki_proto::r#type::v1::{ErrorReason, LocalizedText};
use arki_rpc::{Caller, Failure, Reach, Reason, Rows, Scopes, client};
use prost_types::FieldMask;
use tonic::{Code, Request, Response, Status};

/// A request of somebody in a tenant who holds these scopes, words between spaces.
pub fn ask<T>(tenant: TenantId, scopes: &str, request: T) -> Request<T> {
    let subject = "apiKeys/key_00000000000000000000000001".to_owned();
    let caller = Caller { tenant, subject, scopes: Scopes::parse(scopes), reach: Reach::Tenant };
    client::with_caller(Request::new(request), &caller)
}

/// The same, of somebody who leads these units and is this person.
pub fn ask_as<T>(
    tenant: TenantId,
    scopes: &str,
    units: &[UnitId],
    person: Option<PersonId>,
    request: T,
) -> Request<T> {
    let rows = Rows { units: units.iter().copied().collect(), person };
    let subject =
        person.map_or_else(|| "apiKeys/key_00000000000000000000000001".to_owned(), |one| one.name());
    let caller = Caller { tenant, subject, scopes: Scopes::parse(scopes), reach: Reach::Rows(rows) };
    client::with_caller(Request::new(request), &caller)
}

/// A text in one language.
pub fn text(language: &str, text: &str) -> Option<LocalizedText> {
    Some(LocalizedText { by_language: [(language.to_owned(), text.to_owned())].into() })
}

/// A mask of these fields.
pub fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() })
}

/// What was answered, without what only the wire needs.
pub fn said<T>(answer: Result<Response<T>, Status>) -> Result<T, Failure> {
    answer.map(Response::into_inner).map_err(|status| Failure::from_status(&status))
}

/// What says that something was refused: a failure, a status, or an answer that is neither.
pub trait Refusal {
    /// Shows the failure.
    ///
    /// # Panics
    /// When nothing was refused.
    fn show<T>(&self, to: impl FnOnce(&Failure) -> T) -> T;
}

impl Refusal for Failure {
    fn show<T>(&self, to: impl FnOnce(&Failure) -> T) -> T {
        to(self)
    }
}

impl Refusal for Status {
    fn show<T>(&self, to: impl FnOnce(&Failure) -> T) -> T {
        to(&Failure::from_status(self))
    }
}

impl<A: Debug, R: Refusal> Refusal for Result<A, R> {
    #[track_caller]
    fn show<T>(&self, to: impl FnOnce(&Failure) -> T) -> T {
        match self {
            Ok(answer) => panic!("it should be refused, and was answered with {answer:?}"),
            Err(refusal) => refusal.show(to),
        }
    }
}

impl<R: Refusal> Refusal for &R {
    #[track_caller]
    fn show<T>(&self, to: impl FnOnce(&Failure) -> T) -> T {
        (*self).show(to)
    }
}

/// With what a call was refused.
#[track_caller]
pub fn refused<T: Debug>(answer: Result<Response<T>, Status>) -> Failure {
    said(answer).expect_err("the call should be refused")
}

/// The code and reason of a refusal.
#[track_caller]
pub fn told(refusal: impl Refusal) -> (Code, String) {
    refusal.show(|failure| (failure.code, failure.reason.to_string()))
}

/// The fields that a refusal names.
#[track_caller]
pub fn fields(refusal: impl Refusal) -> Vec<String> {
    let field = |failure: &Failure| failure.violations.iter().map(|one| one.field.clone()).collect();
    refusal.show(field)
}

/// Asserts that a call was refused for a reason.
pub trait Refused {
    /// # Panics
    /// When it was not refused, or for another reason.
    fn refused(self, code: Code, reason: impl Reason) -> Failure;
    /// As [`Refused::refused`], for the reason that a value out of bounds has; names the fields.
    fn fields(self) -> Vec<String>;
}

impl<T: Debug> Refused for Result<T, Status> {
    #[track_caller]
    fn refused(self, code: Code, reason: impl Reason) -> Failure {
        self.map_err(|status| Failure::from_status(&status)).refused(code, reason)
    }

    #[track_caller]
    fn fields(self) -> Vec<String> {
        self.map_err(|status| Failure::from_status(&status)).fields()
    }
}

impl<T: Debug> Refused for Result<T, Failure> {
    #[track_caller]
    fn refused(self, code: Code, reason: impl Reason) -> Failure {
        let failure = self.expect_err("the call should be refused");
        assert!(failure.is(reason), "{failure:?}");
        assert_eq!(failure.code, code, "{failure:?}");
        failure
    }

    #[track_caller]
    fn fields(self) -> Vec<String> {
        fields(self.refused(Code::InvalidArgument, ErrorReason::InvalidFields))
    }
}
