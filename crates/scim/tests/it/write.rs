use arki_scim::ScimType::{InvalidSyntax, InvalidValue, Mutability};
use arki_scim::schema::{ARKI_USER, CORE_USER, ENTERPRISE_USER, ResourceType};
use serde_json::json;

use crate::{ann, team};

#[test]
fn keeps_what_the_schema_names_in_its_own_letter_case() {
    let user = ResourceType::user()
        .create(&json!({
            "Schemas": [CORE_USER.to_uppercase()],
            "USERNAME": "bo",
            "id": "mine",
            "Active": "True",
            "name": {"GivenName": "Bo", "nick": "B"},
            "emails": [{"VALUE": "bo@example.com", "Type": "work"}, {"value": "bo@example.com", "type": "work"}, {"type": "home"}],
            "phoneNumbers": {"value": " +358 40 / 123 "},
            "groups": [{"value": "grp_1"}],
            ENTERPRISE_USER.to_lowercase(): {"DEPARTMENT": "Payroll", "manager": "per_9"},
            ARKI_USER: {"EmploymentState": "longleave", "kind": ""},
            "urn:example:params:2.0:User": {"a": 1},
        }))
        .unwrap();
    assert_eq!(
        user,
        json!({
            "schemas": [CORE_USER, ENTERPRISE_USER, ARKI_USER],
            "userName": "bo",
            "active": true,
            "name": {"givenName": "Bo"},
            "emails": [{"value": "bo@example.com", "type": "work"}],
            "phoneNumbers": [{"value": " +358 40 / 123 "}],
            ENTERPRISE_USER: {"department": "Payroll", "manager": {"value": "per_9"}},
            ARKI_USER: {"employmentState": "longLeave"},
        })
    );
}

#[test]
fn refuses_a_body_that_is_no_such_resource() {
    let kind = ResourceType::user();
    let table = [
        (json!([]), InvalidSyntax),
        (json!({"userName": "bo"}), InvalidSyntax),
        (json!({"schemas": [], "userName": "bo"}), InvalidSyntax),
        (
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "userName": "bo"}),
            InvalidSyntax,
        ),
        (json!({"schemas": [CORE_USER]}), InvalidValue),
        (json!({"schemas": [CORE_USER], "userName": ""}), InvalidValue),
        (json!({"schemas": [CORE_USER], "userName": 7}), InvalidValue),
        (json!({"schemas": [CORE_USER], "userName": {"value": {}}}), InvalidValue),
        (json!({"schemas": [CORE_USER], "userName": "bo", "active": 1}), InvalidValue),
        (json!({"schemas": [CORE_USER], "userName": "bo", "name": "Bo"}), InvalidValue),
        (json!({"schemas": [CORE_USER], "userName": "bo", ENTERPRISE_USER: "x"}), InvalidValue),
        (
            json!({"schemas": [CORE_USER], "userName": "bo", "emails": [
                {"value": "a", "primary": true}, {"value": "b", "primary": "true"},
            ]}),
            InvalidValue,
        ),
    ];
    for (body, expected) in table {
        assert_eq!(kind.create(&body).unwrap_err().scim_type, Some(expected), "{body}");
    }
}

#[test]
fn a_put_clears_what_it_speaks_of_and_leaves_out() {
    let after = ResourceType::user()
        .replace(
            &ann(),
            &json!({"schemas": [CORE_USER, ENTERPRISE_USER], "userName": "ann", "active": false}),
        )
        .unwrap();
    assert_eq!(
        after,
        json!({
            "schemas": [CORE_USER, ARKI_USER],
            "id": "per_1",
            "meta": ann()["meta"],
            "userName": "ann",
            "active": false,
            ARKI_USER: ann()[ARKI_USER],
        })
    );
}

#[test]
fn a_put_of_what_was_read_changes_nothing() {
    assert_eq!(ResourceType::user().replace(&ann(), &ann()).unwrap(), ann());
    assert_eq!(ResourceType::group().replace(&team(), &team()).unwrap(), team());
}

#[test]
fn an_immutable_value_is_set_once() {
    let mut kind = ResourceType::user();
    let title = kind.core.attributes.iter_mut().find(|attribute| attribute.name == "title").unwrap();
    title.mutability = arki_scim::schema::Mutability::Immutable;
    let with = |title: serde_json::Value| json!({"schemas": [CORE_USER], "userName": "ann", "title": title});
    assert_eq!(kind.replace(&ann(), &with(json!("Lead"))).unwrap_err().scim_type, Some(Mutability));
    assert_eq!(kind.replace(&ann(), &with(json!(null))).unwrap()["title"], ann()["title"]);
    assert_eq!(kind.replace(&ann(), &with(json!("Payroll Clerk"))).unwrap()["title"], ann()["title"]);
    let change =
        |value: &str| crate::patched(&kind, &ann(), json!([{"op": "add", "path": "title", "value": value}]));
    assert_eq!(change("Lead").unwrap_err().scim_type, Some(Mutability));
    assert_eq!(change("Payroll Clerk").unwrap(), ann());
}

#[test]
fn a_member_is_known_by_its_id_or_reference_and_else_dropped() {
    let group = |member: serde_json::Value| {
        ResourceType::group().create(
            &json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G", "members": [member]}),
        )
    };
    assert_eq!(
        group(json!({"value": "per_1", "$ref": "x", "type": "User"})).unwrap()["members"],
        json!([{"value": "per_1"}])
    );
    let referred = group(json!({"$ref": "https://arki.example/scim/v2/Users/per_2"})).unwrap();
    assert_eq!(referred["members"], json!([{"value": "per_2"}]));
    assert!(group(json!({"display": "nobody"})).unwrap().get("members").is_none());
}
