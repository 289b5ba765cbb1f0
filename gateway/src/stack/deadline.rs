//! How long a request may take.

use std::time::Duration;

use arki_rpc::{Failure, deadline};
use http::{HeaderName, HeaderValue};
use tokio::time::Instant;

use super::{Response, Step, Target, Ticket, body};
use crate::scim;

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Gives a request its time and ends it when that is over.
pub(crate) struct Deadline<N> {
    pub(crate) usual: Duration,
    pub(crate) stream: Duration,
    pub(crate) next: N,
}

impl<N: Step> Step for Deadline<N> {
    async fn run(&self, mut ticket: Ticket) -> Response {
        let takes_long = match (ticket.target.method(), &ticket.target) {
            (Some(method), _) => method.streams() || body::is_import(method),
            (None, Target::Scim) => scim::is_bulk(ticket.request.uri().path()),
            (None, _) => return self.next.run(ticket).await,
        };
        let time = if takes_long { self.stream } else { self.usual };
        if matches!(ticket.target, Target::Grpc(_)) {
            // A gRPC caller's own timeout is kept on the way to the service, within the deadline that is set here. A
            // call without one gets ours, since a client's default would be too short for a stream.
            let seconds = HeaderValue::try_from(format!("{}S", time.as_secs()));
            if let Ok(seconds) = seconds {
                ticket.request.headers_mut().entry(GRPC_TIMEOUT).or_insert(seconds);
            }
        }
        let tongue = ticket.tongue.clone();
        let until = Instant::now() + time;
        let answer = deadline::within(until, self.next.run(ticket));
        match tokio::time::timeout_at(until, answer).await {
            Ok(response) => response,
            Err(_) => tongue.refuse(Failure::deadline_exceeded()),
        }
    }
}
