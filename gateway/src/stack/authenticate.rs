//! Whose request it is.

use super::{Response, Step, Target, Ticket};
use crate::auth::Authenticator;
use crate::contract::Access;

/// Puts the caller on the ticket of every RPC that is not public.
pub(crate) struct Authenticate<N> {
    pub(crate) authenticator: Authenticator,
    pub(crate) next: N,
}

impl<N: Step> Step for Authenticate<N> {
    async fn run(&self, mut ticket: Ticket) -> Response {
        let needs_caller = match &ticket.target {
            Target::Rest(route, _) => route.method.access != Access::Public,
            Target::Grpc(method) => method.as_ref().is_some_and(|method| method.access != Access::Public),
            // Pages ask for a key by themselves, in a session.
            Target::Unknown | Target::NotAllowed(_) | Target::Plumbing | Target::Site => false,
        };
        if needs_caller {
            match self.authenticator.caller_from(ticket.request.headers(), ticket.from).await {
                Ok(caller) => ticket.caller = Some(caller),
                Err(failure) => return ticket.tongue.refuse(failure),
            }
        }
        self.next.run(ticket).await
    }
}
