//! Which other origins' pages may call (CORS). Off unless origins are configured.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::{Response, Step, Ticket};

/// What a page may send.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, if-match, idempotency-key, grpc-timeout, traceparent, x-grpc-web, \
     x-request-id, x-user-agent",
);

/// What a page may read; gRPC-web keeps its status in headers.
const REPLY_HEADERS: HeaderValue = HeaderValue::from_static(
    "etag, grpc-message, grpc-status, grpc-status-details-bin, retry-after, traceparent, x-request-id",
);

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");

/// How long a browser may remember a permission, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// Answers preflights and marks replies for the configured origins.
pub(crate) struct Cors<N> {
    origins: Vec<HeaderValue>,
    next: N,
}

impl<N> Cors<N> {
    pub(crate) fn new(origins: &[String], next: N) -> Self {
        let origins =
            origins.iter().filter_map(|origin| HeaderValue::try_from(origin.as_str()).ok()).collect();
        Self { origins, next }
    }

    /// The origin of the page that calls, if it may.
    fn allowed(&self, request: &Request<Body>) -> Option<HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        self.origins.contains(origin).then(|| origin.clone())
    }
}

fn is_preflight(request: &Request<Body>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn mark(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    // Keys travel in a header that the page sets itself, never in cookies, so credentials stay off.
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

impl<N: Step> Step for Cors<N> {
    async fn run(&self, ticket: Ticket) -> Response {
        let Some(origin) = self.allowed(&ticket.request) else { return self.next.run(ticket).await };
        if is_preflight(&ticket.request) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            let headers = response.headers_mut();
            mark(headers, origin);
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            return response;
        }
        let mut response = self.next.run(ticket).await;
        mark(response.headers_mut(), origin);
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, REPLY_HEADERS);
        response
    }
}
