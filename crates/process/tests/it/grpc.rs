use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arki_ids::TenantId;
use arki_process::{CancellationToken, Tasks, serve_grpc};
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_proto::directory::v1::{GetUnitRequest, GetUnitResponse, Unit};
use arki_rpc::{AssertionKey, Caller, ConnectOptions, Failure, Peer, client, server};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::Response;
use tokio::sync::Notify;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::listener;

type Answer = BoxFuture<'static, Result<tonic::Response<GetUnitResponse>, Status>>;

/// A directory whose one method the test writes.
#[derive(Clone)]
struct Directory(Arc<dyn Fn(Request<GetUnitRequest>) -> Answer + Send + Sync>);

impl NamedService for Directory {
    const NAME: &'static str = "arki.directory.v1.DirectoryService";
}

impl Service<http::Request<Body>> for Directory {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let handler = self.0.clone();
        async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<GetUnitResponse, GetUnitRequest>::default());
            Ok(grpc.unary(tower::service_fn(move |request| handler(request)), request).await)
        }
        .boxed()
    }
}

fn key() -> AssertionKey {
    AssertionKey::new(&[[1; 32]], || chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap()).unwrap()
}

/// Serves `handler` at a free port, and gives a peer that reaches it from outside.
async fn serve<A>(
    tasks: &Tasks,
    handler: impl Fn(Request<GetUnitRequest>) -> A + Send + Sync + 'static,
) -> Peer
where
    A: Future<Output = Result<String, Status>> + Send + 'static,
{
    let answer = move |request| {
        let answer = handler(request);
        async move {
            let unit = Some(Unit { display_name: answer.await?, ..Default::default() });
            Ok(tonic::Response::new(GetUnitResponse { unit }))
        }
        .boxed()
    };
    let routes = Routes::new(Directory(Arc::new(answer)));
    let peer = server::stack(routes, server::Options::new(arki_proto::DESCRIPTOR, key())).unwrap();
    let (listener, address) = listener().await;
    tasks.spawn("grpc port", serve_grpc(listener, peer, tasks.stop()));
    reach(&format!("http://{address}"))
}

fn reach(uri: &str) -> Peer {
    client::stack(arki_rpc::remote(arki_rpc::connect(uri, &ConnectOptions::default()).unwrap()), key())
}

fn ann() -> Caller {
    Caller {
        tenant: TenantId::random(),
        subject: "people/ann".to_owned(),
        scopes: ["directory.read"].into_iter().collect(),
        reach: arki_rpc::Reach::Tenant,
    }
}

async fn get_unit(peer: &Peer, caller: &Caller, time: Duration) -> Result<String, Failure> {
    let mut request = client::with_caller(GetUnitRequest::default(), caller);
    request.set_timeout(time);
    let answer = DirectoryServiceClient::new(peer.clone()).get_unit(request).await;
    answer
        .map(|response| response.into_inner().unit.unwrap().display_name)
        .map_err(|status| Failure::from_status(&status))
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_generated_client_is_known_to_a_service_in_another_process() {
    let tasks = Tasks::new();
    let peer = serve(&tasks, |request| async move { Ok(Caller::of(&request)?.subject) }).await;
    assert_eq!(get_unit(&peer, &ann(), LONG).await.unwrap(), "people/ann");
    let stranger = Caller { scopes: ["goal.read"].into_iter().collect(), ..ann() };
    let failure = get_unit(&peer, &stranger, LONG).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::PermissionDenied, "SCOPE_MISSING"));
}

#[tokio::test]
async fn a_deadline_over_tcp_is_late_and_not_cancelled() {
    let tasks = Tasks::new();
    let peer = serve(&tasks, |_| std::future::pending()).await;
    let failure = get_unit(&peer, &ann(), Duration::from_millis(100)).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test]
async fn a_peer_that_does_not_listen_is_unavailable() {
    // Taken and not listened at, so that nobody else can come to listen there.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = taken.local_addr().unwrap();
    let failure = get_unit(&reach(&format!("http://{address}")), &ann(), LONG).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::Unavailable, "UNAVAILABLE"));
}

#[tokio::test]
async fn a_peer_is_found_by_its_name_at_all_its_addresses() {
    let tasks = Tasks::new();
    let (listener, address) = listener().await;
    serve_at(&tasks, listener);
    let uri = format!("http://localhost:{}", address.port());
    let (channel, resolver) = arki_rpc::balance::connect(&uri, &ConnectOptions::default()).unwrap();
    tasks.spawn("resolver", resolver.run());
    let peer = client::stack(arki_rpc::remote(channel), key());
    // `localhost` may also be an IPv6 address where nobody listens: the retry of a read goes to the other one.
    let name = crate::eventually("an answer", || async { get_unit(&peer, &ann(), LONG).await.ok() }).await;
    assert_eq!(name, "here");
}

fn serve_at(tasks: &Tasks, listener: tokio::net::TcpListener) {
    let answer = |_: Request<GetUnitRequest>| {
        let unit = Some(Unit { display_name: "here".to_owned(), ..Default::default() });
        async move { Ok(tonic::Response::new(GetUnitResponse { unit })) }.boxed()
    };
    let routes = Routes::new(Directory(Arc::new(answer)));
    let peer = server::stack(routes, server::Options::new(arki_proto::DESCRIPTOR, key())).unwrap();
    tasks.spawn("grpc port", serve_grpc(listener, peer, tasks.stop()));
}

#[tokio::test]
async fn a_call_that_has_begun_is_answered_after_the_stop_and_a_new_one_is_not() {
    let tasks = Tasks::new();
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, door) = (entered.clone(), leave.clone());
    let peer = serve(&tasks, move |_| {
        let (inside, door) = (inside.clone(), door.clone());
        async move {
            inside.notify_one();
            door.notified().await;
            Ok("done".to_owned())
        }
    })
    .await;
    let caller = ann();
    let begun = get_unit(&peer, &caller, LONG);
    let stopping = async {
        entered.notified().await;
        let stopped = tasks.shutdown(Instant::now() + LONG);
        let late = async {
            // The listener is closed by then: its task has seen the stop.
            tasks.stop().cancelled().await;
            let refused = crate::eventually("a refusal", || async {
                get_unit(&peer, &ann(), Duration::from_millis(200)).await.err()
            })
            .await;
            leave.notify_one();
            refused
        };
        tokio::join!(stopped, late)
    };
    let (begun, (stopped, late)) = tokio::join!(begun, stopping);
    assert_eq!(begun.unwrap(), "done");
    stopped.unwrap();
    assert!(matches!(late.code, Code::Unavailable | Code::DeadlineExceeded), "{late:?}");
}

#[tokio::test]
async fn a_server_that_is_dropped_cuts_its_connections() {
    let (listener, address) = listener().await;
    let hanging: Directory = Directory(Arc::new(|_| std::future::pending().boxed()));
    let peer = arki_rpc::in_process(Routes::new(hanging));
    let stop = CancellationToken::new();
    let server = serve_grpc(listener, peer, stop.clone());
    let call = async {
        let peer = reach(&format!("http://{address}"));
        tokio::time::timeout(LONG, get_unit(&peer, &ann(), LONG)).await.unwrap()
    };
    let serving = async { tokio::time::timeout(Duration::from_millis(300), server).await };
    let (served, answered) = tokio::join!(serving, call);
    assert!(served.is_err());
    assert_eq!(answered.unwrap_err().code, Code::Unavailable);
}
