//! Reads names and literals off the text of a filter or a path.

use serde_json::Value;

use crate::filter::{Fault, Literal};
use crate::name::AttributePath;

/// A place in a text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at == self.text.len()
    }

    /// What is wrong at this place. Positions count characters from 1, as a reader does.
    pub(crate) fn fault(&self, what: &'static str) -> Fault {
        Fault { position: self.text[..self.at].chars().count() + 1, what }
    }

    pub(crate) fn mark(&self) -> usize {
        self.at
    }

    pub(crate) fn back_to(&mut self, mark: usize) {
        self.at = mark;
    }

    /// Skips blanks and tells whether there were any.
    pub(crate) fn blanks(&mut self) -> bool {
        let rest = self.rest();
        let after = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at += rest.len() - after.len();
        after.len() < rest.len()
    }

    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    pub(crate) fn next_is(&self, wanted: char) -> bool {
        self.rest().starts_with(wanted)
    }

    /// A run of letters, as keywords and operators are; empty where there is none.
    pub(crate) fn word(&mut self) -> &'a str {
        self.run(|byte| byte.is_ascii_alphabetic())
    }

    /// Eats a keyword, letter case aside, if a whole word here says it.
    pub(crate) fn keyword(&mut self, wanted: &str) -> bool {
        let mark = self.at;
        let word =
            self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'$'));
        let found = word.eq_ignore_ascii_case(wanted);
        if !found {
            self.at = mark;
        }
        found
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// An attribute's name with what stands before and behind it.
    pub(crate) fn name(&mut self) -> Result<AttributePath, Fault> {
        let mark = self.at;
        let run =
            self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'$'));
        AttributePath::split(run).ok_or_else(|| {
            self.at = mark;
            self.fault("the name of an attribute is expected")
        })
    }

    /// A JSON string, number, true, false or null. Entra ID writes `True`, so letter case is not looked at.
    pub(crate) fn literal(&mut self) -> Result<Literal, Fault> {
        if self.next_is('"') {
            return self.string().map(Literal::Text);
        }
        let mark = self.at;
        let run = self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'));
        let read = match run.to_ascii_lowercase().as_str() {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            "null" => Some(Literal::Null),
            number => match serde_json::from_str(number) {
                Ok(Value::Number(number)) => Some(Literal::Number(number)),
                _ => None,
            },
        };
        read.ok_or_else(|| {
            self.at = mark;
            self.fault("a value is expected: a string in double quotes, a number, true, false or null")
        })
    }

    fn string(&mut self) -> Result<String, Fault> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().enumerate().skip(1).find_map(|(at, byte)| match byte {
            _ if escaped => {
                escaped = false;
                None
            }
            b'\\' => {
                escaped = true;
                None
            }
            b'"' => Some(at + 1),
            _ => None,
        });
        let end = end.ok_or_else(|| self.fault("this string has no closing quote"))?;
        let text = serde_json::from_str(&rest[..end]).map_err(|_| self.fault("this is not a JSON string"))?;
        self.at += end;
        Ok(text)
    }
}
