//! The requests that Entra ID is documented to send, in both of its dialects (Microsoft Learn, "Tutorial: Develop and
//! plan provisioning for a SCIM endpoint in Microsoft Entra ID" and "Known issues … SCIM 2.0 protocol compliance").
//! No tenant of Microsoft's was reached: these are its documents, replayed.

use anyhow::Result;
use arki_integration_tests::Suite;
use serde_json::{Value, json};

use crate::scim_provider::{ENTERPRISE, GROUP, Provider, USER, comparable};
use crate::wirings::in_both_wirings;

in_both_wirings!(both_dialects_of_entra_leave_the_same_records);

/// How one dialect writes the same changes.
struct Dialect {
    name: &'static str,
    change: fn(&str) -> Value,
    disable: Value,
    enable: Value,
    remove_member: fn(&str) -> Value,
    clear: Value,
}

async fn both_dialects_of_entra_leave_the_same_records(suite: Suite) -> Result<()> {
    let provider = Provider::new(&suite).await?;
    let chief = provider.user(json!({"userName": "chief@example.com", "displayName": "The Chief"})).await?;
    test_connection(&provider).await?;
    let mut records = Vec::new();
    for dialect in [default_dialect(), corrected_dialect()] {
        records.push(walk(&suite, &provider, &dialect, &chief).await?);
    }
    assert_eq!(records[0], records[1]);
    Ok(())
}

/// "Test Connection" looks for somebody who is not there, and wants an empty list.
async fn test_connection(provider: &Provider) -> Result<()> {
    for filter in [
        "userName eq \"5d1b1ab1-0000-4000-8000-000000000000\"",
        "externalId eq \"5d1b1ab1\"",
        "emails[type eq \"work\"].value eq \"5d1b1ab1\"",
    ] {
        assert_eq!(provider.find("Users", filter).await?["totalResults"], 0, "{filter}");
    }
    let groups = provider.get("/Groups?excludedAttributes=members&filter=displayName+eq+%22none%22").await?;
    assert_eq!((groups.status.as_u16(), &groups.body["totalResults"]), (200, &json!(0)));
    Ok(())
}

async fn walk(suite: &Suite, provider: &Provider, dialect: &Dialect, chief: &str) -> Result<Vec<Value>> {
    let name = format!("{}@example.com", dialect.name);
    let mut records = Vec::new();
    let own = ["userName", "externalId", "emails"];
    let made = json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": dialect.name,
        "userName": name,
        "active": true,
        "displayName": "Ann Ahola",
        "emails": [{"primary": true, "type": "work", "value": name}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Ann Ahola", "familyName": "Ahola", "givenName": "Ann"},
        "roles": [],
    });
    let id = provider.user(made).await?;
    let at = format!("/Users/{id}");
    assert_eq!(
        provider.find("Users", &format!("userName eq \"{name}\"")).await?["Resources"][0]["id"],
        json!(id)
    );

    for operations in [(dialect.change)(chief), dialect.disable.clone()] {
        let changed = provider.patch(&at, operations).await?;
        assert_eq!(changed.status, 200, "{}", changed.body);
        records.push(comparable(&changed.body, &own));
    }
    let found = provider.find("Users", &format!("externalId eq \"{}\"", dialect.name)).await?;
    assert_eq!(found["Resources"][0]["active"], false, "who is disabled is still found");
    let person = suite.api().get(&format!("/v1/people/{id}")).await?.ok()?;
    assert_eq!(person["kind"], "PERSON_KIND_LEAVER");
    assert_eq!(person["manager"], json!(format!("people/{chief}")));
    for operations in [dialect.enable.clone(), dialect.clear.clone()] {
        let changed = provider.patch(&at, operations).await?;
        assert_eq!(changed.status, 200, "{}", changed.body);
        records.push(comparable(&changed.body, &own));
    }
    let person = suite.api().get(&format!("/v1/people/{id}")).await?.ok()?;
    assert_eq!((&person["kind"], &person["manager"]), (&json!("PERSON_KIND_EMPLOYEE"), &json!("")));

    let group = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": format!("group-{}", dialect.name),
        "displayName": format!("Group {}", dialect.name),
        "meta": {"resourceType": "Group"},
    });
    let made = provider.post("/Groups", &group).await?;
    assert_eq!(made.status, 201, "{}", made.body);
    let group = format!("/Groups/{}", made.body["id"].as_str().unwrap());
    let members = json!([{"$ref": null, "value": id}, {"$ref": null, "value": chief}]);
    let added = provider.patch(&group, json!([{"op": "Add", "path": "members", "value": members}])).await?;
    assert_eq!(added.body["members"].as_array().map(Vec::len), Some(2), "{}", added.body);
    let removed = provider.patch(&group, (dialect.remove_member)(&id)).await?;
    let left = removed.body["members"].as_array().cloned().unwrap_or_default();
    assert_eq!(left.iter().map(|member| &member["value"]).collect::<Vec<_>>(), [chief]);
    records.push(comparable(&removed.body, &["externalId", "displayName"]));
    let rename =
        json!([{"op": "Replace", "path": "displayName", "value": format!("Renamed {}", dialect.name)}]);
    let renamed = provider.patch(&group, rename).await?;
    assert_eq!(renamed.body["members"], removed.body["members"]);
    assert_eq!(provider.delete(&group).await?.status, 204);
    assert_eq!(provider.delete(&at).await?.status, 204);
    assert_eq!(provider.get(&at).await?.status, 404);
    Ok(records)
}

fn default_dialect() -> Dialect {
    let change = |chief: &str| {
        json!([
            {"op": "Replace", "path": "name.givenName", "value": "Anna"},
            {"op": "Add", "path": "title", "value": "Payroll Clerk"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+358 (0)40 000"},
            {"op": "Replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "+358 9 000"},
            {"op": "Add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "0042"},
            {"op": "Add", "path": format!("{ENTERPRISE}:costCenter"), "value": "4100"},
            {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": chief},
        ])
    };
    Dialect {
        name: "default",
        change,
        disable: json!([{"op": "Replace", "path": "active", "value": "False"}]),
        enable: json!([{"op": "Replace", "path": "active", "value": "True"}]),
        remove_member: |id| json!([{"op": "Remove", "path": "members", "value": [{"value": id}]}]),
        clear: json!([
            {"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": ""},
            {"op": "Replace", "path": "title", "value": null},
        ]),
    }
}

/// With `aadOptscim062020` in the tenant's URL.
fn corrected_dialect() -> Dialect {
    let change = |chief: &str| {
        json!([
            {"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+358 (0)40 000"},
            {"op": "replace", "value": {
                "name.givenName": "Anna",
                "title": "Payroll Clerk",
                "phoneNumbers[type eq \"work\"].value": "+358 9 000",
                format!("{ENTERPRISE}:employeeNumber"): "0042",
                format!("{ENTERPRISE}:costCenter"): "4100",
                format!("{ENTERPRISE}:manager"): {"value": chief},
            }},
        ])
    };
    Dialect {
        name: "corrected",
        change,
        disable: json!([{"op": "replace", "value": {"active": false}}]),
        enable: json!([{"op": "replace", "path": "active", "value": true}]),
        remove_member: |id| json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]),
        clear: json!([{"op": "replace", "value": {format!("{ENTERPRISE}:manager"): "", "title": ""}}]),
    }
}
