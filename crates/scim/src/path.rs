//! PATCH paths (RFC 7644, section 3.5.2): `title`, `name.givenName`, `emails[type eq "work"]`,
//! `emails[type eq "work"].value`, and each with a URN in front; a URN alone is a whole extension.

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::filter::{Filter, LONGEST, value_filter};
use crate::name::AttributePath;
use crate::scan::Scanner;

/// What an operation of a PATCH is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The attribute and, before or behind the brackets, its part.
    pub attribute: AttributePath,
    /// Which elements of a multi-valued attribute; none for all.
    pub filter: Option<Filter>,
}

impl FromStr for Path {
    type Err = Error;

    /// # Errors
    /// `invalidPath`, or `invalidFilter` where the fault is between the brackets.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = |fault: crate::filter::Fault| Error::path(fault.to_string());
        let mut scanner = Scanner::new(text.trim());
        if text.len() > LONGEST {
            return Err(refused(scanner.fault("this path is too long")));
        }
        let mut attribute = scanner.name().map_err(refused)?;
        let mut filter = None;
        if scanner.next_is('[') {
            if attribute.sub.is_some() {
                return Err(refused(
                    scanner.fault("brackets follow the attribute, and its part follows them"),
                ));
            }
            scanner.eat('[');
            filter = Some(value_filter(&mut scanner)?);
            if scanner.eat('.') {
                let sub = scanner.name().map_err(refused)?;
                if sub.schema.is_some() || sub.sub.is_some() {
                    return Err(refused(scanner.fault("one part of the attribute follows the brackets")));
                }
                attribute.sub = Some(sub.attribute);
            }
        }
        if !scanner.is_done() {
            return Err(refused(scanner.fault("the path ends here")));
        }
        Ok(Self { attribute, filter })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(filter) = &self.filter else { return write!(f, "{}", self.attribute) };
        let whole = AttributePath { sub: None, ..self.attribute.clone() };
        write!(f, "{whole}[{filter}]")?;
        match &self.attribute.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}
