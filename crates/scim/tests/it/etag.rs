use arki_scim::ScimType;
use arki_scim::etag::{Tag, check_match, is_unmodified};

#[test]
fn weak_tags_name_a_version_and_strong_tags_bytes() {
    let read = |text: &str| text.parse::<Tag>().unwrap();
    // The table of RFC 9110, section 8.8.3.2.
    for (left, right, strongly, weakly) in [
        (r#"W/"1""#, r#"W/"1""#, false, true),
        (r#"W/"1""#, r#"W/"2""#, false, false),
        (r#"W/"1""#, r#""1""#, false, true),
        (r#""1""#, r#""1""#, true, true),
    ] {
        assert_eq!(read(left).strongly_equals(&read(right)), strongly, "{left} {right}");
        assert_eq!(read(right).strongly_equals(&read(left)), strongly, "{right} {left}");
        assert_eq!(read(left).weakly_equals(&read(right)), weakly, "{left} {right}");
        assert_eq!(read(left).to_string(), left);
    }
}

#[test]
fn a_write_over_another_version_fails_and_one_without_a_version_does_not() {
    let current = Tag::weak(7);
    for header in [None, Some("*"), Some(r#"W/"7""#), Some(r#""7""#), Some("7"), Some(r#"W/"6", W/"7""#)] {
        assert_eq!(check_match(header, &current), Ok(()), "{header:?}");
    }
    assert_eq!(check_match(Some(r#"W/"6""#), &current).unwrap_err().status, 412);
    assert_eq!(check_match(Some(r#"W/"""#), &current).unwrap_err().scim_type, Some(ScimType::InvalidVers));
}

#[test]
fn a_read_of_the_known_version_is_not_modified() {
    let current = Tag::weak("a");
    assert!(is_unmodified(Some(r#"W/"a""#), &current));
    assert!(is_unmodified(Some("*"), &current));
    assert!(!is_unmodified(Some(r#"W/"b""#), &current));
    assert!(!is_unmodified(Some(r#"""#), &current));
    assert!(!is_unmodified(None, &current));
}
