//! PATCH (RFC 7644, section 3.5.2): reads the request of any dialect and applies it, all or nothing.
//!
//! Where the RFC and the identity providers part, the providers win if nothing is lost by it:
//! - operation names in any letter case; one value where an array is meant, and the other way round;
//! - a value without a path may have dotted and URN-prefixed keys and even brackets in them (Entra ID with its
//!   corrected dialect), may repeat the id (Okta renames groups so), and may hold names that no schema has;
//! - add **and replace** of `phones[type eq "work"].value` where there is no such element makes one. The RFC asks
//!   for `noTarget` on replace, but Entra ID sends that at its first delta after an attribute was filled. The filter
//!   must say with `eq` alone what the new element is; an element is never made up from `value eq …`;
//! - remove with a value removes the listed elements only (Entra ID removes members so);
//! - removing what is not there is no failure, because it is what was asked for, and retries do it.

mod apply;
mod elements;

use serde_json::Value;

use crate::Error;
use crate::path::Path;

/// The schema of a PATCH body.
pub const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// How many operations one request may have.
pub const MOST_OPERATIONS: usize = 1000;

/// The changes of one request, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    pub operations: Vec<Operation>,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    pub verb: Verb,
    /// None: the value is an object whose keys say what each of its values is about.
    pub path: Option<Path>,
    /// Null where the request has none.
    pub value: Value,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Add,
    Replace,
    Remove,
}

impl Patch {
    /// Reads the body of a PATCH.
    ///
    /// # Errors
    /// `invalidSyntax` where the body is no PATCH, `invalidPath` or `invalidFilter` where a path is none,
    /// `noTarget` for a remove without a path, `invalidValue` where a value is missing, 413 for too many operations.
    pub fn parse(body: &Value) -> Result<Self, Error> {
        let member = |wanted: &str| {
            let fields = body.as_object().into_iter().flatten();
            fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        };
        let mut schemas = member("schemas").and_then(Value::as_array).into_iter().flatten();
        if !schemas.any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(SCHEMA))) {
            return Err(Error::syntax(format!("schemas must name {SCHEMA}")));
        }
        let operations = member("Operations")
            .and_then(Value::as_array)
            .filter(|operations| !operations.is_empty())
            .ok_or_else(|| Error::syntax("Operations must be an array of at least one operation"))?;
        if operations.len() > MOST_OPERATIONS {
            return Err(Error::plain(413, format!("a PATCH takes at most {MOST_OPERATIONS} operations")));
        }
        let operations = operations.iter().map(Operation::parse).collect::<Result<_, _>>()?;
        Ok(Self { operations })
    }
}

impl Operation {
    fn parse(body: &Value) -> Result<Self, Error> {
        let fields = body.as_object().ok_or_else(|| Error::syntax("an operation is a JSON object"))?;
        let member = |wanted: &str| {
            fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        };
        let verb = match member("op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
            Some("add") => Verb::Add,
            Some("replace") => Verb::Replace,
            Some("remove") => Verb::Remove,
            _ => return Err(Error::syntax("op must be add, replace or remove")),
        };
        let path = match member("path") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) => Some(text.parse()?),
            Some(_) => return Err(Error::path("path must be a string")),
        };
        let value = member("value");
        match (verb, &path, value) {
            (Verb::Remove, None, _) => return Err(Error::no_target("remove needs a path")),
            (Verb::Add, _, None) | (Verb::Replace, None, None) => {
                return Err(Error::value("the operation needs a value"));
            }
            (Verb::Add | Verb::Replace, None, Some(value)) if !value.is_object() => {
                return Err(Error::value("without a path the value must be an object"));
            }
            _ => {}
        }
        Ok(Self { verb, path, value: value.cloned().unwrap_or_default() })
    }
}
