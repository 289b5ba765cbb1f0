use std::collections::BTreeSet;

use serde_json::Value;

use super::document;
use crate::contract::Contract;
use crate::garden;

fn all_references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("$ref", Value::String(reference)) => {
                        found.insert(reference);
                    }
                    _ => all_references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all_references(item, found)),
        _ => {}
    }
}

#[test]
fn the_document_of_a_contract_says_what_the_edge_does() {
    let document = document(&Contract::read(garden::descriptor()).unwrap());
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_json_snapshot!("garden", document);
    });
}

#[test]
fn every_reference_leads_somewhere_and_nothing_internal_is_told() {
    for descriptor in [garden::descriptor(), arki_proto::DESCRIPTOR] {
        let document = document(&Contract::read(descriptor).unwrap());
        let mut references = BTreeSet::new();
        all_references(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some_and(|target| !target.is_null()), "{reference}");
        }
        let text = document.to_string();
        assert!(!text.contains("PrunePlants") && !text.contains("AuthenticateApiKey"));
    }
}

#[test]
fn operations_have_ids_of_their_own() {
    let document = document(&Contract::read(arki_proto::DESCRIPTOR).unwrap());
    let mut ids = BTreeSet::new();
    for operations in document["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{}",
                operation["operationId"]
            );
        }
    }
    assert!(ids.contains("GetUnit"));
}
