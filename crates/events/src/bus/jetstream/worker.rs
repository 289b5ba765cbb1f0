use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::{self, AckKind, Message};
use futures::StreamExt;
use futures::future::join_all;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Link, Subscription, headers};
use crate::bus::Error;
use crate::envelope::Envelope;

/// Messages that a consumer holds at most, and that are handled in one go.
const PENDING: usize = 256;

/// When the server sends a message again that it heard nothing of. Longer than a sink takes with all its
/// retries.
const REDELIVERED: Duration = Duration::from_secs(60);

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Delivers events from the stream to the consumers that registered.
pub struct JetStreamWorker {
    link: Arc<Link>,
    subscriptions: mpsc::UnboundedReceiver<Subscription>,
}

impl JetStreamWorker {
    pub(super) fn new(link: Arc<Link>, subscriptions: mpsc::UnboundedReceiver<Subscription>) -> Self {
        Self { link, subscriptions }
    }

    /// Delivers until `shutdown`. An event whose handling is under way is finished and acknowledged.
    pub async fn run(mut self, shutdown: CancellationToken) {
        // One task each, owned here: a consumer that waits for its database keeps none of the others waiting.
        let mut consumers = JoinSet::new();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                subscription = self.subscriptions.recv() => match subscription {
                    Some(subscription) => {
                        consumers.spawn(deliver(Arc::clone(&self.link), subscription, shutdown.clone()));
                    }
                    None => break,
                },
            }
        }
        while consumers.join_next().await.is_some() {}
        // Acknowledgements are sent without waiting: without this the last ones would stay in the buffer.
        if let Err(error) = self.link.client.flush().await {
            tracing::debug!(%error, "could not flush the connection to NATS");
        }
    }
}

async fn deliver(link: Arc<Link>, subscription: Subscription, shutdown: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    let mut failing = false;
    while !shutdown.is_cancelled() {
        let messages = tokio::select! {
            () = shutdown.cancelled() => return,
            opened = open(&link, &subscription) => opened,
        };
        match messages {
            Ok(messages) => {
                if failing {
                    tracing::info!(consumer = subscription.consumer, "events are delivered again");
                }
                (pause, failing) = (FIRST_PAUSE, false);
                let ended = follow(messages, &subscription, &shutdown).await;
                if let Some(error) = ended {
                    tracing::debug!(consumer = subscription.consumer, error, "the subscription ended");
                }
            }
            Err(error) => {
                if !failing {
                    // Told once for an outage, not once for each try.
                    tracing::warn!(consumer = subscription.consumer, %error, "no events are delivered");
                }
                failing = true;
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// Makes sure of the stream and the durable consumer each time: the server may have lost both.
async fn open(link: &Link, subscription: &Subscription) -> Result<pull::Stream, Error> {
    link.ensure_stream().await?;
    // The server allows no dots in names.
    let durable = subscription.consumer.replace('.', "_");
    let config = pull::Config {
        durable_name: Some(durable),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: REDELIVERED,
        // Giving up is the sink's decision: it keeps what it gives up on, while the server would forget it.
        max_deliver: -1,
        max_ack_pending: PENDING as i64,
        filter_subjects: subscription.subjects.iter().map(|subject| (*subject).to_owned()).collect(),
        ..pull::Config::default()
    };
    let consumer: jetstream::consumer::PullConsumer = link
        .context
        .create_consumer_on_stream(config, link.config.stream.as_str())
        .await
        .map_err(|error| Error::Unavailable(error.into()))?;
    consumer
        .stream()
        .max_messages_per_batch(PENDING)
        .heartbeat(Duration::from_secs(5))
        .messages()
        .await
        .map_err(|error| Error::Unavailable(error.into()))
}

/// Handles messages until the subscription ends, and tells why it did.
async fn follow(
    messages: pull::Stream,
    subscription: &Subscription,
    shutdown: &CancellationToken,
) -> Option<String> {
    let mut ready = messages.ready_chunks(PENDING);
    loop {
        let chunk = tokio::select! {
            biased;
            () = shutdown.cancelled() => return None,
            chunk = ready.next() => chunk?,
        };
        let mut ended = None;
        let mut received = Vec::with_capacity(chunk.len());
        for message in chunk {
            match message {
                Ok(message) => received.push(message),
                Err(error) => ended = Some(error.to_string()),
            }
        }
        let groups = by_aggregate(received, subscription.consumer).await;
        join_all(groups.into_iter().map(|group| handle_in_order(group, subscription, shutdown))).await;
        if ended.is_some() {
            return ended;
        }
    }
}

async fn by_aggregate(received: Vec<Message>, consumer: &'static str) -> Vec<Vec<(Message, Envelope)>> {
    let mut groups = HashMap::<_, Vec<_>>::new();
    for message in received {
        match headers::read(&message) {
            Ok(event) => {
                groups.entry((event.tenant, event.aggregate.clone())).or_default().push((message, event));
            }
            Err(error) => {
                // Nobody of ours writes such a message, so there is nobody to tell but the operator.
                tracing::error!(consumer, subject = %message.subject, error, "a message is not an event: dropped");
                acknowledge(&message, AckKind::Term).await;
            }
        }
    }
    groups.into_values().collect()
}

async fn handle_in_order(
    group: Vec<(Message, Envelope)>,
    subscription: &Subscription,
    shutdown: &CancellationToken,
) {
    for (message, event) in group {
        let mut pause = FIRST_PAUSE;
        let mut failing = false;
        // Again and again in place, since giving the message back would let later ones of the same aggregate
        // pass it. A sink fails only while its own store is away, and then they could not be handled either.
        while let Err(error) = subscription.sink.deliver(event.clone()).await {
            if !failing {
                tracing::warn!(consumer = subscription.consumer, event = event.id, %error, "an event waits");
            }
            failing = true;
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
            acknowledge(&message, AckKind::Progress).await;
        }
        acknowledge(&message, AckKind::Ack).await;
    }
}

async fn acknowledge(message: &Message, kind: AckKind) {
    // A lost acknowledgement makes the event come again, and the inbox passes over it.
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(%error, "could not acknowledge an event");
    }
}
