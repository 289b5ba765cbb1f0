//! A request that is not answered as asked, in the words of whichever protocol it came by.

use std::error::Error as _;

use arki_proto::r#type::v1::ErrorReason;
use arki_rpc::{Failure, Reason, Violation, table};
use arki_scim::ScimType;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use tonic::{Code, Status};

use crate::problem;

/// A failure, with what only HTTP can say about it.
#[derive(Debug)]
pub(crate) struct Refusal {
    failure: Failure,
    /// The HTTP status, where it is finer than the gRPC code.
    status: Option<StatusCode>,
    /// A header that belongs to the status.
    header: Option<(HeaderName, HeaderValue)>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, status: None, header: None }
    }
}

impl Refusal {
    fn http(failure: Failure, status: StatusCode) -> Self {
        Self { failure, status: Some(status), header: None }
    }

    /// Nothing is at this path.
    pub(crate) fn not_found(path: &str) -> Self {
        let failure = Failure::not_found(
            ErrorReason::RouteNotFound,
            format!("nothing is at {path}, see /docs for what there is"),
        );
        failure.with("path", path).into()
    }

    /// The path is there, but not for this method.
    pub(crate) fn method_not_allowed(method: &http::Method, allow: &HeaderValue) -> Self {
        let failure = Failure::new(
            Code::Unimplemented,
            ErrorReason::MethodNotAllowed,
            format!("{method} is not possible here, use {}", String::from_utf8_lossy(allow.as_bytes())),
        );
        let mut refusal = Self::http(failure.with("method", method), StatusCode::METHOD_NOT_ALLOWED);
        refusal.header = Some((header::ALLOW, allow.clone()));
        refusal
    }

    /// The caller accepts nothing that the edge can say.
    pub(crate) fn not_acceptable(accept: &str) -> Self {
        let failure = Failure::invalid_argument(
            ErrorReason::NotAcceptable,
            "the answer is JSON, accept application/json".to_owned(),
        );
        Self::http(failure.with("accept", accept), StatusCode::NOT_ACCEPTABLE)
    }

    /// The body is of another type than the one that is read here.
    pub(crate) fn unsupported_media_type(given: &str, wanted: &'static str) -> Self {
        let failure = Failure::invalid_argument(
            ErrorReason::UnsupportedMediaType,
            format!("the body is {given:?}, send {wanted}"),
        );
        let mut refusal = Self::http(failure.with("content_type", given), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        refusal.header = Some((header::ACCEPT, HeaderValue::from_static(wanted)));
        refusal
    }

    /// The body is compressed, which nothing here undoes: a small body could become a large one.
    pub(crate) fn unsupported_encoding(given: &str) -> Self {
        let failure = Failure::invalid_argument(
            ErrorReason::UnsupportedMediaType,
            format!("the body is encoded as {given:?}, send it as it is"),
        );
        let mut refusal =
            Self::http(failure.with("content_encoding", given), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        refusal.header = Some((header::ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        refusal
    }

    /// The body is larger than the limit.
    pub(crate) fn body_too_large(limit: usize) -> Self {
        let mut failure = Failure::resource_exhausted(
            ErrorReason::BodyTooLarge,
            format!("the body is larger than {limit} bytes, send it in parts"),
        );
        // Waiting doesn't make it smaller.
        failure.retry_after = None;
        Self::http(failure.with("limit_bytes", limit), StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// A page token that no list gives out, which is told without asking one.
    pub(crate) fn malformed_page_token() -> Self {
        Self::http(Failure::page_token_invalid(), StatusCode::BAD_REQUEST)
    }

    /// The request breaks the contract before any rule of a service.
    pub(crate) fn malformed(
        message: impl Into<String>,
        field: impl Into<String>,
        description: String,
    ) -> Self {
        Failure::invalid_argument(ErrorReason::MalformedRequest, message)
            .violations(vec![Violation { field: field.into(), description }])
            .into()
    }

    /// The same refusal with a fact for programs.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.failure = self.failure.with(key, value);
        self
    }

    /// The HTTP status. A resource that changed is 412 when the caller asked with `If-Match`.
    pub(crate) fn status(&self, if_match: bool) -> StatusCode {
        let of_code = || StatusCode::from_u16(table::http_status(self.failure.code, if_match)).ok();
        self.finer_status().or_else(of_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The status where it is finer than the gRPC code: 400 is for what the request alone shows to be wrong, and
    /// these two are wrong by what happened before.
    fn finer_status(&self) -> Option<StatusCode> {
        let is = |reason: ErrorReason| self.failure.reason == reason.reason();
        let of_reason = || {
            if is(ErrorReason::RequestIdReused) {
                Some(StatusCode::CONFLICT)
            } else {
                is(ErrorReason::PageTokenInvalid).then_some(StatusCode::NOT_FOUND)
            }
        };
        self.status.or_else(of_reason)
    }

    /// The body of the answer, RFC 9457.
    pub(crate) fn problem(&self, request_id: &str, if_match: bool) -> Vec<u8> {
        let title = match self.finer_status() {
            Some(status) => status.canonical_reason().unwrap_or("refused").to_lowercase(),
            None => table::of(self.failure.code).title.to_owned(),
        };
        problem::render(&self.failure, self.status(if_match), &title, request_id)
    }

    /// The answer to an HTTP request.
    pub(crate) fn into_http(self, request_id: &str, if_match: bool) -> Response<Body> {
        self.log();
        let mut response = Response::new(Body::from(self.problem(request_id, if_match)));
        *response.status_mut() = self.status(if_match);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        if let Some(after) = self.failure.retry_after {
            headers.insert(header::RETRY_AFTER, problem::whole_seconds(after).into());
        }
        if self.failure.code == Code::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"arki\""));
        }
        if let Some((name, value)) = self.header {
            headers.insert(name, value);
        }
        response
    }

    /// The answer to a SCIM request (RFC 7644, section 3.12). A resource that changed is 412 there.
    pub(crate) fn into_scim(self) -> Response<Body> {
        let status = self.status(true).as_u16();
        let is_bug = matches!(self.failure.code, Code::Internal | Code::Unknown | Code::DataLoss);
        let detail = if is_bug { "internal error" } else { &self.failure.message };
        let scim_type = self.failure.metadata.get("scim_type").and_then(|word| ScimType::of_word(word));
        let body = arki_scim::Error { status, scim_type, detail: detail.to_owned() }.body();
        let mut response = self.into_http("", true);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(arki_scim::media::TYPE));
        *response.body_mut() = Body::from(body.to_string());
        response
    }

    /// The answer to a gRPC or gRPC-web request: a status without a message, in the headers.
    pub(crate) fn into_grpc(self, content_type: HeaderValue) -> Response<Body> {
        let mut response = Status::from(self.failure).into_http();
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    }

    /// A refusal becomes JSON once, and its cause, which callers never see, is logged there. (On the way to gRPC the
    /// failure logs itself.)
    fn log(&self) {
        let Some(source) = self.failure.source() else { return };
        let (reason, error) = (&*self.failure.reason, source.to_string());
        if self.failure.code == Code::Internal {
            tracing::error!(reason, error, "request failed");
        } else {
            tracing::warn!(reason, error, "request refused");
        }
    }
}
