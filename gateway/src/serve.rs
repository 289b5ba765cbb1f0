//! One port for HTTP/1.1, HTTP/2 without TLS, gRPC and gRPC-web.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arki_process::Tasks;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::wiring::Gateway;

/// A pause after a failed accept: most often there are no file descriptors left, and trying at once changes nothing.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// Serves until `tasks` stop; then refuses new connections and lets the open ones finish what they have begun.
pub async fn serve(listener: TcpListener, gateway: Gateway, tasks: Tasks) {
    let builder = Arc::new(builder(gateway.config()));
    let places = Arc::new(Semaphore::new(gateway.config().max_connections));
    let graceful = GracefulShutdown::new();
    let stop = tasks.stop();
    loop {
        let place = tokio::select! {
            () = stop.cancelled() => break,
            // Callers beyond the limit wait in the system's own queue.
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                continue;
            }
        };
        let watcher = graceful.watcher();
        let (builder, gateway) = (Arc::clone(&builder), gateway.clone());
        tasks.spawn("connection", async move {
            let _place = place;
            connection(&builder, stream, address, gateway, watcher).await;
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn builder(config: &Config) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Whoever sends its headers a byte a minute holds a place that others need.
        .header_read_timeout(Duration::from_secs(config.header_timeout_seconds));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(config.max_concurrent_streams)
        // Windows of a megabyte keep an import from waiting for acknowledgements on a slow link.
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .max_header_list_size(32 * 1024)
        // A connection whose other end is gone is found by pings and not by the next caller.
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

async fn connection(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    address: SocketAddr,
    gateway: Gateway,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Replies are written whole, so waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "nodelay can't be set");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let gateway = gateway.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            Ok::<_, std::convert::Infallible>(gateway.answer(request).await)
        }
    });
    let served = watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    if let Err(error) = served.await {
        // Callers break off all the time; it is nobody's fault.
        tracing::debug!(%error, "a connection broke off");
    }
}
