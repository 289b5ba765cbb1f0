//! The section `gateway` of the configuration.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The settings of the edge.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Longest body of a request, in bytes. Default 4 MiB.
    pub body_limit_bytes: usize,
    /// Longest body of an import (RPCs whose name begins with `Import`) and of a stream of JSON lines, in bytes.
    /// Default 32 MiB.
    pub import_body_limit_bytes: usize,
    /// Time to answer a request, in seconds; less when a gRPC caller gives less. Default 30.
    pub deadline_seconds: u64,
    /// Time to answer an import or a stream, in seconds. Default 300.
    pub stream_deadline_seconds: u64,
    /// Requests of one API key, a second. 0 means no limit. Default 20,000.
    pub key_requests_per_second: u32,
    /// Requests of one tenant, a second. 0 means no limit. Default 50,000.
    pub tenant_requests_per_second: u32,
    /// Requests without a key from one network address, a second. 0 means no limit, which is right behind a proxy that
    /// all callers share. Default 0.
    pub anonymous_requests_per_second: u32,
    /// How many keys are remembered at most. Default 10,000.
    pub key_cache_entries: usize,
    /// Origins whose pages may call, as in `https://console.example`. Default none.
    pub cors_origins: Vec<String>,
    /// Whether grpc.reflection is served. Default true.
    pub reflection: bool,
    /// Time for a connection to send the headers of a request, in seconds. Default 10.
    pub header_timeout_seconds: u64,
    /// Requests at once on one HTTP/2 connection. Default 1,024.
    pub max_concurrent_streams: u32,
    /// Connections at once. Default 10,000.
    pub max_connections: usize,
    /// File of at least 32 bytes that seals the sessions of the console, the same one in every replica. Default none:
    /// a secret of this process alone, so that sessions end with it.
    pub session_secret_file: Option<PathBuf>,
    /// Keys and tokens that are not good, from one network address, a minute; more are answered 429. 0 means no limit,
    /// which is right behind a proxy that all callers share. Default 1,000.
    pub key_failures_per_minute: u32,
    /// Whether identity providers may be on this machine, and there without TLS. For tests. Default false.
    pub oidc_allow_loopback: bool,
    /// Whether identity providers may be in private networks. Default false: an administrator of any tenant writes
    /// their addresses.
    pub oidc_allow_private: bool,
    /// The least time between two questions to one identity provider for its keys, in seconds: a new key is believed
    /// within as much, and unknown ones cause no more questions. Default 10.
    pub oidc_refetch_seconds: u32,
    /// How often calls without a good key are written into the audit log, in seconds: one entry counts all of them.
    /// Default 30.
    pub audit_strangers_seconds: u64,
    /// Whether browsers reach the edge by https alone, so that the console's cookie is always kept from http. Default
    /// false: as each request's `X-Forwarded-Proto` says.
    pub always_https: bool,
    /// How events are sent to others.
    pub webhooks: Webhooks,
    /// How what CRM systems tell at `/hooks` is taken.
    pub hooks: Hooks,
}

/// The section `gateway.webhooks`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Whether this process sends. Default true.
    pub enabled: bool,
    /// Attempts at once, 1 to 1000. Default 256.
    pub concurrency: usize,
    /// Time for an attempt from the connection to the answer, in seconds, 1 to 300. Default 15.
    pub timeout_seconds: u64,
    /// Whether connections may lead to private addresses and any port, and on this machine without TLS: for tests and
    /// demonstrations. The directory must be told the same in `directory.webhooks.allow_private`. Default false.
    pub allow_private: bool,
    /// PEM file of further authorities whose certificates are trusted. Default none.
    pub ca_file: Option<PathBuf>,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { enabled: true, concurrency: 256, timeout_seconds: 15, allow_private: false, ca_file: None }
    }
}

