//! The one table from a gRPC code to what the other edges say: HTTP, SCIM, the title of a problem.

use tonic::Code;

/// What one gRPC code looks like elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The gRPC code.
    pub code: Code,
    /// Its name in the standard, as in `NOT_FOUND`.
    pub name: &'static str,
    /// The HTTP status.
    pub http: u16,
    /// The HTTP status of a SCIM answer.
    pub scim: u16,
    /// The title of a problem document.
    pub title: &'static str,
}

const fn row(code: Code, name: &'static str, http: u16, scim: u16, title: &'static str) -> Row {
    Row { code, name, http, scim, title }
}

/// Every code, in the order of its number.
pub const TABLE: [Row; 17] = [
    row(Code::Ok, "OK", 200, 200, "ok"),
    // A caller that went away hears no answer; what is left is our own client's timeout, which reports itself so.
    row(Code::Cancelled, "CANCELLED", 504, 504, "deadline exceeded"),
    row(Code::Unknown, "UNKNOWN", 500, 500, "internal error"),
    row(Code::InvalidArgument, "INVALID_ARGUMENT", 400, 400, "invalid argument"),
    row(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", 504, 504, "deadline exceeded"),
    row(Code::NotFound, "NOT_FOUND", 404, 404, "not found"),
    row(Code::AlreadyExists, "ALREADY_EXISTS", 409, 409, "already exists"),
    row(Code::PermissionDenied, "PERMISSION_DENIED", 403, 403, "permission denied"),
    row(Code::ResourceExhausted, "RESOURCE_EXHAUSTED", 429, 429, "too many requests"),
    // Not 400: that says that the request alone is wrong, and here what is stored decides. Not 412: that answers a
    // header of the request, and the wrong state is not in any header.
    row(Code::FailedPrecondition, "FAILED_PRECONDITION", 409, 400, "failed precondition"),
    row(Code::Aborted, "ABORTED", 409, 412, "changed by somebody else"),
    row(Code::OutOfRange, "OUT_OF_RANGE", 400, 400, "out of range"),
    row(Code::Unimplemented, "UNIMPLEMENTED", 501, 501, "not implemented"),
    row(Code::Internal, "INTERNAL", 500, 500, "internal error"),
    row(Code::Unavailable, "UNAVAILABLE", 503, 503, "unavailable"),
    row(Code::DataLoss, "DATA_LOSS", 500, 500, "internal error"),
    row(Code::Unauthenticated, "UNAUTHENTICATED", 401, 401, "unauthenticated"),
];

/// The row of a code.
pub fn of(code: Code) -> &'static Row {
    // The numbers of the codes are 0 to 16 by the standard, in the table's order.
    &TABLE[code as usize]
}

/// The HTTP status of a code. With an `If-Match` header in the request, a changed resource is 412 instead of 409.
pub fn http_status(code: Code, if_match: bool) -> u16 {
    if code == Code::Aborted && if_match { 412 } else { of(code).http }
}

/// Whether the fault is ours and not the caller's, so that a span or a log line of this code needs a look.
pub fn is_server_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// Whether the answer tells when to try again.
pub fn says_when_to_retry(code: Code) -> bool {
    matches!(code, Code::ResourceExhausted | Code::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test for each row of the contract.
    macro_rules! rows {
        ($($name:ident: $code:ident, $number:literal, $wire:literal, $http:literal, $scim:literal;)*) => {$(
            #[test]
            fn $name() {
                let row = of(Code::$code);
                assert_eq!((row.code, row.code as i32), (Code::$code, $number));
                assert_eq!((row.name, row.http, row.scim), ($wire, $http, $scim));
                assert!(!row.title.is_empty());
            }
        )*};
    }

    rows! {
        ok_is_200: Ok, 0, "OK", 200, 200;
        our_own_cancelled_timeout_is_504: Cancelled, 1, "CANCELLED", 504, 504;
        unknown_is_500: Unknown, 2, "UNKNOWN", 500, 500;
        bad_fields_are_400: InvalidArgument, 3, "INVALID_ARGUMENT", 400, 400;
        a_passed_deadline_is_504: DeadlineExceeded, 4, "DEADLINE_EXCEEDED", 504, 504;
        missing_is_404: NotFound, 5, "NOT_FOUND", 404, 404;
        a_taken_key_is_409: AlreadyExists, 6, "ALREADY_EXISTS", 409, 409;
        not_allowed_is_403: PermissionDenied, 7, "PERMISSION_DENIED", 403, 403;
        too_much_is_429: ResourceExhausted, 8, "RESOURCE_EXHAUSTED", 429, 429;
        the_wrong_state_is_409: FailedPrecondition, 9, "FAILED_PRECONDITION", 409, 400;
        a_changed_resource_is_409: Aborted, 10, "ABORTED", 409, 412;
        out_of_range_is_400: OutOfRange, 11, "OUT_OF_RANGE", 400, 400;
        not_implemented_is_501: Unimplemented, 12, "UNIMPLEMENTED", 501, 501;
        a_bug_is_500: Internal, 13, "INTERNAL", 500, 500;
        away_is_503: Unavailable, 14, "UNAVAILABLE", 503, 503;
        lost_data_is_500: DataLoss, 15, "DATA_LOSS", 500, 500;
        no_credentials_are_401: Unauthenticated, 16, "UNAUTHENTICATED", 401, 401;
    }

    #[test]
    fn a_changed_resource_is_412_only_with_if_match() {
        assert_eq!(http_status(Code::Aborted, true), 412);
        assert_eq!(http_status(Code::Aborted, false), 409);
        assert_eq!(http_status(Code::NotFound, true), 404);
    }

    #[test]
    fn no_refusal_of_the_caller_counts_as_our_fault() {
        for row in &TABLE {
            let ours = row.http >= 500 && row.code != Code::Cancelled;
            assert_eq!(is_server_fault(row.code), ours, "{}", row.name);
        }
    }
}
