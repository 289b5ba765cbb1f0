//! Users and groups of identity providers: what is kept, found and refused.

use arki_directory::domain::scim::narrow::Key;
use arki_directory::storage::scim::{groups, users};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_test_support::{Refused, on_each_database};
use futures::future::join_all;
use serde_json::{Value, json};
use tonic::Code;

use crate::scim_user::{USER, of_users, patch, post};
use crate::server::Server;

on_each_database!(
    a_user_reads_back_as_it_was_sent_and_is_found,
    names_and_keys_are_unique_also_within_one_request,
    changes_of_one_group_in_flight_lose_no_member,
    a_user_who_goes_leaves_every_group,
    pages_are_exact_and_stable,
    a_second_tenant_is_told_of_nothing
);

const USERS: pb::ScimResourceType = pb::ScimResourceType::User;
const GROUPS: pb::ScimResourceType = pb::ScimResourceType::Group;

async fn a_user_reads_back_as_it_was_sent_and_is_found(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let sent = json!({
        "userName": "Ann@Example.com",
        "externalId": "Hr-7",
        "name": {"givenName": "Ann ", "familyName": "Ahola"},
        "active": true,
        "timezone": "Nowhere/Land",
        "emails": [
            {"value": "ANN@example.com", "type": "work", "primary": true},
            {"value": "ann@home.example", "type": "home"},
        ],
        "phoneNumbers": [{"value": "+358 (0)40-000", "type": "mobile"}],
    });
    let made = provider.post_user(sent.clone()).await;
    assert_eq!((made.status, made.version.as_str()), (201, "W/\"1\""), "{made:?}");
    let read = provider.get(USERS, &made.id).await.unwrap();
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&read[name], value, "{name}");
    }
    for filter in [
        r#"userName eq "ann@EXAMPLE.com""#,
        r#"externalId eq "Hr-7""#,
        r#"emails[type eq "home"].value eq "Ann@Home.example""#,
        r#"emails.value eq "ann@example.com" and active eq true"#,
        &format!(r#"id eq "{}""#, made.id),
        r#"name.familyName sw "aho""#,
        r#"not (title pr) and phoneNumbers[type eq "mobile"]"#,
        r#"meta.created gt "2020-01-01T00:00:00Z""#,
    ] {
        let (total, found) = provider.users(filter).await;
        assert_eq!((total, &found[0]["id"]), (1, &json!(made.id)), "{filter}");
    }
    for filter in [r#"externalId eq "hr-7""#, r#"emails.value eq "x""#, r#"title pr"#, r#"userName eq "a""#] {
        assert_eq!(provider.users(filter).await, (0, Vec::new()), "{filter}");
    }
    let broken = provider.search(of_users("userName eq")).await;
    broken.refused(Code::InvalidArgument, ErrorReason::ScimQueryInvalid);
    let unchanged = json!([{"op": "replace", "path": "active", "value": "True"}]);
    let unchanged = provider.patch_user(&made.id, unchanged).await;
    assert_eq!((unchanged.status, unchanged.version.as_str()), (200, "W/\"1\""));
    let cleared = provider
        .patch_user(
            &made.id,
            json!([
                {"op": "Replace", "path": "name.givenName", "value": ""},
                {"op": "replace", "path": "externalId", "value": null},
            ]),
        )
        .await;
    assert_eq!(cleared.resource["name"], json!({"familyName": "Ahola"}));
    assert_eq!((cleared.resource.get("externalId"), cleared.version.as_str()), (None, "W/\"2\""));
}

