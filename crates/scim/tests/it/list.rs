use arki_scim::list::{Page, Pages, Query, SEARCH_SCHEMA, response};
use arki_scim::media;
use arki_scim::schema::ResourceType;
use arki_scim::{Error, ScimType};
use serde_json::{Value, json};

const PAGES: Pages = Pages { default_count: 100, most: 200 };

fn asked(parameters: &[(&str, &str)]) -> Result<Query, Error> {
    Query::from_parameters(&ResourceType::user(), PAGES, parameters.iter().copied())
}

fn searched(fields: Value) -> Result<Query, Error> {
    let mut body = fields;
    body["schemas"] = json!([SEARCH_SCHEMA]);
    Query::from_search(&ResourceType::user(), PAGES, &body)
}

#[test]
fn counts_from_one_and_knows_the_bounds() {
    let table = [
        (vec![], (1, 100)),
        (vec![("startIndex", "0"), ("count", "0")], (1, 0)),
        (vec![("startIndex", "-5"), ("count", "-1")], (1, 0)),
        (vec![("startIndex", "7"), ("count", "5")], (7, 5)),
        (vec![("STARTINDEX", "2"), ("Count", "100000")], (2, 200)),
    ];
    for (parameters, (start_index, count)) in table {
        let page = asked(&parameters).unwrap().page;
        assert_eq!(page, Page { start_index, count }, "{parameters:?}");
        assert_eq!(page.offset(), start_index - 1);
        let body: serde_json::Map<String, Value> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.parse::<i64>().unwrap().into()))
            .collect();
        assert_eq!(searched(body.into()).unwrap().page, page);
    }
    for bad in ["one", "1.5", ""] {
        assert_eq!(asked(&[("count", bad)]).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    }
}

#[test]
fn a_search_asks_what_a_get_asks() {
    let get = asked(&[
        ("filter", "UserName sw \"a\""),
        ("sortBy", "name.familyName"),
        ("sortOrder", "descending"),
        ("attributes", "userName,emails.value"),
        ("_", "let pass"),
    ])
    .unwrap();
    let search = searched(json!({
        "filter": "userName sw \"a\"",
        "sortBy": "name.familyName",
        "sortOrder": "descending",
        "attributes": ["userName", "emails.value"],
        "count": null,
    }))
    .unwrap();
    assert_eq!(get, search);
    assert!(get.sort.unwrap().descending);
}

#[test]
fn refuses_a_list_that_cannot_be_meant() {
    for (parameters, expected) in [
        (vec![("filter", "userName eq")], ScimType::InvalidFilter),
        (vec![("filter", "shoeSize eq 4")], ScimType::InvalidFilter),
        (vec![("sortBy", "shoeSize")], ScimType::InvalidPath),
        (vec![("attributes", "id"), ("excludedAttributes", "name")], ScimType::InvalidValue),
    ] {
        assert_eq!(asked(&parameters).unwrap_err().scim_type, Some(expected), "{parameters:?}");
    }
    let kind = ResourceType::user();
    for body in [json!([]), json!({}), json!({"schemas": ["urn:example:x"]})] {
        assert_eq!(
            Query::from_search(&kind, PAGES, &body).unwrap_err().scim_type,
            Some(ScimType::InvalidSyntax)
        );
    }
    assert_eq!(searched(json!({"count": "5"})).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    assert_eq!(searched(json!({"filter": 5})).unwrap_err().scim_type, Some(ScimType::InvalidValue));
}

/// The connection test of Entra ID: a filter that finds nobody is an empty list, not an error.
#[test]
fn an_answer_has_numbers_and_a_list_even_when_empty() {
    let page = asked(&[("filter", "userName eq \"5a3c1d1e-0000-4000-8000-000000000000\"")]).unwrap().page;
    let body = response(0, page, Vec::new());
    assert_eq!(
        body,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 0,
            "startIndex": 1,
            "itemsPerPage": 0,
            "Resources": [],
        })
    );
}

#[test]
fn an_error_has_a_text_for_a_status() {
    assert_eq!(
        Error::uniqueness("userName").body(),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "409",
            "scimType": "uniqueness",
            "detail": "userName is taken by another resource",
        })
    );
    let body = Error::not_found("per_1").body();
    assert_eq!(body["status"], json!("404"));
    assert!(body.get("scimType").is_none());
}

#[test]
fn scim_and_plain_json_are_read_and_accepted() {
    for (kind, read) in [
        (None, true),
        (Some("application/scim+json"), true),
        (Some("Application/JSON; charset=utf-8"), true),
        (Some("text/plain"), false),
    ] {
        assert_eq!(media::is_read(kind), read, "{kind:?}");
    }
    for (accept, taken) in [
        (None, true),
        (Some(""), true),
        (Some("*/*"), true),
        (Some("text/html, application/scim+json;q=0.9"), true),
        (Some("application/json"), true),
        (Some("application/scim+json;q=0"), false),
        (Some("text/html"), false),
    ] {
        assert_eq!(media::is_accepted(accept), taken, "{accept:?}");
    }
}