/// The section `gateway.hooks`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hooks {
    /// Where callers reach this edge, as in `https://arki.example.org`: the address is part of what HubSpot signs. Default
    /// none: as the request came, by https where `gateway.always_https` says so.
    pub public_url: Option<String>,
    /// Whether `X-Forwarded-Proto` and `X-Forwarded-Host` say what the address is, where `public_url` doesn't. Only right
    /// behind a proxy that sets both, whatever the caller sends. Default false.
    pub trust_forwarded: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            body_limit_bytes: 4 * 1024 * 1024,
            import_body_limit_bytes: 32 * 1024 * 1024,
            deadline_seconds: 30,
            stream_deadline_seconds: 300,
            key_requests_per_second: 20_000,
            tenant_requests_per_second: 50_000,
            anonymous_requests_per_second: 0,
            key_cache_entries: 10_000,
            cors_origins: Vec::new(),
            reflection: true,
            header_timeout_seconds: 10,
            max_concurrent_streams: 1_024,
            max_connections: 10_000,
            session_secret_file: None,
            audit_strangers_seconds: 30,
            key_failures_per_minute: 1_000,
            oidc_allow_loopback: false,
            oidc_allow_private: false,
            oidc_refetch_seconds: 10,
            always_https: false,
            webhooks: Webhooks::default(),
            hooks: Hooks::default(),
        }
    }
}

/// Why a configuration is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A number that can't be zero is.
    #[error("gateway.{0} is 0, give at least 1")]
    Zero(&'static str),
    /// An origin that no browser sends.
    #[error("gateway.cors_origins has {0:?}, write an origin like https://console.example without a path")]
    Origin(String),
    /// A public address that no caller has.
    #[error("gateway.hooks.public_url is {0:?}, write it like https://arki.example.org without a path")]
    PublicUrl(String),
    /// A setting of webhooks that is out of its range.
    #[error("gateway.webhooks.{0} is out of its range, which is {1}")]
    Webhooks(&'static str, &'static str),
}

impl Config {
    /// Checks what the types don't.
    ///
    /// # Errors
    /// Names the first setting that can't be meant.
    pub fn validate(&self) -> Result<(), Error> {
        for (name, is_zero) in [
            ("body_limit_bytes", self.body_limit_bytes == 0),
            ("import_body_limit_bytes", self.import_body_limit_bytes == 0),
            ("deadline_seconds", self.deadline_seconds == 0),
            ("stream_deadline_seconds", self.stream_deadline_seconds == 0),
            ("key_cache_entries", self.key_cache_entries == 0),
            ("audit_strangers_seconds", self.audit_strangers_seconds == 0),
            ("header_timeout_seconds", self.header_timeout_seconds == 0),
            ("max_concurrent_streams", self.max_concurrent_streams == 0),
            ("max_connections", self.max_connections == 0),
        ] {
            if is_zero {
                return Err(Error::Zero(name));
            }
        }
        if !(1..=1_000).contains(&self.webhooks.concurrency) {
            return Err(Error::Webhooks("concurrency", "1 to 1000"));
        }
        if !(1..=300).contains(&self.webhooks.timeout_seconds) {
            return Err(Error::Webhooks("timeout_seconds", "1 to 300"));
        }
        let is_origin = |origin: &str| {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            host.is_some_and(|host| {
                !host.is_empty() && !host.contains('/') && host.bytes().all(|byte| byte.is_ascii_graphic())
            })
        };
        if let Some(url) = self.hooks.public_url.as_ref().filter(|url| !is_origin(url)) {
            return Err(Error::PublicUrl(url.clone()));
        }
        match self.cors_origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(Error::Origin(origin.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_usable() {
        assert_eq!(Config::default().validate(), Ok(()));
    }

    #[test]
    fn zeros_and_broken_origins_are_named() {
        let config = Config { deadline_seconds: 0, ..Config::default() };
        assert_eq!(config.validate(), Err(Error::Zero("deadline_seconds")));
        for origin in ["console.example", "https://", "https://console.example/", "*"] {
            let config = Config { cors_origins: vec![origin.to_owned()], ..Config::default() };
            assert_eq!(config.validate(), Err(Error::Origin(origin.to_owned())));
        }
    }
}