async fn names_and_keys_are_unique_also_within_one_request(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let user = |name: &str, key: &str| post(USERS, USER, json!({"userName": name, "externalId": key}));
    let answers = provider
        .execute(vec![user("ann", "1"), user("ANN", "2"), user("ben", "1"), user("ben", "2"), user("", "3")])
        .await
        .unwrap();
    let told: Vec<_> = answers.iter().map(|answer| (answer.status, answer.scim_type.as_str())).collect();
    let taken = (409, "uniqueness");
    assert_eq!(told, [(201, ""), taken, taken, (201, ""), (400, "invalidValue")]);
    let rename = json!([{"op": "replace", "path": "userName", "value": "Ben"}]);
    assert_eq!(provider.patch_user(&answers[0].id, rename).await.scim_type, "uniqueness");
    // Two that change names in one request: neither is lost, whichever way it goes.
    let name = |name: &str| json!([{"op": "replace", "path": "userName", "value": name}]);
    let swapped = provider
        .execute(vec![
            patch(USERS, &answers[0].id, name("temporary")),
            patch(USERS, &answers[3].id, name("ann")),
            patch(USERS, &answers[0].id, name("ben")),
        ])
        .await
        .unwrap();
    assert!(swapped.iter().all(|answer| answer.status == 200), "{swapped:?}");
    assert_eq!(provider.users("userName eq \"ben\"").await.1[0]["id"], json!(answers[0].id));
    let nothing =
        json!({"userName": "nul\u{0}@example.com", "externalId": "\u{0}", "emails": "\u{0}@example.com"});
    assert_eq!(provider.post_user(nothing).await.scim_type, "invalidValue");
    assert_eq!(provider.post_group("\u{0}", &[]).await.scim_type, "invalidValue");
    let group = provider.post_group("Payroll", &[]).await;
    assert_eq!((group.status, provider.post_group("payroll", &[]).await.status), (201, 409));
    let others = provider.post_group("Others", &["per_nobody"]).await;
    assert_eq!((others.status, &others.resource["members"]), (201, &json!([{"value": "per_nobody"}])));
}

async fn changes_of_one_group_in_flight_lose_no_member(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let users = (0..30).map(|number| post(USERS, USER, json!({"userName": format!("user{number}")})));
    let users: Vec<String> =
        provider.execute(users.collect()).await.unwrap().into_iter().map(|answer| answer.id).collect();
    let (stay, go) = users.split_at(15);
    let names: Vec<&str> = go.iter().map(String::as_str).collect();
    let group = provider.post_group("Everybody", &names).await;
    let add = |user: &String| json!([{"op": "add", "path": "members", "value": [{"value": user}]}]);
    let remove = |user: &String| json!([{"op": "Remove", "path": "members", "value": [{"value": user}]}]);
    let changes = stay.iter().map(add).chain(go.iter().map(remove));
    let answers = join_all(changes.map(|change| provider.patch_group(&group.id, change))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let members = provider.get(GROUPS, &group.id).await.unwrap()["members"].clone();
    let mut members: Vec<&str> =
        members.as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap()).collect();
    members.sort_unstable();
    let mut expected: Vec<&str> = stay.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(members, expected);
}

async fn a_user_who_goes_leaves_every_group(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let ann = provider.post_user(json!({"userName": "ann", "displayName": "Ann"})).await;
    let ben = provider.post_user(json!({"userName": "ben"})).await;
    let group = provider.post_group("Two", &[&ann.id, &ben.id]).await;
    let read = provider.get(USERS, &ann.id).await.unwrap();
    assert_eq!(read["groups"][0]["display"], "Two");
    assert_eq!(group.resource["members"][0]["type"], "User");
    assert_eq!(provider.delete_user(&ann.id).await.status, 204);
    assert_eq!(provider.delete_user(&ann.id).await.status, 404);
    let left = provider.get(GROUPS, &group.id).await.unwrap();
    assert_eq!(left["members"].as_array().unwrap().len(), 1);
    assert_ne!(left["meta"]["version"], group.resource["meta"]["version"]);
    provider.get(USERS, &ann.id).await.map(drop).refused(Code::NotFound, ErrorReason::ScimResourceNotFound);
}

async fn pages_are_exact_and_stable(server: Server) {
    let provider = server.provider(server.admin.caller.tenant);
    let users = (0..12).map(|number| {
        post(USERS, USER, json!({"userName": format!("u{}", (number * 7) % 12), "title": "Clerk"}))
    });
    provider.execute(users.collect()).await.unwrap();
    for (filter, sort_by) in [("", ""), ("title eq \"clerk\"", ""), ("", "userName"), ("title pr", "title")] {
        let mut seen: Vec<Value> = Vec::new();
        for start_index in [1, 6, 11, 16] {
            let request = pb::SearchScimResourcesRequest {
                start_index: Some(start_index),
                count: Some(5),
                sort_by: sort_by.to_owned(),
                sort_order: "descending".to_owned(),
                ..of_users(filter)
            };
            let (total, found) = provider.search(request).await.unwrap();
            assert_eq!(total, 12, "{filter} {sort_by}");
            seen.extend(found.iter().map(|user| user["userName"].clone()));
        }
        assert_eq!(seen.len(), 12, "{filter} {sort_by}: {seen:?}");
        if sort_by == "userName" {
            assert_eq!((&seen[0], &seen[11]), (&json!("u9"), &json!("u0")), "{seen:?}");
        }
        seen.sort_by_key(ToString::to_string);
        seen.dedup();
        assert_eq!(seen.len(), 12, "{filter} {sort_by}");
    }
    let none = pb::SearchScimResourcesRequest { count: Some(0), ..of_users("") };
    assert_eq!(provider.search(none).await.unwrap(), (12, Vec::new()));
}

