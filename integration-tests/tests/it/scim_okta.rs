//! The requests that Okta is documented to send, of applications that customers make (AIW) and of those of its network
//! (OIN). No tenant of Okta's was reached: these are its documents, replayed.

use anyhow::Result;
use arki_integration_tests::Suite;
use serde_json::{Value, json};

use crate::scim_provider::{GROUP, Provider, USER};
use crate::wirings::in_both_wirings;

in_both_wirings!(okta_joins_moves_leaves_and_pushes_groups);

async fn okta_joins_moves_leaves_and_pushes_groups(suite: Suite) -> Result<()> {
    let provider = Provider::new(&suite).await?;
    for probe in ["/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"] {
        let page = provider.get(probe).await?.ok()?;
        assert_eq!(
            (&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]),
            (&json!(0), &json!(1), &json!(0))
        );
        assert_eq!(page["Resources"], json!([]));
    }
    let ann = by_put(&suite, &provider).await?;
    let ben = by_patch(&suite, &provider).await?;
    push_groups(&provider, &ann, &ben).await
}

fn whole(name: &str, active: Option<bool>, title: &str) -> Value {
    let mut user = json!({
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ann", "familyName": "Ahola"},
        "emails": [{"primary": true, "value": name, "type": "work"}],
        "displayName": "Ann Ahola",
        "title": title,
        "locale": "en-US",
        "externalId": format!("00u-{name}"),
        "groups": [],
        "password": "1mz050nq",
    });
    if let Some(active) = active {
        user["active"] = active.into();
    }
    user
}

/// AIW: the whole object by PUT; an absent `active` says nothing.
async fn by_put(suite: &Suite, provider: &Provider) -> Result<String> {
    let name = "ann.aiw@example.com";
    let ask = format!("userName eq \"{name}\"");
    assert_eq!(provider.find("Users", &ask).await?["totalResults"], 0);
    let made = provider.post("/Users", &whole(name, Some(true), "Clerk")).await?;
    assert_eq!((made.status.as_u16(), &made.body["userName"]), (201, &json!(name)));
    assert_eq!(made.body.get("password"), None);
    let id = made.body["id"].as_str().unwrap().to_owned();
    let at = format!("/Users/{id}");
    let moved = provider.put(&at, &whole(name, None, "Lead")).await?;
    assert_eq!((&moved.body["title"], &moved.body["active"]), (&json!("Lead"), &json!(true)));
    let gone = provider.put(&at, &whole(name, Some(false), "Lead")).await?;
    assert_eq!(gone.body["active"], false);
    let still = provider.put(&at, &whole(name, None, "Lead")).await?;
    assert_eq!(still.body["active"], false, "an absent active changes nothing");
    let person = suite.api().get(&format!("/v1/people/{id}")).await?.ok()?;
    assert_eq!(person["kind"], "PERSON_KIND_LEAVER");
    // Assigned again: found by name, and brought back by PUT.
    let found = provider.find("Users", &ask).await?;
    assert_eq!(found["Resources"][0]["id"], json!(id));
    assert_eq!(provider.put(&at, &whole(name, Some(true), "Lead")).await?.body["active"], true);
    let again = provider.post("/Users", &whole(name, Some(true), "Lead")).await?;
    assert_eq!((again.status.as_u16(), &again.body["scimType"]), (409, &json!("uniqueness")));
    assert_eq!(provider.find("Users", &ask).await?["totalResults"], 1, "no second user");
    Ok(id)
}

/// OIN: PATCH without a path.
async fn by_patch(suite: &Suite, provider: &Provider) -> Result<String> {
    let id = provider.user(whole("ben.oin@example.com", Some(true), "Clerk")).await?;
    let at = format!("/Users/{id}");
    let changed = provider.patch(&at, json!([{"op": "replace", "value": {"title": "Lead"}}])).await?;
    assert_eq!((&changed.body["title"], &changed.body["active"]), (&json!("Lead"), &json!(true)));
    for (active, kind) in [(false, "PERSON_KIND_LEAVER"), (true, "PERSON_KIND_EMPLOYEE")] {
        let changed = provider.patch(&at, json!([{"op": "replace", "value": {"active": active}}])).await?;
        assert_eq!((changed.status.as_u16(), &changed.body["active"]), (200, &json!(active)));
        let person = suite.api().get(&format!("/v1/people/{id}")).await?.ok()?;
        assert_eq!(person["kind"], kind);
    }
    Ok(id)
}

async fn push_groups(provider: &Provider, ann: &str, ben: &str) -> Result<()> {
    let member = |id: &str| json!({"value": id, "display": "someone@example.com"});
    let group = json!({"schemas": [GROUP], "displayName": "Payroll", "members": [member(ann)]});
    let made = provider.post("/Groups", &group).await?;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().unwrap();
    let at = format!("/Groups/{id}");
    let count = |reply: &Value| reply["members"].as_array().map_or(0, Vec::len);
    let added = json!([{"op": "add", "path": "members", "value": [member(ben)]}]);
    assert_eq!(count(&provider.patch(&at, added).await?.body), 2);
    let rename = json!([{"op": "replace", "value": {"id": id, "displayName": "Payroll Finland"}}]);
    let renamed = provider.patch(&at, rename).await?;
    assert_eq!((&renamed.body["displayName"], count(&renamed.body)), (&json!("Payroll Finland"), 2));
    let removed = json!([{"op": "remove", "path": format!("members[value eq \"{ann}\"]")}]);
    assert_eq!(count(&provider.patch(&at, removed).await?.body), 1);
    for (members, expected) in [(vec![member(ann), member(ben)], 2), (vec![], 0), (vec![member(ann)], 1)] {
        let push = json!([{"op": "replace", "path": "members", "value": members}]);
        assert_eq!(count(&provider.patch(&at, push).await?.body), expected);
    }
    let user = provider.get(&format!("/Users/{ann}")).await?.ok()?;
    assert_eq!(user["groups"][0]["value"], json!(id));
    // Many changes of one group at once lose no member.
    let mut users = Vec::new();
    for number in 0..12 {
        users.push(provider.user(json!({"userName": format!("member{number}@example.com")})).await?);
    }
    let adds = users.iter().map(|user| {
        let add = json!([{"op": "add", "path": "members", "value": [member(user)]}]);
        let (provider, at) = (provider.clone(), at.clone());
        async move { provider.patch(&at, add).await }
    });
    for reply in futures::future::join_all(adds).await {
        assert_eq!(reply?.status, 200);
    }
    assert_eq!(count(&provider.get(&at).await?.body), 13);
    assert_eq!(provider.delete(&at).await?.status, 204);
    Ok(())
}
