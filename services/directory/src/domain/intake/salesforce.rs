//! Change events of Salesforce as JSON: what changed of one or several records of an object.

use serde_json::{Map, Value};

use super::{Event, Heard, Malformed, Seen, integer, milliseconds, scalar};
use crate::domain::crm::{Mapping, Properties, RereadReason, Stamp};

const HEADER: &str = "ChangeEventHeader";

pub(super) fn read(body: &Value, mapping: &Mapping) -> Result<Heard, Malformed> {
    let told = match body {
        Value::Array(events) => events.iter().collect(),
        event => vec![event],
    };
    let mut heard = Heard::default();
    for (place, event) in told.into_iter().enumerate() {
        let payload = payload(event).ok_or_else(|| Malformed(format!("event {place} has no {HEADER}")))?;
        take(place, payload, mapping, &mut heard)?;
    }
    Ok(heard)
}

/// The event itself: as it is, or in the envelope of the Streaming API.
fn payload(event: &Value) -> Option<&Map<String, Value>> {
    let inside = [None, Some("/payload"), Some("/data/payload")];
    let candidates =
        inside.into_iter().filter_map(|path| path.map_or(Some(event), |path| event.pointer(path)));
    candidates.filter_map(Value::as_object).find(|object| object.contains_key(HEADER))
}

fn take(
    place: usize,
    payload: &Map<String, Value>,
    mapping: &Mapping,
    heard: &mut Heard,
) -> Result<(), Malformed> {
    let missing = |field: &str| Malformed(format!("{HEADER} of event {place} has no {field}"));
    let header = &payload[HEADER];
    let text = |field: &str| {
        header.get(field).and_then(scalar).filter(|text| !text.is_empty()).ok_or_else(|| missing(field))
    };
    let (object, kind, transaction) = (text("entityName")?, text("changeType")?, text("transactionKey")?);
    let time =
        header.get("commitTimestamp").and_then(milliseconds).ok_or_else(|| missing("commitTimestamp"))?;
    let sequence = header.get("sequenceNumber").and_then(integer).ok_or_else(|| missing("sequenceNumber"))?;
    // Grows with every commit, so that it tells two of the same millisecond apart; padded, so that it sorts as text.
    let commit = header.get("commitNumber").and_then(scalar).unwrap_or_default();
    let stamp = Stamp { time, order: format!("{commit:0>24}/{sequence:0>8}/{transaction}") };
    let (deleted, has_values, mut reread) = match kind.as_str() {
        "CREATE" | "UNDELETE" => (Some(false), true, None),
        "UPDATE" => (None, true, None),
        "DELETE" | "GAP_DELETE" => (Some(true), false, None),
        gap if gap.starts_with("GAP_") => (None, false, Some(RereadReason::Gap)),
        _ => return Err(Malformed(format!("changeType {kind:?} of event {place} is not known"))),
    };
    let mut properties = Properties::new();
    if has_values {
        let changed: Vec<_> = header
            .get("changedFields")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(scalar)
            .collect();
        // Where fields are told by bits of a schema that isn't here, nobody knows whether null was taken away.
        let is_in_bits = changed.iter().any(|field| field.starts_with("0x"));
        let mut doubtful = false;
        flatten("", payload, &mut |name, value| {
            let is_changed = changed.is_empty()
                || is_in_bits
                || changed.iter().any(|field| {
                    field == name
                        || name.strip_prefix(field.as_str()).is_some_and(|rest| rest.starts_with('.'))
                });
            if value.is_empty() && is_in_bits {
                doubtful |=
                    mapping.of(&object).is_some_and(|of| of.properties().any(|needed| needed == name));
            } else if is_changed {
                properties.insert(name.to_owned(), value);
            }
        });
        if doubtful {
            reread = Some(RereadReason::NoValues);
        }
    }
    let records = header.get("recordIds").and_then(Value::as_array).ok_or_else(|| missing("recordIds"))?;
    for record in records.iter().filter_map(scalar) {
        let seen = Seen {
            object: &object,
            record: record.clone(),
            properties: properties.clone(),
            deleted,
            reread,
            stamp: stamp.clone(),
        };
        let id = format!("{transaction}/{sequence}/{record}");
        heard.events.extend(seen.wanted(mapping).map(|change| Event { id, change }));
    }
    Ok(())
}

/// Scalars by name; those of a compound field such as Name by both names with a point between them.
fn flatten(at: &str, fields: &Map<String, Value>, put: &mut impl FnMut(&str, String)) {
    for (name, value) in fields.iter().filter(|(name, _)| *name != HEADER) {
        let name = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        match value {
            Value::Object(inner) => flatten(&name, inner, put),
            value => {
                if let Some(value) = scalar(value) {
                    put(&name, value);
                }
            }
        }
    }
}
