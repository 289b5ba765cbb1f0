//! gRPC and gRPC-web: calls go to their peer as they come, undecoded.
//!
//! What the edge adds is the caller; what it takes away is everything that only the edge may say.

mod plumbing;

use std::convert::Infallible;
use std::task::{Context, Poll};

use arki_proto::r#type::v1::ErrorReason;
use arki_rpc::{Caller, Failure, Peer, assertion};
use axum::body::Body as HttpBody;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_web::GrpcWebLayer;
use tower::{Layer, Service, ServiceExt};

use crate::contract::{Contract, Error, Method};
use crate::refusal::Refusal;
use crate::wiring::Peers;

/// The most that a page can send in one call, in bytes, where its method has no limit of its own.
const LARGEST_OF_A_PAGE: usize = 64 << 20;

/// The gRPC edge.
pub(crate) struct Grpc {
    peers: Peers,
    plumbing: Peer,
}

impl Grpc {
    /// Serves the contract, with health and, when asked for, reflection.
    ///
    /// # Errors
    /// When a package has no peer, or reflection can't be built.
    pub(crate) async fn new(contract: &Contract, peers: Peers, reflection: bool) -> anyhow::Result<Self> {
        for method in contract.methods() {
            peers.of(&method.package)?;
        }
        let plumbing = plumbing::routes(contract, reflection).await?;
        Ok(Self { peers, plumbing: arki_rpc::in_process(plumbing) })
    }

    /// Sends a call to the peer that serves it.
    pub(crate) async fn forward(
        &self,
        method: &Method,
        caller: Option<Caller>,
        web: bool,
        mut request: Request<HttpBody>,
    ) -> Result<Response<HttpBody>, Refusal> {
        let peer = self.peers.of(&method.package).map_err(|error: Error| Failure::away(error))?;
        strip(request.headers_mut());
        request.extensions_mut().clear();
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        call(peer.clone(), web, request).await
    }

    /// Answers health and reflection.
    pub(crate) async fn plumbing(
        &self,
        web: bool,
        request: Request<HttpBody>,
    ) -> Result<Response<HttpBody>, Refusal> {
        call(self.plumbing.clone(), web, request).await
    }

    /// Whether the answer is a refusal that came before any message.
    pub(crate) fn is_refusal(response: &Response<HttpBody>) -> bool {
        Status::from_header_map(response.headers()).is_some_and(|status| status.code() != Code::Ok)
    }
}

/// What services believe when a caller's request carries it must not come from outside, and the key stays here.
fn strip(headers: &mut HeaderMap) {
    headers.remove(assertion::HEADER);
    headers.remove(header::AUTHORIZATION);
    headers.remove(header::COOKIE);
}

async fn call(peer: Peer, web: bool, request: Request<HttpBody>) -> Result<Response<HttpBody>, Refusal> {
    let response = if web {
        // The translation wants a service that can't fail; a peer's failure travels beside it.
        GrpcWebLayer::new()
            .layer(Answering(peer))
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    } else if request.version() == http::Version::HTTP_2 {
        peer.oneshot(request.map(Body::new)).await.map_err(Failure::away)?
    } else {
        // gRPC needs trailers after the body, which HTTP/1.1 clients don't ask for.
        return Err(Refusal::unsupported_media_type("application/grpc over HTTP/1.1", "gRPC over HTTP/2"));
    };
    Ok(response.map(HttpBody::new))
}

/// A peer whose failures are answers.
#[derive(Clone)]
struct Answering(Peer);

impl Service<Request<Body>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let peer = self.0.clone();
        Box::pin(async move {
            let answered = match whole(request).await {
                Ok(request) => peer.oneshot(request).await.map_err(Failure::away),
                Err(failure) => Err(failure),
            };
            Ok(answered.unwrap_or_else(|failure| Status::from(failure).into_http()))
        })
    }
}

/// The request with its translated body at hand. A page sends one message and no stream, and text that turns out not to
/// be gRPC-web only half-way would break off a call on the connection that all callers of the peer share.
async fn whole(request: Request<Body>) -> Result<Request<Body>, Failure> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_OF_A_PAGE).collect().await.map_err(|_| {
        let message = "the body is not the gRPC-web that its content type says";
        Failure::invalid_argument(ErrorReason::MalformedRequest, message)
    })?;
    Ok(Request::from_parts(parts, Body::new(Full::new(body.to_bytes()))))
}
