//! The listener of a service: HTTP/2 over TCP in front of a peer.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arki_rpc::{Failure, Peer};
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt;

/// Streams of one connection at once. Callers use one connection for a whole process, so it must be generous; how much
/// is worked on at once is limited behind it.
const STREAMS: u32 = 2048;
/// A window that lets a page of a large list through without waiting for the caller.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// Dead connections are found out by pings, since a lost peer sends nothing.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_ANSWER: Duration = Duration::from_secs(10);
/// Pause after an accept that failed. It fails when files run out, and would fail at once again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `peer` to callers in other processes until `stop`, then lets the calls that have begun finish. Whoever
/// doesn't want to wait for that any longer drops the future, which cuts the connections.
pub async fn serve_grpc(listener: TcpListener, peer: Peer, stop: CancellationToken) {
    let builder = Arc::new(builder());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(builder.clone(), stream, peer.clone(), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            // Connections that have ended are forgotten as they end.
            Some(_) = connections.join_next() => {}
        }
    }
    // Closed before the wait, so that a caller who comes now goes to another replica at once.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new()).http2_only();
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER);
    builder
}

async fn connection(
    builder: Arc<auto::Builder<TokioExecutor>>,
    stream: TcpStream,
    peer: Peer,
    stop: CancellationToken,
) {
    // Small answers must not wait for more to come.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection has ended before it began");
        return;
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        let peer = peer.clone();
        async move {
            arki_rpc::server::from_wire(&mut request);
            let answered = peer.oneshot(request.map(Body::new)).await;
            // A peer of this process answers everything by a status; any other one may fail on its way.
            let response = answered.unwrap_or_else(|error| Status::from(Failure::away(error)).into_http());
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A caller that goes away is nothing to act on.
        tracing::debug!(error, "a connection has ended with an error");
    }
}
