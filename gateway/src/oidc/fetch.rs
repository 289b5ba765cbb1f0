//! Asking a provider. An administrator of any tenant writes its address, so it must not lead the edge to what only the
//! edge can reach: addresses are judged after they were resolved, and it is those that are connected to.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use arki_proto::directory::v1::IdentityProvider;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tower::Service;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest document, in bytes.
const LONGEST: usize = 1 << 20;

/// Where providers may be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    /// On this machine too, and there without TLS.
    pub(crate) allow_loopback: bool,
    /// In private networks too.
    pub(crate) allow_private: bool,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} is no address that may be asked: it must be https, and not of a private network")]
    Address(String),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("the answer has status {0}")]
    Status(StatusCode),
    #[error("the answer is no JSON document of at most {LONGEST} bytes")]
    Document,
    #[error("the document names another issuer or no jwks_uri")]
    Discovery,
    #[error("it can't be reached")]
    Unreachable(#[source] hyper_util::client::legacy::Error),
}

/// A client that asks providers only.
#[derive(Clone)]
pub(crate) struct Fetch {
    client: Client<HttpsConnector<HttpConnector<Guarded>>, Empty<Bytes>>,
    policy: Policy,
}

impl Fetch {
    /// Asks as the policy allows.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub(crate) fn new(policy: Policy) -> anyhow::Result<Self> {
        let mut tcp = HttpConnector::new_with_resolver(Guarded(policy));
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(PATIENCE));
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(tls), policy })
    }

    /// The key document of a provider.
    pub(super) async fn keys(&self, provider: &IdentityProvider) -> Result<Value, Error> {
        if !provider.jwks_uri.is_empty() {
            return self.json(&provider.jwks_uri).await;
        }
        let issuer = provider.issuer.trim_end_matches('/');
        let discovered = self.json(&format!("{issuer}/.well-known/openid-configuration")).await?;
        // Else one issuer could speak for another (OpenID Connect Discovery 1.0, section 4.3).
        if discovered.get("issuer").and_then(Value::as_str) != Some(&provider.issuer) {
            return Err(Error::Discovery);
        }
        let uri = discovered.get("jwks_uri").and_then(Value::as_str).ok_or(Error::Discovery)?;
        self.json(uri).await
    }

    async fn json(&self, address: &str) -> Result<Value, Error> {
        let uri = self.judge(address)?;
        let answer = async {
            let request = Request::get(uri).header(header::ACCEPT, "application/json");
            let request = request.body(Empty::new()).map_err(|_| Error::Address(address.to_owned()))?;
            let answer = self.client.request(request).await.map_err(Error::Unreachable)?;
            // A redirect is none: it could lead anywhere.
            if answer.status() != StatusCode::OK {
                return Err(Error::Status(answer.status()));
            }
            let body = Limited::new(answer.into_body(), LONGEST).collect().await;
            let body = body.map_err(|_| Error::Document)?.to_bytes();
            serde_json::from_slice(&body).map_err(|_| Error::Document)
        };
        tokio::time::timeout(PATIENCE, answer).await.map_err(|_| Error::Late)?
    }

    fn judge(&self, address: &str) -> Result<Uri, Error> {
        let refused = || Error::Address(address.to_owned());
        let uri: Uri = address.parse().map_err(|_| refused())?;
        let host = uri.host().ok_or_else(refused)?;
        let ip: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        // A name is judged when it is resolved; a number never is.
        if ip.is_some_and(|ip| !self.policy.allows(ip)) {
            return Err(refused());
        }
        let is_here = ip.is_some_and(|ip| ip.is_loopback()) || host == "localhost";
        match uri.scheme_str() {
            Some("https") => Ok(uri),
            Some("http") if self.policy.allow_loopback && is_here => Ok(uri),
            _ => Err(refused()),
        }
    }
}

impl Policy {
    /// Whether an address may be connected to.
    fn allows(self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            return self.allow_loopback;
        }
        let (is_private, is_special) = match ip {
            IpAddr::V4(ip) => {
                let [a, b, ..] = ip.octets();
                let is_shared = a == 100 && (64..128).contains(&b);
                let is_benchmark = a == 198 && (18..20).contains(&b);
                let special = ip.is_link_local()
                    || ip.is_broadcast()
                    || ip.is_multicast()
                    || ip.is_documentation()
                    || is_benchmark
                    || a == 0
                    || a >= 240;
                (ip.is_private() || is_shared, special)
            }
            IpAddr::V6(ip) => {
                let carries_v4 = ip.segments()[0] == 0x2002 || ip.segments()[..2] == [0x64, 0xff9b];
                let special =
                    ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local() || carries_v4;
                (ip.is_unique_local(), special)
            }
        };
        !is_special && (!is_private || self.allow_private)
    }
}

/// Resolves names to the addresses that may be connected to.
#[derive(Clone)]
struct Guarded(Policy);

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found.filter(|address| policy.allows(address.ip())).collect();
            if allowed.is_empty() {
                let words = format!("{} has no address that may be asked", name.as_str());
                return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, words));
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_edge_can_reach_is_not_asked() {
        let strict = Fetch::new(Policy::default()).unwrap();
        for address in [
            "http://id.example.com/keys",
            "https://127.0.0.1/keys",
            "https://[::1]/keys",
            "https://[::ffff:127.0.0.1]/keys",
            "https://10.0.0.1/keys",
            "https://192.168.1.1/keys",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::a00:1]/",
            "ftp://id.example.com/",
            "file:///etc/passwd",
            "nonsense",
        ] {
            assert!(strict.judge(address).is_err(), "{address}");
        }
        for address in ["https://id.example.com/keys", "https://8.8.8.8/keys"] {
            assert!(strict.judge(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn the_policy_opens_what_it_names_and_nothing_else() {
        let here = Fetch::new(Policy { allow_loopback: true, ..Policy::default() }).unwrap();
        assert!(here.judge("http://127.0.0.1:8080/keys").is_ok());
        assert!(here.judge("http://localhost:8080/keys").is_ok());
        assert!(here.judge("http://id.example.com/keys").is_err());
        assert!(here.judge("https://10.0.0.1/keys").is_err());
        let private = Fetch::new(Policy { allow_private: true, ..Policy::default() }).unwrap();
        assert!(private.judge("https://10.0.0.1/keys").is_ok());
        assert!(private.judge("http://10.0.0.1/keys").is_err());
        assert!(private.judge("https://169.254.169.254/").is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_followed() {
        let mut strict = Guarded(Policy::default());
        assert!(strict.call("localhost".parse().unwrap()).await.is_err());
        let mut here = Guarded(Policy { allow_loopback: true, ..Policy::default() });
        assert!(here.call("localhost".parse().unwrap()).await.is_ok());
    }
}
