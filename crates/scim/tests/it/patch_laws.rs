use std::collections::BTreeSet;

use arki_scim::patch::Patch;
use arki_scim::schema::ResourceType;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{ann, operations, patched, team};

fn path() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "title",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[type eq \"home\"].primary",
        "phoneNumbers[type eq \"mobile\"].value",
        "addresses[type eq \"work\"].locality",
        "roles[primary eq \"True\"].value",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        "userName",
        "id",
        "shoeSize",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        Just(json!("True")),
        proptest::sample::select(vec!["work", "home", "ann@example.com", "ann@home.example"])
            .prop_map(Value::from),
    ];
    let key =
        proptest::sample::select(vec!["value", "type", "primary", "givenName", "display", "department", "x"]);
    leaf.prop_recursive(2, 8, 3, move |inner| {
        let object =
            proptest::collection::btree_map(key.clone().prop_map(str::to_owned), inner.clone(), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(Value::from),
            object.prop_map(|parts| Value::Object(parts.into_iter().collect())),
        ]
    })
}

fn change() -> impl Strategy<Value = Value> {
    let verb = proptest::sample::select(vec!["add", "Replace", "REMOVE"]);
    (verb, path(), value(), any::<bool>()).prop_map(|(verb, path, value, with_path)| {
        if with_path {
            json!({"op": verb, "path": path, "value": value})
        } else {
            json!({"op": verb, "value": {path: value}})
        }
    })
}

fn assert_sound(person: &Value) {
    let kind = ResourceType::user();
    let mut body = person.clone();
    // What a server sets survives a PUT only from the resource before, so it is compared by way of one.
    let read_back = kind.replace(person, &body).unwrap();
    assert_eq!(&read_back, person, "the result of a patch is in the form that a write gives");
    body["userName"] = json!("x");
    for name in ["emails", "phoneNumbers", "addresses", "roles"] {
        let items = person.get(name).and_then(Value::as_array).into_iter().flatten();
        assert!(items.filter(|item| item["primary"] == json!(true)).count() < 2, "{name} has two primaries");
    }
}

proptest! {
    #[test]
    fn whatever_is_patched_the_result_is_a_sound_resource(changes in proptest::collection::vec(change(), 1..5)) {
        if let Ok(after) = patched(&ResourceType::user(), &ann(), changes.into()) {
            assert_sound(&after);
            prop_assert_eq!(&after["id"], &ann()["id"]);
            prop_assert_eq!(&after["meta"], &ann()["meta"]);
        }
    }

    #[test]
    fn doing_the_same_again_changes_nothing_more(change in change()) {
        // An element that was chosen by its type and given another cannot be chosen so again.
        let text = change.to_string();
        prop_assume!(!(text.contains("[type") && text.contains("\"type\":")));
        let kind = ResourceType::user();
        if let Ok(patch) = Patch::parse(&operations(json!([change])))
            && let Ok(once) = patch.apply(&kind, &ann())
        {
            prop_assert_eq!(patch.apply(&kind, &once), Ok(once));
        }
    }

    #[test]
    fn several_operations_are_as_one_after_the_other(changes in proptest::collection::vec(change(), 2..4)) {
        let kind = ResourceType::user();
        let together = patched(&kind, &ann(), changes.clone().into());
        let apart = changes.into_iter().try_fold(ann(), |person, change| patched(&kind, &person, json!([change])));
        prop_assert_eq!(together.ok(), apart.ok());
    }

    #[test]
    fn members_are_a_set(steps in proptest::collection::vec((0..3_u8, 0..6_u8), 0..12)) {
        let kind = ResourceType::group();
        let mut expected: BTreeSet<String> = ["per_1", "per_2", "per_3"].map(str::to_owned).into();
        let mut group = team();
        for (verb, number) in steps {
            let id = format!("per_{number}");
            let change = match verb {
                0 => json!({"op": "Add", "path": "members", "value": [{"value": id}]}),
                1 => json!({"op": "Remove", "path": "members", "value": [{"value": id}]}),
                _ => json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}),
            };
            if verb == 0 { expected.insert(id) } else { expected.remove(&id) };
            group = patched(&kind, &group, json!([change])).unwrap();
        }
        let members: Vec<String> = group
            .get("members").and_then(Value::as_array).into_iter().flatten()
            .map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        prop_assert_eq!(members.len(), expected.len());
        prop_assert_eq!(members.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}
