//! From the rows of an HR file to what they say.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::super::super::person::{Employment, check_attributes};
use super::super::cell;
use super::super::mapping::{Cell, Columns, Mapping};
use super::super::report::Faults;
use super::super::table::{Row, Table};
use super::units::{Units, fits};
use super::{FIELDS, field};

/// The fields that say something of a person.
const OF_PERSON: [&str; 11] = [
    field::NAME,
    field::FIRST_NAME,
    field::LAST_NAME,
    field::EMAIL,
    field::UNIT_LEADER,
    field::ROLE,
    field::MANAGER_ID,
    field::LANGUAGE,
    field::TIME_ZONE,
    field::STATE,
    field::START_DATE,
];

/// An HR file, understood.
#[derive(Clone, Debug)]
pub struct File {
    /// How many rows it has.
    pub rows: u64,
    pub columns: Columns,
    pub units: Units,
    /// The lines of people, by their keys.
    pub lines: HashMap<String, u64>,
    pub people: Vec<PersonRow>,
}

/// A person as a row tells of them. Where a field is an option of an option, the outer one is none where no column is
/// mapped: then what is stored stays.
#[derive(Clone, Debug)]
pub struct PersonRow {
    pub line: u64,
    pub external_id: String,
    pub name: String,
    pub email: Option<String>,
    /// The key of the unit.
    pub unit: Option<Option<String>>,
    /// The name of the role.
    pub role: Option<Option<String>>,
    /// The key of the manager.
    pub manager: Option<Option<String>>,
    pub language: Option<Option<String>>,
    pub time_zone: Option<Option<Tz>>,
    pub employment: Option<Employment>,
    pub start: Option<NaiveDate>,
    /// An empty value removes the key.
    pub attributes: BTreeMap<String, String>,
}

/// Reads the rows of an HR file one by one.
#[derive(Debug)]
pub struct Reader<'m> {
    pub columns: Columns,
    pub units: Units,
    /// The lines of people, by their keys.
    pub lines: HashMap<String, u64>,
    pub rows: u64,
    mapping: &'m Mapping,
    /// Whether the rows were read before, and what spans several of them is known.
    again: bool,
}

impl<'m> Reader<'m> {
    /// A reader of a file with these columns.
    pub fn new(headings: &[String], mapping: &'m Mapping) -> Result<Self, Faults> {
        let columns = Columns::find(mapping, headings, &FIELDS, true)?;
        check_columns(&columns)?;
        let (units, lines) = (Units::default(), HashMap::new());
        Ok(Self { columns, units, lines, rows: 0, mapping, again: false })
    }

    /// The same reader for the same rows once more, when nothing was wrong with them.
    pub fn again(columns: Columns, mapping: &'m Mapping) -> Self {
        Self { columns, units: Units::default(), lines: HashMap::new(), rows: 0, mapping, again: true }
    }

    /// What a row says of a person; none where it tells of none, or something is wrong.
    pub fn read(&mut self, row: &Row, faults: &mut Faults) -> Option<PersonRow> {
        let Self { columns, units, lines, rows, mapping, again } = self;
        *rows += 1;
        let unit = units.take(row, columns, faults);
        let Some(key) = columns.filled(row, field::PERSON_ID) else {
            check_unit_row(row, columns, unit.is_some(), faults);
            return None;
        };
        if !*again {
            if let Some(first) = lines.get(key.text) {
                key.refuse(faults, format!("is on line {first} already, give each person one line"));
                return None;
            }
            if !fits(key, faults) {
                return None;
            }
            lines.insert(key.text.to_owned(), row.line);
        }
        take_leader(row, columns, key, unit.as_deref(), units, faults);
        person(row, columns, mapping, key, unit, faults)
    }
}

/// Reads an HR file.
pub fn read(table: &Table, mapping: &Mapping) -> Result<File, Faults> {
    let mut reader = Reader::new(&table.headings, mapping)?;
    let mut faults = Faults::default();
    let mut people = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        people.extend(reader.read(row, &mut faults));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let Reader { columns, units, lines, rows, mapping: _, again: _ } = reader;
    Ok(File { rows, columns, units, lines, people })
}

