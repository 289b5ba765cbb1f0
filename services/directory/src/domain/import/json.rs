//! A JSON report as rows that know their lines.

use std::io::Read;

use serde_json::{Map, Value};

use super::report::Faults;
use super::table::{Row, Take};

/// Under which keys reports keep their entries: web services of Workday, reports of `BambooHR`, answers of `OData` v2.
const ENTRIES: [&str; 3] = ["\"Report_Entry\"", "\"employees\"", "\"results\""];

/// The longest entry, in bytes; and how far into a file its entries begin at most.
const LONGEST_ENTRY: usize = 1 << 20;
/// How much is read at once, in bytes.
const PIECE: usize = 1 << 16;

/// Whether a file is JSON rather than CSV.
pub(super) fn is(content: &str) -> bool {
    content.trim_start().starts_with(['{', '['])
}

/// Reads the entries of a report one by one and returns its columns: `known` and those that no entry before had. A key of any
/// entry is a column; an entry without it has an empty cell there.
pub(super) fn scan(
    source: impl Read,
    known: &[String],
    faults: &mut Faults,
    take: Take<'_>,
) -> Option<Vec<String>> {
    let mut text = Text { source, held: Vec::new(), at: 0, line: 1, ended: false };
    let mut headings = known.to_vec();
    match text.scan(&mut headings, faults, take) {
        Ok(()) => Some(headings),
        Err((line, problem)) => {
            faults.add(line, "", "", problem);
            None
        }
    }
}

/// A line and what is wrong there.
type Wrong = (u64, String);

/// A text of which only what is not read yet is held.
struct Text<R> {
    source: R,
    held: Vec<u8>,
    /// Where in `held` reading goes on.
    at: usize,
    /// The line of that place, from 1.
    line: u64,
    ended: bool,
}

impl<R: Read> Text<R> {
    fn scan(&mut self, headings: &mut Vec<String>, faults: &mut Faults, take: Take<'_>) -> Result<(), Wrong> {
        self.find_entries()?;
        loop {
            self.skip_space()?;
            if self.held.get(self.at) == Some(&b']') {
                return Ok(());
            }
            let line = self.line;
            let entry = self.entry()?;
            for key in entry.keys() {
                if !headings.contains(key) {
                    headings.push(key.clone());
                }
            }
            let cells: Vec<String> =
                headings.iter().map(|key| entry.get(key).map(cell).unwrap_or_default()).collect();
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                let row = Row::new(line, &cells);
                if let Some((cell, problem)) = row.complaint() {
                    faults.add(line, "", cell, problem);
                } else if !take(headings, row, faults) {
                    return Ok(());
                }
            }
            self.skip_space()?;
            match self.held.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => {}
                _ => {
                    let problem = "a comma or the end of the entries must follow the entry";
                    return Err((self.line, problem.to_owned()));
                }
            }
        }
    }

    fn find_entries(&mut self) -> Result<(), Wrong> {
        loop {
            let valid = match std::str::from_utf8(&self.held) {
                Ok(text) => text,
                Err(error) => std::str::from_utf8(&self.held[..error.valid_up_to()]).unwrap_or_default(),
            };
            if let Some(at) = begin(valid) {
                self.pass(at);
                return Ok(());
            }
            if self.ended || self.held.len() > LONGEST_ENTRY {
                let problem = "no entries, the file must be an array or an object with Report_Entry, employees or results";
                return Err((0, problem.to_owned()));
            }
            self.fill()?;
        }
    }

    fn entry(&mut self) -> Result<Map<String, Value>, Wrong> {
        loop {
            let rest = &self.held[self.at..];
            let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<Map<String, Value>>();
            match stream.next() {
                Some(Ok(entry)) => {
                    let length = stream.byte_offset();
                    self.pass(length);
                    return Ok(entry);
                }
                Some(Err(error)) if error.is_eof() && !self.ended => {
                    if rest.len() > LONGEST_ENTRY {
                        return Err((self.line, format!("the entry is longer than {LONGEST_ENTRY} bytes")));
                    }
                    self.fill()?;
                }
                Some(Err(error)) => {
                    let line = self.line + (error.line() as u64).saturating_sub(1);
                    return Err((line, format!("the entry can't be read as JSON: {error}")));
                }
                None => {
                    return Err((self.line, "the file ends within its entries, export it again".to_owned()));
                }
            }
        }
    }

    fn skip_space(&mut self) -> Result<(), Wrong> {
        loop {
            let rest = &self.held[self.at..];
            let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let is_all = space == rest.len();
            self.pass(space);
            if !is_all || self.ended {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn pass(&mut self, length: usize) {
        let passed = &self.held[self.at..self.at + length];
        self.line += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.at += length;
    }

    fn fill(&mut self) -> Result<(), Wrong> {
        self.held.drain(..self.at);
        self.at = 0;
        let before = self.held.len();
        self.held.resize(before + PIECE, 0);
        let read = self.source.read(&mut self.held[before..]);
        let length = read.map_err(|error| (self.line, format!("the file can't be read: {error}")))?;
        self.held.truncate(before + length);
        self.ended = length == 0;
        Ok(())
    }
}

/// Where the first entry, or the end of none, stands.
fn begin(content: &str) -> Option<usize> {
    let start = space(content);
    if content[start..].starts_with('[') {
        return Some(start + 1);
    }
    ENTRIES.iter().find_map(|key| {
        content.match_indices(*key).find_map(|(at, key)| {
            let mut at = at + key.len();
            for token in [':', '['] {
                at += space(&content[at..]);
                at += content[at..].strip_prefix(token).map(|_| 1)?;
            }
            Some(at)
        })
    })
}

fn space(content: &str) -> usize {
    content.len() - content.trim_start().len()
}

/// A value as the cell of a file would have it: several are joined, a reference is its descriptor.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => {
            values.iter().map(cell).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
        }
        Value::Object(object) => {
            let descriptor = object.get("Descriptor").or_else(|| object.get("descriptor"));
            descriptor.map(cell).unwrap_or_default()
        }
    }
}
