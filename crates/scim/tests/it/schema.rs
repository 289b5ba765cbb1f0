use std::cmp::Ordering;

use arki_scim::bulk;
use arki_scim::schema::{
    ARKI_USER, Attribute, CORE_GROUP, CORE_USER, DataType, Discovery, ENTERPRISE_USER, Mutability,
    Projection, ResourceType, Returned, Scheme, Sort, Uniqueness,
};
use serde_json::{Value, json};

use crate::ann;

fn discovery() -> Discovery {
    Discovery {
        base: "https://arki.example/scim/v2".to_owned(),
        kinds: vec![ResourceType::user(), ResourceType::group()],
        most_results: 200,
        bulk: bulk::Limits { most_operations: 1000, largest_payload: 1_048_576 },
        schemes: vec![Scheme { kind: "oauthbearertoken", name: "API key", description: "A key of Arki" }],
    }
}

fn no_nulls(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(no_nulls),
        Value::Object(parts) => parts.values().all(no_nulls),
        _ => true,
    }
}

#[test]
fn the_documents_say_what_the_server_does() {
    let discovery = discovery();
    let config = discovery.config();
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], json!(true), "{feature}");
    }
    assert_eq!(config["changePassword"]["supported"], json!(false));
    assert_eq!(config["bulk"]["maxOperations"], json!(1000));
    assert_eq!(config["filter"]["maxResults"], json!(200));
    assert_eq!(config["authenticationSchemes"][0]["primary"], json!(true));
    let user = discovery.resource_type("User").unwrap();
    assert_eq!(user["schema"], json!(CORE_USER));
    assert_eq!(user["endpoint"], json!("/Users"));
    assert_eq!(
        user["schemaExtensions"],
        json!([{"schema": ENTERPRISE_USER, "required": false}, {"schema": ARKI_USER, "required": false}])
    );
    assert_eq!(user["meta"]["location"], json!("https://arki.example/scim/v2/ResourceTypes/User"));
    assert!(discovery.resource_type("Device").is_none());
    let ids: Vec<_> = discovery.schemas().into_iter().map(|schema| schema["id"].clone()).collect();
    assert_eq!(ids, [CORE_USER, ENTERPRISE_USER, ARKI_USER, CORE_GROUP]);
    assert_eq!(discovery.schema(&CORE_USER.to_uppercase()).unwrap()["id"], json!(CORE_USER));
    assert!(discovery.schema("urn:example:x").is_none());
    for document in discovery.schemas().iter().chain(&discovery.resource_types()).chain([&config]) {
        assert!(no_nulls(document), "a null would stop schema discovery: {document}");
    }
}

#[test]
fn an_attribute_document_has_every_characteristic() {
    let user = discovery().schema(CORE_USER).unwrap();
    let attribute = |name: &str| {
        let attributes = user["attributes"].as_array().unwrap();
        attributes.iter().find(|attribute| attribute["name"] == json!(name)).unwrap().clone()
    };
    let user_name = attribute("userName");
    assert_eq!(user_name["required"], json!(true));
    assert_eq!(user_name["caseExact"], json!(false));
    assert_eq!(user_name["uniqueness"], json!("server"));
    assert_eq!(attribute("groups")["mutability"], json!("readOnly"));
    assert_eq!(attribute("emails")["type"], json!("complex"));
    let kind = &attribute("emails")["subAttributes"][2];
    assert_eq!(kind["canonicalValues"], json!(["work", "home", "other"]));
    for name in ["id", "externalId", "meta", "schemas", "password"] {
        let attributes = user["attributes"].as_array().unwrap();
        assert!(attributes.iter().all(|attribute| attribute["name"] != json!(name)), "{name}");
    }
}

/// Entra ID takes neither complex nor multi-valued attributes in an extension of one's own, and only this pattern.
#[test]
fn the_own_extension_suits_a_mapping_in_entra() {
    let user = ResourceType::user();
    let own = user.schema(ARKI_USER).unwrap();
    assert!(own.attributes.iter().all(|one| one.data_type != DataType::Complex && !one.multi_valued));
    assert!(
        ARKI_USER.starts_with("urn:ietf:params:scim:schemas:extension:") && ARKI_USER.ends_with(":2.0:User")
    );
}

fn every(attributes: &[Attribute], seen: &mut Vec<Attribute>) {
    for attribute in attributes {
        seen.push(attribute.clone());
        every(&attribute.sub_attributes, seen);
    }
}

#[test]
fn every_declared_attribute_is_coherent() {
    for kind in [ResourceType::user(), ResourceType::group()] {
        let mut seen = Vec::new();
        for schema in std::iter::once(&kind.core).chain(&kind.extensions) {
            every(&schema.attributes, &mut seen);
        }
        for one in seen {
            assert_eq!(one.data_type == DataType::Complex, !one.sub_attributes.is_empty(), "{}", one.name);
            assert_eq!(one.data_type == DataType::Reference, !one.reference_types.is_empty(), "{}", one.name);
            assert!(!one.closed || !one.canonical_values.is_empty(), "{}", one.name);
            assert!(!(one.required && one.mutability == Mutability::ReadOnly), "{}", one.name);
            assert!(one.uniqueness == Uniqueness::None || one.data_type == DataType::String, "{}", one.name);
            assert!(!one.description.is_empty());
        }
    }
}

