//! Where a webhook may be sent, as far as its URL tells. What its name resolves to is checked again at each connection.

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::is_public;

/// A URL that webhooks may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    url: Url,
    allow_private: bool,
}

/// Why a URL is refused, in words for whoever gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("must be an absolute URL such as https://receiver.example.com/arki")]
    NoUrl,
    #[error("must begin with https://")]
    NotHttps,
    #[error("must hold no user and no password, use a header for them")]
    UserInfo,
    #[error("must hold no fragment (#…), which is never sent")]
    Fragment,
    #[error("must be at port 443, or 1024 to 65535")]
    Port,
    #[error("must be a host of the public internet: a full name or a public address")]
    Private,
}

impl Destination {
    /// Reads a URL. With `allow_private`, for tests and demonstrations, every address and port is allowed, and loopback
    /// without TLS too.
    ///
    /// # Errors
    /// When webhooks must not be sent there.
    pub fn parse(text: &str, allow_private: bool) -> Result<Self, Refused> {
        let url = Url::parse(text).map_err(|_| Refused::NoUrl)?;
        let host = url.host().ok_or(Refused::NoUrl)?.to_owned();
        let destination = Self { url, allow_private };
        let url = &destination.url;
        match url.scheme() {
            "https" => {}
            "http" if allow_private && is_loopback(&host) => {}
            "http" => return Err(Refused::NotHttps),
            _ => return Err(Refused::NoUrl),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        if !allow_private && !matches!(destination.port(), 443 | 1024..) {
            return Err(Refused::Port);
        }
        let may_be = match host {
            Host::Ipv4(address) => destination.allows(address.into()),
            Host::Ipv6(address) => destination.allows(address.into()),
            // A name without a dot is one of the cluster or of the machine.
            Host::Domain(name) => allow_private || is_full_name(&name),
        };
        if may_be { Ok(destination) } else { Err(Refused::Private) }
    }

    /// The URL, in its normal form.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Whether the connection is by TLS.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The port, also where the URL doesn't name it.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// Whether a connection may lead to this address, whatever name it was found by.
    pub fn allows(&self, address: IpAddr) -> bool {
        if !self.allow_private {
            return is_public(address);
        }
        // Without TLS only on this machine: what is private is not yet safe to be read by everybody on the way.
        self.is_https() || address.to_canonical().is_loopback()
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    }
}

fn is_full_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let special = [".localhost", ".local", ".internal", ".home.arpa", ".svc", ".cluster.local"];
    name.contains('.') && !special.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_https_and_public_and_nothing_more() {
        for text in [
            "https://receiver.example.com/arki?x=1",
            "https://receiver.example.com:8443/",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
        ] {
            Destination::parse(text, false).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        use Refused::{Fragment, NoUrl, NotHttps, Port, Private, UserInfo};
        for (text, why) in [
            ("", NoUrl),
            ("receiver.example.com", NoUrl),
            ("/arki", NoUrl),
            ("ftp://receiver.example.com/", NoUrl),
            ("file:///etc/passwd", NoUrl),
            ("gopher://receiver.example.com", NoUrl),
            ("https://", NoUrl),
            ("http://receiver.example.com/", NotHttps),
            ("http://127.0.0.1/", NotHttps),
            ("https://user@receiver.example.com/", UserInfo),
            ("https://user:word@receiver.example.com/", UserInfo),
            ("https://receiver.example.com/#part", Fragment),
            ("https://receiver.example.com:22/", Port),
            ("https://receiver.example.com:80/", Port),
            ("https://localhost/", Private),
            ("https://directory/", Private),
            ("https://a.localhost/", Private),
            ("https://metadata.google.internal/", Private),
            ("https://directory.arki.svc.cluster.local:7000/", Private),
            ("https://127.0.0.1/", Private),
            ("https://10.1.2.3/", Private),
            ("https://169.254.169.254/latest", Private),
            ("https://[::1]/", Private),
            ("https://[::ffff:127.0.0.1]/", Private),
            ("https://[64:ff9b::7f00:1]/", Private),
            // Other ways to write 127.0.0.1, which browsers and libraries read alike.
            ("https://2130706433/", Private),
            ("https://0x7f.1/", Private),
            ("https://017700000001/", Private),
            ("https://127.1/", Private),
            ("https://0/", Private),
            ("https://１２７.0.0.1/", Private),
        ] {
            assert_eq!(Destination::parse(text, false), Err(why), "{text}");
        }
    }

    #[test]
    fn what_is_private_is_allowed_where_the_configuration_says_so_and_without_tls_on_loopback_alone() {
        for text in ["http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/", "https://10.0.0.1/"] {
            assert!(Destination::parse(text, true).is_ok(), "{text}");
        }
        for text in ["http://10.0.0.1/", "http://receiver.example.com/", "http://u@127.0.0.1/"] {
            assert!(Destination::parse(text, true).is_err(), "{text}");
        }
        let plain = Destination::parse("http://localhost:1/", true).unwrap();
        assert!(plain.allows("127.0.0.1".parse().unwrap()) && !plain.allows("10.0.0.1".parse().unwrap()));
    }
}
