//! Connections to strangers: whatever a name resolves to is checked, and connected to as it was checked. There is no
//! second look-up in between that could answer otherwise, and no proxy.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use anyhow::Context as _;
use arki_webhooks::Destination;
use futures::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower::Service;

/// Finds the addresses of a name.
pub(crate) type Lookup =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Asks the system.
pub(crate) fn system() -> Lookup {
    Arc::new(|host, port| {
        Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) })
    })
}

/// Connects to where webhooks may go.
#[derive(Clone)]
pub(crate) struct Dial {
    allow_private: bool,
    lookup: Lookup,
    tls: ClientConfig,
}

/// Every address of the host is one that webhooks must not be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("address not allowed")]
pub(crate) struct NotAllowed;

impl Dial {
    /// Trusts the authorities that browsers trust, and those in `ca_file`.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(crate) fn new(allow_private: bool, lookup: Lookup, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = ca_file {
            let told = || format!("ca_file {} can't be used", path.display());
            for certificate in CertificateDer::pem_file_iter(path).with_context(told)? {
                roots.add(certificate.with_context(told)?).with_context(told)?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { allow_private, lookup, tls })
    }

    /// The connector with TLS around it.
    pub(crate) fn with_tls(self) -> HttpsConnector<Self> {
        let tls = self.tls.clone();
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(self)
    }

    pub(crate) fn allow_private(&self) -> bool {
        self.allow_private
    }

    async fn connect(self, uri: Uri) -> io::Result<TokioIo<TcpStream>> {
        let destination = Destination::parse(&uri.to_string(), self.allow_private).map_err(|_| refused())?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let found = (self.lookup)(host, destination.port()).await?;
        let is_empty = found.is_empty();
        let mut allowed = found.into_iter().filter(|address| destination.allows(address.ip())).peekable();
        if allowed.peek().is_none() {
            return Err(if is_empty { io::ErrorKind::NotFound.into() } else { refused() });
        }
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for address in allowed {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(TokioIo::new(stream));
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

fn refused() -> io::Error {
    io::Error::other(NotAllowed)
}

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<TokioIo<TcpStream>>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// What went wrong with a connection, in a few words.
pub(crate) fn word(error: &(dyn std::error::Error + 'static)) -> &'static str {
    let mut next = Some(error);
    let mut said = None;
    while let Some(error) = next {
        if error.is::<NotAllowed>() {
            return "address not allowed";
        }
        if error.is::<rustls::Error>() {
            return "tls failed";
        }
        let io = error.downcast_ref::<io::Error>();
        if let Some(io) = io {
            said = match io.kind() {
                io::ErrorKind::ConnectionRefused => Some("connection refused"),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                    Some("connection broke off")
                }
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Some("unreachable"),
                io::ErrorKind::TimedOut => Some("timed out"),
                io::ErrorKind::NotFound => Some("name not found"),
                _ => said,
            };
        }
        // An io::Error hides what it was made of from `source` and shows it by `get_ref`.
        next = match io.and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    said.unwrap_or("connection failed")
}