#[test]
fn what_is_not_kept_is_not_declared_and_not_refused() {
    let kind = ResourceType::user().without(&["phoneNumbers", "addresses"]);
    assert!(kind.core.attribute("phoneNumbers").is_none());
    let after = crate::patched(
        &kind,
        &ann(),
        json!([{"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "040"}]),
    );
    assert_eq!(after.unwrap(), ann());
}

fn shown(attributes: &str, excluded: &str) -> Value {
    let kind = ResourceType::user();
    Projection::new(&kind, attributes.split(','), excluded.split(',')).unwrap().apply(&kind, &ann())
}

#[test]
fn shows_what_was_asked_for_and_always_the_id() {
    let all = shown("", "");
    assert_eq!(all, ann());
    let schemas = ann()["schemas"].clone();
    assert_eq!(
        shown("username", ""),
        json!({"schemas": schemas, "id": "per_1", "userName": "Ann@Example.com"})
    );
    assert_eq!(
        shown("name.givenName, nothing", ""),
        json!({"schemas": schemas, "id": "per_1", "name": {"givenName": "Ann"}})
    );
    assert_eq!(
        shown("emails.value,emails.type", "")["emails"],
        json!([{"value": "ann@example.com", "type": "work"}, {"value": "ann@home.example", "type": "home"}])
    );
    assert_eq!(
        shown(&format!("{ENTERPRISE_USER}:employeeNumber"), ""),
        json!({"schemas": schemas, "id": "per_1", ENTERPRISE_USER: {"employeeNumber": "0042"}})
    );
    assert_eq!(shown(ARKI_USER, "")[ARKI_USER], ann()[ARKI_USER]);
    assert_eq!(shown(CORE_USER, "")["userName"], ann()["userName"]);
    assert_eq!(shown("nothing", ""), json!({"schemas": schemas, "id": "per_1"}));
}

#[test]
fn hides_what_was_excluded_but_never_the_id() {
    let seen = shown("", "id,emails,name.givenName,META");
    assert_eq!(seen["id"], json!("per_1"));
    assert!(seen.get("emails").is_none() && seen.get("meta").is_none());
    assert_eq!(seen["name"], json!({"familyName": "Ahola"}));
    assert!(shown("", ENTERPRISE_USER).get(ENTERPRISE_USER).is_none());
}

#[test]
fn a_projection_tells_what_need_not_be_fetched() {
    let kind = ResourceType::group();
    let shows = |attributes: &str, excluded: &str| {
        Projection::new(&kind, attributes.split(','), excluded.split(',')).unwrap().shows(&kind, "members")
    };
    assert!(shows("", ""));
    assert!(!shows("", "members"));
    assert!(!shows("displayName", ""));
    assert!(shows("members.value", ""));
    assert!(Projection::new(&kind, ["members"], ["id"]).is_err());
}

#[test]
fn never_and_on_request_are_kept_to() {
    let mut kind = ResourceType::user();
    for (name, returned) in [("title", Returned::Never), ("displayName", Returned::Request)] {
        kind.core.attributes.iter_mut().find(|one| one.name == name).unwrap().returned = returned;
    }
    let see = |attributes: &[&str]| {
        Projection::new(&kind, attributes.iter().copied(), []).unwrap().apply(&kind, &ann())
    };
    assert!(see(&[]).get("title").is_none() && see(&[]).get("displayName").is_none());
    assert!(see(&["title", "displayName"]).get("title").is_none());
    assert_eq!(see(&["title", "displayName"])["displayName"], json!("Ann Ahola"));
    let filter = "title eq \"x\"".parse::<arki_scim::filter::Filter>().unwrap();
    assert!(filter.checked(&kind).is_err(), "what is never shown is not to be guessed by filters");
}

#[test]
fn sorts_by_the_primary_value_letter_case_aside_and_the_unset_last() {
    let kind = ResourceType::user();
    let person = |name: Value, emails: Value| json!({"title": name, "emails": emails});
    let low = person(json!("alpha"), json!([{"value": "z"}, {"value": "a", "primary": true}]));
    let high = person(json!("BETA"), json!([{"value": "b"}]));
    let unset = json!({});
    for by in ["TITLE", "emails", "emails.value"] {
        let up = Sort::new(&kind, by, None).unwrap();
        let down = Sort::new(&kind, by, Some("Descending")).unwrap();
        assert_eq!(up.compare(&kind, &low, &high), Ordering::Less, "{by}");
        assert_eq!(down.compare(&kind, &low, &high), Ordering::Greater, "{by}");
        assert_eq!(up.compare(&kind, &unset, &high), Ordering::Greater, "{by}");
        assert_eq!(down.compare(&kind, &unset, &high), Ordering::Less, "{by}");
        assert_eq!(up.compare(&kind, &unset, &unset), Ordering::Equal, "{by}");
    }
    assert_eq!(Sort::new(&kind, "EMAILS", None).unwrap().by.to_string(), "emails.value");
    let moments = Sort::new(&kind, "meta.lastModified", None).unwrap();
    let at = |text: &str| json!({"meta": {"lastModified": text}});
    assert_eq!(
        moments.compare(&kind, &at("2026-05-01T08:00:00+02:00"), &at("2026-05-01T07:00:00Z")),
        Ordering::Less
    );
    for by in ["nothing", "name", "a b"] {
        assert!(Sort::new(&kind, by, None).is_err(), "{by}");
    }
    assert!(Sort::new(&kind, "title", Some("sideways")).is_err());
}
