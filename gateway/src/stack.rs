//! What every request passes before it is answered, whatever its protocol.
//!
//! Outermost first, and why there:
//!
//! 1. **observe** ([`observe`]): continues the caller's trace, gives the request its id, puts both on the reply, and
//!    counts and times it. Around everything else, so that a refusal of any later step is seen and can be asked about.
//! 2. **catch panics** ([`panic`]): a bug in one answer is one 500, never a lost connection with other calls on it.
//! 3. **secure headers** ([`secure`]): says to browsers what no page of ours ever needs. On refusals too.
//! 4. **CORS** ([`cors`]): lets the pages of configured origins call. Before rights, since a preflight has no key.
//! 5. **find** ([`find`]): tells which RPC or page is meant, because limits, deadline and rights depend on it.
//! 6. **body limit** ([`body`]): bounds what a stranger can make the edge hold in memory. Before anything reads a body.
//! 7. **deadline** ([`deadline`]): bounds how long a request may take; whatever is called for it inherits what is left.
//! 8. **authenticate** ([`authenticate`]): turns the key into a caller. Scopes are checked by the service, which knows
//!    its rules; the edge only keeps strangers and internal RPCs apart.
//! 9. **rate limit** ([`rate`]): after the caller is known, so that one tenant's haste is that tenant's problem.
//! 10. **answer** ([`answer`]): REST, gRPC, SCIM or a page.
//!
//! The steps are plain nested values, not `tower` layers: one future for all of them, no clone of the rest of the stack
//! for each, and a type that reads in the order above.

mod answer;
mod authenticate;
mod body;
mod cors;
mod deadline;
mod find;
mod observe;
mod panic;
pub(crate) mod rate;
mod secure;
mod ticket;

use std::future::Future;

pub(crate) use answer::Answer;
pub(crate) use authenticate::Authenticate;
pub(crate) use body::{LimitBody, TooLarge};
pub(crate) use cors::Cors;
pub(crate) use deadline::Deadline;
pub(crate) use find::Find;
pub(crate) use observe::Observe;
pub(crate) use panic::CatchPanic;
pub(crate) use rate::LimitRate;
pub(crate) use secure::Secure;
pub(crate) use ticket::{Target, Ticket, Tongue};

/// The answer to every request.
pub(crate) type Response = http::Response<axum::body::Body>;

/// A step: it answers, or lets the rest of the stack answer.
pub(crate) trait Step: Send + Sync + 'static {
    /// The answer to a request.
    fn run(&self, ticket: Ticket) -> impl Future<Output = Response> + Send;
}
