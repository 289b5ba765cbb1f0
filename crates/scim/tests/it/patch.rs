use arki_scim::ScimType::{InvalidFilter, InvalidPath, InvalidValue, Mutability, NoTarget};
use arki_scim::patch::{MOST_OPERATIONS, Patch};
use arki_scim::schema::{ARKI_USER, ENTERPRISE_USER, ResourceType};
use serde_json::{Value, json};

use crate::{ann, operations, patched, patched_group, patched_user, refused, team};

#[test]
fn refuses_what_cannot_be_done_with_the_right_word() {
    let table = [
        (json!({"op": "remove"}), NoTarget),
        (json!({"op": "remove", "value": {"title": "x"}}), NoTarget),
        (json!({"op": "remove", "path": ""}), NoTarget),
        (
            json!({"op": "replace", "path": "emails[value eq \"no@x.example\"].type", "value": "home"}),
            NoTarget,
        ),
        (
            json!({"op": "replace", "path": "emails[value co \"nobody\"].value", "value": "a@x.example"}),
            NoTarget,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"x\" or type eq \"y\"]", "value": {"value": "a"}}),
            NoTarget,
        ),
        (json!({"op": "replace", "path": "phoneNumbers[type eq \"work\"].primary", "value": true}), NoTarget),
        (json!({"op": "replace", "path": "shoeSize", "value": 42}), InvalidPath),
        (json!({"op": "replace", "path": "name.nick", "value": "A"}), InvalidPath),
        (json!({"op": "replace", "path": "urn:example:2.0:User:title", "value": "A"}), InvalidPath),
        (json!({"op": "replace", "path": "title[value eq \"x\"]", "value": "A"}), InvalidPath),
        (json!({"op": "replace", "path": "emails[", "value": "A"}), InvalidFilter),
        (json!({"op": "replace", "path": "emails[shoe eq 1].value", "value": "A"}), InvalidFilter),
        (json!({"op": "replace", "path": "id", "value": "per_2"}), Mutability),
        (json!({"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}), Mutability),
        (json!({"op": "add", "path": "groups", "value": [{"value": "grp_1"}]}), Mutability),
        (json!({"op": "remove", "path": "groups"}), Mutability),
        (
            json!({"op": "replace", "path": format!("{ENTERPRISE_USER}:manager.displayName"), "value": "X"}),
            InvalidPath,
        ),
        (json!({"op": "remove", "path": "userName"}), Mutability),
        (json!({"op": "replace", "path": "userName", "value": null}), InvalidValue),
        (json!({"op": "replace", "value": {"userName": ""}}), InvalidValue),
        (json!({"op": "replace", "path": "active", "value": "perhaps"}), InvalidValue),
        (json!({"op": "replace", "path": "title", "value": 5}), InvalidValue),
        (json!({"op": "replace", "path": "title", "value": ["a", "b"]}), InvalidValue),
        (json!({"op": "replace", "path": "name", "value": "Ann"}), InvalidValue),
        (json!({"op": "replace", "path": "title", "value": "x".repeat(1025)}), InvalidValue),
        (
            json!({"op": "replace", "path": format!("{ARKI_USER}:employmentState"), "value": "asleep"}),
            InvalidValue,
        ),
        (json!({"op": "add", "value": "x"}), InvalidValue),
        (json!({"op": "add", "path": "title"}), InvalidValue),
        (
            json!({"op": "add", "path": "emails", "value": [
                {"value": "a@x.example", "primary": true}, {"value": "b@x.example", "primary": true},
            ]}),
            InvalidValue,
        ),
        (json!({"op": "replace", "path": "emails[value pr].primary", "value": true}), InvalidValue),
    ];
    for (change, expected) in table {
        assert_eq!(refused(json!([change.clone()])), Some(expected), "{change}");
    }
}

#[test]
fn a_member_cannot_become_another() {
    for change in [
        json!({"op": "replace", "path": "members[value eq \"per_1\"].value", "value": "per_8"}),
        json!({"op": "replace", "path": "members[value eq \"per_1\"]", "value": {"value": "per_8"}}),
        json!({"op": "remove", "path": "members[value eq \"per_1\"].value"}),
    ] {
        let refused = patched(&ResourceType::group(), &team(), json!([change])).unwrap_err();
        assert_eq!(refused.scim_type, Some(Mutability), "{change}");
    }
    assert_eq!(
        patched_group(
            json!([{"op": "replace", "path": "members[value eq \"per_1\"]", "value": {"value": "per_1"}}])
        ),
        team()
    );
}

#[test]
fn a_failure_half_way_has_no_effect() {
    let before = ann();
    let patch = Patch::parse(&operations(json!([
        {"op": "replace", "path": "title", "value": "Lead"},
        {"op": "replace", "path": "id", "value": "per_2"},
    ])))
    .unwrap();
    assert!(patch.apply(&ResourceType::user(), &before).is_err());
    assert_eq!(before, ann());
}

#[test]
fn operations_follow_each_other() {
    let after = patched_user(json!([
        {"op": "add", "path": "title", "value": "One"},
        {"op": "remove", "path": "title"},
        {"op": "add", "path": "phoneNumbers", "value": [{"type": "work", "value": "1"}]},
        {"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "2"},
    ]));
    assert!(after.get("title").is_none());
    assert_eq!(after["phoneNumbers"], json!([{"type": "work", "value": "2"}]));
}

fn primaries(person: &Value) -> Vec<&str> {
    let emails = person["emails"].as_array().unwrap().iter();
    emails
        .filter(|email| email["primary"] == json!(true))
        .filter_map(|email| email["value"].as_str())
        .collect()
}

#[test]
fn a_new_primary_takes_the_place_of_the_old() {
    for change in [
        json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}),
        json!({"op": "Add", "path": "emails[type eq \"home\"].primary", "value": "True"}),
        json!({"op": "add", "path": "emails[type eq \"home\"]", "value": {"primary": true}}),
        json!({"op": "add", "path": "emails", "value": [{"value": "ann@home.example", "type": "home", "primary": true}]}),
    ] {
        assert_eq!(primaries(&patched_user(json!([change]))), ["ann@home.example"], "{change}");
    }
    let added = patched_user(
        json!([{"op": "add", "path": "emails", "value": [{"value": "new@x.example", "primary": true}]}]),
    );
    assert_eq!(primaries(&added), ["new@x.example"]);
    assert_eq!(added["emails"].as_array().unwrap().len(), 3);
}

