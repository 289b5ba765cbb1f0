//! Which RPC or page is meant.

use std::sync::Arc;

use arki_rpc::method;
use opentelemetry::Value;

use super::{Response, Step, Target, Ticket};
use crate::contract::{Access, Contract, Method};
use crate::rest::route::Route;
use crate::rest::{Match, Rest};

/// What was asked for, for the span and the metrics around: left on the response, since the request is gone by then.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Route(Arc<Route>),
    Method(Arc<Method>),
    Other(&'static str),
}

impl Asked {
    fn of(target: &Target) -> Self {
        match target {
            Target::Rest(route, _) => Self::Route(Arc::clone(route)),
            Target::Grpc(Some(method)) => Self::Method(Arc::clone(method)),
            Target::Plumbing => Self::Other("plumbing"),
            Target::Scim => Self::Other("/scim/v2"),
            Target::Site => Self::Other("site"),
            Target::Unknown | Target::NotAllowed(_) | Target::Grpc(None) => Self::Other("none"),
        }
    }

    /// A label of few values.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Route(route) => &route.label,
            Self::Method(method) => method.path.path(),
            Self::Other(label) => label,
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Route(route) => Value::from(Arc::clone(&route.label)),
            Self::Method(method) => Value::from(method.path.path().to_owned()),
            Self::Other(label) => Value::from(*label),
        }
    }
}

/// Finds the target of a request.
pub(crate) struct Find<N> {
    pub(crate) contract: Arc<Contract>,
    pub(crate) rest: Arc<Rest>,
    pub(crate) next: N,
}

impl<N: Step> Step for Find<N> {
    async fn run(&self, mut ticket: Ticket) -> Response {
        let path = ticket.request.uri().path();
        ticket.target = if ticket.tongue.is_grpc() {
            if method::is_plumbing(path) {
                Target::Plumbing
            } else {
                // From outside, an internal RPC is not there.
                let method = self.contract.method(path).filter(|method| method.access != Access::Internal);
                Target::Grpc(method.cloned())
            }
        } else if ticket.tongue.is_scim() {
            Target::Scim
        } else {
            match self.rest.find(ticket.request.method(), path) {
                Match::Route(route, captured) => Target::Rest(route, captured),
                Match::NotAllowed(allow) => Target::NotAllowed(allow),
                Match::Nothing => Target::Site,
            }
        };
        let asked = Asked::of(&ticket.target);
        let mut response = self.next.run(ticket).await;
        response.extensions_mut().insert(asked);
        response
    }
}
