use arki_scim::ScimType;
use arki_scim::path::Path;

#[test]
fn reads_every_form_of_a_path() {
    let table = [
        ("title", None, "title", None, false),
        ("name.givenName", None, "name", Some("givenName"), false),
        (r#"emails[type eq "work"]"#, None, "emails", None, true),
        (r#"emails[type eq "work"].value"#, None, "emails", Some("value"), true),
        (r#"members[value eq "a]b"]"#, None, "members", None, true),
        ("members.$ref", None, "members", Some("$ref"), false),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"),
            "manager",
            Some("value"),
            false,
        ),
        (
            r#"urn:ietf:params:scim:schemas:core:2.0:User:emails[primary eq true].value"#,
            Some("urn:ietf:params:scim:schemas:core:2.0:User"),
            "emails",
            Some("value"),
            true,
        ),
    ];
    for (text, schema, attribute, sub, filtered) in table {
        let path: Path = text.parse().unwrap();
        assert_eq!(path.attribute.schema.as_deref(), schema, "{text}");
        assert_eq!(path.attribute.attribute, attribute, "{text}");
        assert_eq!(path.attribute.sub.as_deref(), sub, "{text}");
        assert_eq!(path.filter.is_some(), filtered, "{text}");
        assert_eq!(path.to_string(), text);
    }
}

#[test]
fn tells_a_bad_path_from_a_bad_filter_in_it() {
    let table = [
        ("", ScimType::InvalidPath),
        ("a b", ScimType::InvalidPath),
        ("a.b.c", ScimType::InvalidPath),
        ("a.b[c pr]", ScimType::InvalidPath),
        ("a[b pr].c.d", ScimType::InvalidPath),
        ("a[b pr]c", ScimType::InvalidPath),
        ("a[b pr].", ScimType::InvalidPath),
        ("[b pr]", ScimType::InvalidPath),
        ("urn:", ScimType::InvalidPath),
        ("a[]", ScimType::InvalidFilter),
        ("a[b]", ScimType::InvalidFilter),
        ("a[b is 1]", ScimType::InvalidFilter),
        ("a[b pr", ScimType::InvalidFilter),
    ];
    for (text, expected) in table {
        assert_eq!(text.parse::<Path>().unwrap_err().scim_type, Some(expected), "{text}");
    }
}
