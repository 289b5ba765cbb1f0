//! What a service is given, and what it gives back.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use arki_rpc::{AssertionKey, Peer, server};
use tonic::service::Routes;

use crate::settings::Address;
use crate::{Backing, Clock, Readiness, Settings, Tasks};

/// What a service needs of its process.
#[derive(Clone)]
pub struct Context {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where the service's workers run; they stop after the last call is answered.
    pub tasks: Tasks,
    /// Signs calls to peers in other processes, and verifies calls from them.
    pub assertion: AssertionKey,
}

impl Context {
    /// A context for a process that holds every service, or for a test: the key is known to nobody else.
    pub fn alone(clock: Arc<dyn Clock>) -> Self {
        let now = clock.clone();
        Self { clock, tasks: Tasks::new(), assertion: AssertionKey::generate(move || now.now()) }
    }
}

/// A service that was built and is ready to be called.
pub struct Running {
    /// What it serves.
    pub routes: Routes,
    /// The encoded descriptor set of the contract, which holds the rules of its methods.
    pub descriptor: &'static [u8],
    /// Whether it can do its work now.
    pub readiness: Arc<dyn Readiness>,
}

impl Running {
    /// The service with the server stack around it: to be called in this process, or served by
    /// [`crate::serve_grpc`].
    ///
    /// # Errors
    /// When a method of the contract has no rule.
    pub fn peer(&self, assertion: &AssertionKey) -> Result<Peer, server::Error> {
        server::stack(self.routes.clone(), self.options(assertion))
    }

    /// The options of its stack, with their defaults.
    pub fn options(&self, assertion: &AssertionKey) -> server::Options {
        server::Options::new(self.descriptor, assertion.clone())
    }
}

/// Where the others are, for a service that is alone in its process.
#[derive(Clone)]
pub struct Deployment {
    pub(crate) bus_url: Option<String>,
    pub(crate) peers: BTreeMap<String, Address>,
    pub(crate) assertion: AssertionKey,
    pub(crate) tasks: Tasks,
    backing: Backing,
}

impl Deployment {
    /// The others as `settings` say, for a service that runs in `context`.
    pub fn new(settings: &Settings, context: &Context) -> Self {
        Self {
            bus_url: settings.bus_url.clone(),
            peers: settings.peers.clone(),
            assertion: context.assertion.clone(),
            tasks: context.tasks.clone(),
            backing: Backing::new(),
        }
    }

    /// What stands behind the service beside its database, for it to add to.
    pub fn backing(&self) -> &Backing {
        &self.backing
    }

    /// The peer of that name, with the client stack around it: calls are spread over all of its replicas. It is
    /// connected to when it is first called.
    ///
    /// # Errors
    /// When no address is configured for it, or one that can't be used.
    pub fn peer(&self, name: &str) -> anyhow::Result<Peer> {
        let address = self.peers.get(name).with_context(|| {
            format!("no address of {name}, set process.peers.{name}.uri to its http://host:port")
        })?;
        let (channel, resolver) = arki_rpc::balance::connect(&address.uri, &address.options())
            .with_context(|| format!("process.peers.{name} can't be used"))?;
        let stop = self.tasks.stop();
        self.tasks.spawn("peer resolver", async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = resolver.run() => {}
            }
        });
        Ok(arki_rpc::client::stack(arki_rpc::remote(channel), self.assertion.clone()))
    }

    /// The address of the event bus.
    ///
    /// # Errors
    /// When none is configured.
    pub fn bus_url(&self) -> anyhow::Result<&str> {
        self.bus_url.as_deref().context("no event bus, set process.bus_url to its nats://host:port")
    }
}
