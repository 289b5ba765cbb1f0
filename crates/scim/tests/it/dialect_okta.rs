//! What Okta sends.

use arki_scim::schema::{ARKI_USER, ENTERPRISE_USER, ResourceType};
use serde_json::json;

use crate::{ann, patched, patched_group, patched_user, team};

#[test]
fn deactivates_without_a_path() {
    let after = patched_user(json!([{"op": "replace", "value": {"active": false}}]));
    assert_eq!(after["active"], json!(false));
}

#[test]
fn renames_a_group_and_repeats_its_id_without_touching_members() {
    let after = patched_group(json!([{"op": "replace", "value": {"id": "grp_1", "displayName": "Wages"}}]));
    assert_eq!(after["displayName"], json!("Wages"));
    assert_eq!(after["members"], team()["members"]);
    let other = patched(
        &ResourceType::group(),
        &team(),
        json!([{"op": "replace", "value": {"id": "grp_2", "displayName": "Wages"}}]),
    );
    assert_eq!(other.unwrap_err().scim_type, Some(arki_scim::ScimType::Mutability));
}

#[test]
fn pushes_members_with_a_display_name() {
    let after = patched_group(
        json!([{"op": "add", "path": "members", "value": [{"value": "per_4", "display": "dan@example.com"}]}]),
    );
    assert_eq!(after["members"][3], json!({"value": "per_4"}));
}

#[test]
fn push_now_replaces_the_whole_list_also_with_none() {
    let full = patched_group(
        json!([{"op": "replace", "path": "members", "value": [{"value": "per_7", "display": "x"}, {"value": "per_1"}]}]),
    );
    assert_eq!(full["members"], json!([{"value": "per_7"}, {"value": "per_1"}]));
    let empty = patched_group(json!([{"op": "replace", "path": "members", "value": []}]));
    assert!(empty.get("members").is_none());
}

#[test]
fn removes_a_member_by_filter_and_again_without_harm() {
    let change = json!([{"op": "remove", "path": "members[value eq \"per_2\"]"}]);
    let after = patched_group(change.clone());
    assert_eq!(after["members"], json!([{"value": "per_1"}, {"value": "per_3"}]));
    assert_eq!(patched(&ResourceType::group(), &after, change).unwrap(), after);
}

#[test]
fn a_put_without_active_leaves_it_and_what_the_client_does_not_know() {
    let inactive = patched_user(json!([{"op": "replace", "value": {"active": false}}]));
    let after = ResourceType::user()
        .replace(
            &inactive,
            &json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "id": "per_1",
                "userName": "ann@example.com",
                "name": {"givenName": "Ann", "familyName": "Berg"},
                "emails": [{"primary": true, "value": "ann@example.com", "type": "work"}],
                "groups": [],
                "password": "secret",
            }),
        )
        .unwrap();
    assert_eq!(after["active"], json!(false));
    assert_eq!(after["name"], json!({"givenName": "Ann", "familyName": "Berg"}));
    assert_eq!(after[ENTERPRISE_USER], ann()[ENTERPRISE_USER]);
    assert_eq!(after[ARKI_USER], ann()[ARKI_USER]);
    assert!(after.get("title").is_none() && after.get("password").is_none());
    assert_eq!(after["id"], json!("per_1"));
    assert_eq!(after["meta"], ann()["meta"]);
}
