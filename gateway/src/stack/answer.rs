//! The innermost step: REST, gRPC or a page.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use http::{StatusCode, header};
use tower::ServiceExt;

use super::{Response, Step, Target, Ticket};
use crate::docs::Nothing;
use crate::grpc::Grpc;
use crate::refusal::Refusal;
use crate::rest::{Context, Rest};
use crate::scim::{self, Fault, Scim};

/// Answers whatever was found.
pub(crate) struct Answer {
    pub(crate) rest: Arc<Rest>,
    pub(crate) grpc: Grpc,
    pub(crate) scim: Scim,
    pub(crate) site: Router,
}

impl Step for Answer {
    async fn run(&self, ticket: Ticket) -> Response {
        let Ticket { request, tongue, target, caller, body_limit, too_large, from: _ } = ticket;
        match target {
            Target::Rest(route, captured) => {
                let request_id = Arc::clone(&tongue.request_id);
                let context = Context { caller, request_id, body_limit };
                // On the heap: this is by far the largest of the futures, and the stack holds it by value.
                let answer = Box::pin(self.rest.serve(route, captured, context, request)).await;
                answer.unwrap_or_else(|refusal| tongue.refuse(refusal))
            }
            Target::NotAllowed(allow) => tongue.refuse(Refusal::method_not_allowed(request.method(), &allow)),
            Target::Grpc(Some(method)) => {
                let answer = self.grpc.forward(&method, caller, tongue.is_grpc_web(), request).await;
                match answer {
                    Ok(response) if Grpc::is_refusal(&response) && too_large.load(Ordering::Relaxed) => {
                        tongue.refuse(Refusal::body_too_large(body_limit))
                    }
                    Ok(response) => response,
                    Err(refusal) => tongue.refuse(refusal),
                }
            }
            Target::Plumbing => match self.grpc.plumbing(tongue.is_grpc_web(), request).await {
                Ok(response) => response,
                Err(refusal) => tongue.refuse(refusal),
            },
            Target::Scim => {
                let Some(caller) = caller else {
                    return tongue.refuse(arki_rpc::Failure::no_caller("the request has no caller"));
                };
                match Box::pin(self.scim.serve(request, &caller, body_limit)).await {
                    Ok(response) => response,
                    Err(Fault::Scim(error)) => scim::error(&error),
                    Err(Fault::House(refusal)) => tongue.refuse(refusal),
                }
            }
            Target::Grpc(None) => tongue.refuse(arki_rpc::Failure::no_such_method(request.uri().path())),
            Target::Unknown | Target::Site => {
                let (method, path) = (request.method().clone(), request.uri().path().to_owned());
                let Ok(response) = self.site.clone().oneshot(request).await;
                if response.extensions().get::<Nothing>().is_some() {
                    return tongue.refuse(Refusal::not_found(&path));
                }
                match response.headers().get(header::ALLOW) {
                    Some(allow) if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
                        tongue.refuse(Refusal::method_not_allowed(&method, allow))
                    }
                    _ => response,
                }
            }
        }
    }
}
