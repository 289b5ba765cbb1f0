//! A peer is one type, however it is reached: the generated clients run on it unchanged.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tonic::body::Body;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::BoxError;

/// A gRPC service that can be called, in this process or in another one.
pub type Peer = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Unreachable>;

/// There was no answer at all.
///
/// A type of its own instead of a bare [`BoxError`]: a task that holds a generated client of the latter can't be shown
/// to be `Send`, since the compiler would have to convert a box of one lifetime into a box of every other one.
#[derive(Debug, thiserror::Error)]
#[error("the peer can't be reached")]
pub struct Unreachable(#[source] BoxError);

impl Unreachable {
    /// There was no answer because of `cause`.
    pub fn new(cause: impl Into<BoxError>) -> Self {
        Self(cause.into())
    }
}

/// A peer in another process.
pub fn remote(channel: Channel) -> Peer {
    Peer::new(channel.map_err(Unreachable::new))
}

/// A peer in this process, without the server stack around it. A service that has rules is wrapped by
/// [`crate::server::stack`] instead, which answers with a [`Peer`] too.
pub fn in_process(routes: tonic::service::Routes) -> Peer {
    Peer::new(ServiceExt::<http::Request<Body>>::map_err(routes, |never| match never {}))
}

/// How a peer in another process is reached.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectOptions {
    /// Longest time to establish a connection, in milliseconds. Default 2,000.
    pub connect_timeout_milliseconds: u64,
    /// Time between two HTTP/2 pings on an idle connection, in seconds. Default 20.
    pub keepalive_seconds: u64,
    /// Time without an answer to a ping after which the connection is dropped, in seconds. Default 10.
    pub keepalive_timeout_seconds: u64,
    /// PEM file of the authority that signed the peer's certificate. Default: none; then an `https` address is
    /// refused, because the system's roots never sign a peer inside the cluster.
    pub ca_file: Option<PathBuf>,
    /// Name that the peer's certificate must carry. Default: the host of the address.
    pub server_name: Option<String>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            connect_timeout_milliseconds: 2_000,
            keepalive_seconds: 20,
            keepalive_timeout_seconds: 10,
            ca_file: None,
            server_name: None,
        }
    }
}

/// Why an address can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is not a URI of scheme `http` or `https`.
    #[error("address {uri:?} is not usable, write it like http://host:port")]
    Address {
        /// The address as given.
        uri: String,
        /// What the parser says.
        source: tonic::transport::Error,
    },
    /// The address wants TLS, and no authority is configured.
    #[error("address {0:?} is https, set ca_file to the authority that signed its certificate")]
    NoAuthority(String),
    /// The authority can't be read.
    #[error("ca_file {path:?} can't be read")]
    Authority {
        /// The file as configured.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The authority or the name is not usable.
    #[error("the tls settings of {uri:?} are not usable")]
    Tls {
        /// The address as given.
        uri: String,
        /// What the TLS library says.
        source: tonic::transport::Error,
    },
}

/// A channel to `uri` that connects when it is first used, and again whenever the connection is lost: a process
/// starts whether its peers are up or not. All calls share one connection; see [`crate::balance`] for several.
///
/// # Errors
/// When the address or its TLS settings can't be used. Nothing is resolved or connected here.
pub fn connect(uri: &str, options: &ConnectOptions) -> Result<Channel, ConnectError> {
    Ok(endpoint(uri, uri, options)?.connect_lazy())
}

/// What is connected to at `address` to reach the peer named by `uri`: the name counts for the certificate and the
/// request, the address for the socket.
pub(crate) fn endpoint(address: &str, uri: &str, options: &ConnectOptions) -> Result<Endpoint, ConnectError> {
    let unusable = |source| ConnectError::Address { uri: uri.to_owned(), source };
    let origin = Endpoint::from_shared(uri.to_owned()).map_err(unusable)?.uri().clone();
    let endpoint = Endpoint::from_shared(address.to_owned())
        .map_err(unusable)?
        .origin(origin.clone())
        .connect_timeout(Duration::from_millis(options.connect_timeout_milliseconds))
        .tcp_nodelay(true)
        .tcp_keepalive(Some(Duration::from_secs(options.keepalive_seconds)))
        .http2_keep_alive_interval(Duration::from_secs(options.keepalive_seconds))
        .keep_alive_timeout(Duration::from_secs(options.keepalive_timeout_seconds))
        // An idle connection through a proxy or a firewall is dropped silently; pings find that out before a call does.
        .keep_alive_while_idle(true);
    if origin.scheme() != Some(&http::uri::Scheme::HTTPS) {
        return Ok(endpoint);
    }
    let path = options.ca_file.clone().ok_or_else(|| ConnectError::NoAuthority(uri.to_owned()))?;
    let pem = std::fs::read(&path).map_err(|source| ConnectError::Authority { path, source })?;
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem));
    if let Some(name) = options.server_name.as_deref().or(origin.host()) {
        tls = tls.domain_name(name);
    }
    endpoint.tls_config(tls).map_err(|source| ConnectError::Tls { uri: uri.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_checked_before_anything_is_connected() {
        let options = ConnectOptions::default();
        assert!(connect("http://directory:50051", &options).is_ok());
        assert!(matches!(connect("not an address", &options), Err(ConnectError::Address { .. })));
        assert!(matches!(connect("https://directory:50051", &options), Err(ConnectError::NoAuthority(_))));
        let options = ConnectOptions { ca_file: Some("/nowhere/ca.pem".into()), ..options };
        assert!(matches!(connect("https://directory:50051", &options), Err(ConnectError::Authority { .. })));
    }
}
