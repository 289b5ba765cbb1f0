//! Keeping data no longer than needed, from outside: a policy, a purge, what went from every service, and the proof.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, api::Api};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::privacy::{MARK, PATIENCE, SERVICES, created, database, doors, files_with, name, staff};
use crate::wirings::in_both_wirings;

in_both_wirings!(what_was_kept_long_enough_goes_from_every_service_and_numbers_stay);

/// What makes everything that is there six years old, by service.
const AGE: [(&str, &str); 5] = [
    ("survey", "UPDATE wave SET close_time = '2020-01-06T09:00:00+00:00'"),
    ("survey", "UPDATE response SET day = '2020-01-05'"),
    ("communication", "UPDATE occurrence SET occurrence = '2020-01-05T09:00:00'"),
    (
        "communication",
        "UPDATE delivery SET occurrence = '2020-01-05T09:00:00', due_time = '2020-01-05T09:00:00+00:00', \
         sent_time = '2020-01-05T09:00:00+00:00'",
    ),
    ("directory", "UPDATE person SET update_time = '2020-01-05T09:00:00+00:00' WHERE kind <> 'employee'"),
];

async fn ages(suite: &Suite) -> Result<()> {
    for (service, sql) in AGE {
        let db = database(suite, service).await?;
        db.execute_unprepared(sql).await.with_context(|| sql.to_owned())?;
        db.close().await?;
    }
    Ok(())
}

/// A purge, once every service has confirmed it.
async fn purged(api: &Api) -> Result<Value> {
    let purge = name(&created(api, "/v1/purges", json!({})).await?)?;
    let done = |reply: &arki_integration_tests::api::Reply| reply.body["state"] == "PURGE_STATE_COMPLETED";
    api.get_until(&format!("/v1/{purge}"), PATIENCE, done).await?.ok()
}

/// How many rows of each kind went, as `service.kind`.
fn counts(purge: &Value) -> BTreeMap<String, i64> {
    let empty = Vec::new();
    let mut counts = BTreeMap::new();
    for one in purge["confirmations"].as_array().unwrap_or(&empty) {
        for count in one["counts"].as_array().unwrap_or(&empty) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let rows = text(&count["rows"]).parse().unwrap_or_default();
            counts.insert(format!("{}.{}", text(&one["service"]), text(&count["kind"])), rows);
        }
    }
    counts
}

async fn what_was_kept_long_enough_goes_from_every_service_and_numbers_stay(suite: Suite) -> Result<()> {
    let api = suite.api();
    let policy =
        api.patch("/v1/retentionPolicy", &json!({"answerMonths": 12, "commentMonths": 6})).await?.ok()?;
    assert_eq!((&policy["answerMonths"], &policy["linkDays"]), (&json!(12), &json!(30)), "{policy}");
    let refused = api.patch("/v1/retentionPolicy", &json!({"commentMonths": 13})).await?;
    assert_eq!((refused.status.as_u16(), refused.reason()), (400, "INVALID_FIELDS"), "{}", refused.body);

    let (aino, bo) = staff(&api).await?;
    doors(&suite, &api, &aino).await?;
    let prospect = json!({
        "kind": "PERSON_KIND_PROSPECT", "displayName": "Pia", "email": "pia@example.com", "source": "crm",
        "externalId": "C-17"
    });
    let pia = name(&created(&api, "/v1/people", prospect.clone()).await?)?;
    customer_answers(&api).await?;
    let waves = api.get("/v1/waves").await?.ok()?;
    let mut before = Vec::new();
    for wave in waves["waves"].as_array().context("no waves")? {
        let wave = name(wave)?;
        created(&api, &format!("/v1/{wave}:close"), json!({})).await?;
        let rate = api.get(&format!("/v1/{wave}/responseRate")).await?.ok()?;
        let responses = api.get(&format!("/v1/{wave}")).await?.ok()?["responses"].clone();
        before.push((wave, rate, responses));
    }
    let shown = before.iter().filter(|(_, rate, _)| rate.to_string().contains("percent")).count();
    assert_eq!(shown, 1, "that of the customers: {before:?}");
    let message = name(&api.get("/v1/messages").await?.ok()?["messages"][0])?;
    let understanding = api.get(&format!("/v1/{message}/understanding")).await?.ok()?;

    let nothing = counts(&purged(&api).await?);
    assert!(nothing.is_empty(), "nothing is old enough: {nothing:?}");
    ages(&suite).await?;
    let done = purged(&api).await?;
    let counts = counts(&done);
    for (kind, rows) in [("survey.response", 2), ("directory.person", 1)] {
        assert_eq!(counts.get(kind), Some(&rows), "{kind} of {counts:?}");
    }
    for kind in ["survey.invitation", "survey.link", "communication.delivery"] {
        assert!(counts.get(kind).is_some_and(|rows| *rows > 0), "{kind} of {counts:?}");
    }
    for (wave, rate, responses) in before {
        assert_eq!(api.get(&format!("/v1/{wave}/responseRate")).await?.ok()?, rate);
        assert_eq!(api.get(&format!("/v1/{wave}")).await?.ok()?["responses"], responses);
        let asked = api.get(&format!("/v1/{wave}/invitations")).await?.ok()?;
        assert!(asked["invitations"].as_array().is_none_or(Vec::is_empty), "{asked}");
    }
    assert_eq!(api.get(&format!("/v1/{message}/understanding")).await?.ok()?, understanding);
    assert!(!files_with(&suite, MARK)?, "no letter is left");
    assert_eq!(api.get(&format!("/v1/{pia}")).await?.reason(), "PERSON_NOT_FOUND");
    for employee in [&aino, &bo] {
        assert_eq!(api.get(&format!("/v1/{employee}")).await?.status, 200, "who is there stays");
    }
    let erasures = api.get("/v1/erasures").await?.ok()?;
    let erasure = &erasures["erasures"][0];
    assert_eq!((&erasure["person"], &erasure["reason"]), (&json!(pia), &json!("ERASURE_REASON_RETENTION")));
    the_report_is_proved(&api, &done).await?;
    assert_ne!(name(&created(&api, "/v1/people", prospect).await?)?, pia, "who comes back is welcome");
    let left = purged(&api).await?;
    assert!(self::counts(&left).is_empty(), "nothing is left: {left}");
    Ok(())
}

