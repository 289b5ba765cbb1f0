//! Lists: what a client asks for, by a GET or by a POST to `/.search`, and the answer (RFC 7644, section 3.4).

use serde_json::{Value, json};

use crate::Error;
use crate::filter::Filter;
use crate::schema::{Projection, ResourceType, Sort};

/// The schema of the answer.
pub const RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The schema of the body of a `/.search`.
pub const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Page sizes of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// Where the client does not say.
    pub default_count: u64,
    /// The most that is given, whatever the client says.
    pub most: u64,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The first resource, counted from 1.
    pub start_index: u64,
    /// How many at most. 0 asks for the total alone.
    pub count: u64,
}

impl Page {
    /// How many resources come before the page.
    pub fn offset(self) -> u64 {
        self.start_index.saturating_sub(1)
    }
}

/// What a client asks of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// As [`Filter::checked`] leaves it.
    pub filter: Option<Filter>,
    pub sort: Option<Sort>,
    pub page: Page,
    pub projection: Projection,
}

impl Query {
    /// Reads the parameters of a GET for one kind, see [`Asked::from_parameters`].
    ///
    /// # Errors
    /// `invalidFilter`, `invalidPath` or `invalidValue`.
    pub fn from_parameters<'p>(
        kind: &ResourceType,
        pages: Pages,
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, Error> {
        Asked::from_parameters(parameters)?.settle(kind, pages)
    }

    /// Reads the body of a POST to `/Users/.search`, see [`Asked::from_search`].
    ///
    /// # Errors
    /// As [`Query::from_parameters`], and `invalidSyntax` where the body is no search.
    pub fn from_search(kind: &ResourceType, pages: Pages, body: &Value) -> Result<Self, Error> {
        Asked::from_search(body)?.settle(kind, pages)
    }
}

/// What a client asks of a list, in its own words: what they mean depends on the kind of resource.
///
/// A search of the root asks the same of every kind. A kind for which the words make no sense has no match there
/// (RFC 7644, section 3.4.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub filter: Option<String>,
    pub sort_by: Option<String>,
    pub sort_order: Option<String>,
    pub start_index: Option<i64>,
    pub count: Option<i64>,
    pub attributes: Vec<String>,
    pub excluded: Vec<String>,
}

impl Asked {
    /// Reads the parameters of a GET, decoded; unknown ones are let pass.
    ///
    /// # Errors
    /// `invalidValue` where a number is none.
    pub fn from_parameters<'p>(
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, Error> {
        let mut asked = Self::default();
        for (name, value) in parameters {
            let text = || Some(value.to_owned());
            let number = || value.trim().parse::<i64>().map_err(|_| whole_number(name));
            match name.to_ascii_lowercase().as_str() {
                "filter" => asked.filter = text(),
                "sortby" => asked.sort_by = text(),
                "sortorder" => asked.sort_order = text(),
                "startindex" => asked.start_index = Some(number()?),
                "count" => asked.count = Some(number()?),
                "attributes" => asked.attributes.extend(value.split(',').map(str::to_owned)),
                "excludedattributes" => asked.excluded.extend(value.split(',').map(str::to_owned)),
                _ => {}
            }
        }
        Ok(asked)
    }

    /// Reads the body of a POST to `/.search`.
    ///
    /// # Errors
    /// `invalidSyntax` where the body is no search, `invalidValue` where a value is of another type.
    pub fn from_search(body: &Value) -> Result<Self, Error> {
        let fields = body.as_object().ok_or_else(|| Error::syntax("the body is not a JSON object"))?;
        let schemas = body.get("schemas").and_then(Value::as_array).into_iter().flatten();
        let mut schemas = schemas.filter_map(Value::as_str);
        if !schemas.any(|urn| urn.eq_ignore_ascii_case(SEARCH_SCHEMA)) {
            return Err(Error::syntax(format!("schemas must name {SEARCH_SCHEMA}")));
        }
        let mut asked = Self::default();
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            let text = || match value.as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(Error::value(format!("{name} takes a string"))),
            };
            let number = || value.as_i64().ok_or_else(|| whole_number(name));
            match name.to_ascii_lowercase().as_str() {
                "filter" => asked.filter = text()?,
                "sortby" => asked.sort_by = text()?,
                "sortorder" => asked.sort_order = text()?,
                "startindex" => asked.start_index = Some(number()?),
                "count" => asked.count = Some(number()?),
                "attributes" => asked.attributes = names(name, value)?,
                "excludedattributes" => asked.excluded = names(name, value)?,
                _ => {}
            }
        }
        Ok(asked)
    }

    /// What the words mean for a kind.
    ///
    /// # Errors
    /// `invalidFilter`, `invalidPath` or `invalidValue`.
    pub fn settle(&self, kind: &ResourceType, pages: Pages) -> Result<Query, Error> {
        let given = |text: &Option<String>| -> Option<String> {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let filter = match given(&self.filter) {
            Some(text) => Some(text.parse::<Filter>()?.checked(kind)?),
            None => None,
        };
        let sort = match given(&self.sort_by) {
            Some(by) => Some(Sort::new(kind, &by, self.sort_order.as_deref())?),
            None => None,
        };
        let projection = Projection::new(
            kind,
            self.attributes.iter().map(String::as_str),
            self.excluded.iter().map(String::as_str),
        )?;
        Ok(Query { filter, sort, page: self.page(pages), projection })
    }

    /// Which part of the list.
    pub fn page(&self, pages: Pages) -> Page {
        // RFC 7644, section 3.4.2.4: a value below the least is read as the least.
        let start_index = self.start_index.map_or(1, |start| u64::try_from(start).unwrap_or(0).max(1));
        let count = self.count.map_or(pages.default_count, |count| u64::try_from(count).unwrap_or(0));
        Page { start_index, count: count.min(pages.most) }
    }
}

fn whole_number(name: &str) -> Error {
    Error::value(format!("{name} takes a whole number"))
}

/// An array of names, or one text with commas.
fn names(name: &str, value: &Value) -> Result<Vec<String>, Error> {
    let read = match value {
        Value::String(text) => Some(text.split(',').map(str::to_owned).collect()),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    read.ok_or_else(|| Error::value(format!("{name} takes an array of names")))
}

/// The body of the answer: `total` resources there are, and `resources` are those from the page on. The numbers are
/// JSON numbers and `Resources` is always there, as Okta wants it.
pub fn response(total: u64, page: Page, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [RESPONSE_SCHEMA],
        "totalResults": total,
        "startIndex": page.start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// The answer of a list that is never paged, such as `/Schemas`.
pub fn whole_response(resources: Vec<Value>) -> Value {
    let total = resources.len() as u64;
    response(total, Page { start_index: 1, count: total }, resources)
}
