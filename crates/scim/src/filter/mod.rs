//! Filters (RFC 7644, section 3.4.2.2): the tree, its text, and the bounds of both.

mod check;
mod evaluate;
mod parse;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::Error;
use crate::name::AttributePath;
pub(crate) use parse::value_filter;

/// The longest filter that is read, in bytes.
pub const LONGEST: usize = 8192;
/// How deep parentheses, brackets and `not` may nest.
pub const DEEPEST: usize = 20;
/// How many comparisons a filter may have.
pub const MOST_TERMS: usize = 200;

/// A condition on a resource. Chains of `and` and `or` are flat, so the depth of the tree is bounded by [`DEEPEST`].
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// One of them holds. At least two, none of which is an `Or`.
    Or(Vec<Self>),
    /// All of them hold. At least two, none of which is an `And`.
    And(Vec<Self>),
    Not(Box<Self>),
    /// The attribute has a value: `title pr`.
    Present(AttributePath),
    /// One of the attribute's values compares so. An attribute without a value compares as null.
    Compare {
        path: AttributePath,
        operator: Operator,
        value: Literal,
    },
    /// One and the same element of a multi-valued attribute meets the filter, whose names are those of its
    /// sub-attributes. `emails[type eq "work"].value eq "a@example.com"`, which Entra ID sends, is read as
    /// `emails[type eq "work" and value eq "a@example.com"]`.
    Element {
        path: AttributePath,
        filter: Box<Self>,
    },
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Operator {
    /// Every operator but `pr`, which takes no value.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The word for it in a filter.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Whether it asks for an order: gt, ge, lt, le.
    pub fn is_order(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// Whether it looks into a text: co, sw, ew.
    pub fn is_part(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

/// What an attribute is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    /// A moment. The parser reads a text; [`Filter::checked`] makes it a moment where the attribute is one.
    Time(DateTime<Utc>),
}

/// Where a filter or a path stops making sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at character {position})")]
pub struct Fault {
    /// Counted in characters from 1.
    pub position: usize,
    pub what: &'static str,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::filter(fault.to_string())
    }
}

impl Filter {
    /// All of `parts`. Flattens what is already an `and`, and gives a single part back as it is.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::And(flat) }
    }

    /// One of `parts`. Flattens what is already an `or`, and gives a single part back as it is.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::Or(flat) }
    }

    /// A comparison.
    pub fn compare(path: AttributePath, operator: Operator, value: Literal) -> Self {
        Self::Compare { path, operator, value }
    }
}

impl FromStr for Filter {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        parse::filter(text)
    }
}

/// Writes the filter so that it reads back as the same tree, with no parentheses but the needed.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => joined(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::And(parts) => joined(f, parts, " and ", |part| matches!(part, Self::Or(_) | Self::And(_))),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare { path, operator, value } => write!(f, "{path} {} {value}", operator.word()),
            Self::Element { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Filter],
    between: &str,
    weaker: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if weaker(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Time(moment) => write!(f, "\"{}\"", moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}
