//! REST and JSON: one transcoder for every RPC, made from the contract.
//!
//! At start each HTTP binding becomes a [`route::Route`] in a [`tree::Tree`]; at run time a request becomes a message
//! ([`request`]), the message a call ([`call`]), and the reply JSON, straight from its bytes ([`render`]). No handler
//! exists per RPC, and no rule of the domain is known here.

mod call;
mod media;
mod mistakes;
pub(crate) mod parameter;
mod percent;
mod read;
mod render;
pub(crate) mod request;
pub(crate) mod route;
mod scalar;
pub(crate) mod shape;
mod stream;
pub(crate) mod template;
mod tree;
mod wire;

use std::sync::Arc;

use arki_rpc::{Caller, Failure};
use axum::body::Body as HttpBody;
use http::{HeaderValue, Method, Request, Response, header};

use crate::contract::{Access, Contract, Error, binding_error};
use crate::refusal::Refusal;
use crate::wiring::Peers;

pub(crate) use media::{JSON, NDJSON};
pub(crate) use parameter::PAGE_TOKEN;
pub(crate) use render::camel_case;
use route::Route;
use shape::Shapes;
pub(crate) use tree::Captured;
use tree::{Found, Tree};

/// The REST edge of every RPC that has an HTTP binding.
#[derive(Debug)]
pub(crate) struct Rest {
    shapes: Arc<Shapes>,
    tree: Tree<Arc<Route>>,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Match {
    /// An RPC, with the values of its path.
    Route(Arc<Route>, Captured),
    /// A path that is there for other methods.
    NotAllowed(HeaderValue),
    /// No RPC.
    Nothing,
}

/// What the layers around know of a request.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) caller: Option<Caller>,
    pub(crate) request_id: Arc<str>,
    /// The limit that the body enforces, for the refusal's words.
    pub(crate) body_limit: usize,
}

impl Rest {
    /// Works out every binding of the contract.
    ///
    /// # Errors
    /// When a binding can't be served, two are the same, or a package has no peer.
    pub(crate) fn new(contract: &Contract, peers: &Peers) -> Result<Self, Error> {
        let shapes = Arc::new(Shapes::of(&contract.pool));
        let mut tree = Tree::default();
        // From outside, an internal RPC is not there.
        for method in contract.methods().filter(|method| method.access != Access::Internal) {
            let peer = peers.of(&method.package)?;
            for binding in &method.bindings {
                let route = Route::compile(&shapes, method, binding, peer.clone())?;
                let template = route.template.clone();
                tree.insert(&template, binding.verb.clone(), Arc::new(route))
                    .map_err(|problem| binding_error(&method.descriptor, &binding.path, problem))?;
            }
        }
        Ok(Self { shapes, tree })
    }

    /// Finds what a request asks for.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Match {
        match self.tree.find(method, path) {
            (Found::Route(route), captured) => Match::Route(Arc::clone(route), captured),
            (Found::NotAllowed(allow), _) => Match::NotAllowed(allow.clone()),
            (Found::Nothing, _) => Match::Nothing,
        }
    }

    /// Answers a request for a route.
    ///
    /// # Errors
    /// Whatever is wrong with the request, or what the service refuses with.
    pub(crate) async fn serve(
        &self,
        route: Arc<Route>,
        captured: Captured,
        context: Context,
        request: Request<HttpBody>,
    ) -> Result<Response<HttpBody>, Refusal> {
        let descriptor = &route.method.descriptor;
        let offered = if descriptor.is_server_streaming() { NDJSON } else { JSON };
        let headers = request.headers();
        if !media::accepts(headers, offered) && !media::accepts(headers, JSON) {
            let accept =
                headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
            return Err(Refusal::not_acceptable(accept));
        }
        if descriptor.is_client_streaming() || descriptor.is_server_streaming() {
            return stream::serve(Arc::clone(&self.shapes), route, captured, context, request).await;
        }
        let (parts, body) = request.into_parts();
        let body = match route.body {
            route::Body::None => bytes::Bytes::new(),
            route::Body::Whole | route::Body::Field(..) => {
                let body = request::collect(body, context.body_limit).await?;
                request::check_type(&parts.headers, JSON, body.is_empty())?;
                body
            }
        };
        let assembled = request::assemble(&self.shapes, &route, &parts, &captured, &body)?;
        let origin = call::Origin { caller: context.caller, retryable: assembled.repeatable };
        let answer = call::send(&route.peer, &route.method, origin, call::one(&assembled.message)).await?;
        let message = call::single(answer).await?;
        reply(&self.shapes, &route, &message)
    }
}

/// Headers of a reply, with those that the layers around add.
const HEADERS: usize = 12;

/// The HTTP response that a reply message is.
fn reply(shapes: &Shapes, route: &Route, message: &[u8]) -> Result<Response<HttpBody>, Refusal> {
    let mut json = Vec::with_capacity(message.len() * 2 + 64);
    render_reply(shapes, route, message, &mut json)?;
    let mut response = Response::new(HttpBody::from(json));
    *response.headers_mut() = http::HeaderMap::with_capacity(HEADERS);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    if let Some(etag) = etag(route, message) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

fn render_reply(shapes: &Shapes, route: &Route, message: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
    let written = match route.reply.field {
        Some(at) => render::field(shapes, route.reply.message, at, message, out),
        None => render::message(shapes, route.reply.message, message, out),
    };
    written.map_err(Failure::internal)
}

fn etag(route: &Route, message: &[u8]) -> Option<HeaderValue> {
    let mut at = message;
    for number in route.reply.etag.as_ref()? {
        at = wire::last_bytes(at, *number).ok()??;
    }
    let tag = std::str::from_utf8(at).ok().filter(|tag| !tag.is_empty())?;
    HeaderValue::try_from(format!("\"{tag}\"")).ok()
}

#[cfg(test)]
mod tests;
