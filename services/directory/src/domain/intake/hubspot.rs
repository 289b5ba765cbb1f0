//! Events of HubSpot: a JSON array, in any order, some of them more than once.

use serde_json::Value;

use super::{Event, Heard, Malformed, Seen, integer, milliseconds, scalar};
use crate::domain::crm::{Mapping, Properties, RereadReason, Stamp};

/// The objects by the ids that events of the form `object.…` have for them.
const OBJECTS: [(&str, &str); 4] =
    [("0-1", "contact"), ("0-2", "company"), ("0-3", "deal"), ("0-5", "ticket")];

pub(super) fn read(body: &Value, mapping: &Mapping) -> Result<Heard, Malformed> {
    let Value::Array(told) = body else {
        return Err(Malformed("the body is no array of events".to_owned()));
    };
    let mut heard = Heard::default();
    for (place, event) in told.iter().enumerate() {
        let missing = |field: &str| Malformed(format!("event {place} has no {field}"));
        let text = |field: &str| event.get(field).and_then(scalar).filter(|text| !text.is_empty());
        let kind = text("subscriptionType").ok_or_else(|| missing("subscriptionType"))?;
        let time = event.get("occurredAt").and_then(milliseconds).ok_or_else(|| missing("occurredAt"))?;
        heard.organisations.extend(text("portalId"));
        let (object, action) = kind.split_once('.').unwrap_or((kind.as_str(), ""));
        let type_id = text("objectTypeId");
        let object = match (object, type_id.as_deref()) {
            ("object", Some(id)) => OBJECTS.iter().find(|(of, _)| *of == id).map_or(id, |(_, object)| object),
            _ => object,
        };
        let event_id = text("eventId").ok_or_else(|| missing("eventId"))?;
        // HubSpot does not promise that eventId is unique, so what happened is part of the id.
        let property = text("propertyName").unwrap_or_default();
        // Events of one millisecond are told apart in the same way by all who hear of them.
        let number = event.get("eventId").and_then(integer).unwrap_or_default();
        let stamp = Stamp { time, order: format!("{number:020}") };
        let mut properties = Properties::new();
        let (mut deleted, mut reread) = (None, None);
        match action {
            "propertyChange" => {
                let value = event.get("propertyValue").and_then(scalar).unwrap_or_default();
                properties.insert(property.clone(), value);
            }
            "creation" | "restore" => (deleted, reread) = (Some(false), Some(RereadReason::NoValues)),
            "deletion" | "privacyDeletion" => deleted = Some(true),
            "merge" | "associationChange" => reread = Some(RereadReason::NoValues),
            _ => continue,
        }
        for record in records(event, action) {
            let seen = Seen {
                object,
                record: record.clone(),
                properties: properties.clone(),
                deleted,
                reread,
                stamp: stamp.clone(),
            };
            let id = format!("{event_id}/{}/{kind}/{record}/{property}", time.timestamp_millis());
            heard.events.extend(seen.wanted(mapping).map(|change| Event { id: shortened(id), change }));
        }
    }
    Ok(heard)
}

/// The records that an event is about.
fn records(event: &Value, action: &str) -> Vec<String> {
    let fields: &[&str] = match action {
        "merge" => &["primaryObjectId", "newObjectId", "mergedObjectIds"],
        "associationChange" => &["fromObjectId"],
        _ => &["objectId"],
    };
    let mut records: Vec<String> = Vec::new();
    for value in fields.iter().filter_map(|field| event.get(field)) {
        match value {
            Value::Array(ids) => records.extend(ids.iter().filter_map(scalar)),
            id => records.extend(scalar(id)),
        }
    }
    records.retain(|record| !record.is_empty());
    records.dedup();
    records
}

/// Names of properties can be long; what tells events apart stands before them.
fn shortened(id: String) -> String {
    if id.chars().count() <= super::LONGEST_ID { id } else { id.chars().take(super::LONGEST_ID).collect() }
}
