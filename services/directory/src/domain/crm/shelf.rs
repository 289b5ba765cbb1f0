//! Applying items one after the other to what was loaded for all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arki_ids::{PersonId, UnitId};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::change::{self, Object};
use super::{Change, Fault, Fields, Kind, LONGEST, Record, RereadReason, State, Told, Verdict, text};
use crate::domain::Account;
use crate::domain::attribute::Schema;
use crate::domain::erasure::Key;
use crate::domain::import::NewIds;

/// What items may refer to, and under which terms they are applied.
#[derive(Clone, Debug)]
pub struct Known {
    pub source: String,
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub ids: NewIds,
    /// By key.
    pub units: HashMap<String, UnitId>,
    /// Those of the source that items refer to, by key.
    pub accounts: HashMap<String, Account>,
    /// Those of the source that items refer to, by key.
    pub people: HashMap<String, PersonId>,
    pub schema: Schema,
    /// Who has a value of an attribute that is a key, by both.
    pub holders: HashMap<(String, String), PersonId>,
    /// Those of the keys and addresses of items that are of somebody who was erased.
    pub erased: BTreeSet<Key>,
}

/// Something that a CRM tells of.
pub trait Noun: Clone + PartialEq {
    /// Which kind of record it is.
    const KIND: Kind;

    /// It as it is after these fields were told, or new.
    ///
    /// # Errors
    /// The first field that can't be applied.
    fn brought_to(old: Option<&Self>, key: &str, fields: &Fields, known: &Known) -> Result<Self, Fault>;

    /// Notes what others of the same batch may refer to, or may not have too.
    fn note(&self, _: &mut Known) {}

    /// Whether a webhook may change this field of it.
    fn takes(&self, _: &str) -> bool {
        true
    }

    /// Whether what a webhook told so far is enough to make one of it.
    fn is_enough(fields: &Fields) -> bool;

    /// Whether this is its name.
    fn is_called(&self, name: &str) -> bool;

    /// The resource name.
    fn name(&self) -> String;
}

/// What is stored under the keys of the items, and becomes what they say.
#[derive(Debug)]
pub struct Shelf<T> {
    known: Known,
    things: HashMap<String, T>,
    /// The key under which something lies that has several.
    same: HashMap<String, String>,
    records: HashMap<String, Record>,
    changed: BTreeSet<String>,
    renewed: BTreeSet<String>,
}

/// What must be written.
#[derive(Debug)]
pub struct Changed<T> {
    pub things: Vec<T>,
    /// By key.
    pub records: BTreeMap<String, Record>,
}

impl<T: Noun> Shelf<T> {
    /// What is stored, by key. `same` leads from further keys of something to the one under which it is here.
    pub fn new(
        known: Known,
        things: HashMap<String, T>,
        same: HashMap<String, String>,
        records: HashMap<String, Record>,
    ) -> Self {
        Self { known, things, same, records, changed: BTreeSet::new(), renewed: BTreeSet::new() }
    }

    /// Takes an item of a batch.
    pub fn tell(&mut self, told: &Told) -> Verdict {
        let key = told.external_id.as_str();
        if let Err(fault) = text("external_id", key, 1, LONGEST) {
            return failed(key, fault);
        }
        let mut record = self.record(key);
        match record.admit(told) {
            Some(fields) => self.apply(key, &fields, record),
            None => self.verdict(key, State::Stale),
        }
    }

    /// Takes what a webhook told.
    pub fn hear(&mut self, told: &Change, object: &Object) -> Verdict {
        let key = told.external_id.as_str();
        let before = self.record(key);
        let mut record = before.clone();
        if !record.merge(told) {
            return self.verdict(key, State::Stale);
        }
        let mut after = object.project(key, &record);
        let Some(thing) = self.thing(key) else {
            let enough = Some(change::plain(after)).filter(T::is_enough);
            record.complete(enough.is_some() || record.deleted.as_ref().is_some_and(|(deleted, _)| *deleted));
            return match enough {
                Some(fields) => self.apply(key, &fields, record),
                None => {
                    self.put(key, record);
                    self.verdict(key, State::Unchanged)
                }
            };
        };
        record.complete(true);
        let before = object.project(key, &before);
        // Who was given a name by somebody is not called by a part of another, nor by the address.
        let made_up = before.get("display_name").map(|(name, _)| name.as_str());
        if !object.is_named(&record) && !made_up.is_some_and(|name| thing.is_called(name)) {
            after.remove("display_name");
            if object.names(&told.properties) {
                record.mark(told.stamp.time, RereadReason::NoValues);
            }
        }
        let fields = change::difference(&before, after)
            .into_iter()
            .filter(|(field, (_, stamp))| thing.takes(field) && record.takes(field, stamp))
            .collect();
        self.apply(key, &change::plain(fields), record)
    }

    /// What must be written so that everything is as the items said.
    pub fn changed(self) -> Changed<T> {
        let Self { known: _, mut things, same: _, mut records, changed, renewed } = self;
        Changed {
            things: changed.iter().filter_map(|key| things.remove(key)).collect(),
            records: renewed
                .into_iter()
                .filter_map(|key| Some((key.clone(), records.remove(&key)?)))
                .collect(),
        }
    }

    /// Whatever is under a key by now.
    pub fn thing(&self, key: &str) -> Option<&T> {
        self.things.get(self.place(key))
    }

    fn place<'s>(&'s self, key: &'s str) -> &'s str {
        self.same.get(key).map_or(key, String::as_str)
    }

    fn apply(&mut self, key: &str, fields: &Fields, record: Record) -> Verdict {
        let old = self.thing(key);
        let new = match T::brought_to(old, key, fields, &self.known) {
            Ok(new) => new,
            Err(fault) => return failed(key, fault),
        };
        let state = match old {
            None => State::Created,
            Some(old) if *old == new => State::Unchanged,
            Some(_) => State::Updated,
        };
        if state != State::Unchanged {
            new.note(&mut self.known);
            let place = self.place(key).to_owned();
            self.changed.insert(place.clone());
            self.things.insert(place, new);
        }
        self.put(key, record);
        self.verdict(key, state)
    }

    fn record(&self, key: &str) -> Record {
        self.records.get(key).cloned().unwrap_or_default()
    }

    fn put(&mut self, key: &str, record: Record) {
        if record != self.record(key) {
            self.records.insert(key.to_owned(), record);
            self.renewed.insert(key.to_owned());
        }
    }

    fn verdict(&self, key: &str, state: State) -> Verdict {
        let name = self.thing(key).map(Noun::name).unwrap_or_default();
        Verdict { external_id: key.to_owned(), state, name, fault: None }
    }
}

fn failed(key: &str, fault: Fault) -> Verdict {
    // What is too long to be a key is not sent back whole.
    let external_id = key.chars().take(LONGEST).collect();
    Verdict { external_id, state: State::Failed, name: String::new(), fault: Some(fault) }
}
