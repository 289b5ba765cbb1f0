//! What Entra ID sends: its default dialect, and the corrected one that the tenant URL flag switches on.

use arki_scim::ScimType;
use arki_scim::patch::Patch;
use arki_scim::schema::{ENTERPRISE_USER, ResourceType};
use serde_json::json;

use crate::{ann, patched, patched_group, patched_user, refused, team};

#[test]
fn disables_with_a_capital_operation_and_a_word_for_false() {
    for value in [json!("False"), json!("false"), json!(false)] {
        let after = patched_user(json!([{"op": "Replace", "path": "active", "value": value}]));
        assert_eq!(after["active"], json!(false));
    }
    let restored = patched_user(json!([{"op": "Add", "path": "active", "value": "True"}]));
    assert_eq!(restored, ann());
}

#[test]
fn one_value_without_a_path_spreads_over_dotted_and_prefixed_keys() {
    let after = patched_user(json!([{"op": "replace", "value": {
        "displayName": "Ann Berg",
        "name.givenName": "Anna",
        "name.familyName": "Berg",
        "active": false,
        "emails[type eq \"work\"].value": "anna.berg@example.com",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "0043",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Payroll",
    }}]));
    assert_eq!(after["displayName"], json!("Ann Berg"));
    assert_eq!(after["name"], json!({"givenName": "Anna", "familyName": "Berg"}));
    assert_eq!(after["active"], json!(false));
    assert_eq!(
        after["emails"][0],
        json!({"value": "anna.berg@example.com", "type": "work", "primary": true})
    );
    assert_eq!(
        after[ENTERPRISE_USER],
        json!({"employeeNumber": "0043", "department": "Payroll", "manager": {"value": "per_9"}})
    );
    assert!(after.as_object().unwrap().keys().all(|key| !key.contains("name.") && !key.contains('[')));
}

#[test]
fn both_dialects_leave_identical_records() {
    let default = patched_user(json!([
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Replace", "path": "name.givenName", "value": "Anna"},
        {"op": "Replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "per_8"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+358 40 123"},
    ]));
    let corrected = patched_user(json!([{"op": "replace", "value": {
        "active": false,
        "name.givenName": "Anna",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": {"value": "per_8"},
        "phoneNumbers[type eq \"mobile\"].value": "+358 40 123",
    }}]));
    assert_eq!(default, corrected);
}

#[test]
fn sets_and_clears_the_manager_in_every_form() {
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    let part = format!("{manager}.value");
    for (path, value) in [
        (manager, json!("per_8")),
        (manager, json!({"value": "per_8"})),
        (manager, json!({"value": "per_8", "displayName": "Bo", "$ref": null})),
        (manager, json!([{"value": "per_8"}])),
        (manager, json!({"$ref": "https://arki.example/scim/v2/Users/per_8"})),
        (&part, json!("per_8")),
    ] {
        for op in ["Add", "Replace"] {
            let after = patched_user(json!([{"op": op, "path": path, "value": value}]));
            assert_eq!(after[ENTERPRISE_USER]["manager"], json!({"value": "per_8"}), "{op} {path} {value}");
        }
    }
    for change in [
        json!({"op": "Replace", "path": manager, "value": ""}),
        json!({"op": "Replace", "path": manager, "value": {"value": ""}}),
        json!({"op": "Replace", "path": manager, "value": null}),
        json!({"op": "Add", "path": manager, "value": ""}),
        json!({"op": "Replace", "path": part, "value": ""}),
        json!({"op": "Remove", "path": manager}),
        json!({"op": "Remove", "path": manager, "value": "per_9"}),
        json!({"op": "Remove", "path": part}),
    ] {
        let after = patched_user(json!([change]));
        assert_eq!(after[ENTERPRISE_USER], json!({"employeeNumber": "0042"}), "{change}");
    }
}

