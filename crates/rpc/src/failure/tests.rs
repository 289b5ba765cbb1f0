use std::io;
use std::sync::{Arc, Mutex};

use tonic_types::StatusExt;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn violation(field: impl Into<String>, description: &str) -> Violation {
    Violation { field: field.into(), description: description.to_owned() }
}

/// What converting `failure` logs.
fn logged(failure: Failure) -> (Status, String) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let status = tracing::subscriber::with_default(subscriber, || Status::from(failure));
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (status, text)
}

#[test]
fn a_failure_survives_the_wire() {
    let sent = Failure::invalid(vec![
        violation("goal.title", "must not be empty"),
        violation("goal.weight", "must be at most 100"),
    ])
    .with("goal", "goals/gol_1")
    .retry_after(Duration::from_millis(1500));
    let received = Failure::from_status(&Status::from(sent));
    assert_eq!(received.code, Code::InvalidArgument);
    assert_eq!((&*received.reason, &*received.domain), ("INVALID_FIELDS", "arki"));
    assert_eq!(received.metadata.get("goal").map(String::as_str), Some("goals/gol_1"));
    assert_eq!(received.violations.len(), 2);
    assert_eq!(received.violations[1], violation("goal.weight", "must be at most 100"));
    assert_eq!(received.retry_after, Some(Duration::from_millis(1500)));
}

#[test]
fn a_bug_is_logged_once_with_its_source_and_shown_without() {
    let (status, log) =
        logged(Failure::internal(io::Error::other("the disk of ann is full")).with("disk", "sda"));
    assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.reason, "INTERNAL");
    assert!(info.metadata.is_empty());
    assert_eq!(log.matches("the disk of ann is full").count(), 1);
    assert!(log.contains("ERROR"));

    let (again, log) = logged(Failure::from_status(&status));
    assert_eq!(again.message(), "internal error");
    assert_eq!(log, "", "a failure that came over the wire was logged where it began");
}

#[test]
fn a_refusal_of_the_caller_is_not_logged_as_an_error() {
    let (_, log) = logged(Failure::scope_missing("goal.write").because(io::Error::other("no such scope")));
    assert!(!log.contains("ERROR") && !log.contains("WARN"));
}

#[test]
fn only_a_full_or_absent_service_tells_when_to_retry() {
    for (failure, after) in [
        (Failure::overloaded(Duration::from_secs(2)), Some(Duration::from_secs(2))),
        (Failure::away("gone"), Some(RETRY_AFTER)),
        (Failure::etag_mismatch("3"), None),
        (Failure::deadline_exceeded(), None),
    ] {
        let expected = crate::table::says_when_to_retry(failure.code);
        let status = Status::from(failure);
        let shown = status.get_details_retry_info().and_then(|info| info.retry_delay);
        assert_eq!((shown, shown.is_some()), (after, expected));
    }
}

#[test]
fn a_status_of_a_stranger_gets_the_reason_of_its_code() {
    let failure = Failure::from_status(&Status::unavailable("connection refused"));
    assert_eq!(
        (failure.code, &*failure.reason, &*failure.domain),
        (Code::Unavailable, "UNAVAILABLE", "arki")
    );
    let failure = Failure::from_status(&Status::unknown("h2 went away"));
    assert_eq!(&*failure.reason, "INTERNAL");
}

#[test]
fn many_violations_are_counted_in_the_message_and_all_in_the_details() {
    let violations: Vec<_> = (0..5).map(|n| violation(format!("field_{n}"), "must not be empty")).collect();
    let failure = Failure::invalid(violations);
    assert!(failure.message.ends_with("and 2 more"), "{}", failure.message);
    assert_eq!(failure.violations.len(), 5);
}
