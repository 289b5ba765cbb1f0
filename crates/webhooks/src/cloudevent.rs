//! An event in the structured JSON form of CloudEvents 1.0 (JSON Event Format, section 3).

use chrono::{DateTime, SecondsFormat, Utc};
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde::Serialize;
use serde_json::{Value, json};

use crate::catalogue::EventType;

/// The media type of the form.
pub const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// The type of the test event.
pub const PING: &str = "arki.webhook.ping.v1";

/// What is known of an event beside its data.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// `evt_…`, the same each time that it is sent.
    pub id: &'a str,
    /// The tenant, as `tenants/ten_…`.
    pub tenant: &'a str,
    /// What it happened to, such as `units/unt_…`.
    pub subject: &'a str,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The W3C trace context of what made it happen.
    pub traceparent: Option<&'a str>,
    /// Where the pages of this Arki are, such as `https://arki.example.org`.
    pub public_url: &'a str,
}

/// In the order in which the specification lists them.
#[derive(Serialize)]
struct Structured<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    r#type: &'a str,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    dataschema: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    data: Value,
}

impl Event<'_> {
    /// The body of a request that tells this event; none when the payload is not what the type says.
    pub fn body(&self, of: &EventType, payload: &[u8]) -> Option<Vec<u8>> {
        let message = DynamicMessage::decode(of.message.clone(), payload).ok()?;
        // With every field: a receiver need not know the defaults of protobuf.
        let options = SerializeOptions::new().skip_default_fields(false);
        let data = message.serialize_with_options(serde_json::value::Serializer, &options).ok()?;
        self.render(&of.name, of.service(), data)
    }

    /// The body of a request that tests an endpoint.
    pub fn ping(&self) -> Option<Vec<u8>> {
        self.render(PING, "directory", json!({"webhookEndpoint": self.subject}))
    }

    fn render(&self, name: &str, service: &str, data: Value) -> Option<Vec<u8>> {
        let Self { id, tenant, subject, time, traceparent, public_url } = *self;
        serde_json::to_vec(&Structured {
            specversion: "1.0",
            id,
            source: format!("/{tenant}/services/{service}"),
            r#type: name,
            subject,
            time: time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            datacontenttype: "application/json",
            dataschema: format!("{public_url}/docs/events/{name}"),
            traceparent,
            data,
        })
        .ok()
    }
}
