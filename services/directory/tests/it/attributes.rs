use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::event::v1::PersonChanged;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    are_defined_read_changed_and_deleted,
    values_are_checked_at_every_write,
    people_are_chosen_by_segments,
    a_key_is_one_persons,
    values_that_are_there_can_become_a_segment_or_a_key,
    are_each_tenants_own_and_in_no_event,
);

fn definition(key: &str, of: pb::AttributeType) -> pb::AttributeDefinition {
    pb::AttributeDefinition { key: key.to_owned(), r#type: of.into(), ..Default::default() }
}

async fn define(user: &User, definition: pb::AttributeDefinition) -> pb::AttributeDefinition {
    let request =
        pb::CreateAttributeDefinitionRequest { attribute_definition: Some(definition), ..Default::default() };
    user.create_attribute_definition(request).await.unwrap().attribute_definition.unwrap()
}

fn with(name: &str, attributes: &[(&str, &str)]) -> pb::Person {
    let attributes: BTreeMap<_, _> =
        attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    pb::Person { attributes, ..employee(name) }
}

async fn are_defined_read_changed_and_deleted(server: Server) {
    let user = &server.admin;
    let site = pb::AttributeDefinition {
        allowed_values: vec!["Turku".to_owned(), "Oulu".to_owned()],
        is_segment: true,
        kinds: vec![pb::PersonKind::Employee.into()],
        ..definition("site", pb::AttributeType::Choice)
    };
    let created = define(user, site.clone()).await;
    assert_eq!((created.name.as_str(), created.etag.as_str()), ("attributeDefinitions/site", "1"));
    let get = pb::GetAttributeDefinitionRequest { name: created.name.clone() };
    let read = user.get_attribute_definition(get.clone()).await.unwrap().attribute_definition;
    assert_eq!(read, Some(created.clone()));
    let again = pb::CreateAttributeDefinitionRequest {
        attribute_definition: Some(site.clone()),
        ..Default::default()
    };
    user.create_attribute_definition(again).await.refused(Code::AlreadyExists, ErrorReason::AttributeExists);

    let change = pb::AttributeDefinition { is_required: true, ..created.clone() };
    let update = pb::UpdateAttributeDefinitionRequest {
        attribute_definition: Some(change),
        update_mask: mask(&["is_required", "key"]),
        ..Default::default()
    };
    let updated =
        user.update_attribute_definition(update.clone()).await.unwrap().attribute_definition.unwrap();
    assert_eq!((updated.is_required, updated.etag.as_str()), (true, "2"));
    assert_eq!(updated.allowed_values, site.allowed_values);
    user.update_attribute_definition(update).await.refused(Code::Aborted, HouseReason::EtagMismatch);

    let both = pb::AttributeDefinition {
        is_personal_data: true,
        is_segment: true,
        ..definition("x", pb::AttributeType::Date)
    };
    let request =
        pb::CreateAttributeDefinitionRequest { attribute_definition: Some(both), ..Default::default() };
    assert_eq!(user.create_attribute_definition(request).await.fields(), ["attribute_definition.is_segment"]);
    define(user, definition("Age", pb::AttributeType::Number)).await;
    let listed =
        user.list_attribute_definitions(pb::ListAttributeDefinitionsRequest::default()).await.unwrap();
    let keys: Vec<_> = listed.attribute_definitions.iter().map(|found| found.key.as_str()).collect();
    assert_eq!(keys, ["Age", "site"]);

    let person = user.person(with("Aino Esimerkki", &[("site", "Turku")])).await.unwrap();
    let delete = pb::DeleteAttributeDefinitionRequest { name: created.name.clone(), ..Default::default() };
    let in_use = user.delete_attribute_definition(delete.clone()).await;
    in_use.refused(Code::FailedPrecondition, ErrorReason::AttributeInUse);
    let delete_other = pb::DeleteAttributeDefinitionRequest {
        name: "attributeDefinitions/Age".to_owned(),
        ..Default::default()
    };
    user.delete_attribute_definition(delete_other.clone()).await.unwrap();
    user.delete_attribute_definition(delete_other)
        .await
        .refused(Code::NotFound, ErrorReason::AttributeNotFound);
    assert_eq!(person.attributes["site"], "Turku");
}

async fn values_are_checked_at_every_write(server: Server) {
    let user = &server.admin;
    // While nothing is defined, people may have anything.
    let free = user.person(with("Aino Esimerkki", &[("free", "x")])).await.unwrap();
    let level = pb::AttributeDefinition {
        is_required: true,
        kinds: vec![pb::PersonKind::Employee.into()],
        ..definition("level", pb::AttributeType::Number)
    };
    define(user, level).await;
    let refused = user.person(with("Bo Exempel", &[("site", "Turku"), ("level", "high")])).await;
    assert_eq!(refused.fields(), ["person.attributes[\"level\"]", "person.attributes[\"site\"]"]);
    assert_eq!(user.person(employee("Bo Exempel")).await.fields(), ["person.attributes[\"level\"]"]);
    user.person(with("Bo Exempel", &[("level", "4.5")])).await.unwrap();
    // Whoever was there before is asked when attributes change, and not when something else does.
    let update = |person: pb::Person, path: &str| pb::UpdatePersonRequest {
        person: Some(pb::Person { name: free.name.clone(), ..person }),
        update_mask: mask(&[path]),
        ..Default::default()
    };
    user.update_person(update(employee("Aino Uusi"), "display_name")).await.unwrap();
    let changed = user.update_person(update(with("", &[("free", "y"), ("level", "1")]), "attributes")).await;
    assert_eq!(changed.fields(), ["person.attributes[\"free\"]"]);
    let kept = update(with("", &[("free", "x"), ("level", "1")]), "attributes");
    assert_eq!(user.update_person(kept).await.unwrap().person.unwrap().attributes["level"], "1");
    // A file is refused by its line.
    let columns = [("id", "person_id"), ("name", "name"), ("lvl", "attribute:level")];
    let columns = columns.map(|(heading, field)| (heading.to_owned(), field.to_owned())).into();
    let request = pb::ImportHrFileRequest {
        content: "id,name,lvl\n1,Cai,3\n2,Dia,many\n".to_owned(),
        mapping: Some(pb::ColumnMapping { columns, ..Default::default() }),
        ..Default::default()
    };
    let report = user.import_hr_file(request).await.unwrap().report.unwrap();
    let told: Vec<_> = report.errors.iter().map(|error| (error.line, error.column.as_str())).collect();
    assert_eq!(told, [(3, "lvl")], "{report:?}");
}

async fn people_are_chosen_by_segments(server: Server) {
    let user = &server.admin;
    let segment =
        |key| pb::AttributeDefinition { is_segment: true, ..definition(key, pb::AttributeType::String) };
    define(user, segment("site")).await;
    define(user, segment("shift")).await;
    define(user, definition("shoe", pb::AttributeType::Number)).await;
    let mut names = Vec::new();
    for (name, attributes) in [
        ("Aino", [("site", "Turku"), ("shift", "day")]),
        ("Bo", [("site", "Turku"), ("shift", "night")]),
        ("Cai", [("site", "Oulu"), ("shift", "day")]),
    ] {
        names.push(user.person(with(name, &attributes)).await.unwrap().name);
    }
    let filter = |key: &str, values: &[&str]| pb::AttributeFilter {
        key: key.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let resolve = |attributes: Vec<pb::AttributeFilter>| {
        let kind = pb::PersonKind::Employee.into();
        let audience = Some(pb::Audience { kind, attributes, ..Default::default() });
        user.resolve_audience(pb::ResolveAudienceRequest { audience, ..Default::default() })
    };
    for (filters, expected) in [
        (vec![filter("site", &["Turku"])], vec![0, 1]),
        (vec![filter("site", &["Turku", "Oulu"])], vec![0, 1, 2]),
        (vec![filter("site", &["Turku", "Oulu"]), filter("shift", &["day"])], vec![0, 2]),
        (vec![filter("site", &["turku"])], vec![]),
    ] {
        let members = resolve(filters.clone()).await.unwrap().members;
        let found: Vec<_> = members.iter().map(|member| &member.person).collect();
        assert_eq!(found, expected.iter().map(|index| &names[*index]).collect::<Vec<_>>(), "{filters:?}");
    }
    let listed = pb::ListPeopleRequest { attributes: vec!["site=Oulu".to_owned()], ..Default::default() };
    assert_eq!(user.list_people(listed).await.unwrap().people[0].name, names[2]);
    for key in ["shoe", "colour"] {
        let field = format!("audience.attributes[{key:?}]");
        assert_eq!(resolve(vec![filter(key, &["1"])]).await.fields(), [field]);
        let listed = pb::ListPeopleRequest { attributes: vec![format!("{key}=1")], ..Default::default() };
        assert_eq!(user.list_people(listed).await.fields(), [format!("attributes[{key:?}]")]);
    }
    // Who moves is found where they are now.
    let moved = pb::UpdatePersonRequest {
        person: Some(pb::Person { name: names[0].clone(), ..with("", &[("site", "Oulu")]) }),
        update_mask: mask(&["attributes"]),
        ..Default::default()
    };
    user.update_person(moved).await.unwrap();
    assert_eq!(resolve(vec![filter("site", &["Turku"])]).await.unwrap().members.len(), 1);
    assert_eq!(resolve(vec![filter("shift", &["day"])]).await.unwrap().members.len(), 1);
}

async fn a_key_is_one_persons(server: Server) {
    let user = &server.admin;
    let badge = pb::AttributeDefinition { is_key: true, ..definition("badge", pb::AttributeType::String) };
    define(user, badge).await;
    let aino = user.person(with("Aino", &[("badge", "B-1")])).await.unwrap();
    let taken = user.person(with("Bo", &[("badge", "B-1")])).await;
    taken.refused(Code::AlreadyExists, ErrorReason::AttributeValueTaken);
    let bo = user.person(with("Bo", &[("badge", "B-2")])).await.unwrap();
    let change = |name: &str, badge: &str| pb::UpdatePersonRequest {
        person: Some(pb::Person { name: name.to_owned(), ..with("", &[("badge", badge)]) }),
        update_mask: mask(&["attributes"]),
        ..Default::default()
    };
    let taken = user.update_person(change(&bo.name, "B-1")).await;
    taken.refused(Code::AlreadyExists, ErrorReason::AttributeValueTaken);
    user.update_person(change(&aino.name, "B-3")).await.unwrap();
    user.update_person(change(&bo.name, "B-1")).await.unwrap();
}

async fn values_that_are_there_can_become_a_segment_or_a_key(server: Server) {
    let user = &server.admin;
    for (name, site) in [("Aino", "Turku"), ("Bo", "Turku"), ("Cai \"C\"", "Oulu")] {
        user.person(with(name, &[("site", site), ("badge", name)])).await.unwrap();
    }
    let segment =
        pb::AttributeDefinition { is_segment: true, ..definition("site", pb::AttributeType::String) };
    let created = define(user, segment).await;
    let listed = pb::ListPeopleRequest { attributes: vec!["site=Turku".to_owned()], ..Default::default() };
    assert_eq!(user.list_people(listed.clone()).await.unwrap().people.len(), 2);
    let key = pb::AttributeDefinition { is_key: true, ..definition("badge", pb::AttributeType::String) };
    define(user, key).await;
    let update = |is_key, is_retired| pb::UpdateAttributeDefinitionRequest {
        attribute_definition: Some(pb::AttributeDefinition { is_key, is_retired, ..created.clone() }),
        update_mask: mask(&["is_key", "is_retired"]),
        ..Default::default()
    };
    let taken = user.update_attribute_definition(update(true, false)).await;
    taken.refused(Code::AlreadyExists, ErrorReason::AttributeValueTaken);
    user.update_attribute_definition(update(false, true)).await.unwrap();
    assert_eq!(user.list_people(listed).await.fields(), ["attributes[\"site\"]"]);
}

async fn are_each_tenants_own_and_in_no_event(server: Server) {
    let user = &server.admin;
    let stranger = server.stranger().await;
    let secret =
        pb::AttributeDefinition { is_personal_data: true, ..definition("iban", pb::AttributeType::String) };
    let created = define(user, secret).await;
    user.person(with("Aino", &[("iban", "FI21 1234 5600 0007 85")])).await.unwrap();
    let get = pb::GetAttributeDefinitionRequest { name: created.name };
    stranger.get_attribute_definition(get).await.refused(Code::NotFound, ErrorReason::AttributeNotFound);
    let none = pb::ListAttributeDefinitionsRequest::default();
    assert!(stranger.list_attribute_definitions(none).await.unwrap().attribute_definitions.is_empty());
    stranger.person(with("Vieras", &[("anything", "goes")])).await.unwrap();
    for event in server.events::<PersonChanged>(2).await {
        assert!(!format!("{event:?}").contains("FI21"), "{event:?}");
    }
}
