//! Outbound messages of Salesforce: SOAP with up to 100 notifications, each the record as it is by now.
//!
//! A message says nothing of when it was, so its `SystemModstamp` or `LastModifiedDate` must be among the fields that it
//! sends; without them a message that comes late could undo a newer one, and the record is to be read again instead.

use chrono::{DateTime, SubsecRound as _, Utc};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event as Xml};

use super::{Event, Heard, Malformed, Seen};
use crate::domain::crm::{Mapping, Properties, RereadReason, Stamp};

/// How deep elements may lie: envelope, body, notifications, notification, record, field, and one more.
const DEEPEST: usize = 8;
/// The most notifications of a message.
const MOST: usize = 100;

/// The record of a notification, while it is read.
#[derive(Default)]
struct Notification {
    id: String,
    object: String,
    properties: Properties,
}

pub(super) fn read(text: &str, mapping: &Mapping, now: DateTime<Utc>) -> Result<Heard, Malformed> {
    let mut heard = Heard::default();
    let mut reader = Reader::from_str(text);
    // By local names: the prefixes are whoever wrote it's own.
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut open: Option<Notification> = None;
    let mut count = 0;
    loop {
        match reader.read_event().map_err(|error| broken(&error))? {
            Xml::Decl(declaration) => check_encoding(declaration.encoding())?,
            Xml::DocType(_) => {
                return Err(Malformed("the body has a document type, which is not read".to_owned()));
            }
            Xml::PI(_) => return Err(Malformed("the body has an instruction, which is not read".to_owned())),
            Xml::Comment(_) => {}
            Xml::Start(element) => {
                let name = local(&element);
                if path.len() >= DEEPEST {
                    return Err(Malformed(format!("elements lie deeper than {DEEPEST}")));
                }
                begin(&mut open, &path, &name, &element)?;
                path.push(name);
                value.clear();
            }
            Xml::Empty(element) => {
                let name = local(&element);
                begin(&mut open, &path, &name, &element)?;
                path.push(name);
                end(&mut open, &path, "", &mut heard);
                path.pop();
            }
            Xml::Text(part) => value.push_str(&part),
            Xml::CData(part) => value.push_str(&part),
            Xml::GeneralRef(reference) => value.push(character(&reference)?),
            Xml::End(_) => {
                end(&mut open, &path, value.trim(), &mut heard);
                value.clear();
                if path.pop().as_deref() == Some("Notification") {
                    count += 1;
                    if count > MOST {
                        return Err(Malformed(format!("there are more than {MOST} notifications")));
                    }
                    if let Some(notification) = open.take() {
                        heard.events.extend(finish(notification, mapping, now)?);
                    }
                }
            }
            Xml::Eof if path.is_empty() => break,
            Xml::Eof => return Err(Malformed("the body ends before its elements do".to_owned())),
        }
    }
    if count == 0 {
        return Err(Malformed("the body is no outbound message: it has no Notification".to_owned()));
    }
    Ok(heard)
}

fn broken(error: &dyn std::fmt::Display) -> Malformed {
    Malformed(format!("the body is no XML: {error}"))
}

fn check_encoding(
    encoding: Option<Result<std::borrow::Cow<'_, str>, quick_xml::events::attributes::AttrError>>,
) -> Result<(), Malformed> {
    match encoding {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(_) => Err(Malformed("the body is not in UTF-8".to_owned())),
    }
}

fn local(element: &BytesStart<'_>) -> String {
    element.local_name().as_ref().to_owned()
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|one| one.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

fn begin(
    open: &mut Option<Notification>,
    path: &[String],
    name: &str,
    element: &BytesStart<'_>,
) -> Result<(), Malformed> {
    let parent = path.last().map(String::as_str);
    match name {
        "Notification" if parent == Some("notifications") => *open = Some(Notification::default()),
        "sObject" if parent == Some("Notification") => {
            let kind = attribute(element, "type")
                .ok_or_else(|| Malformed("an sObject has no xsi:type".to_owned()))?;
            let object = kind.rsplit(':').next().unwrap_or_default().to_owned();
            if let Some(notification) = open {
                notification.object = object;
            }
        }
        _ => {}
    }
    Ok(())
}

fn end(open: &mut Option<Notification>, path: &[String], value: &str, heard: &mut Heard) {
    let names: Vec<_> = path.iter().rev().take(3).map(String::as_str).collect();
    match (names.as_slice(), open) {
        (["OrganizationId", "notifications", ..], _) => heard.organisations.push(value.to_owned()),
        (["Id", "Notification", ..], Some(notification)) => value.clone_into(&mut notification.id),
        ([field, "sObject", "Notification"], Some(notification)) => {
            notification.properties.insert((*field).to_owned(), value.to_owned());
        }
        _ => {}
    }
}

/// One of the five characters that XML names, or one by its number. Anything else would need a document type.
fn character(reference: &BytesRef<'_>) -> Result<char, Malformed> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| broken(&error))? {
        return Ok(character);
    }
    match reference.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(Malformed("the body names an entity, which is not read".to_owned())),
    }
}

fn finish(
    notification: Notification,
    mapping: &Mapping,
    now: DateTime<Utc>,
) -> Result<Option<Event>, Malformed> {
    let Notification { id, object, mut properties } = notification;
    let record = properties.remove("Id").filter(|id| !id.is_empty());
    let record = record.ok_or_else(|| Malformed("an sObject has no Id".to_owned()))?;
    let time = ["SystemModstamp", "LastModifiedDate"]
        .iter()
        .find_map(|name| properties.get(*name)?.parse::<DateTime<Utc>>().ok());
    let deleted = properties.get("IsDeleted").map(|value| value == "true");
    let (reread, deleted) = if time.is_none() {
        properties.clear();
        (Some(RereadReason::NoValues), None)
    } else {
        (None, deleted)
    };
    let stamp = Stamp { time: time.unwrap_or(now).trunc_subsecs(6), order: id.clone() };
    let seen = Seen { object: &object, record, properties, deleted, reread, stamp };
    Ok(seen.wanted(mapping).map(|change| Event { id, change }))
}
