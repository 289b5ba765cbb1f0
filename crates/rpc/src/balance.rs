//! One peer at several addresses: one connection to each replica, and calls spread over them.
//!
//! A single HTTP/2 connection would keep all calls of a process at the one replica it was opened to. So the name of the
//! peer is resolved again and again, to one address for each replica (in a cluster: a headless service).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};

use crate::ConnectOptions;
use crate::peer::{ConnectError, endpoint};

/// Time between two lookups. A replica that went away is found out sooner, by its connection.
const LOOKUP_EVERY: Duration = Duration::from_secs(5);

/// A way to the peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Way {
    /// By its name, as long as no address is known: then a call fails at once, instead of waiting for an address.
    Name,
    /// By the address of one replica.
    Address(SocketAddr),
}

/// Keeps the addresses of a peer current, as long as it runs.
#[derive(Debug)]
pub struct Resolver {
    uri: String,
    options: ConnectOptions,
    host: String,
    port: u16,
    known: BTreeSet<SocketAddr>,
    changes: Sender<Change<Way, Endpoint>>,
}

/// A channel to all replicas of the peer at `uri`, and what keeps their addresses current: the caller runs it. Until it
/// does, the channel is like that of [`crate::connect`].
///
/// # Errors
/// As [`crate::connect`].
pub fn connect(uri: &str, options: &ConnectOptions) -> Result<(Channel, Resolver), ConnectError> {
    let by_name = endpoint(uri, uri, options)?;
    let (host, port) = (by_name.uri().host().unwrap_or_default().to_owned(), by_name.uri().port_u16());
    let port = port.unwrap_or(if uri.starts_with("https") { 443 } else { 80 });
    let (channel, changes) = Channel::balance_channel(64);
    // The queue is empty, so there is room.
    let _ = changes.try_send(Change::Insert(Way::Name, by_name));
    let (uri, options) = (uri.to_owned(), options.clone());
    Ok((channel, Resolver { uri, options, host, port, known: BTreeSet::new(), changes }))
}

impl Resolver {
    /// Looks the peer up from time to time, until the channel is gone.
    pub async fn run(mut self) {
        let host = self.host.trim_matches(['[', ']']).to_owned();
        loop {
            match tokio::net::lookup_host((host.as_str(), self.port)).await {
                Ok(found) => {
                    for change in self.update(found.collect()) {
                        if self.changes.send(change).await.is_err() {
                            return;
                        }
                    }
                }
                // What is known is still the best guess.
                Err(error) => tracing::debug!(peer = self.uri, %error, "the peer's name can't be looked up"),
            }
            tokio::time::sleep(LOOKUP_EVERY).await;
        }
    }

    /// What changes when the peer is `found` at these addresses. New ways are opened before old ones are closed, so
    /// that there is one at any time. A peer without any address keeps the last ones.
    fn update(&mut self, found: BTreeSet<SocketAddr>) -> Vec<Change<Way, Endpoint>> {
        if found.is_empty() {
            return Vec::new();
        }
        let scheme = if self.uri.starts_with("https") { "https" } else { "http" };
        let mut changes = Vec::new();
        let mut reached = BTreeSet::new();
        for &address in &found {
            if self.known.contains(&address) {
                reached.insert(address);
                continue;
            }
            match endpoint(&format!("{scheme}://{address}"), &self.uri, &self.options) {
                Ok(endpoint) => {
                    reached.insert(address);
                    changes.push(Change::Insert(Way::Address(address), endpoint));
                }
                Err(error) => tracing::warn!(peer = self.uri, %error, "an address of the peer can't be used"),
            }
        }
        if reached.is_empty() {
            return Vec::new();
        }
        if self.known.is_empty() {
            changes.push(Change::Remove(Way::Name));
        }
        changes.extend(self.known.difference(&reached).map(|gone| Change::Remove(Way::Address(*gone))));
        self.known = reached;
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(last: &[u8]) -> BTreeSet<SocketAddr> {
        last.iter().map(|last| SocketAddr::from(([10, 0, 0, *last], 50051))).collect()
    }

    /// `+` for a way that is opened, `-` for one that is closed.
    fn shown(changes: Vec<Change<Way, Endpoint>>) -> Vec<String> {
        let way = |way| match way {
            Way::Name => "name".to_owned(),
            Way::Address(address) => address.ip().to_string(),
        };
        changes
            .into_iter()
            .map(|change| match change {
                Change::Insert(key, _) => format!("+{}", way(key)),
                Change::Remove(key) => format!("-{}", way(key)),
            })
            .collect()
    }

    #[tokio::test]
    async fn replicas_come_and_go_and_there_is_always_a_way() {
        let (_channel, mut resolver) = connect("http://directory:50051", &ConnectOptions::default()).unwrap();
        assert_eq!(shown(resolver.update(addresses(&[]))), Vec::<String>::new());
        assert_eq!(shown(resolver.update(addresses(&[1, 2]))), ["+10.0.0.1", "+10.0.0.2", "-name"]);
        assert_eq!(shown(resolver.update(addresses(&[1, 2]))), Vec::<String>::new());
        assert_eq!(shown(resolver.update(addresses(&[2, 3]))), ["+10.0.0.3", "-10.0.0.1"]);
        assert_eq!(shown(resolver.update(addresses(&[]))), Vec::<String>::new());
        assert_eq!(shown(resolver.update(addresses(&[4]))), ["+10.0.0.4", "-10.0.0.2", "-10.0.0.3"]);
    }
}
