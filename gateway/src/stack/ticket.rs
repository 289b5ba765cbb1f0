//! A request on its way through the stack, with what was found out about it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arki_rpc::Caller;
use axum::body::Body;
use http::{HeaderValue, Request, header};

use super::Response;
use crate::contract::Method;
use crate::refusal::Refusal;
use crate::rest::Captured;
use crate::rest::route::Route;

/// A request and what is known of it.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) request: Request<Body>,
    pub(crate) tongue: Tongue,
    pub(crate) target: Target,
    pub(crate) caller: Option<Caller>,
    /// What the body may have at most, in bytes.
    pub(crate) body_limit: usize,
    /// Set once the body turned out larger; for protocols whose errors can't carry it.
    pub(crate) too_large: Arc<AtomicBool>,
    /// The network address that the connection comes from.
    pub(crate) from: Option<IpAddr>,
}

/// What a request asks for.
#[derive(Debug)]
pub(crate) enum Target {
    /// Nothing that was looked for yet.
    Unknown,
    /// An RPC by REST.
    Rest(Arc<Route>, Captured),
    /// A REST path that is there for other methods.
    NotAllowed(HeaderValue),
    /// An RPC by gRPC or gRPC-web; none when it is not in the contract.
    Grpc(Option<Arc<Method>>),
    /// Health or reflection by gRPC.
    Plumbing,
    /// A path of SCIM.
    Scim,
    /// A page, a document, or nothing.
    Site,
}

impl Target {
    /// The RPC that is asked for.
    pub(crate) fn method(&self) -> Option<&Arc<Method>> {
        match self {
            Self::Rest(route, _) => Some(&route.method),
            Self::Grpc(method) => method.as_ref(),
            Self::Unknown | Self::NotAllowed(_) | Self::Plumbing | Self::Scim | Self::Site => None,
        }
    }
}

/// How to talk to the caller, also when the request is gone.
#[derive(Clone, Debug)]
pub(crate) struct Tongue {
    pub(crate) request_id: Arc<str>,
    /// The content type of the answer, when the caller speaks gRPC or gRPC-web.
    grpc: Option<HeaderValue>,
    if_match: bool,
    /// Whether errors have the shape of SCIM's.
    is_scim: bool,
}

impl Tongue {
    /// The language of a request.
    pub(crate) fn of(request: &Request<Body>, request_id: Arc<str>) -> Self {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let grpc = content_type.filter(|value| value.as_bytes().starts_with(b"application/grpc")).cloned();
        let is_scim = grpc.is_none() && crate::scim::is_at(request.uri().path());
        Self { request_id, grpc, if_match: request.headers().contains_key(header::IF_MATCH), is_scim }
    }

    pub(crate) fn is_grpc(&self) -> bool {
        self.grpc.is_some()
    }

    pub(crate) fn is_scim(&self) -> bool {
        self.is_scim
    }

    pub(crate) fn is_grpc_web(&self) -> bool {
        self.grpc.as_ref().is_some_and(|value| value.as_bytes().starts_with(b"application/grpc-web"))
    }

    /// Says no in the caller's protocol.
    pub(crate) fn refuse(&self, refusal: impl Into<Refusal>) -> Response {
        match &self.grpc {
            Some(content_type) => refusal.into().into_grpc(content_type.clone()),
            None if self.is_scim => refusal.into().into_scim(),
            None => refusal.into().into_http(&self.request_id, self.if_match),
        }
    }
}
