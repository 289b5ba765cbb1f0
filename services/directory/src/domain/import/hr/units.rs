//! The units that the rows of a file speak of, put together.

use std::collections::BTreeMap;

use super::super::mapping::{Cell, Columns};
use super::super::report::Faults;
use super::super::table::Row;
use super::{LONGEST, field};

/// What stands between the names in a path such as `Group > North > Shop`.
const STEP: char = '>';

/// A unit as the file tells of it.
#[derive(Clone, Debug, Default)]
pub struct UnitRow {
    /// The first line that tells of it.
    pub line: u64,
    pub name: Option<Told>,
    /// The key of the unit above.
    pub parent: Option<Told>,
    /// The key of the person who leads it.
    pub leader: Option<Told>,
}

/// Something that a line tells.
#[derive(Clone, Debug)]
pub struct Told {
    pub line: u64,
    pub value: String,
}

/// The units by their keys.
#[derive(Clone, Debug, Default)]
pub struct Units(pub BTreeMap<String, UnitRow>);

impl Units {
    /// Takes in what a row tells of units and returns the key of the row's own unit.
    pub fn take(&mut self, row: &Row, columns: &Columns, faults: &mut Faults) -> Option<String> {
        if let Some(path) = columns.filled(row, field::UNIT_PATH) {
            return self.take_path(path, faults);
        }
        let key = columns.filled(row, field::UNIT_ID)?;
        if !fits(key, faults) {
            return None;
        }
        self.unit(key.text, row.line);
        if let Some(name) = columns.filled(row, field::UNIT_NAME).filter(|name| fits(*name, faults)) {
            self.take_name(key.text, name, faults);
        }
        if let Some(parent) =
            columns.filled(row, field::PARENT_UNIT_ID).filter(|parent| fits(*parent, faults))
        {
            self.take_parent(key.text, parent, faults);
            let name = columns.filled(row, field::PARENT_UNIT_NAME).filter(|name| fits(*name, faults));
            if let Some(name) = name {
                self.unit(parent.text, row.line);
                self.take_name(parent.text, name, faults);
            }
        }
        Some(key.text.to_owned())
    }

    /// Takes in that a person leads a unit.
    pub fn take_leader(&mut self, unit: &str, person: &str, cell: Cell<'_>, faults: &mut Faults) {
        let row = self.unit(unit, cell.line);
        match &row.leader {
            Some(other) if other.value != person => {
                let problem = format!("unit {unit:?} already has the leader of line {}", other.line);
                cell.refuse(faults, problem);
            }
            _ => row.leader = Some(Told { line: cell.line, value: person.to_owned() }),
        }
    }

    fn take_path(&mut self, path: Cell<'_>, faults: &mut Faults) -> Option<String> {
        let steps: Vec<&str> = path.text.split(STEP).map(str::trim).collect();
        if steps.iter().any(|step| step.is_empty()) {
            path.refuse(faults, "a part of the path is empty, write it like Group > North > Shop");
            return None;
        }
        let mut key = String::new();
        for step in steps {
            let parent = key.clone();
            if !key.is_empty() {
                key.push_str(" > ");
            }
            key.push_str(step);
            if key.chars().count() > LONGEST {
                path.refuse(faults, format!("is a path of more than {LONGEST} characters"));
                return None;
            }
            // A path says all there is to say of each unit on it, so no two rows can contradict each other.
            let unit = self.unit(&key, path.line);
            unit.name.get_or_insert_with(|| Told { line: path.line, value: step.to_owned() });
            if !parent.is_empty() {
                unit.parent.get_or_insert(Told { line: path.line, value: parent });
            }
        }
        Some(key)
    }

    fn unit(&mut self, key: &str, line: u64) -> &mut UnitRow {
        // Looked up first, because most rows tell of a unit that is known and would copy its key for nothing.
        if !self.0.contains_key(key) {
            self.0.insert(key.to_owned(), UnitRow { line, ..UnitRow::default() });
        }
        self.0.entry(key.to_owned()).or_default()
    }

    fn take_name(&mut self, key: &str, cell: Cell<'_>, faults: &mut Faults) {
        tell(&mut self.unit(key, cell.line).name, cell, faults, |other| {
            format!("unit {key:?} is called {:?} on line {}", other.value, other.line)
        });
    }

    fn take_parent(&mut self, key: &str, cell: Cell<'_>, faults: &mut Faults) {
        tell(&mut self.unit(key, cell.line).parent, cell, faults, |other| {
            format!("unit {key:?} is under {:?} on line {}", other.value, other.line)
        });
    }
}

fn tell(
    slot: &mut Option<Told>,
    cell: Cell<'_>,
    faults: &mut Faults,
    contradiction: impl FnOnce(&Told) -> String,
) {
    match slot {
        Some(other) if other.value != cell.text => cell.refuse(faults, contradiction(other)),
        Some(_) => {}
        None => *slot = Some(Told { line: cell.line, value: cell.text.to_owned() }),
    }
}

/// Whether a name or a key has a length that is taken.
pub(super) fn fits(cell: Cell<'_>, faults: &mut Faults) -> bool {
    let fits = cell.text.chars().count() <= LONGEST;
    if !fits {
        cell.refuse(faults, format!("must have at most {LONGEST} characters"));
    }
    fits
}
