//! What an identity provider's users are to the rest of Arki: joiners, movers and leavers.

use arki_proto::directory::v1 as pb;
use arki_proto::event::v1::PersonChanged;
use arki_test_support::on_each_database;
use serde_json::json;

use crate::scim_user::{ENTERPRISE, USER};
use crate::server::Server;
use crate::user::employee;

on_each_database!(
    a_joiner_moves_and_leaves,
    a_person_of_the_file_is_adopted_and_not_made_twice,
    a_department_places_where_it_names_a_unit,
    managers_are_linked_and_never_in_a_circle,
    a_user_is_whom_their_person_was_merged_into
);

async fn person(server: &Server, id: &str) -> pb::Person {
    let name = format!("people/{id}");
    server.admin.get_person(pb::GetPersonRequest { name }).await.unwrap().person.unwrap()
}

fn kind(person: &pb::Person) -> pb::PersonKind {
    pb::PersonKind::try_from(person.kind).unwrap()
}

async fn a_joiner_moves_and_leaves(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let joiner = json!({
        "userName": "ann@example.com",
        "name": {"givenName": "Ann", "familyName": "Ahola"},
        "emails": [{"value": "ann@example.com", "type": "work"}],
        "preferredLanguage": "fi",
        "timezone": "Europe/Helsinki",
        "title": "Clerk",
        "active": true,
    });
    let made = provider.post_user(joiner).await;
    let ann = person(&server, &made.id).await;
    assert_eq!((ann.display_name.as_str(), ann.email.as_str()), ("Ann Ahola", "ann@example.com"));
    assert_eq!((ann.language.as_str(), ann.time_zone.as_str()), ("fi", "Europe/Helsinki"));
    assert_eq!((kind(&ann), ann.attributes["title"].as_str()), (pb::PersonKind::Employee, "Clerk"));
    let events: Vec<PersonChanged> = server.events(1).await;
    assert_eq!((events[0].person.as_str(), events[0].active), (ann.name.as_str(), true));

    let wed = json!([{"op": "replace", "path": "name.familyName", "value": "Virta"}]);
    provider.patch_user(&made.id, wed).await;
    assert_eq!(person(&server, &made.id).await.display_name, "Ann Virta");
    let leave = json!([{"op": "replace", "value": {"active": false}}]);
    assert_eq!(provider.patch_user(&made.id, leave).await.resource["active"], false);
    assert_eq!(kind(&person(&server, &made.id).await), pb::PersonKind::Leaver);
    assert_eq!(provider.users("userName eq \"ann@example.com\"").await.0, 1, "who left is still found");
    let events: Vec<PersonChanged> = server.events(3).await;
    assert!(!events[2].active);

    let back = json!([{"op": "Replace", "path": "active", "value": "True"}]);
    provider.patch_user(&made.id, back).await;
    assert_eq!(kind(&person(&server, &made.id).await), pb::PersonKind::Employee);
    provider.delete_user(&made.id).await;
    assert_eq!(kind(&person(&server, &made.id).await), pb::PersonKind::Leaver);
    let again = provider.post_user(json!({"userName": "Ann@example.com"})).await;
    assert_eq!((again.status, &again.id), (201, &made.id), "whoever comes back is the same person");
}

async fn a_person_of_the_file_is_adopted_and_not_made_twice(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let of_file = |name: &str, key: &str, email: &str| pb::Person {
        external_id: key.to_owned(),
        email: email.to_owned(),
        source: "hr".to_owned(),
        language: "sv".to_owned(),
        ..employee(name)
    };
    let ann = server.admin.person(of_file("Ann", "E-1", "")).await.unwrap();
    let ben = server.admin.person(of_file("Ben", "E-2", "ben@example.com")).await.unwrap();
    let eve = server.admin.person(of_file("Eve", "E-3", "eve@example.com")).await.unwrap();
    let customer =
        pb::Person { kind: pb::PersonKind::Customer.into(), ..of_file("Eve", "C-1", "eve@example.com") };
    server.admin.person(customer).await.unwrap();
    let twins = [of_file("One", "E-4", "twin@example.com"), of_file("Two", "E-5", "twin@example.com")];
    for twin in twins {
        server.admin.person(twin).await.unwrap();
    }
    for (user, adopted) in [
        (json!({"userName": "ann", "externalId": "E-1"}), Some(&ann)),
        (json!({"userName": "Ben@example.com"}), Some(&ben)),
        (json!({"userName": "eve", "emails": [{"value": "EVE@example.com"}]}), Some(&eve)),
        (json!({"userName": "twin", "emails": [{"value": "twin@example.com"}]}), None),
        // Who is a user already is not taken a second time.
        (json!({"userName": "other", "emails": [{"value": "ben@example.com"}]}), None),
    ] {
        let made = provider.post_user(user.clone()).await;
        assert_eq!(made.status, 201, "{user}");
        let name = format!("people/{}", made.id);
        match adopted {
            Some(person) => assert_eq!(name, person.name, "{user}"),
            None => assert!([&ann, &ben, &eve].iter().all(|person| person.name != name), "{user}"),
        }
    }
    let adopted = person(&server, ann.name.trim_start_matches("people/")).await;
    let kept = (adopted.language.as_str(), adopted.external_id.as_str(), adopted.source.as_str());
    assert_eq!(kept, ("sv", "E-1", "hr"));
}