#[test]
fn adds_to_an_element_that_is_not_there_yet() {
    for op in ["Add", "Replace"] {
        let after = patched_user(json!([
            {"op": op, "path": "phoneNumbers[type eq \"mobile\"].value", "value": "040 123"},
            {"op": op, "path": "addresses[type eq \"work\"].locality", "value": "Turku"},
            {"op": op, "path": "addresses[type eq \"work\"].country", "value": "FI"},
            {"op": op, "path": "roles[primary eq \"True\"].value", "value": "clerk"},
            {"op": op, "path": "emails[type eq \"other\"].value", "value": "a@other.example"},
        ]));
        assert_eq!(after["phoneNumbers"], json!([{"type": "mobile", "value": "040 123"}]));
        assert_eq!(after["addresses"], json!([{"type": "work", "locality": "Turku", "country": "FI"}]));
        assert_eq!(after["roles"], json!([{"primary": true, "value": "clerk"}]));
        assert_eq!(after["emails"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn removes_only_the_members_that_the_value_lists() {
    let after = patched_group(json!([{"op": "Remove", "path": "members", "value": [{"value": "per_2"}]}]));
    assert_eq!(after["members"], json!([{"value": "per_1"}, {"value": "per_3"}]));
    let both = patched_group(
        json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "per_1"}, {"value": "per_3"}]}]),
    );
    assert_eq!(both["members"], json!([{"value": "per_2"}]));
    let flagged = patched_group(json!([{"op": "remove", "path": "members[value eq \"per_2\"]"}]));
    assert_eq!(flagged, after);
    let none = patched_group(json!([{"op": "Remove", "path": "members", "value": []}]));
    assert_eq!(none, team());
}

#[test]
fn adds_several_members_at_once_and_again_without_effect() {
    let change = json!([{"op": "Add", "path": "members", "value": [
        {"$ref": null, "value": "per_4"}, {"$ref": null, "value": "per_5"}, {"$ref": null, "value": "per_1"},
    ]}]);
    let after = patched_group(change.clone());
    let members: Vec<_> =
        after["members"].as_array().unwrap().iter().map(|member| &member["value"]).collect();
    assert_eq!(members, ["per_1", "per_2", "per_3", "per_4", "per_5"]);
    assert_eq!(patched(&ResourceType::group(), &after, change).unwrap(), after);
}

#[test]
fn null_and_empty_clear_what_is_optional() {
    for value in [json!(""), json!(null)] {
        let after = patched_user(json!([
            {"op": "Replace", "path": "title", "value": value},
            {"op": "Replace", "path": "displayName", "value": value},
            {"op": "Replace", "path": "name.givenName", "value": value},
            {"op": "Replace", "path": "emails[type eq \"home\"].value", "value": value},
            {"op": "Replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "value": value},
        ]));
        assert!(after.get("title").is_none() && after.get("displayName").is_none());
        assert_eq!(after["name"], json!({"familyName": "Ahola"}));
        assert_eq!(after["emails"].as_array().unwrap().len(), 1);
        assert_eq!(after[ENTERPRISE_USER], json!({"manager": {"value": "per_9"}}));
    }
    assert_eq!(
        refused(json!([{"op": "Replace", "path": "userName", "value": ""}])),
        Some(ScimType::InvalidValue)
    );
}

#[test]
fn creates_with_empty_roles_foreign_schemas_and_attributes_that_are_not_kept() {
    let user = ResourceType::user()
        .create(&json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE_USER],
            "externalId": "bo",
            "userName": "bo@example.com",
            "active": true,
            "emails": [{"primary": true, "type": "work", "value": "bo@example.com"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Bo Berg", "familyName": "Berg", "givenName": "Bo"},
            "nickName": "Bobo",
            "roles": [],
        }))
        .unwrap();
    assert_eq!(
        user,
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "externalId": "bo",
            "userName": "bo@example.com",
            "active": true,
            "emails": [{"primary": true, "type": "work", "value": "bo@example.com"}],
            "name": {"formatted": "Bo Berg", "familyName": "Berg", "givenName": "Bo"},
        })
    );
    let group = ResourceType::group()
        .create(&json!({
            "schemas": [
                "urn:ietf:params:scim:schemas:core:2.0:Group",
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ],
            "externalId": "8aa1a0c0",
            "displayName": "Payroll",
            "meta": {"resourceType": "Group"},
        }))
        .unwrap();
    assert_eq!(group["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]));
    assert_eq!(group["externalId"], json!("8aa1a0c0"));
}

#[test]
fn a_mapped_attribute_that_is_not_kept_does_not_fail_the_patch() {
    let after = patched_user(json!([
        {"op": "Add", "path": "nickName", "value": "Annie"},
        {"op": "Add", "path": "photos[type eq \"photo\"].value", "value": "https://example.com/a.png"},
        {"op": "Replace", "path": "title", "value": "Lead"},
    ]));
    assert_eq!(after["title"], json!("Lead"));
    assert!(after.get("nickName").is_none());
}

#[test]
fn a_patch_without_the_schema_or_with_an_unknown_verb_is_no_patch() {
    for body in [
        json!({"Operations": [{"op": "Add", "path": "title", "value": "x"}]}),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []}),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "Move", "path": "a"}]}),
        json!([]),
    ] {
        assert_eq!(Patch::parse(&body).unwrap_err().scim_type, Some(ScimType::InvalidSyntax), "{body}");
    }
}
