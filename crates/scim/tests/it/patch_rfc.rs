//! The examples of RFC 7644, section 3.5.2, on people of our own.

use arki_scim::schema::ResourceType;
use serde_json::{Value, json};

use crate::{patched, patched_group, team};

fn cleo() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "per_5",
        "userName": "cleo",
        "emails": [
            {"type": "work", "value": "cleo@example.com"},
            {"type": "work", "value": "cleo@example.org"},
            {"type": "home", "value": "cleo@example.com"},
        ],
        "addresses": [{"type": "work", "streetAddress": "Kauppakatu 1", "locality": "Oulu", "primary": true}],
    })
}

fn changed(change: Value) -> Value {
    patched(&ResourceType::user(), &cleo(), json!([change])).unwrap()
}

#[test]
fn adds_without_a_path_several_attributes_at_once() {
    let after = changed(json!({"op": "add", "value": {
        "emails": [{"value": "cleo@jensen.example", "type": "home"}],
        "title": "Driver",
    }}));
    assert_eq!(after["title"], json!("Driver"));
    assert_eq!(after["emails"].as_array().unwrap().len(), 4);
}

#[test]
fn adds_a_member_that_is_there_without_any_change() {
    assert_eq!(
        patched_group(
            json!([{"op": "add", "path": "members", "value": [{"display": "Ann", "value": "per_1"}]}])
        ),
        team()
    );
}

#[test]
fn removes_the_elements_that_a_compound_filter_chooses() {
    let after =
        changed(json!({"op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]"}));
    assert_eq!(
        after["emails"],
        json!([{"type": "work", "value": "cleo@example.org"}, {"type": "home", "value": "cleo@example.com"}])
    );
}

#[test]
fn removes_all_members_without_a_value() {
    assert!(patched_group(json!([{"op": "remove", "path": "members"}])).get("members").is_none());
}

#[test]
fn removes_and_adds_members_in_one_request() {
    let after = patched_group(json!([
        {"op": "remove", "path": "members[value eq \"per_1\"]"},
        {"op": "add", "path": "members", "value": [{"value": "per_8"}]},
    ]));
    assert_eq!(after["members"], json!([{"value": "per_2"}, {"value": "per_3"}, {"value": "per_8"}]));
}

#[test]
fn replaces_all_values_where_no_filter_chooses() {
    let after = changed(json!({"op": "replace", "value": {
        "emails": [{"value": "new@example.com", "type": "work", "primary": true}],
        "title": "Driver",
    }}));
    assert_eq!(after["emails"], json!([{"value": "new@example.com", "type": "work", "primary": true}]));
}

#[test]
fn replaces_the_address_that_a_filter_chooses() {
    let after = changed(json!({"op": "replace", "path": "addresses[type eq \"work\"]", "value": {
        "type": "work", "streetAddress": "Rantatie 2", "locality": "Turku", "country": "FI",
    }}));
    assert_eq!(
        after["addresses"],
        json!([{"type": "work", "streetAddress": "Rantatie 2", "locality": "Turku", "country": "FI"}])
    );
}

#[test]
fn replaces_one_part_of_the_chosen_address() {
    let after = changed(
        json!({"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "Rantatie 2"}),
    );
    assert_eq!(
        after["addresses"],
        json!([{"type": "work", "streetAddress": "Rantatie 2", "locality": "Oulu", "primary": true}])
    );
}

#[test]
fn a_filter_that_chooses_several_changes_each_of_them() {
    let after =
        changed(json!({"op": "replace", "path": "emails[type eq \"work\"].display", "value": "Work"}));
    let shown: Vec<bool> =
        after["emails"].as_array().unwrap().iter().map(|email| email.get("display").is_some()).collect();
    assert_eq!(shown, [true, true, false]);
}
