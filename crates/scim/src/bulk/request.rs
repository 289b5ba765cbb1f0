//! The body of a bulk request.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Error;

/// How the text of a reference to another operation begins.
const REFERENCE: &str = "bulkId:";

/// How much one request may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub most_operations: usize,
    /// In bytes.
    pub largest_payload: usize,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The word of HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Post, Self::Put, Self::Patch, Self::Delete];
        all.into_iter().find(|method| method.word().eq_ignore_ascii_case(word))
    }
}

/// A bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// After how many failures to stop; none: never.
    pub fail_on_errors: Option<usize>,
    /// In the order of the body.
    pub operations: Vec<Operation>,
}

/// One operation, with the fault that it has by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// As written, for the answer; upper case where it is known.
    pub method_word: String,
    /// The path as written, for the answer.
    pub path: String,
    pub bulk_id: Option<String>,
    /// The entity tag that the client expects.
    pub version: Option<String>,
    pub data: Value,
    /// What to do, to which endpoint (`/Users`) and which id of it; or why that cannot be told.
    pub target: Result<(Method, String, Option<String>), Error>,
}

impl Request {
    /// Reads the body, which was `payload` bytes long.
    ///
    /// # Errors
    /// 413 over a limit, `invalidSyntax` where the body is no bulk request. What is wrong with a single operation is
    /// kept with it, as the others may be carried out.
    pub fn parse(body: &Value, payload: usize, limits: Limits) -> Result<Self, Error> {
        if payload > limits.largest_payload {
            let largest = limits.largest_payload;
            return Err(Error::plain(
                413,
                format!("a bulk request takes at most {largest} bytes (maxPayloadSize)"),
            ));
        }
        let member = |wanted: &str| {
            let fields = body.as_object().into_iter().flatten();
            fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        };
        let mut schemas = member("schemas").and_then(Value::as_array).into_iter().flatten();
        if !schemas.any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(super::REQUEST_SCHEMA)))
        {
            return Err(Error::syntax(format!("schemas must name {}", super::REQUEST_SCHEMA)));
        }
        let fail_on_errors = match member("failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
                Some(number.ok_or_else(|| Error::syntax("failOnErrors takes a whole number, 0 or more"))?)
            }
        };
        let operations = member("Operations")
            .and_then(Value::as_array)
            .ok_or_else(|| Error::syntax("Operations must be an array"))?;
        if operations.len() > limits.most_operations {
            let most = limits.most_operations;
            return Err(Error::plain(
                413,
                format!("a bulk request takes at most {most} operations (maxOperations)"),
            ));
        }
        let mut bulk_ids = BTreeSet::new();
        let mut operations: Vec<Operation> = operations.iter().map(Operation::read).collect();
        for operation in &mut operations {
            if let Some(bulk_id) = &operation.bulk_id
                && !bulk_ids.insert(bulk_id.clone())
            {
                operation.target = Err(Error::value(format!("bulkId {bulk_id} stands for two operations")));
            }
        }
        Ok(Self { fail_on_errors: fail_on_errors.filter(|errors| *errors > 0), operations })
    }
}

impl Operation {
    fn read(body: &Value) -> Self {
        let member = |wanted: &str| {
            let fields = body.as_object().into_iter().flatten();
            fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        };
        let text = |wanted: &str| member(wanted).and_then(Value::as_str).map(str::to_owned);
        let method_word = text("method").unwrap_or_default().to_ascii_uppercase();
        let path = text("path").unwrap_or_default();
        let bulk_id = text("bulkId");
        let target = target(&method_word, &path, bulk_id.as_deref());
        let data = member("data").cloned().unwrap_or_default();
        let target = match target {
            Ok((Method::Post | Method::Put | Method::Patch, ..)) if !data.is_object() => {
                Err(Error::syntax("the operation needs data, an object"))
            }
            other => other,
        };
        Self { method_word, path, bulk_id, version: text("version"), data, target }
    }

    /// The bulk ids that must stand for a resource before the operation can be carried out.
    pub fn waits_for(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        collect(&self.data, &mut found);
        if let Ok((_, _, Some(id))) = &self.target {
            found.extend(id.strip_prefix(REFERENCE));
        }
        found
    }
}

fn target(word: &str, path: &str, bulk_id: Option<&str>) -> Result<(Method, String, Option<String>), Error> {
    let method =
        Method::of_word(word).ok_or_else(|| Error::syntax("method must be POST, PUT, PATCH or DELETE"))?;
    let mut segments = path.trim_matches('/').split('/');
    let endpoint = segments.next().filter(|endpoint| !endpoint.is_empty());
    let endpoint = endpoint.ok_or_else(|| Error::path("path must be as in /Users or /Users/{id}"))?;
    let id = segments.next().map(str::to_owned);
    if segments.next().is_some() {
        return Err(Error::path("path must be as in /Users or /Users/{id}"));
    }
    match (method, &id, bulk_id) {
        (Method::Post, Some(_), _) => Err(Error::path("POST goes to an endpoint, not to a resource")),
        (Method::Post, None, None) => Err(Error::syntax("POST needs a bulkId")),
        (Method::Put | Method::Patch | Method::Delete, None, _) => {
            Err(Error::path(format!("{word} goes to a resource: its id is missing in the path")))
        }
        _ => Ok((method, format!("/{endpoint}"), id)),
    }
}

fn collect<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix(REFERENCE)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with the reference resolved, if it is one that `id_of` knows.
pub(super) fn resolve<'i>(text: &str, id_of: impl Fn(&str) -> Option<&'i str>) -> Option<&'i str> {
    text.strip_prefix(REFERENCE).and_then(id_of)
}
