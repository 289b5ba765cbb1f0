//! Which column of a file is which field.

use std::collections::BTreeMap;

use super::hr::field;
use super::profile::{Profile, plain};
use super::report::Faults;
use super::table::{self, Row, Table};

/// What a caller says about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Field by heading.
    pub columns: BTreeMap<String, String>,
    /// None means to find out from the heading.
    pub delimiter: Option<u8>,
    /// In strftime form, several to be tried in turn with `|` between them; none means ISO 8601.
    pub date_format: Option<String>,
    /// The source system, under which external ids are unique.
    pub source: String,
    /// ISO 4217 code for amounts without one; empty for none.
    pub default_currency: String,
    /// What besides is known of the file's columns; `columns` goes before it.
    pub profile: Option<&'static Profile>,
}

impl Mapping {
    /// How days are written.
    pub fn date_format(&self) -> Option<&str> {
        self.date_format.as_deref().or(self.profile.map(|profile| profile.date_format))
    }

    /// Reads a file that this mapping is for.
    pub fn open(&self, content: &str) -> Result<Table, Faults> {
        let mut table = table::read(content, self.delimiter)?;
        if let Some(profile) = self.profile {
            profile.prepare(&mut table);
        }
        Ok(table)
    }
}

/// What the field of a further value of a person begins with; the rest is the key.
const ATTRIBUTE: &str = "attribute:";

/// The columns of a table by field.
#[derive(Clone, Debug)]
pub struct Columns {
    by_field: BTreeMap<&'static str, Column>,
    attributes: Vec<(String, Column)>,
    /// What cells hold that say nothing.
    nothing: &'static [&'static str],
}

/// A column of the file.
#[derive(Clone, Debug)]
struct Column {
    index: usize,
    heading: String,
}

/// A cell, with what is needed to complain about it.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    pub line: u64,
    pub heading: &'a str,
    pub text: &'a str,
}

impl Cell<'_> {
    /// Complains about the cell.
    pub fn refuse(self, faults: &mut Faults, problem: impl Into<String>) {
        faults.add(self.line, self.heading, self.text, problem);
    }
}