/// What must be mapped together.
fn check_columns(columns: &Columns) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let has_unit = columns.has(field::UNIT_ID) || columns.has(field::UNIT_PATH);
    let has_person = columns.has(field::PERSON_ID);
    if !has_person && !has_unit {
        faults.add(
            0,
            "",
            "",
            "map a column to person_id, or to unit_id or unit_path for a file of units alone",
        );
    }
    let has_name =
        columns.has(field::NAME) || (columns.has(field::FIRST_NAME) && columns.has(field::LAST_NAME));
    if has_person && !has_name {
        faults.add(0, "", "", "map a column to name, or two to first_name and last_name");
    }
    if !has_person {
        for field in OF_PERSON.into_iter().filter(|field| columns.has(field)) {
            let problem = format!("{field} is of a person, map a column to person_id too");
            faults.add(0, columns.heading(field), field, problem);
        }
    }
    if columns.has(field::UNIT_ID) && columns.has(field::UNIT_PATH) {
        faults.add(
            0,
            columns.heading(field::UNIT_PATH),
            field::UNIT_PATH,
            "map unit_id or unit_path, not both",
        );
    }
    for field in [field::UNIT_NAME, field::PARENT_UNIT_ID] {
        if columns.has(field) && !columns.has(field::UNIT_ID) {
            faults.add(0, columns.heading(field), field, format!("{field} needs a column mapped to unit_id"));
        }
    }
    if columns.has(field::PARENT_UNIT_NAME) && !columns.has(field::PARENT_UNIT_ID) {
        let heading = columns.heading(field::PARENT_UNIT_NAME);
        faults.add(
            0,
            heading,
            field::PARENT_UNIT_NAME,
            "parent_unit_name needs a column mapped to parent_unit_id",
        );
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// A row without a person defines a unit, and nothing else may stand in it.
fn check_unit_row(row: &Row, columns: &Columns, has_unit: bool, faults: &mut Faults) {
    let of_person = OF_PERSON.into_iter().any(|field| columns.filled(row, field).is_some())
        || columns.attributes(row).any(|(_, cell)| !cell.text.is_empty());
    if of_person {
        let problem = "must be given where the line tells of a person";
        faults.add(row.line, columns.heading(field::PERSON_ID), "", problem);
    } else if !has_unit
        && (columns.filled(row, field::UNIT_ID).or(columns.filled(row, field::UNIT_PATH))).is_none()
    {
        faults.add(row.line, "", "", "the line names neither a person nor a unit");
    }
}

fn take_leader(
    row: &Row,
    columns: &Columns,
    person: Cell<'_>,
    unit: Option<&str>,
    units: &mut Units,
    faults: &mut Faults,
) {
    let Some(cell) = columns.filled(row, field::UNIT_LEADER) else { return };
    match (cell::yes(cell.text), unit) {
        (None, _) => cell.refuse(faults, "must say yes or no"),
        (Some(true), None) => cell.refuse(faults, "a leader needs a unit on the same line"),
        (Some(true), Some(unit)) => units.take_leader(unit, person.text, cell, faults),
        (Some(false), _) => {}
    }
}

fn person(
    row: &Row,
    columns: &Columns,
    mapping: &Mapping,
    key: Cell<'_>,
    unit: Option<String>,
    faults: &mut Faults,
) -> Option<PersonRow> {
    let name = name(row, columns, faults);
    let has_unit = columns.has(field::UNIT_ID) || columns.has(field::UNIT_PATH);
    let date_format = mapping.date_format();
    let start = columns.filled(row, field::START_DATE).and_then(|cell| {
        let form = date_format.unwrap_or("YYYY-MM-DD");
        read_cell(cell, faults, &format!("must be a day in the form {form}"), |text| {
            cell::day(text, date_format)
        })
    });
    let employment = columns.cell(row, field::STATE).map(|cell| {
        if cell.text.is_empty() {
            return Employment::Active;
        }
        let problem = "must be active, long leave or left, or such a word in Finnish or Swedish";
        read_cell(cell, faults, problem, cell::employment).unwrap_or(Employment::Active)
    });
    let mut attributes = BTreeMap::new();
    for (key, cell) in columns.attributes(row) {
        let attribute = BTreeMap::from([(key.to_owned(), cell.text.to_owned())]);
        for refused in check_attributes(&attribute) {
            cell.refuse(faults, refused.problem);
        }
        attributes.extend(attribute);
    }
    Some(PersonRow {
        line: row.line,
        external_id: key.text.to_owned(),
        email: email(row, columns, faults),
        unit: has_unit.then_some(unit),
        role: text(row, columns, field::ROLE, faults),
        manager: text(row, columns, field::MANAGER_ID, faults),
        language: optional(
            row,
            columns,
            field::LANGUAGE,
            faults,
            "must be a tag such as fi or sv-FI",
            cell::language,
        ),
        time_zone: optional(
            row,
            columns,
            field::TIME_ZONE,
            faults,
            "must be an IANA time zone such as Europe/Helsinki",
            cell::time_zone,
        ),
        employment,
        start,
        attributes,
        name: name?,
    })
}

fn name(row: &Row, columns: &Columns, faults: &mut Faults) -> Option<String> {
    let (field, name) = match columns.cell(row, field::NAME) {
        Some(cell) => (field::NAME, cell.text.to_owned()),
        None => {
            let part = |field| columns.cell(row, field).map_or("", |cell| cell.text);
            let (first, last) = (part(field::FIRST_NAME), part(field::LAST_NAME));
            (field::LAST_NAME, format!("{first} {last}").trim().to_owned())
        }
    };
    let cell = Cell { line: row.line, heading: columns.heading(field), text: &name };
    if name.is_empty() {
        cell.refuse(faults, "must be given");
        return None;
    }
    fits(cell, faults).then(|| name.clone())
}

fn email(row: &Row, columns: &Columns, faults: &mut Faults) -> Option<String> {
    let cell = columns.cell(row, field::EMAIL)?;
    if !cell.text.is_empty() && !cell::is_email(cell.text) {
        cell.refuse(faults, "must be an address such as first.last@example.com");
    }
    Some(cell.text.to_owned())
}

/// A text: none where no column is mapped, none inside where the cell is empty.
fn text(row: &Row, columns: &Columns, field: &str, faults: &mut Faults) -> Option<Option<String>> {
    let cell = columns.cell(row, field)?;
    Some((!cell.text.is_empty() && fits(cell, faults)).then(|| cell.text.to_owned()))
}

fn optional<T>(
    row: &Row,
    columns: &Columns,
    field: &str,
    faults: &mut Faults,
    problem: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    let cell = columns.cell(row, field)?;
    Some(if cell.text.is_empty() { None } else { read_cell(cell, faults, problem, read) })
}

fn read_cell<T>(
    cell: Cell<'_>,
    faults: &mut Faults,
    problem: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let value = read(cell.text);
    if value.is_none() {
        cell.refuse(faults, problem);
    }
    value
}
