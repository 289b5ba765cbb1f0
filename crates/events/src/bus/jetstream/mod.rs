//! The bus of services in processes of their own: a stream of NATS JetStream.
//!
//! The server keeps the events for consumers that are away, but it is not the truth: its acknowledgement is not
//! on the disk, and its store may be lost. Losing it, or the connection, makes `publish` fail and nothing else:
//! events wait in their outboxes and connections are tried again for ever.

mod headers;
mod worker;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::{ContextBuilder, PublishErrorKind};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

pub use worker::JetStreamWorker;

use super::{Bus, Error, Sink};
use crate::envelope::Envelope;

/// How long to wait for the server to acknowledge an event.
const ACKNOWLEDGED: Duration = Duration::from_secs(5);

/// How long a start waits for the connection before it goes on without.
const FIRST_CONNECTION: Duration = Duration::from_secs(2);

/// How long the server recognises an event that is published twice. Beyond that the inboxes do.
const DUPLICATES: Duration = Duration::from_secs(120);

/// Where NATS is and what the stream is called.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Servers, separated by commas. Default `nats://127.0.0.1:4222`.
    pub url: String,
    /// Path of a file that holds the token to connect with. Default: none.
    pub token_file: Option<PathBuf>,
    /// The stream that holds the events. Default `ARKI`.
    pub stream: String,
    /// On how many servers of a cluster the stream is kept: 1, 3 or 5. Default 1.
    pub replicas: usize,
    /// How long the server keeps an event, in hours. Default 168, a week.
    pub keep_hours: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "nats://127.0.0.1:4222".to_owned(),
            token_file: None,
            stream: "ARKI".to_owned(),
            replicas: 1,
            keep_hours: 168,
        }
    }
}

/// The publishing end, and where consumers register. Cheap to clone.
#[derive(Clone)]
pub struct JetStream {
    link: Arc<Link>,
    subscriptions: mpsc::UnboundedSender<Subscription>,
}

/// The connection and what is to be found at its other end.
struct Link {
    client: Client,
    context: Context,
    config: Config,
    /// When the stream was made, as far as is known since the connection was last made.
    epoch: Arc<Mutex<Option<String>>>,
}

struct Subscription {
    consumer: &'static str,
    subjects: &'static [&'static str],
    sink: Arc<dyn Sink>,
}

impl JetStream {
    /// Starts to connect, and goes on trying for as long as it takes. The worker delivers to the consumers; its
    /// owner runs it as a task.
    pub async fn connect(config: Config) -> Result<(Self, JetStreamWorker), Error> {
        let (epoch, connected) = (Arc::new(Mutex::new(None)), Arc::new(Notify::new()));
        let (forget, tell) = (Arc::clone(&epoch), Arc::clone(&connected));
        let mut options = ConnectOptions::new()
            .name("arki")
            .retry_on_initial_connect()
            .max_reconnects(None)
            .connection_timeout(Duration::from_secs(5))
            // A server that hangs is noticed after two pings without an answer.
            .ping_interval(Duration::from_secs(5))
            .event_callback(move |event| {
                if event == Event::Connected {
                    // It may be another server, or the same one without its store.
                    forget.lock().unwrap_or_else(PoisonError::into_inner).take();
                    tell.notify_one();
                }
                std::future::ready(())
            })
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(100 * 2_u64.pow(u32::try_from(attempts.min(5)).unwrap_or(5)))
            });
        if let Some(path) = &config.token_file {
            let token = tokio::fs::read_to_string(path).await.map_err(|error| {
                Error::Config(format!("token_file {} of NATS can't be read: {error}", path.display()))
            })?;
            options = options.token(token.trim().to_owned());
        }
        let servers: Vec<&str> = config.url.split(',').map(str::trim).collect();
        let client = options
            .connect(servers)
            .await
            .map_err(|error| Error::Config(format!("the NATS url can't be used: {error}")))?;
        // A moment for the connection, so that a start in good order doesn't begin with a failure.
        let _ = tokio::time::timeout(FIRST_CONNECTION, connected.notified()).await;
        let context =
            ContextBuilder::new().timeout(ACKNOWLEDGED).ack_timeout(ACKNOWLEDGED).build(client.clone());
        let link = Arc::new(Link { client, context, config, epoch });
        let (sender, receiver) = mpsc::unbounded_channel();
        let worker = JetStreamWorker::new(Arc::clone(&link), receiver);
        Ok((Self { link, subscriptions: sender }, worker))
    }

    /// A look at the connection, for those who operate the process.
    pub fn watch(&self) -> impl Fn() -> Result<(), String> + Send + Sync + use<> {
        let client = self.link.client.clone();
        move || connected(&client).map_err(|error| error.to_string())
    }
}

fn connected(client: &Client) -> Result<(), Error> {
    match client.connection_state() {
        State::Connected => Ok(()),
        State::Pending | State::Disconnected => Err(Error::Unavailable("not connected to NATS".into())),
    }
}

impl Link {
    fn epoch(&self) -> MutexGuard<'_, Option<String>> {
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the stream or makes it, and answers when it was made.
    async fn ensure_stream(&self) -> Result<String, Error> {
        let stream = jetstream::stream::Config {
            name: self.config.stream.clone(),
            subjects: vec!["arki.>".to_owned()],
            storage: jetstream::stream::StorageType::File,
            num_replicas: self.config.replicas,
            max_age: Duration::from_secs(self.config.keep_hours * 3600),
            duplicate_window: DUPLICATES,
            ..jetstream::stream::Config::default()
        };
        match self.context.get_or_create_stream(stream).await {
            Ok(stream) => {
                let epoch = stream.cached_info().created.unix_timestamp_nanos().to_string();
                *self.epoch() = Some(epoch.clone());
                Ok(epoch)
            }
            Err(error) => Err(Error::Unavailable(error.into())),
        }
    }
}

#[async_trait]
impl Bus for JetStream {
    async fn publish(&self, event: Envelope) -> Result<(), Error> {
        // Without this look the client would keep the event in memory until the connection is back, and the
        // relay would wait for each one until the acknowledgement is overdue.
        connected(&self.link.client)?;
        let headers = headers::write(&event)?;
        for first in [true, false] {
            let sent = self
                .link
                .context
                .publish_with_headers(event.subject.clone(), headers.clone(), event.payload.clone())
                .await;
            let acknowledged = match sent {
                Ok(acknowledgement) => acknowledgement.await,
                Err(error) => Err(error),
            };
            match acknowledged {
                Ok(_) => return Ok(()),
                // A new server, or one that lost its store.
                Err(error) if error.kind() == PublishErrorKind::StreamNotFound && first => {
                    self.link.ensure_stream().await?;
                }
                Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                    return Err(Error::Refused(error.into()));
                }
                Err(error) => return Err(Error::Unavailable(error.into())),
            }
        }
        Err(Error::Unavailable("the stream vanishes as soon as it is made".into()))
    }

    async fn epoch(&self) -> Result<Option<String>, Error> {
        let known = self.link.epoch().clone();
        match known {
            Some(epoch) => Ok(Some(epoch)),
            None => {
                connected(&self.link.client)?;
                self.link.ensure_stream().await.map(Some)
            }
        }
    }

    async fn subscribe(
        &self,
        consumer: &'static str,
        subjects: &'static [&'static str],
        sink: Arc<dyn Sink>,
    ) -> Result<(), Error> {
        self.subscriptions
            .send(Subscription { consumer, subjects, sink })
            .map_err(|_| Error::Config(format!("consumer {consumer} came after the bus was shut down")))
    }
}
