//! Resources as they are answered: with what only the directory knows.

use std::collections::HashMap;

use arki_ids::{PersonId, ScimGroupId};
use arki_scim::etag::Tag;
use arki_scim::schema::{ENTERPRISE_USER, ResourceType};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{Group, User, told};

/// The groups of users, with what they are called.
pub type Groups = HashMap<PersonId, Vec<(ScimGroupId, String)>>;

/// The entity tag of a revision.
pub fn version(revision: i64) -> Tag {
    Tag::weak(revision)
}

/// Where a resource is served.
pub fn location(kind: &ResourceType, base: &str, id: &str) -> String {
    format!("{base}{}/{id}", kind.endpoint)
}

/// Whom a user reports to, where that is a person here.
pub fn manager_of(user: &User) -> Option<PersonId> {
    told::manager(&user.resource)?.parse().ok()
}

/// A user.
pub fn user(kind: &ResourceType, base: &str, user: &User, groups: &Groups) -> Value {
    let User { id, resource, revision, create_time, update_time } = user;
    let mut shown = resource.clone();
    let id_text = id.to_string();
    shown["meta"] = meta(kind, location(kind, base, &id_text), *revision, *create_time, *update_time);
    shown["id"] = id_text.into();
    if let Some(groups) = groups.get(id).filter(|groups| !groups.is_empty()) {
        let shown_group = |(group, name): &(ScimGroupId, String)| {
            json!({
                "value": group.to_string(),
                "$ref": format!("{base}/Groups/{group}"),
                "display": name,
                "type": "direct",
            })
        };
        shown["groups"] = groups.iter().map(shown_group).collect();
    }
    if let Some(manager) = manager_of(user) {
        shown[ENTERPRISE_USER]["manager"]["$ref"] = format!("{base}/Users/{manager}").into();
    }
    shown
}

/// A group.
pub fn group(kind: &ResourceType, base: &str, group: &Group) -> Value {
    let Group { id, resource, members, revision, create_time, update_time } = group;
    let mut shown = resource.clone();
    let id_text = id.to_string();
    shown["meta"] = meta(kind, location(kind, base, &id_text), *revision, *create_time, *update_time);
    shown["id"] = id_text.into();
    if !members.is_empty() {
        let member = |member: &String| {
            let mut told = json!({"value": member});
            if member.parse::<PersonId>().is_ok() {
                told["$ref"] = format!("{base}/Users/{member}").into();
                told["type"] = "User".into();
            }
            told
        };
        shown["members"] = members.iter().map(member).collect();
    }
    shown
}

fn meta(
    kind: &ResourceType,
    location: String,
    revision: i64,
    created: DateTime<Utc>,
    changed: DateTime<Utc>,
) -> Value {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    json!({
        "resourceType": kind.name,
        "created": time(created),
        "lastModified": time(changed),
        "location": location,
        "version": version(revision).to_string(),
    })
}
