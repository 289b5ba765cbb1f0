//! What the tables of a service hold of people.

/// What becomes of the rows of a table when a person is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nothing of any person.
    NoPerson,
    /// The rows of the person are deleted.
    Erased,
    /// The rows stay without the person: the SET clause that unlinks them.
    Unlinked(&'static str),
    /// Erased by code of the service, which this names: rows need more than a statement.
    ByHand(&'static str),
    /// The rows stay as they are, for this reason.
    Kept(&'static str),
}

/// A table and what it holds of people. A table may have several, such as one for each column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its name.
    pub table: &'static str,
    /// What becomes of it.
    pub holds: Holds,
    /// The condition that picks the rows of people, with `{people}` for the list of their ids. Empty where no rows are
    /// anybody's.
    pub whose: &'static str,
    /// Columns that are not shown to the person: secrets, hashes and what the database keeps for itself.
    pub hides: &'static [&'static str],
}

impl Room {
    /// A table without people.
    pub const fn no_person(table: &'static str) -> Self {
        Self { table, holds: Holds::NoPerson, whose: "", hides: &[] }
    }

    /// A table whose rows go with the person.
    pub const fn erased(table: &'static str, whose: &'static str) -> Self {
        Self { table, holds: Holds::Erased, whose, hides: &[] }
    }

    /// A table whose rows stay and forget the person.
    pub const fn unlinked(table: &'static str, whose: &'static str, set: &'static str) -> Self {
        Self { table, holds: Holds::Unlinked(set), whose, hides: &[] }
    }

    /// A table that code of the service takes care of.
    pub const fn by_hand(table: &'static str, whose: &'static str, what: &'static str) -> Self {
        Self { table, holds: Holds::ByHand(what), whose, hides: &[] }
    }

    /// A table that stays as it is.
    pub const fn kept(table: &'static str, why: &'static str) -> Self {
        Self { table, holds: Holds::Kept(why), whose: "", hides: &[] }
    }

    /// The same, with columns that are not shown.
    #[must_use]
    pub const fn hiding(self, hides: &'static [&'static str]) -> Self {
        Self { hides, ..self }
    }
}

/// The tables that every service has from `arki-database` and `arki-events`.
pub const COMMON: &[Room] = &[
    Room::by_hand("request_id", "", "scrub: kept answers that name the person go; the others in 24 hours"),
    Room::by_hand("outbox", "", "scrub: told events that name the person go; they hold ids alone"),
    Room::by_hand("dead_letter", "", "scrub: events that name the person go; they hold ids alone"),
    Room::no_person("inbox"),
    Room::no_person("seaql_migrations"),
];