impl Columns {
    /// Finds the mapped columns among those of a file. `fields` are those that this kind of file has; `with_attributes` tells
    /// whether it has `attribute:KEY` besides.
    pub fn find(
        mapping: &Mapping,
        headings: &[String],
        fields: &[&'static str],
        with_attributes: bool,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let nothing = mapping.profile.map_or(&[][..], |profile| profile.nothing);
        let mut columns = Self { by_field: BTreeMap::new(), attributes: Vec::new(), nothing };
        for (heading, field) in &mapping.columns {
            let heading = heading.trim();
            let mut places = headings.iter().enumerate().filter(|(_, found)| *found == heading);
            let (first, second) = (places.next(), places.next());
            let Some((index, _)) = first else {
                let problem = format!("the file has no such column, it has: {}", headings.join(", "));
                faults.add(1, heading, "", problem);
                continue;
            };
            if second.is_some() {
                faults.add(1, heading, "", "the file has this column twice, rename one of them");
                continue;
            }
            let column = Column { index, heading: heading.to_owned() };
            let attribute = field.strip_prefix(ATTRIBUTE).filter(|_| with_attributes);
            if let Some(key) = attribute {
                columns.attributes.push((key.trim().to_owned(), column));
            } else if let Some(field) = fields.iter().find(|known| *known == field) {
                if let Some(other) = columns.by_field.insert(field, column) {
                    let problem = format!("{field} is mapped twice, also from {:?}", other.heading);
                    faults.add(0, heading, field, problem);
                }
            } else {
                let attributes = if with_attributes { ", attribute:KEY" } else { "" };
                let problem =
                    format!("there is no such field, map to one of: {}{attributes}", fields.join(", "));
                faults.add(0, heading, field, problem);
            }
        }
        if let Some(profile) = mapping.profile {
            columns.take_profile(profile, headings);
        }
        if faults.is_empty() { Ok(columns) } else { Err(faults) }
    }

    /// Adds what a profile knows of the columns that are not mapped yet.
    fn take_profile(&mut self, profile: &'static Profile, named: &[String]) {
        let headings: Vec<String> = named.iter().map(|heading| plain(heading)).collect();
        for (name, field) in profile.columns {
            let Some(index) = headings.iter().position(|heading| heading == name) else { continue };
            let column = Column { index, heading: named[index].clone() };
            let mapped = |column: &Column| column.index == index;
            if self.by_field.values().any(mapped) || self.attributes.iter().any(|(_, known)| mapped(known)) {
                continue;
            }
            match field.strip_prefix(ATTRIBUTE) {
                Some(key) if self.attributes.iter().all(|(known, _)| known != key) => {
                    self.attributes.push((key.to_owned(), column));
                }
                None if !self.is_said(field) => {
                    self.by_field.insert(*field, column);
                }
                _ => {}
            }
        }
        // Where an export has units by their names alone, the name is the key.
        for (key, name) in
            [(field::UNIT_ID, field::UNIT_NAME), (field::PARENT_UNIT_ID, field::PARENT_UNIT_NAME)]
        {
            if !self.has(key)
                && let Some(column) = self.by_field.get(name).cloned()
            {
                self.by_field.insert(key, column);
            }
        }
    }

    /// Whether a field, or another way to say the same, is mapped.
    fn is_said(&self, field: &str) -> bool {
        self.has(field)
            || match field {
                field::UNIT_PATH => self.has(field::UNIT_ID),
                field::UNIT_ID | field::UNIT_NAME | field::PARENT_UNIT_ID | field::PARENT_UNIT_NAME => {
                    self.has(field::UNIT_PATH)
                }
                field::NAME => self.has(field::FIRST_NAME) && self.has(field::LAST_NAME),
                field::FIRST_NAME | field::LAST_NAME => self.has(field::NAME),
                _ => false,
            }
    }

    fn of<'a>(&self, row: &'a Row, column: &'a Column) -> Cell<'a> {
        let text = row.cell(column.index);
        let text = if self.nothing.contains(&text) { "" } else { text };
        Cell { line: row.line, heading: &column.heading, text }
    }

    /// Whether a column is mapped to the field.
    pub fn has(&self, field: &str) -> bool {
        self.by_field.contains_key(field)
    }

    /// The heading of a field's column; empty where none is mapped.
    pub fn heading(&self, field: &str) -> &str {
        self.by_field.get(field).map_or("", |column| column.heading.as_str())
    }

    /// The key and heading of the column that fills an attribute, by the path of its value.
    pub fn attribute(&self, path: &str) -> Option<(&str, &str)> {
        let found = self.attributes.iter().find(|(key, _)| format!("attributes[{key:?}]") == path)?;
        Some((found.0.as_str(), found.1.heading.as_str()))
    }

    /// The cell of a field; none where no column is mapped to it.
    pub fn cell<'a>(&'a self, row: &'a Row, field: &str) -> Option<Cell<'a>> {
        let column = self.by_field.get(field)?;
        Some(self.of(row, column))
    }

    /// The cell of a field that says something.
    pub fn filled<'a>(&'a self, row: &'a Row, field: &str) -> Option<Cell<'a>> {
        self.cell(row, field).filter(|cell| !cell.text.is_empty())
    }

    /// The cells of attributes, with their keys.
    pub fn attributes<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a str, Cell<'a>)> {
        self.attributes.iter().map(move |(key, column)| (key.as_str(), self.of(row, column)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Report;
    use super::super::table;
    use super::*;

    fn find(columns: &[(&str, &str)]) -> Result<Columns, Vec<(u64, String)>> {
        let table = table::read("Tunnus,Nimi,Nimi,Toimipaikka\n1,a,b,c\n", None).unwrap();
        let columns = columns.iter().map(|(heading, field)| ((*heading).to_owned(), (*field).to_owned()));
        let mapping = Mapping { columns: columns.collect(), ..Mapping::default() };
        Columns::find(&mapping, &table.headings, &["person_id", "name"], true).map_err(|faults| {
            let faults = Report::refused(0, true, faults).faults.into_iter();
            faults.map(|fault| (fault.line, fault.column)).collect()
        })
    }

    #[test]
    fn mapped_columns_are_found_by_their_headings() {
        let columns = find(&[("Tunnus", "person_id"), ("Toimipaikka", "attribute:site")]).unwrap();
        assert!(columns.has("person_id") && !columns.has("name"));
        assert_eq!(columns.heading("person_id"), "Tunnus");
    }

    #[test]
    fn a_column_that_is_missing_or_twice_is_named() {
        assert_eq!(find(&[("Tunnnus", "person_id")]).unwrap_err(), [(1, "Tunnnus".to_owned())]);
        assert_eq!(find(&[("Nimi", "name")]).unwrap_err(), [(1, "Nimi".to_owned())]);
    }

    #[test]
    fn an_unknown_field_or_one_mapped_twice_is_named() {
        assert_eq!(find(&[("Tunnus", "number")]).unwrap_err(), [(0, "Tunnus".to_owned())]);
        let twice = find(&[("Tunnus", "person_id"), ("Toimipaikka", "person_id")]).unwrap_err();
        assert_eq!(twice, [(0, "Tunnus".to_owned())]);
    }
}
