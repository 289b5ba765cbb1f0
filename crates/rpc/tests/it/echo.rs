//! A service whose handlers each test writes, and a client for it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use arki_ids::TenantId;
use arki_rpc::{AssertionKey, Caller, Failure, Peer, Reach, Scopes, server};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use http::Response;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::service::Routes;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;
use tower::{Service, ServiceExt, service_fn};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Echo {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

pub(crate) fn echo(text: &str) -> Request<Echo> {
    Request::new(Echo { text: text.to_owned() })
}

pub(crate) const GET: &str = "/arki.echo.v1.EchoService/GetEcho";
pub(crate) const CREATE: &str = "/arki.echo.v1.EchoService/CreateEcho";
pub(crate) const LIST: &str = "/arki.echo.v1.EchoService/ListEchoes";
pub(crate) const PING: &str = "/arki.echo.v1.EchoService/Ping";
/// Served, but not in the contract.
pub(crate) const HIDDEN: &str = "/arki.echo.v1.EchoService/Hidden";

type Unary = dyn Fn(Request<Echo>) -> BoxFuture<'static, Result<tonic::Response<Echo>, Status>> + Send + Sync;
type Listing = dyn Fn(Request<Echo>) -> BoxStream<'static, Result<Echo, Status>> + Send + Sync;

/// The handlers: one for all unary methods, one for the stream.
#[derive(Clone)]
pub(crate) struct EchoServer {
    unary: Arc<Unary>,
    list: Arc<Listing>,
}

impl EchoServer {
    /// Answers every unary call by `handler`, and streams by nothing.
    pub(crate) fn new<F, A>(handler: F) -> Self
    where
        F: Fn(Request<Echo>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<String, Status>> + Send + 'static,
    {
        let unary = move |request| {
            let answer = handler(request);
            async move { Ok(tonic::Response::new(Echo { text: answer.await? })) }.boxed()
        };
        Self { unary: Arc::new(unary), list: Arc::new(|_| futures::stream::empty().boxed()) }
    }

    /// Answers streams by `list` too.
    pub(crate) fn listing(
        mut self,
        list: impl Fn(Request<Echo>) -> BoxStream<'static, Result<Echo, Status>> + Send + Sync + 'static,
    ) -> Self {
        self.list = Arc::new(list);
        self
    }

    pub(crate) fn routes(self) -> Routes {
        Routes::new(self)
    }
}

impl NamedService for EchoServer {
    const NAME: &'static str = "arki.echo.v1.EchoService";
}

impl Service<http::Request<Body>> for EchoServer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Self { unary, list } = self.clone();
        async move {
            let mut grpc = Grpc::new(ProstCodec::<Echo, Echo>::default());
            Ok(if request.uri().path() == LIST {
                let handler = service_fn(move |request| {
                    let stream = list(request);
                    async move { Ok::<_, Status>(tonic::Response::new(stream)) }
                });
                grpc.server_streaming(handler, request).await
            } else {
                grpc.unary(service_fn(move |request| unary(request)), request).await
            })
        }
        .boxed()
    }
}

/// The contract of the service, as a service would embed it.
pub(crate) fn descriptor() -> &'static [u8] {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/proto");
    let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    let mut compiler = protox::Compiler::new([here, contract]).unwrap();
    compiler.include_imports(true).open_file("arki/echo/v1/echo.proto").unwrap();
    compiler.encode_file_descriptor_set().leak()
}

/// A clock that the test moves.
#[derive(Clone)]
pub(crate) struct Hand(Arc<Mutex<DateTime<Utc>>>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap())))
    }
    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
    pub(crate) fn key(&self, secret: u8) -> AssertionKey {
        let hand = self.clone();
        AssertionKey::new(&[[secret; 32]], move || *hand.0.lock().unwrap()).unwrap()
    }
}

pub(crate) fn key() -> AssertionKey {
    Hand::new().key(1)
}

/// The service behind its stack.
pub(crate) fn serve(server: EchoServer) -> Peer {
    serve_with(server, |_| {})
}

pub(crate) fn serve_with(server: EchoServer, change: impl FnOnce(&mut server::Options)) -> Peer {
    let mut options = server::Options::new(descriptor(), key());
    change(&mut options);
    server::stack(server.routes(), options).unwrap()
}

/// The same peer, reached as if by a socket: what only this process may put on a request is gone.
pub(crate) fn over_wire(peer: Peer) -> Peer {
    Peer::new(ServiceExt::<http::Request<Body>>::map_request(peer, |mut request: http::Request<Body>| {
        server::from_wire(&mut request);
        request
    }))
}

pub(crate) fn caller(scopes: &str) -> Caller {
    let tenant = TenantId::random();
    Caller { tenant, subject: "people/ann".to_owned(), scopes: Scopes::parse(scopes), reach: Reach::Tenant }
}

/// A request on behalf of somebody who may read and write.
pub(crate) fn by_ann(text: &str) -> Request<Echo> {
    arki_rpc::client::with_caller(echo(text), &caller("echo.write"))
}

pub(crate) fn within(mut request: Request<Echo>, time: Duration) -> Request<Echo> {
    request.set_timeout(time);
    request
}

/// Calls a unary method.
pub(crate) async fn call(peer: &Peer, path: &'static str, request: Request<Echo>) -> Result<String, Failure> {
    let mut grpc = tonic::client::Grpc::new(peer.clone());
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static(path);
    let answer = grpc.unary(request, path, ProstCodec::<Echo, Echo>::default()).await;
    answer.map(|response| response.into_inner().text).map_err(|status| Failure::from_status(&status))
}

/// Calls the streaming method.
pub(crate) async fn list(peer: &Peer, request: Request<Echo>) -> Result<tonic::Streaming<Echo>, Failure> {
    let mut grpc = tonic::client::Grpc::new(peer.clone());
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static(LIST);
    let answer = grpc.server_streaming(request, path, ProstCodec::<Echo, Echo>::default()).await;
    answer.map(tonic::Response::into_inner).map_err(|status| Failure::from_status(&status))
}
