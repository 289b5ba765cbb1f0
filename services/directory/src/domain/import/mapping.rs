//! Which column of a file is which field.

use std::collections::BTreeMap;

use super::report::Faults;
use super::table::{Row, Table};

/// What a caller says about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Field by heading.
    pub columns: BTreeMap<String, String>,
    /// None means to find out from the heading.
    pub delimiter: Option<u8>,
    /// In strftime form; none means ISO 8601.
    pub date_format: Option<String>,
    /// The source system, under which external ids are unique.
    pub source: String,
    /// ISO 4217 code for amounts without one; empty for none.
    pub default_currency: String,
}

/// What the field of a further value of a person begins with; the rest is the key.
const ATTRIBUTE: &str = "attribute:";

/// The columns of a table by field.
#[derive(Clone, Debug)]
pub struct Columns {
    by_field: BTreeMap<&'static str, Column>,
    attributes: Vec<(String, Column)>,
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
    /// Finds the mapped columns in a table. `fields` are those that this kind of file has; `with_attributes` tells
    /// whether it has `attribute:KEY` besides.
    pub fn find(
        mapping: &Mapping,
        table: &Table,
        fields: &[&'static str],
        with_attributes: bool,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut columns = Self { by_field: BTreeMap::new(), attributes: Vec::new() };
        for (heading, field) in &mapping.columns {
            let heading = heading.trim();
            let mut places = table.headings.iter().enumerate().filter(|(_, found)| *found == heading);
            let (first, second) = (places.next(), places.next());
            let Some((index, _)) = first else {
                let problem = format!("the file has no such column, it has: {}", table.headings.join(", "));
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
        if faults.is_empty() { Ok(columns) } else { Err(faults) }
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
        Some(Cell { line: row.line, heading: &column.heading, text: row.cell(column.index) })
    }

    /// The cell of a field that says something.
    pub fn filled<'a>(&'a self, row: &'a Row, field: &str) -> Option<Cell<'a>> {
        self.cell(row, field).filter(|cell| !cell.text.is_empty())
    }

    /// The cells of attributes, with their keys.
    pub fn attributes<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a str, Cell<'a>)> {
        self.attributes.iter().map(|(key, column)| {
            let cell = Cell { line: row.line, heading: &column.heading, text: row.cell(column.index) };
            (key.as_str(), cell)
        })
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
        Columns::find(&mapping, &table, &["person_id", "name"], true).map_err(|faults| {
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
