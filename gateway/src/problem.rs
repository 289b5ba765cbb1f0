//! Problem details (RFC 9457) of a failure.

use std::collections::BTreeMap;
use std::time::Duration;

use arki_rpc::Failure;
use http::StatusCode;
use serde::Serialize;
use tonic::Code;

use crate::rest::camel_case;

/// The media type of every error.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    reason: &'a str,
    metadata: &'a BTreeMap<String, String>,
    violations: Vec<Violation<'a>>,
}

#[derive(Serialize)]
struct Violation<'a> {
    field: String,
    description: &'a str,
}

/// The body of an error. Fields are named as JSON names them, and of a bug nothing is told but the request id, under
/// which the log holds it.
pub(crate) fn render(failure: &Failure, status: StatusCode, title: &str, request_id: &str) -> Vec<u8> {
    let is_bug = matches!(failure.code, Code::Internal | Code::Unknown | Code::DataLoss);
    let nothing = BTreeMap::new();
    let problem = Problem {
        r#type: format!("/docs/errors/{}", failure.reason),
        title,
        status: status.as_u16(),
        detail: if is_bug { "internal error" } else { &failure.message },
        instance: request_id,
        reason: &failure.reason,
        metadata: if is_bug { &nothing } else { &failure.metadata },
        violations: failure
            .violations
            .iter()
            .map(|violation| Violation {
                field: camel_case(&violation.field),
                description: &violation.description,
            })
            .collect(),
    };
    // Strings and numbers always have a JSON form.
    serde_json::to_vec(&problem).unwrap_or_default()
}

/// A pause as `Retry-After` counts it: whole seconds, never less than the pause.
pub(crate) fn whole_seconds(after: Duration) -> u64 {
    after.as_secs() + u64::from(after.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use arki_proto::r#type::v1::ErrorReason;

    use super::*;

    #[test]
    fn a_problem_names_its_fields_as_json_does() {
        let failure = Failure::invalid_field("unit.display_name", "must be given");
        let body = render(&failure, StatusCode::BAD_REQUEST, "invalid argument", "req_1");
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "/docs/errors/INVALID_FIELDS",
                "title": "invalid argument",
                "status": 400,
                "detail": "unit.display_name: must be given",
                "instance": "req_1",
                "reason": "INVALID_FIELDS",
                "metadata": {},
                "violations": [{"field": "unit.displayName", "description": "must be given"}],
            })
        );
    }

    #[test]
    fn nothing_is_told_of_a_bug() {
        let failure = Failure::new(Code::Internal, ErrorReason::Internal, "row 7 of secrets is broken")
            .with("table", "secrets");
        let body = render(&failure, StatusCode::INTERNAL_SERVER_ERROR, "internal error", "req_2");
        assert!(!String::from_utf8(body).unwrap().contains("secrets"));
    }

    #[test]
    fn a_pause_is_rounded_up() {
        for (pause, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(pause)), seconds);
        }
    }
}
