//! What an import did, or would do.

use serde::{Deserialize, Serialize};

/// How many changes and how many errors a report carries at most. More helps nobody, and a reply has an end.
pub const MOST: usize = 1_000;
/// How much of a refused value is shown, in characters.
const SHOWN: usize = 100;

/// A kind of thing that an import touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Units,
    Roles,
    People,
    Memberships,
    Accounts,
    Outcomes,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Roles => "roles",
            Self::People => "people",
            Self::Memberships => "memberships",
            Self::Accounts => "accounts",
            Self::Outcomes => "outcomes",
        }
    }
}

/// How many things of one kind an import touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub kind: Kind,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub kind: Kind,
    pub external_id: String,
    /// Whether the thing is new.
    pub creates: bool,
    /// Whether somebody leaves because the file does not tell of them.
    #[serde(default)]
    pub leaves: bool,
    pub fields: Vec<FieldChange>,
}

/// A field before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// Something wrong in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// From 1; 0 for the file as a whole.
    pub line: u64,
    /// The heading; empty for the whole line.
    pub column: String,
    pub value: String,
    pub problem: String,
}

impl Fault {
    /// Something wrong with a value.
    pub fn new(line: u64, column: &str, value: &str, problem: impl Into<String>) -> Self {
        let value = value.chars().take(SHOWN).collect();
        Self { line, column: column.to_owned(), value, problem: problem.into() }
    }
}

/// What is wrong with a file, in the order of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds one.
    pub fn add(&mut self, line: u64, column: &str, value: &str, problem: impl Into<String>) {
        self.0.push(Fault::new(line, column, value, problem));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes out what was found so far.
    pub fn take(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.0)
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// What an import did. With any error nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub rows: u64,
    pub dry_run: bool,
    pub counts: Vec<Count>,
    /// The first [`MOST`].
    pub changes: Vec<Change>,
    /// The first [`MOST`].
    pub faults: Vec<Fault>,
    /// How many in all.
    pub fault_count: u64,
    #[serde(default)]
    pub turnover: Turnover,
    /// Why the import is stopped unless it is confirmed; empty where it is not.
    #[serde(default)]
    pub brake: String,
    /// Names what was found to be done, to confirm it.
    #[serde(default)]
    pub plan: String,
    /// Lines that were left out, because they bring back somebody who was erased.
    #[serde(default)]
    pub erased_lines: Vec<u64>,
    /// Who waits for a manager, the first [`MOST`].
    #[serde(default)]
    pub pending: Vec<Pending>,
    /// How many do.
    #[serde(default)]
    pub pending_count: u64,
}

/// Somebody whose manager is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The line of the file; 0 where there is none.
    pub line: u64,
    pub external_id: String,
    /// The key of the manager.
    pub manager: String,
}

/// How many of the employees of a source come and go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnover {
    /// Employees before.
    pub employees: u64,
    /// Of those, who leaves.
    pub leavers: u64,
    /// Leavers who are employees again.
    pub returned: u64,
    /// Of the employees before, whose address now belongs to another key.
    pub changed_ids: u64,
}

impl Report {
    /// The report of a file that can't be taken.
    pub fn refused(rows: u64, dry_run: bool, faults: Faults) -> Self {
        let mut faults = faults.0;
        faults.sort_by_key(|fault| fault.line);
        let fault_count = faults.len() as u64;
        faults.truncate(MOST);
        let report = Tally::of(&[]).report(rows, dry_run);
        Self { faults, fault_count, ..report }
    }
}

/// Writes down what a planner finds to change.
#[derive(Clone, Debug)]
pub struct Tally {
    counts: Vec<Count>,
    /// Those that were found and not taken out.
    pub changes: Vec<Change>,
    /// How many changes are kept at most.
    pub most: usize,
    /// Whether what is told now is of somebody whom the file leaves out.
    pub leave: bool,
}

impl Tally {
    /// A tally of these kinds, which are all counted even where nothing changes.
    pub fn of(kinds: &[Kind]) -> Self {
        let count = |kind: &Kind| Count { kind: *kind, created: 0, updated: 0, unchanged: 0 };
        Self { counts: kinds.iter().map(count).collect(), changes: Vec::new(), most: MOST, leave: false }
    }

    /// A thing that is as the file says.
    pub fn unchanged(&mut self, kind: Kind) {
        self.count(kind).unchanged += 1;
    }

    /// A thing that is made or changed.
    pub fn changed(&mut self, kind: Kind, external_id: &str, creates: bool, fields: Vec<FieldChange>) {
        let count = self.count(kind);
        if creates {
            count.created += 1;
        } else {
            count.updated += 1;
        }
        if self.changes.len() < self.most {
            let leaves = self.leave;
            self.changes.push(Change { kind, external_id: external_id.to_owned(), creates, leaves, fields });
        }
    }

    fn count(&mut self, kind: Kind) -> &mut Count {
        let index = self.counts.iter().position(|count| count.kind == kind).unwrap_or_else(|| {
            self.counts.push(Count { kind, created: 0, updated: 0, unchanged: 0 });
            self.counts.len() - 1
        });
        &mut self.counts[index]
    }

    /// The report of it all.
    pub fn report(self, rows: u64, dry_run: bool) -> Report {
        let Self { counts, changes, .. } = self;
        Report {
            rows,
            dry_run,
            counts,
            changes,
            faults: Vec::new(),
            fault_count: 0,
            turnover: Turnover::default(),
            brake: String::new(),
            plan: String::new(),
            erased_lines: Vec::new(),
            pending: Vec::new(),
            pending_count: 0,
        }
    }
}

/// A field by its name, and how its value is written.
pub type Field<'a, T> = (&'a str, &'a dyn Fn(&T) -> String);

/// The fields that differ, with how each was and is. A field that was and is empty is not told of a new thing.
#[derive(Debug, Default)]
pub struct Difference(Vec<FieldChange>);

impl Difference {
    /// Compares one field.
    pub fn field(&mut self, field: &str, before: &str, after: &str) {
        if before != after {
            self.0.push(FieldChange {
                field: field.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
            });
        }
    }

    /// Compares fields of a thing that may be new.
    pub fn fields<T>(&mut self, before: Option<&T>, after: &T, fields: &[Field<'_, T>]) {
        for (name, of) in fields {
            self.field(name, &before.map(of).unwrap_or_default(), &of(after));
        }
    }

    /// What differs.
    pub fn into_fields(self) -> Vec<FieldChange> {
        self.0
    }
}
