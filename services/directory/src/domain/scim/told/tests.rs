use serde_json::json;

use super::*;

fn blank() -> Profile {
    Profile {
        kind: Kind::Candidate,
        display_name: "From The File".to_owned(),
        email: "file@example.com".to_owned(),
        language: Some("sv".to_owned()),
        time_zone: None,
        employment: None,
        manager: None,
        account: None,
        external_id: Some("E-1".to_owned()),
        source: "hr".to_owned(),
        attributes: BTreeMap::from([("site".to_owned(), "Turku".to_owned())]),
    }
}

fn ann() -> Value {
    json!({
        "userName": "ann@example.com",
        "name": {"givenName": "Ann", "familyName": "Ahola"},
        "active": true,
        "preferredLanguage": "fi-FI",
        "timezone": "Europe/Helsinki",
        "title": "Clerk",
        "emails": [
            {"value": "ann@home.example", "type": "home"},
            {"value": "ann@example.com", "type": "work"},
        ],
        ENTERPRISE_USER: {"costCenter": "4100", "manager": {"value": "per_9"}, "department": "Sales"},
    })
}

#[test]
fn a_new_user_is_an_employee_with_what_is_told_and_nothing_else_changes() {
    let change = change(None, &ann(), &blank());
    assert_eq!((change.kind, change.employment), (Some(Kind::Employee), Some(Some(Employment::Active))));
    assert_eq!(change.display_name.as_deref(), Some("Ann Ahola"));
    assert_eq!(change.email.as_deref(), Some("ann@example.com"));
    assert_eq!(change.language, Some(Some("fi-FI".to_owned())));
    assert_eq!(change.time_zone, Some(Some(Tz::Europe__Helsinki)));
    let attributes = change.attributes.unwrap();
    assert_eq!(attributes.get("site").map(String::as_str), Some("Turku"));
    assert_eq!(attributes.get("costCenter").map(String::as_str), Some("4100"));
    assert_eq!((change.external_id, change.source), (None, None));
}

#[test]
fn only_what_the_provider_changes_changes() {
    let mut after = ann();
    after["title"] = "Senior Clerk".into();
    let told = change(Some(&ann()), &after, &blank());
    assert_eq!((told.kind, told.display_name, told.email, told.language), (None, None, None, None));
    assert_eq!(change(Some(&ann()), &ann(), &blank()), Change::default());
    let mut silent = ann();
    for gone in ["preferredLanguage", "emails", "timezone"] {
        silent.as_object_mut().unwrap().remove(gone);
    }
    let told = change(Some(&ann()), &silent, &blank());
    assert_eq!((told.email.as_deref(), told.language, told.time_zone), (Some(""), Some(None), Some(None)));
    // A resource that never had them leaves the file's.
    let told = change(None, &silent, &blank());
    assert_eq!((told.email, told.language, told.time_zone), (None, None, None));
}

#[test]
fn active_and_the_state_say_where_an_employee_stands() {
    for (active, state, expected) in [
        (json!(true), json!("longLeave"), Employment::LongLeave),
        (json!(false), json!("longLeave"), Employment::Left),
        (json!(true), json!("left"), Employment::Left),
        (json!(null), json!(null), Employment::Active),
    ] {
        let resource = json!({"active": active, ARKI_USER: {"employmentState": state}});
        assert_eq!(employment(&resource), expected, "{resource}");
    }
}

#[test]
fn what_cannot_be_used_is_no_fact() {
    let odd = json!({
        "userName": "ann",
        "preferredLanguage": "Suomi!",
        "locale": "en-GB",
        "timezone": "Nowhere/Land",
        "emails": [{"value": "no address"}],
    });
    let change = change(None, &odd, &blank());
    assert_eq!(change.language, Some(Some("en-GB".to_owned())));
    assert_eq!((change.time_zone, change.email), (None, None));
    assert_eq!(change.display_name.as_deref(), Some("ann"));
}