#[test]
fn adding_to_a_complex_attribute_keeps_its_other_parts() {
    for op in ["add", "replace"] {
        let after = patched_user(
            json!([{"op": op, "path": "name", "value": {"givenName": "Anna", "middleName": "M"}}]),
        );
        assert_eq!(after["name"], json!({"givenName": "Anna", "middleName": "M", "familyName": "Ahola"}));
    }
}

#[test]
fn replacing_an_element_keeps_only_what_the_path_says_of_it() {
    let after = patched_user(
        json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "new@example.com"}}]),
    );
    assert_eq!(after["emails"][0], json!({"type": "work", "value": "new@example.com"}));
    let simple = patched_user(
        json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": "new@example.com"}]),
    );
    assert_eq!(simple, after);
    let typed = patched_user(
        json!([{"op": "replace", "path": "emails[value eq \"ann@home.example\"]", "value": {"type": "other"}}]),
    );
    assert_eq!(typed["emails"][1], json!({"value": "ann@home.example", "type": "other"}));
}

#[test]
fn an_element_that_becomes_another_is_merged_with_it() {
    let after = patched_user(json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ann@home.example"},
        {"op": "replace", "path": "emails[primary eq true].type", "value": "home"},
    ]));
    assert_eq!(after["emails"], json!([{"value": "ann@home.example", "type": "home", "primary": true}]));
}

#[test]
fn a_part_without_brackets_means_the_primary_and_makes_the_first() {
    let after = patched_user(json!([{"op": "replace", "path": "emails.value", "value": "new@example.com"}]));
    assert_eq!(after["emails"][0]["value"], json!("new@example.com"));
    assert_eq!(after["emails"][1]["value"], json!("ann@home.example"));
    let cleared = patched_user(json!([{"op": "replace", "path": "emails.value", "value": ""}]));
    assert!(cleared.get("emails").is_none());
    let first = patched_user(json!([{"op": "add", "path": "phoneNumbers.value", "value": "040"}]));
    assert_eq!(first["phoneNumbers"], json!([{"value": "040"}]));
}

