//! An event as a NATS message: CloudEvents 1.0 attributes in the headers, the protobuf message as the body.

use arki_ids::EventId;
use async_nats::HeaderMap;
use async_nats::jetstream::Message;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::bus::Error;
use crate::envelope::Envelope;

const MESSAGE_ID: &str = "Nats-Msg-Id";
const SPEC_VERSION: &str = "ce-specversion";
const ID: &str = "ce-id";
const TYPE: &str = "ce-type";
const SOURCE: &str = "ce-source";
const TIME: &str = "ce-time";
/// CloudEvents calls what an event is about its subject.
const AGGREGATE: &str = "ce-subject";
const TENANT: &str = "ce-arkitenant";
const REPLAY: &str = "ce-arkireplay";
const TRACEPARENT: &str = "traceparent";
const CONTENT_TYPE: &str = "content-type";

pub(super) fn write(event: &Envelope) -> Result<HeaderMap, Error> {
    let Envelope { id, tenant, subject, aggregate, time, traceparent, payload: _, replay } = event;
    // The server drops a second message with the same id for a while, which is right for a relay that is not
    // sure whether the first one came through, and wrong for a replay that somebody asked for.
    let message_id = if *replay { format!("{id}:{}", EventId::random()) } else { id.clone() };
    let source = subject.split('.').nth(1).unwrap_or_default();
    let mut values = vec![
        (MESSAGE_ID, message_id),
        (SPEC_VERSION, "1.0".to_owned()),
        (ID, id.clone()),
        (TYPE, subject.clone()),
        (SOURCE, format!("/arki/{source}")),
        (TIME, time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        (AGGREGATE, aggregate.clone()),
        (TENANT, tenant.to_string()),
        (CONTENT_TYPE, "application/protobuf".to_owned()),
    ];
    if *replay {
        values.push((REPLAY, "true".to_owned()));
    }
    if let Some(traceparent) = traceparent {
        values.push((TRACEPARENT, traceparent.clone()));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        // A line break would end the header, and the rest would be read as another one.
        if value.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(Error::Refused(format!("{name} of event {id} holds a control character").into()));
        }
        headers.insert(name, value);
    }
    Ok(headers)
}

pub(super) fn read(message: &Message) -> Result<Envelope, String> {
    let headers = message.headers.as_ref().ok_or("no headers")?;
    let optional = |name: &str| headers.get(name).map(|value| value.as_str().to_owned());
    let required = |name: &str| optional(name).ok_or_else(|| format!("no header {name}"));
    let time = required(TIME)?;
    Ok(Envelope {
        id: required(ID)?,
        tenant: required(TENANT)?.parse().map_err(|error| format!("{TENANT}: {error}"))?,
        subject: required(TYPE)?,
        aggregate: required(AGGREGATE)?,
        time: DateTime::parse_from_rfc3339(&time)
            .map_err(|error| format!("{TIME}: {error}"))?
            .with_timezone(&Utc),
        traceparent: optional(TRACEPARENT),
        payload: message.payload.clone(),
        replay: optional(REPLAY).as_deref() == Some("true"),
    })
}
