//! Entity tags (RFC 9110, section 8.8.3; RFC 7644, section 3.14).

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::error::ScimType;

/// An entity tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    pub is_weak: bool,
    /// Without the quotes.
    pub opaque: String,
}

impl Tag {
    /// The tag of a resource. Weak, since the same version is shown in several projections.
    pub fn weak(opaque: impl fmt::Display) -> Self {
        Self { is_weak: true, opaque: opaque.to_string() }
    }

    /// Whether they name the same version, weak or not.
    pub fn weakly_equals(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }

    /// Whether they name the same bytes: no weak tag does.
    pub fn strongly_equals(&self, other: &Self) -> bool {
        !self.is_weak && !other.is_weak && self.opaque == other.opaque
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.is_weak { "W/" } else { "" };
        write!(f, "{weak}\"{}\"", self.opaque)
    }
}

impl FromStr for Tag {
    type Err = Error;

    /// Reads one tag; the quotes may be missing, as some clients send what they found between them.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (is_weak, rest) = match text.strip_prefix("W/").or_else(|| text.strip_prefix("w/")) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let opaque = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(rest);
        if opaque.is_empty() || opaque.contains(['"', ',']) || opaque.chars().any(char::is_control) {
            return Err(Error::of(ScimType::InvalidVers, "this is no entity tag"));
        }
        Ok(Self { is_weak, opaque: opaque.to_owned() })
    }
}

/// What `If-Match` or `If-None-Match` lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    Any,
    These(Vec<Tag>),
}

impl FromStr for Tags {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self::These)
    }
}

impl Tags {
    /// Whether the current version is listed. Compared weakly, since SCIM's tags are weak also in `If-Match`.
    pub fn contains(&self, current: &Tag) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag.weakly_equals(current)),
        }
    }
}

/// Refuses a write over another version than the client has read. Without `If-Match` every version will do: neither
/// Okta nor Entra ID sends it.
///
/// # Errors
/// 412, or `invalidVers` where the header is no list of tags.
pub fn check_match(if_match: Option<&str>, current: &Tag) -> Result<(), Error> {
    match if_match {
        None => Ok(()),
        Some(header) if header.parse::<Tags>()?.contains(current) => Ok(()),
        Some(_) => Err(Error::plain(412, format!("the resource has changed: its version is {current}"))),
    }
}

/// Whether a read is answered with 304, because the client has this version.
pub fn is_unmodified(if_none_match: Option<&str>, current: &Tag) -> bool {
    let tags = if_none_match.and_then(|header| header.parse::<Tags>().ok());
    tags.is_some_and(|tags| tags.contains(current))
}