async fn a_department_places_where_it_names_a_unit(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let sales = server.admin.unit("Sales Finland", "").await;
    let care = server.admin.unit("Care", "").await;
    let department = |name: &str| json!({"department": name});
    let user = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "ann",
        ENTERPRISE: department("SALES finland"),
    });
    let made = provider.post_user(user).await;
    assert_eq!(person(&server, &made.id).await.unit, sales.name);
    let to = |name: &str| json!([{"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": name}]);
    provider.patch_user(&made.id, to("Care")).await;
    assert_eq!(person(&server, &made.id).await.unit, care.name);
    let lost = provider.patch_user(&made.id, to("Nowhere")).await;
    assert_eq!(lost.resource[ENTERPRISE]["department"], "Nowhere");
    assert_eq!(person(&server, &made.id).await.unit, care.name, "an unknown department moves nobody");
}

async fn managers_are_linked_and_never_in_a_circle(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let ann = provider.post_user(json!({"userName": "ann", "displayName": "Ann"})).await;
    let ben = provider.post_user(json!({"userName": "ben"})).await;
    let path = format!("{ENTERPRISE}:manager");
    let to = |id: &str| json!([{"op": "Add", "path": path, "value": id}]);
    let told = provider.patch_user(&ben.id, to(&ann.id)).await;
    assert_eq!(told.resource[ENTERPRISE]["manager"]["value"], json!(ann.id));
    assert_eq!(person(&server, &ben.id).await.manager, format!("people/{}", ann.id));
    let circle = provider.patch_user(&ann.id, to(&ben.id)).await;
    assert_eq!(circle.status, 200);
    assert_eq!(person(&server, &ann.id).await.manager, "");
    let none = provider.patch_user(&ben.id, to("")).await;
    assert_eq!(none.resource.get(ENTERPRISE), None);
    assert_eq!(person(&server, &ben.id).await.manager, "");
}

async fn a_user_is_whom_their_person_was_merged_into(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let of_file = pb::Person { external_id: "E-1".to_owned(), source: "hr".to_owned(), ..employee("Ann") };
    let ann = server.admin.person(of_file).await.unwrap().name;
    let user = provider.post_user(json!({"userName": "ann", "displayName": "Ann A."})).await;
    let twin = format!("people/{}", user.id);
    assert_ne!(twin, ann);
    let merge =
        pb::MergePeopleRequest { survivor: ann.clone(), duplicates: vec![twin], ..Default::default() };
    server.admin.merge_people(merge).await.unwrap();
    let wed = json!([{"op": "replace", "path": "displayName", "value": "Ann Virta"}]);
    let changed = provider.patch_user(&user.id, wed).await;
    assert_eq!((changed.status, &changed.id), (200, &user.id));
    let one = person(&server, ann.trim_start_matches("people/")).await;
    assert_eq!(one.display_name, "Ann Virta");
    let report = provider.post_user(json!({"userName": "ben"})).await;
    let path = format!("{ENTERPRISE}:manager");
    provider.patch_user(&report.id, json!([{"op": "Add", "path": path, "value": user.id}])).await;
    assert_eq!(person(&server, &report.id).await.manager, ann);
    provider.delete_user(&user.id).await;
    assert_eq!(kind(&person(&server, ann.trim_start_matches("people/")).await), pb::PersonKind::Leaver);
}
