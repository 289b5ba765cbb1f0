//! The `RemoteExecutionContext` of Dynamics 365 and Dataverse: one message about one record.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::{Event, Heard, Malformed, Request, Seen, scalar};
use crate::domain::crm::{Mapping, Properties, RereadReason, Stamp};

/// Says that what is larger than 256 KB was left out.
const EXCEEDED: &str = "x-ms-dynamics-msg-size-exceeded";

pub(super) fn read(body: &Value, request: &Request, mapping: &Mapping) -> Result<Heard, Malformed> {
    let missing = |field: &str| Malformed(format!("the context has no {field}"));
    let text = |field: &str| body.get(field).and_then(scalar).filter(|text| !text.is_empty());
    let needed = |field: &str| text(field).ok_or_else(|| missing(field));
    let (object, record, message) =
        (needed("PrimaryEntityName")?, needed("PrimaryEntityId")?, needed("MessageName")?);
    let request_id =
        text("RequestId").or_else(|| text("CorrelationId")).ok_or_else(|| missing("RequestId"))?;
    let target = parameter(body, "Target");
    let mut properties = Properties::new();
    for attribute in
        target.and_then(|target| target.get("Attributes")).and_then(Value::as_array).into_iter().flatten()
    {
        if let (Some(name), Some(value)) =
            (attribute.get("key").and_then(Value::as_str), attribute.get("value").and_then(plain))
        {
            properties.insert(name.to_owned(), value);
        }
    }
    // When the record says that it was changed, else when the message was made of it.
    let modified = properties.get("modifiedon").and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let created = text("OperationCreatedOn").and_then(|text| date(&text));
    let time = modified.or(created).ok_or_else(|| missing("OperationCreatedOn"))?;
    let is_exceeded = request.header(EXCEEDED).is_some_and(|value| !value.eq_ignore_ascii_case("false"));
    let (mut deleted, mut reread) = (None, None);
    match message.as_str() {
        "Create" => deleted = Some(false),
        "Update" | "Upsert" => {}
        "Delete" => {
            deleted = Some(true);
            properties.clear();
        }
        _ => {
            reread = Some(RereadReason::NoValues);
            properties.clear();
        }
    }
    if is_exceeded {
        reread = Some(RereadReason::Truncated);
    }
    let operation = text("OperationId").unwrap_or_default();
    let id = format!("{request_id}/{operation}/{message}/{record}");
    let stamp = Stamp { time, order: format!("{request_id}/{operation}") };
    let seen = Seen { object: &object, record, properties, deleted, reread, stamp };
    let events = seen.wanted(mapping).map(|change| Event { id, change });
    Ok(Heard {
        organisations: text("OrganizationId").into_iter().collect(),
        events: events.into_iter().collect(),
    })
}

fn parameter<'a>(body: &'a Value, key: &str) -> Option<&'a Value> {
    let parameters = body.get("InputParameters")?.as_array()?;
    let found = parameters.iter().find(|one| one.get("key").and_then(Value::as_str) == Some(key))?;
    found.get("value")
}

/// A value as text: of a reference its id, of an option or an amount of money its value.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => ["Id", "Value"].iter().find_map(|name| fields.get(*name)).and_then(scalar),
        Value::String(text) => Some(match date(text) {
            Some(time) if text.starts_with("/Date(") => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            _ => text.clone(),
        }),
        value => scalar(value),
    }
}

/// `/Date(milliseconds)/`, with or without an offset that the milliseconds already regard, or RFC 3339.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let Some(inside) = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")) else {
        return text.parse().ok();
    };
    let end = inside.rfind(['+', '-']).filter(|at| *at > 0).unwrap_or(inside.len());
    DateTime::from_timestamp_millis(inside[..end].parse().ok()?)
}