async fn a_second_tenant_is_told_of_nothing(server: Server) {
    let owner = server.provider(server.admin.caller.tenant);
    let other = server.stranger().await.caller.tenant;
    let stranger = server.provider(other);
    let email = json!([{"value": "ann@example.com"}]);
    let user = json!({"userName": "ann", "externalId": "1", "emails": email});
    let ann = owner.post_user(user.clone()).await;
    let group = owner.post_group("Team", &[&ann.id]).await;
    stranger.get(USERS, &ann.id).await.map(drop).refused(Code::NotFound, ErrorReason::ScimResourceNotFound);
    stranger
        .get(GROUPS, &group.id)
        .await
        .map(drop)
        .refused(Code::NotFound, ErrorReason::ScimResourceNotFound);
    let mine = json!([{"op": "replace", "path": "displayName", "value": "Mine"}]);
    assert_eq!(stranger.patch_user(&ann.id, mine.clone()).await.status, 404);
    assert_eq!(stranger.patch_group(&group.id, mine).await.status, 404);
    assert_eq!(stranger.delete_user(&ann.id).await.status, 404);
    assert_eq!(stranger.users("").await.0, 0);
    assert_eq!(stranger.users("userName eq \"ann\"").await.0, 0);
    let mine = stranger.post_group("Mine", &[&ann.id]).await;
    assert_eq!(mine.resource["members"][0]["value"], json!(ann.id), "what was sent, and nothing else");
    assert_eq!(owner.get(USERS, &ann.id).await.unwrap()["groups"].as_array().unwrap().len(), 1);
    // Names are free again, and nobody of the other tenant is taken for the same person.
    let twin = stranger.post_user(user).await;
    assert_eq!(twin.status, 201);
    assert_ne!(twin.id, ann.id);
    stranger.delete_user(&twin.id).await;

    let store = arki_database::Store::connect(&server.config.database).await.unwrap();
    let (db, id) = (store.reader(), ann.id.parse().unwrap());
    let (names, keys) = (["ann".to_owned()], ["1".to_owned()]);
    assert!(users::of_ids(db, other, &[id]).await.unwrap().is_empty());
    assert!(users::named(db, other, &names).await.unwrap().is_empty());
    assert!(users::with_external_ids(db, other, &keys).await.unwrap().is_empty());
    assert!(users::groups_of(db, arki_ids::TenantId::generate(), &[id]).await.unwrap().is_empty());
    assert!(users::after(db, other, None, 10).await.unwrap().is_empty());
    assert!(users::slice(db, other, 0, 10).await.unwrap().is_empty());
    assert_eq!((users::count(db, other).await.unwrap(), groups::count(db, other).await.unwrap()), (0, 1));
    let address = [Key::Email("ann@example.com".to_owned()), Key::Id(ann.id.clone())];
    assert!(users::with_keys(db, other, &address).await.unwrap().is_empty());
    let team = group.id.parse().unwrap();
    let member = [Key::Member(ann.id), Key::Name("team".to_owned())];
    assert!(groups::of_ids(db, other, &[team]).await.unwrap().is_empty());
    assert!(groups::named(db, other, &["team".to_owned()]).await.unwrap().is_empty());
    assert!(groups::with_external_ids(db, other, &keys).await.unwrap().is_empty());
    for found in [
        groups::with_keys(db, other, &member, true).await.unwrap(),
        groups::after(db, other, None, 10, true).await.unwrap(),
        groups::slice(db, other, 0, 10, true).await.unwrap(),
    ] {
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].display_name(), "Mine");
    }
}
