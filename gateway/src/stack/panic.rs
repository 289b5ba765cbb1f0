//! A bug in one answer stays in that answer.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use arki_rpc::Failure;
use futures::FutureExt;

use super::{Response, Step, Ticket};

/// Turns a panic into an internal error.
pub(crate) struct CatchPanic<N>(pub(crate) N);

impl<N: Step> Step for CatchPanic<N> {
    async fn run(&self, ticket: Ticket) -> Response {
        let tongue = ticket.tongue.clone();
        // What a panic leaves half done is the request's own state, which goes away with it.
        match AssertUnwindSafe(self.0.run(ticket)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => tongue.refuse(Failure::internal(format!("panicked: {}", said(panic.as_ref())))),
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or(text).unwrap_or("it said nothing")
}
