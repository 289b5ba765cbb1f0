//! Hearing from CRM systems: who proves to be which, and what their words mean.
//!
//! [`proof`] judges the bytes as they came, before anything reads them; [`read`] makes changes of records of them, each
//! with the id by which the system knows the event and the time that it gives. What is made of a change is the matter
//! of [`super::crm`].

pub mod delivery;
mod dynamics;
pub mod endpoint;
mod hubspot;
pub mod proof;
mod salesforce;
mod soap;

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde_json::Value;

use super::crm::{Change, Mapping, Properties, Stamp};

pub use delivery::Delivery;
pub use endpoint::{Endpoint, Provider};

/// The most events of one request. HubSpot and Salesforce send 100 at most.
const MOST_EVENTS: usize = 1_000;
/// The longest id of an event or of a record, in characters.
const LONGEST_ID: usize = 200;

/// What a system waits for after an outbound message (Salesforce, SOAP API developer guide, "Outbound Messaging").
const ACK: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
                   xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body><notificationsResponse \
                   xmlns=\"http://soap.sforce.com/2005/09/outbound\"><Ack>true</Ack></notificationsResponse>\
                   </soapenv:Body></soapenv:Envelope>";

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// As the caller has it, with the query.
    pub uri: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The first value of a parameter of the address, decoded.
    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.split_once('?')?.1.split('#').next()?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(given, _)| *given == name)?;
        percent_decoded(value)
    }
}

/// Why a request that is proven can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The organisations that it names.
    pub organisations: Vec<String>,
    pub events: Vec<Event>,
}

/// Something that was told of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// By which the system knows it.
    pub id: String,
    pub change: Change,
}

/// What to answer to what was taken: type and body.
pub fn answer(provider: Provider) -> Option<(&'static str, &'static str)> {
    (provider == Provider::SalesforceOutbound).then_some(("text/xml; charset=utf-8", ACK))
}

/// Reads what was told of records that are mapped.
///
/// # Errors
/// What can't be read.
pub fn read(endpoint: &Endpoint, request: &Request, now: DateTime<Utc>) -> Result<Heard, Malformed> {
    if let Some(coding) =
        request.header("content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(Malformed(format!("content-encoding {coding:?} is not read, send the body as it is")));
    }
    let text =
        std::str::from_utf8(&request.body).map_err(|_| Malformed("the body is not UTF-8".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let heard = match endpoint.provider {
        Provider::SalesforceOutbound => soap::read(text, &endpoint.terms.mapping, now)?,
        Provider::Hubspot => hubspot::read(&json(text)?, &endpoint.terms.mapping)?,
        Provider::SalesforceCdc => salesforce::read(&json(text)?, &endpoint.terms.mapping)?,
        Provider::Dynamics => dynamics::read(&json(text)?, request, &endpoint.terms.mapping)?,
    };
    if heard.events.len() > MOST_EVENTS {
        return Err(Malformed(format!("at most {MOST_EVENTS} events are read at once")));
    }
    for Event { id, change } in &heard.events {
        for (what, id) in [("an event", id), ("a record", &change.external_id)] {
            if id.is_empty() || id.chars().count() > LONGEST_ID || id.contains('\0') {
                return Err(Malformed(format!("the id of {what} must have 1 to {LONGEST_ID} characters")));
            }
        }
    }
    Ok(heard)
}

/// JSON is read to a depth of 128, which `serde_json` holds to.
fn json(text: &str) -> Result<Value, Malformed> {
    serde_json::from_str(text).map_err(|fault| {
        Malformed(format!("the body is no JSON (line {}, column {})", fault.line(), fault.column()))
    })
}

/// One change as the source tells of it, before it is known whether it is of interest.
struct Seen<'a> {
    object: &'a str,
    record: String,
    properties: Properties,
    deleted: Option<bool>,
    reread: Option<super::crm::RereadReason>,
    stamp: Stamp,
}

impl Seen<'_> {
    /// What of it is of interest: records that are mapped, and of these the properties that are needed.
    fn wanted(self, mapping: &Mapping) -> Option<Change> {
        let Self { object, record, mut properties, deleted, reread, stamp } = self;
        let mapped = mapping.of(object)?;
        properties.retain(|name, _| mapped.properties().any(|needed| needed == name));
        if properties.is_empty() && deleted.is_none() && reread.is_none() {
            return None;
        }
        // A customer who is gone is a former one, and there is nothing to read; of others nobody says what they are now.
        let is_gone = deleted == Some(true) && mapped.kind != super::crm::Kind::Person;
        let reread = if is_gone { Some(super::crm::RereadReason::Deleted) } else { reread };
        Some(Change {
            kind: mapped.kind,
            object: mapped.object.clone(),
            external_id: record,
            properties,
            deleted,
            reread,
            stamp,
        })
    }
}

/// A scalar as text; null is the empty text. None of what is no scalar.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number, which some senders write as text.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn milliseconds(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(integer(value)?).map(|time| time.trunc_subsecs(6))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            decoded.push(digit(bytes.next()?)? * 16 + digit(bytes.next()?)?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests;