/// A wave of a customer who answers: of customers a rate is shown of however few.
async fn customer_answers(api: &Api) -> Result<()> {
    let customer = json!({
        "kind": "PERSON_KIND_CUSTOMER", "displayName": "Cleo", "email": "cleo@example.com", "source": "crm",
        "externalId": "C-18"
    });
    created(api, "/v1/people", customer).await?;
    let waves = api.get("/v1/waves").await?.ok()?;
    let wave = json!({
        "displayName": "Customers", "questionnaireVersion": waves["waves"][0]["questionnaireVersion"],
        "audience": "WAVE_AUDIENCE_CUSTOMERS", "anonymity": "ANONYMITY_CONFIDENTIAL",
        "sender": {"byLanguage": {"en": "Us"}}
    });
    let wave = name(&created(api, "/v1/waves", wave).await?)?;
    created(api, &format!("/v1/{wave}:open"), json!({})).await?;
    let asked = api.get(&format!("/v1/{wave}/invitations")).await?.ok()?;
    let token = asked["invitations"][0]["token"].as_str().context("no token")?;
    let answers = json!({"answers": [{"question": "recommend", "number": 9}]});
    created(&api.with_key(""), &format!("/v1/forms/{token}:submit"), answers).await?;
    Ok(())
}

/// The hash of the report, computed from what the API says alone, is in the chain of the audit log.
async fn the_report_is_proved(api: &Api, done: &Value) -> Result<()> {
    let micros = |time: &Value| -> String {
        let text = time.as_str().unwrap_or_default().trim_end_matches('Z');
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}.{part:0<6}Z")
    };
    let empty = Vec::new();
    let confirmations: BTreeMap<&str, Value> = done["confirmations"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|one| {
            let counts: BTreeMap<&str, i64> = one["counts"]
                .as_array()
                .unwrap_or(&empty)
                .iter()
                .map(|count| {
                    let rows = count["rows"].as_str().and_then(|rows| rows.parse().ok()).unwrap_or_default();
                    (count["kind"].as_str().unwrap_or_default(), rows)
                })
                .collect();
            let said = json!({"confirm_time": micros(&one["confirmTime"]), "counts": counts});
            (one["service"].as_str().unwrap_or_default(), said)
        })
        .collect();
    assert_eq!(confirmations.len(), SERVICES.len());
    let cutoffs = &done["cutoffs"];
    let tenants = api.get("/v1/tenants").await?.ok()?;
    let report = json!({
        "confirmations": confirmations, "create_time": micros(&done["createTime"]),
        "cutoffs": {
            "answer_time": micros(&cutoffs["answerTime"]), "comment_time": micros(&cutoffs["commentTime"]),
            "contact_time": micros(&cutoffs["contactTime"]), "delivery_time": micros(&cutoffs["deliveryTime"]),
            "link_time": micros(&cutoffs["linkTime"])
        },
        "purge": done["name"], "tenant": tenants["tenants"][0]["name"]
    });
    let hash: String = Sha256::digest(report.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(done["reportHash"], json!(hash), "{report}");
    let purge = done["name"].as_str().unwrap_or_default();
    let address = format!("/v1/auditEntries?action=directory.CompletePurge&resource={purge}");
    let entries = api.get(&address).await?.ok()?;
    let resources = &entries["entries"][0]["resources"];
    assert!(
        resources.as_array().is_some_and(|all| all.contains(&json!(format!("sha256:{hash}")))),
        "{entries}"
    );
    assert_eq!(api.get("/v1/auditLog:verify").await?.ok()?["isWhole"], true);
    Ok(())
}
