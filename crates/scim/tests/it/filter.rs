use arki_scim::filter::{DEEPEST, Filter, Literal, MOST_TERMS, Operator};
use arki_scim::schema::ResourceType;
use arki_scim::{AttributePath, ScimType};
use serde_json::json;

use crate::ann;

fn read(text: &str) -> Filter {
    text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn eq(name: &str, value: &str) -> Filter {
    Filter::compare(AttributePath::plain(name), Operator::Eq, Literal::Text(value.to_owned()))
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    let (a, b, c) = (eq("a", "1"), eq("b", "2"), eq("c", "3"));
    let table = [
        (
            r#"a eq "1" or b eq "2" and c eq "3""#,
            Filter::any([a.clone(), Filter::all([b.clone(), c.clone()])]),
        ),
        (
            r#"a eq "1" and b eq "2" or c eq "3""#,
            Filter::any([Filter::all([a.clone(), b.clone()]), c.clone()]),
        ),
        (
            r#"(a eq "1" or b eq "2") and c eq "3""#,
            Filter::all([Filter::any([a.clone(), b.clone()]), c.clone()]),
        ),
        (r#"not (a eq "1") and b eq "2""#, Filter::all([Filter::Not(Box::new(a.clone())), b.clone()])),
        (
            r#"not(a eq "1" and b eq "2")or c eq "3""#,
            Filter::any([Filter::Not(Box::new(Filter::all([a, b]))), c]),
        ),
    ];
    for (text, tree) in table {
        assert_eq!(read(text), tree, "{text}");
    }
}

/// The examples of RFC 7644, figure 2, and what the identity providers send.
#[test]
fn reads_the_filters_of_the_rfc_and_of_the_providers() {
    let kind = ResourceType::user();
    let table = [
        (r#"userName eq "bjensen""#, false),
        (r#"userName Eq "ann@example.com""#, true),
        (r#"USERNAME EQ "ANN@EXAMPLE.COM""#, true),
        (r#"name.familyName co "ho""#, true),
        (r#"userName sw "A""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "A""#, true),
        ("title pr", true),
        (r#"meta.lastModified gt "2026-04-30T04:42:34Z""#, true),
        (r#"meta.lastModified ge "2026-05-01T06:00:00Z""#, true),
        (r#"meta.lastModified gt "2026-05-01T06:00:00.000Z""#, false),
        (r#"meta.lastModified lt "2026-05-01T07:00:00+00:00""#, true),
        (r#"title pr and userType eq "Employee""#, false),
        (r#"title pr or userType eq "Intern""#, true),
        (
            r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
            false,
        ),
        (r#"userType ne "Employee" and (emails.type eq "work")"#, true),
        (r#"emails[type eq "work" and value co "@example.com"]"#, true),
        (r#"emails[type eq "home" and value co "@example.com"]"#, false),
        (r#"emails[type eq "work"].value eq "ANN@example.com""#, true),
        (r#"emails[type eq "home"].value eq "ann@example.com""#, false),
        (r#"emails[primary eq "True"].value sw "ann""#, true),
        (r#"emails[not (type eq "work") and value pr]"#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "0042""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager eq "per_9""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:arki:2.0:User:unit eq "SALES-FI""#, false),
        (r#"externalId eq "hr-7""#, false),
        (r#"externalId eq "Hr-7""#, true),
        ("active eq true", true),
        (r#"active eq "True""#, true),
        ("active eq False", false),
        ("active ne false", true),
        ("nothing pr", false),
        ("phoneNumbers pr", false),
        ("phoneNumbers eq null", true),
        ("emails ne null", true),
        (r#"phoneNumbers ne "1""#, true),
        (r#"id eq "per_1""#, true),
        (r#"displayName eq "Ann\u0020\"Ahola""#, false),
        (r#"displayName ew "AHOLA""#, true),
        (r#"title gt "nurse" and title lt "zookeeper""#, true),
    ];
    for (text, expected) in table {
        assert_eq!(read(text).matches(&kind, &ann()), expected, "{text}");
    }
}

#[test]
fn says_where_a_filter_stops_making_sense() {
    let table = [
        ("", 1),
        ("userName", 9),
        ("userName is \"x\"", 10),
        ("userName eq", 12),
        ("userName eq 'x'", 13),
        ("userName eq x", 13),
        ("userName eq \"x", 13),
        ("userName eq \"ää\" or", 20),
        ("(userName pr", 13),
        ("userName pr)", 12),
        ("userName pr title pr", 13),
        ("emails[type eq \"work\"", 22),
        ("emails[a[b pr]]", 9),
        ("emails[type eq \"work\"].value", 29),
        ("name.a.b pr", 1),
        ("1name pr", 1),
        ("userName eq 01", 13),
        ("not userName pr", 5),
    ];
    for (text, position) in table {
        let fault = text.parse::<Filter>().unwrap_err();
        assert_eq!(fault.position, position, "{text}: {fault}");
    }
}

#[test]
fn bounds_depth_length_and_number_of_comparisons() {
    let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(nested(DEEPEST).parse::<Filter>().is_ok());
    assert!(nested(DEEPEST + 1).parse::<Filter>().is_err());
    assert!(nested(100_000).parse::<Filter>().is_err());
    let chain = |terms: usize| vec!["a pr"; terms].join(" or ");
    assert!(chain(MOST_TERMS).parse::<Filter>().is_ok());
    assert!(chain(MOST_TERMS + 1).parse::<Filter>().is_err());
}

#[test]
fn refuses_what_the_schema_gives_no_meaning() {
    let kind = ResourceType::user();
    for text in [
        r#"nickname eq "x""#,
        r#"name.nick eq "x""#,
        r#"userName.part eq "x""#,
        r#"urn:example:2.0:User:userName eq "x""#,
        "active gt true",
        "active co true",
        r#"active eq "yes""#,
        "userName eq 5",
        "userName gt null",
        r#"name eq "Ann""#,
        r#"meta.created gt "yesterday""#,
        r#"meta.created co "2026""#,
        r#"emails[nick eq "x"]"#,
        r#"emails[emails.value eq "x"]"#,
        r#"title[value eq "x"]"#,
    ] {
        let refused = read(text).checked(&kind).unwrap_err();
        assert_eq!(refused.scim_type, Some(ScimType::InvalidFilter), "{text}");
        assert_eq!(refused.status, 400);
    }
}

#[test]
fn gives_storage_declared_names_and_typed_literals() {
    let kind = ResourceType::user();
    let table = [
        (r#"USERname EQ "x""#, r#"userName eq "x""#),
        (r#"URN:IETF:params:scim:schemas:core:2.0:User:username eq "x""#, r#"userName eq "x""#),
        (r#"EMAILS co "x""#, r#"emails.value co "x""#),
        ("emails pr", "emails pr"),
        ("emails eq null", "emails eq null"),
        (r#"ACTIVE eq "False""#, "active eq false"),
        (
            r#"URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User:MANAGER eq "per_9""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "per_9""#,
        ),
        (r#"Emails[TYPE eq "work"].VALUE eq "x""#, r#"emails[type eq "work" and value eq "x"]"#),
        (
            r#"meta.lastmodified gt "2026-05-01T08:00:00+02:00""#,
            r#"meta.lastModified gt "2026-05-01T06:00:00Z""#,
        ),
    ];
    for (given, wanted) in table {
        let checked = read(given).checked(&kind).unwrap();
        assert_eq!(checked.to_string(), wanted);
        assert_eq!(checked.checked(&kind).unwrap(), checked, "checking is idempotent");
    }
    let Filter::Compare { value, .. } =
        read(r#"meta.created lt "2026-05-01T08:00:00Z""#).checked(&kind).unwrap()
    else {
        panic!("a comparison stays a comparison");
    };
    assert!(matches!(value, Literal::Time(_)));
}

#[test]
fn a_group_is_found_by_member_and_by_name_as_entra_asks() {
    let kind = ResourceType::group();
    for (text, expected) in [
        (r#"displayName eq "payroll""#, true),
        (r#"id eq "grp_1" and members eq "per_2""#, true),
        (r#"members[value eq "per_2"]"#, true),
        (r#"members.value eq "per_7""#, false),
    ] {
        let filter = read(text).checked(&kind).unwrap();
        assert_eq!(filter.matches(&kind, &crate::team()), expected, "{text}");
    }
}

#[test]
fn one_element_must_meet_the_whole_bracket() {
    let kind = ResourceType::user();
    let person = json!({"emails": [{"type": "work", "value": "a@x.example"}, {"type": "home", "value": "b@x.example"}]});
    assert!(!read(r#"emails[type eq "work" and value sw "b"]"#).matches(&kind, &person));
    assert!(read(r#"emails.type eq "work" and emails.value sw "b""#).matches(&kind, &person));
}
