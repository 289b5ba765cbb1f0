//! The service behind the edge: one unary method that answers at once, and the check of a key.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, task::Poll};

use anyhow::Result;
use arki_gateway::{Config, Gateway, Peers};
use arki_process::{Context, SystemClock, Tasks};
use arki_proto::directory::v1 as pb;
use arki_rpc::{AssertionKey, Peer, client};
use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::{body::Body, server::UnaryService, service::Routes};
use tonic_prost::ProstCodec;
use tower::Service;

/// The role that every call asks for.
pub(crate) const ROLE: &str = "roles/rol_01kax0000000000000000000aa";
/// The key that every call carries.
pub(crate) const KEY: &str = "arki_0000000000000000000000000000000000000000000";

/// Answers `GetRole` and `AuthenticateApiKey` without any work.
#[derive(Clone)]
struct Fixed;

impl tonic::server::NamedService for Fixed {
    const NAME: &'static str = "arki.directory.v1.DirectoryService";
}

struct GetRole;

impl UnaryService<pb::GetRoleRequest> for GetRole {
    type Response = pb::GetRoleResponse;
    type Future = BoxFuture<'static, Result<tonic::Response<Self::Response>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<pb::GetRoleRequest>) -> Self::Future {
        let role = pb::Role {
            name: request.into_inner().name,
            display_name: "Customer service agent".to_owned(),
            external_id: "R-17".to_owned(),
            create_time: Some(prost_types::Timestamp { seconds: 1_795_000_000, nanos: 0 }),
            update_time: Some(prost_types::Timestamp { seconds: 1_795_000_100, nanos: 0 }),
            etag: "3".to_owned(),
        };
        Box::pin(async move { Ok(tonic::Response::new(pb::GetRoleResponse { role: Some(role) })) })
    }
}

struct Authenticate;

impl UnaryService<pb::AuthenticateApiKeyRequest> for Authenticate {
    type Response = pb::AuthenticateApiKeyResponse;
    type Future = BoxFuture<'static, Result<tonic::Response<Self::Response>, tonic::Status>>;

    fn call(&mut self, _: tonic::Request<pb::AuthenticateApiKeyRequest>) -> Self::Future {
        let answer = pb::AuthenticateApiKeyResponse {
            tenant: "tenants/ten_01kax0000000000000000000aa".to_owned(),
            api_key: "apiKeys/key_01kax0000000000000000000aa".to_owned(),
            scopes: vec!["directory.read".to_owned()],
        };
        Box::pin(async move { Ok(tonic::Response::new(answer)) })
    }
}

impl Service<Request<Body>> for Fixed {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async move {
            let path = request.uri().path();
            let is_role = path.ends_with("/GetRole");
            let is_key = path.ends_with("/AuthenticateApiKey");
            Ok(if is_role {
                tonic::server::Grpc::new(ProstCodec::default()).unary(GetRole, request).await
            } else if is_key {
                tonic::server::Grpc::new(ProstCodec::default()).unary(Authenticate, request).await
            } else {
                tonic::Status::unimplemented("").into_http()
            })
        })
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Serves by tonic's own server, with nothing around the service.
pub(crate) fn serve_bare() -> Result<()> {
    runtime()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        println!("{}", listener.local_addr()?);
        let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
        tonic::transport::Server::builder().add_service(Fixed).serve_with_incoming(incoming).await?;
        Ok(())
    })
}

/// Serves by the gateway of production, with the service behind it over TCP or in the same process.
pub(crate) fn serve_gateway(address: Option<&str>) -> Result<()> {
    runtime()?.block_on(async {
        let context = Context::alone(Arc::new(SystemClock));
        let peer = match address {
            Some(address) => {
                let channel = arki_rpc::connect(&format!("http://{address}"), &Default::default())?;
                client::stack(arki_rpc::remote(channel), context.assertion.clone())
            }
            None => client::stack_here(in_process(&context.assertion)?),
        };
        let peers = Peers {
            directory: peer.clone(),
            survey: peer.clone(),
            scorecard: peer.clone(),
            goal: peer.clone(),
            communication: peer,
        };
        let config =
            Config { key_requests_per_second: 0, tenant_requests_per_second: 0, ..Config::default() };
        let gateway = Box::pin(Gateway::build(config, peers, &context)).await?;
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        println!("{}", listener.local_addr()?);
        arki_gateway::serve(listener, gateway, Tasks::new()).await;
        Ok(())
    })
}

/// As the all-in-one binary has it: the server stack around the service, and no socket.
fn in_process(assertion: &AssertionKey) -> Result<Peer> {
    let options = arki_rpc::server::Options::new(arki_proto::DESCRIPTOR, assertion.clone());
    Ok(arki_rpc::server::stack(Routes::new(Fixed), options)?)
}
