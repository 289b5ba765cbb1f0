//! The name of an attribute, as filters, PATCH paths, sorting and projections write it.

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::scan::Scanner;

/// An attribute by name: `userName`, `name.givenName`, or with the schema in front,
/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value`.
///
/// Names compare without regard to letter case; this type keeps them as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttributePath {
    /// The URN in front of the name; none where the name stands alone.
    pub schema: Option<String>,
    pub attribute: String,
    pub sub: Option<String>,
}

impl AttributePath {
    /// A name that stands alone.
    pub fn plain(attribute: &str) -> Self {
        Self { schema: None, attribute: attribute.to_owned(), sub: None }
    }

    /// The name of a part of an attribute.
    pub fn with_sub(attribute: &str, sub: &str) -> Self {
        Self { schema: None, attribute: attribute.to_owned(), sub: Some(sub.to_owned()) }
    }

    /// Splits a run of name characters. None where it is not a name.
    pub(crate) fn split(run: &str) -> Option<Self> {
        let (schema, rest) = match run.get(..4) {
            Some(start) if start.eq_ignore_ascii_case("urn:") => {
                let (schema, rest) = run.rsplit_once(':')?;
                (Some(schema).filter(|schema| schema.len() > 4).map(str::to_owned), rest)
            }
            _ => (None, run),
        };
        let (attribute, sub) = match rest.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (rest, None),
        };
        let sound = is_name(attribute) && sub.is_none_or(is_name);
        sound.then(|| Self { schema, attribute: attribute.to_owned(), sub: sub.map(str::to_owned) })
    }

    /// The text in front of the sub-attribute. Where a path names a whole extension this is the URN of it.
    pub(crate) fn urn(&self) -> Option<String> {
        self.schema.as_ref().map(|schema| format!("{schema}:{}", self.attribute))
    }
}

/// RFC 7643, section 2.1, and the dollar of `$ref`.
fn is_name(text: &str) -> bool {
    let text = text.strip_prefix('$').unwrap_or(text);
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.attribute)?;
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

impl FromStr for AttributePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut scanner = Scanner::new(text.trim());
        let name = scanner.name().map_err(|fault| Error::path(fault.to_string()))?;
        if scanner.is_done() {
            Ok(name)
        } else {
            Err(Error::path(scanner.fault("the name of an attribute ends here").to_string()))
        }
    }
}