#[test]
fn one_value_is_taken_where_an_array_is_meant_and_an_array_of_one_for_a_value() {
    let single = patched_group(json!([{"op": "add", "path": "members", "value": {"value": "per_4"}}]));
    let plain = patched_group(json!([{"op": "add", "path": "members", "value": "per_4"}]));
    assert_eq!(single["members"][3], json!({"value": "per_4"}));
    assert_eq!(plain, single);
    for value in [json!("Lead"), json!(["Lead"]), json!({"value": "Lead"}), json!([{"value": "Lead"}])] {
        let after = patched_user(json!([{"op": "replace", "path": "title", "value": value}]));
        assert_eq!(after["title"], json!("Lead"), "{value}");
    }
}

#[test]
fn a_whole_extension_is_set_and_removed_by_its_urn() {
    let set =
        patched_user(json!([{"op": "add", "path": ENTERPRISE_USER, "value": {"department": "Payroll"}}]));
    assert_eq!(
        set[ENTERPRISE_USER],
        json!({"employeeNumber": "0042", "manager": {"value": "per_9"}, "department": "Payroll"})
    );
    let same = patched_user(json!([{"op": "add", "value": {ENTERPRISE_USER: {"department": "Payroll"}}}]));
    assert_eq!(same, set);
    let gone = patched_user(json!([{"op": "remove", "path": ENTERPRISE_USER}]));
    assert!(gone.get(ENTERPRISE_USER).is_none());
    assert!(!gone["schemas"].as_array().unwrap().contains(&json!(ENTERPRISE_USER)));
    let core = patched_user(
        json!([{"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:User": {"title": "Lead"}}}]),
    );
    assert_eq!(core["title"], json!("Lead"));
}

#[test]
fn an_extension_that_empties_leaves_schemas() {
    let after = patched_user(json!([
        {"op": "remove", "path": format!("{ENTERPRISE_USER}:manager")},
        {"op": "remove", "path": format!("{ENTERPRISE_USER}:employeeNumber")},
    ]));
    assert!(after.get(ENTERPRISE_USER).is_none());
    assert_eq!(after["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User", ARKI_USER]));
}

#[test]
fn the_last_part_takes_its_label_with_it() {
    let after = patched_user(json!([{"op": "remove", "path": "emails[type eq \"home\"].value"}]));
    assert_eq!(after["emails"], json!([ann()["emails"][0]]));
    let none = patched_user(json!([{"op": "remove", "path": "emails"}]));
    assert!(none.get("emails").is_none());
}

#[test]
fn foreign_keys_of_a_value_are_let_pass_but_a_broken_filter_is_not() {
    let after = patched_user(json!([{"op": "replace", "value": {
        "title": "Lead",
        "shoeSize": 42,
        "http://schemas.example.com/x": {"a": 1},
        "meta": {"resourceType": "User"},
        "schemas": [],
    }}]));
    assert_eq!(after["title"], json!("Lead"));
    assert_eq!(after["schemas"], ann()["schemas"]);
    assert_eq!(refused(json!([{"op": "replace", "value": {"emails[type": "x"}}])), Some(InvalidFilter));
}

#[test]
fn too_many_operations_are_too_large() {
    let many = vec![json!({"op": "add", "path": "title", "value": "x"}); MOST_OPERATIONS + 1];
    assert_eq!(Patch::parse(&operations(many.into())).unwrap_err().status, 413);
}

#[test]
fn a_large_group_takes_many_operations() {
    let members: Vec<Value> = (0..5_000).map(|index| json!({"value": format!("per_{index}")})).collect();
    let group = json!({"displayName": "All", "members": members});
    let adds: Vec<Value> = (0..100)
        .map(|index| json!({"op": "add", "path": "members", "value": [{"value": format!("new_{index}")}]}))
        .collect();
    let after = patched(&ResourceType::group(), &group, adds.into()).unwrap();
    assert_eq!(after["members"].as_array().unwrap().len(), 5_100);
    let listed: Vec<Value> = (0..2_500).map(|index| json!({"value": format!("per_{index}")})).collect();
    let left = patched(
        &ResourceType::group(),
        &after,
        json!([{"op": "Remove", "path": "members", "value": listed}]),
    )
    .unwrap();
    assert_eq!(left["members"].as_array().unwrap().len(), 2_600);
}
