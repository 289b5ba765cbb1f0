//! Headers that tell browsers what no page here ever needs.

use http::{HeaderName, HeaderValue, header};

use super::{Response, Step, Ticket};

/// Pages set their own policy where they need more; these are the floor.
const FLOOR: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // A link out of a survey must not tell the survey's address, which holds the token.
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    // What the edge answers is about people; no cache keeps it unless the answer says otherwise.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Adds the headers that the answer does not have.
pub(crate) struct Secure<N>(pub(crate) N);

impl<N: Step> Step for Secure<N> {
    async fn run(&self, ticket: Ticket) -> Response {
        let mut response = self.0.run(ticket).await;
        let headers = response.headers_mut();
        for (name, value) in FLOOR {
            headers.entry(name).or_insert(value);
        }
        response
    }
}
