//! Finding out what a staged file would change, in parts: of the people it holds a thousand at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arki_ids::{PersonId, TenantId};
use tokio::sync::mpsc;

use super::super::Error;
use super::super::import::{IDS, limits};
use super::super::{Directory, stored_tenants};
use super::scan::File;
use super::work::Held;
use crate::domain::Person;
use crate::domain::import::hr::{self, Content, PersonRow, Planner, Reader, plan::Terms};
use crate::domain::import::mapping::{Columns, Mapping};
use crate::domain::import::report::{Change, Fault, Faults, Report, Turnover};
use crate::domain::import::run::State;
use crate::domain::import::table;
use crate::domain::person::{Kind, email_key};
use crate::storage::imports::{self, FREE, PERSON, ROLE, Stage, UNIT, WAITING, Write};
use crate::storage::people;

/// People who are compared at once.
const BATCH: usize = 1_000;
/// Errors that are staged at once.
const FAULTS: usize = 500;
/// Parts that are on their way at once.
const AHEAD: usize = 2;

/// What a first look at a file finds.
struct Scanned {
    /// As the file has them.
    headings: Vec<String>,
    columns: Columns,
    units: hr::Units,
    lines: HashMap<String, u64>,
    /// The keys of managers.
    managers: HashSet<String>,
    rows: u64,
}

/// What is staged at once.
#[derive(Default)]
struct Batch {
    writes: Vec<Write>,
    changes: Vec<Change>,
    faults: Vec<Fault>,
}

impl Directory {
    /// Plans an import, and turns it to whatever comes of that.
    pub(super) async fn plan_import(&self, held: &Held) -> Result<(), Error> {
        let Held { tenant, run, .. } = held;
        let now = self.now();
        let reader = self.store.reader();
        let house = stored_tenants::find(reader, *tenant).await?.ok_or(Error::TenantNotFound(*tenant))?;
        let today = house.day_of(now);
        let mapping = run.terms.mapping();
        self.clear_plan(held).await?;
        let mut stage = Stage::new(*tenant, run.id);
        let file = File { store: self.store.clone(), tenant: *tenant, import: run.id };
        let (rows, scanned) = self.scan_import(held, &mut stage, &file, &mapping).await?;
        let Some(scanned) = scanned.filter(|_| stage.errors == 0) else {
            let report =
                Report { rows, fault_count: stage.errors, ..Report::refused(rows, false, Faults::default()) };
            return self.finish_plan(held, report, 0, None).await;
        };

        let stamp = imports::stamp(reader, *tenant).await?;
        let mut state = imports::structure(reader, *tenant, &mapping.source).await?;
        let stored = people::keys_of_source(reader, *tenant, &mapping.source).await?;
        let unknown: HashSet<&str> = {
            let known: HashSet<&str> = stored.iter().map(|(key, _)| key.as_str()).collect();
            let is_unknown = |key: &&str| !known.contains(key) && !scanned.lines.contains_key(*key);
            scanned.managers.iter().map(String::as_str).filter(is_unknown).collect()
        };
        state.elsewhere = imports::elsewhere(reader, *tenant, &unknown).await?;
        let terms = Terms {
            source: &mapping.source,
            effective: run.terms.effective.unwrap_or(today),
            today,
            full: run.terms.full,
            now,
            dry_run: false,
            brake: limits(&house),
        };
        let content = Content { columns: &scanned.columns, units: &scanned.units, lines: &scanned.lines };
        let mut planner = Planner::new(content, &state, &stored, &terms, IDS);
        planner.tally.most = usize::MAX;
        planner.turnover.employees = people::count_employees(reader, *tenant, &mapping.source).await?;
        planner.plan_structure();
        let mut found = Found::default();
        let batch = found.drain(&mut planner, &state, &[]);
        self.stage(held, &mut stage, batch).await?;
        self.plan_people(held, &mut stage, &file, (&scanned, &mapping), &mut planner, &mut found, &state)
            .await?;
        if terms.full {
            planner.check_anybody();
            self.plan_leavers(held, &mut stage, &stored, &mut planner, &mut found, &state).await?;
        }
        planner.check_managers();
        let batch = found.drain(&mut planner, &state, &[]);
        self.stage(held, &mut stage, batch).await?;

        let Planner { tally, turnover, pending_count, .. } = planner;
        let turnover = Turnover { changed_ids: found.returned.len() as u64, ..turnover };
        let brake = terms.brake.pulled(turnover).unwrap_or_default();
        let report = Report {
            turnover,
            brake,
            pending_count,
            fault_count: stage.errors,
            ..tally.report(scanned.rows, false)
        };
        self.finish_plan(held, report, stage.writes, Some((stamp, found.relinks))).await
    }

    /// Looks at every row: which columns and units there are, who is on which line, and what is wrong.
    async fn scan_import(
        &self,
        held: &Held,
        stage: &mut Stage,
        file: &File,
        mapping: &Mapping,
    ) -> Result<(u64, Option<Scanned>), Error> {
        let (send, mut faults) = mpsc::channel(AHEAD);
        let delimiter = mapping.delimiter;
        let of_columns = move |pipe| {
            let mut faults = Faults::default();
            (table::columns(pipe, delimiter, &mut faults), faults)
        };
        let (headings, mut wrong) = file.read(of_columns).await?;
        let Some(headings) = headings.filter(|_| wrong.is_empty()) else {
            self.stage(held, stage, Batch { faults: wrong.take(), ..Batch::default() }).await?;
            return Ok((0, None));
        };
        let mapping = mapping.clone();
        let work = file.read(move |pipe| {
            let (rows, scanned, mut wrong) = scan(pipe, headings, &mapping, &send);
            // Whoever listens no longer knows why.
            let _ = send.blocking_send(wrong.take());
            (rows, scanned)
        });
        let staged = async {
            while let Some(faults) = faults.recv().await {
                self.stage(held, stage, Batch { faults, ..Batch::default() }).await?;
            }
            Ok::<_, Error>(())
        };
        let (scanned, staged) = futures::join!(work, staged);
        staged?;
        scanned
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one plan, which has no other place")]
    async fn plan_people(
        &self,
        held: &Held,
        stage: &mut Stage,
        file: &File,
        (scanned, mapping): (&Scanned, &Mapping),
        planner: &mut Planner<'_>,
        found: &mut Found,
        state: &hr::State,
    ) -> Result<(), Error> {
        let (send, mut batches) = mpsc::channel(AHEAD);
        let (headings, columns, mapping_of_rows) =
            (scanned.headings.clone(), scanned.columns.clone(), mapping.clone());
        let work = file.read(move |pipe| rows(pipe, headings, columns, &mapping_of_rows, &send));
        let planned = async {
            while let Some(rows) = batches.recv().await {
                let rows: Vec<PersonRow> = rows;
                let keys: Vec<&str> = rows.iter().map(|row| row.external_id.as_str()).collect();
                let reader = self.store.reader();
                let stored = people::with_keys(reader, held.tenant, &mapping.source, &keys).await?;
                let by_key: HashMap<&str, &Person> = stored
                    .iter()
                    .filter_map(|person| Some((person.profile.external_id.as_deref()?, person)))
                    .collect();
                for row in &rows {
                    planner.plan_person(row, by_key.get(row.external_id.as_str()).copied());
                }
                let new = planner.plan.people.iter().filter(|person| person.revision == 1);
                let emails: Vec<String> = new.filter_map(|person| email_key(&person.profile.email)).collect();
                found.returned.extend(
                    people::employees_with_emails(reader, held.tenant, &mapping.source, &emails).await?,
                );
                let batch = found.drain(planner, state, &stored);
                self.stage(held, stage, batch).await?;
            }
            Ok::<_, Error>(())
        };
        let (read, planned) = futures::join!(work, planned);
        planned?;
        read
    }

    async fn plan_leavers(
        &self,
        held: &Held,
        stage: &mut Stage,
        stored: &[(String, PersonId)],
        planner: &mut Planner<'_>,
        found: &mut Found,
        state: &hr::State,
    ) -> Result<(), Error> {
        let told = planner.content().lines;
        let mut missing: Vec<&(String, PersonId)> =
            stored.iter().filter(|(key, _)| !told.contains_key(key)).collect();
        missing.sort_unstable();
        for chunk in missing.chunks(BATCH) {
            let ids: Vec<PersonId> = chunk.iter().map(|(_, person)| *person).collect();
            let mut people = people::of_ids(self.store.reader(), held.tenant, &ids).await?;
            people.sort_unstable_by(|one, other| one.profile.external_id.cmp(&other.profile.external_id));
            for person in people.iter().filter(|person| person.profile.kind == Kind::Employee) {
                if planner.is_missing(person) {
                    planner.plan_leaver(person);
                }
            }
            let batch = found.drain(planner, state, &people);
            self.stage(held, stage, batch).await?;
        }
        Ok(())
    }

    async fn clear_plan(&self, held: &Held) -> Result<(), Error> {
        self.holding("ClearImportPlan", held, |tx, tenant, import| {
            Box::pin(async move { Ok(imports::forget_plan(tx, tenant, import).await?) })
        })
        .await
    }

    async fn stage(&self, held: &Held, stage: &mut Stage, batch: Batch) -> Result<(), Error> {
        let (batch, before) = (Arc::new(batch), stage.clone());
        *stage = self
            .holding("StageImport", held, move |tx, _: TenantId, _| {
                let (batch, mut stage) = (Arc::clone(&batch), before.clone());
                Box::pin(async move {
                    stage.add_writes(tx, &batch.writes).await?;
                    stage.add_changes(tx, &batch.changes).await?;
                    stage.add_errors(tx, &batch.faults).await?;
                    Ok(stage)
                })
            })
            .await?;
        Ok(())
    }

    async fn finish_plan(
        &self,
        held: &Held,
        report: Report,
        total: u64,
        rests_on: Option<(String, bool)>,
    ) -> Result<(), Error> {
        let report = Report { changes: Vec::new(), faults: Vec::new(), pending: Vec::new(), ..report };
        let mut run = held.run.clone().planned(report, total, self.now());
        if let Some((stamp, relinks)) = rests_on {
            (run.stamp, run.relinks) = (stamp, relinks);
        }
        self.turn(held, run.clone(), run.state == State::Failed, false).await
    }
}

/// What is known of a plan besides its parts.
#[derive(Default)]
struct Found {
    /// The addresses of employees that new people have too.
    returned: HashSet<String>,
    relinks: bool,
}

impl Found {
    /// Takes out what a planner found. `before` are the people whom it was of.
    fn drain(&mut self, planner: &mut Planner<'_>, state: &hr::State, before: &[Person]) -> Batch {
        let hr::Plan { units, roles, people, pending } = std::mem::take(&mut planner.plan);
        let write =
            |kind, subject_id: String, revision: i64, body: Result<String, serde_json::Error>| Write {
                kind,
                subject_id,
                revision: revision - 1,
                // What is written here has no keys but texts.
                body: body.unwrap_or_default(),
            };
        let stored: HashMap<PersonId, &Person> = before.iter().map(|person| (person.id, person)).collect();
        let mut writes = Vec::with_capacity(people.len() + pending.len());
        for unit in &units {
            writes.push(write(UNIT, unit.id.to_string(), unit.revision, serde_json::to_string(unit)));
        }
        for role in &roles {
            writes.push(write(ROLE, role.id.to_string(), role.revision, serde_json::to_string(role)));
        }
        for person in &people {
            let was = stored.get(&person.id).and_then(|person| person.profile.manager);
            self.relinks |= person.profile.manager.is_some() && person.profile.manager != was;
            writes.push(write(PERSON, person.id.to_string(), person.revision, serde_json::to_string(person)));
        }
        for one in &pending {
            let kind = if one.1.is_none() { FREE } else { WAITING };
            // Who never waited need not be let go.
            if kind == WAITING || state.pending.contains_key(&one.0) {
                writes.push(write(kind, one.0.to_string(), 1, serde_json::to_string(one)));
            }
        }
        let changes = std::mem::take(&mut planner.tally.changes);
        Batch { writes, changes, faults: planner.faults.take() }
    }
}

fn scan(
    pipe: super::scan::Pipe,
    headings: Vec<String>,
    mapping: &Mapping,
    send: &mpsc::Sender<Vec<Fault>>,
) -> (u64, Option<Scanned>, Faults) {
    let mut faults = Faults::default();
    let mut shaped = headings.clone();
    let mut shape = mapping.profile.map(|profile| profile.shape(&mut shaped));
    let mut reader = match Reader::new(&shaped, mapping) {
        Ok(reader) => reader,
        Err(faults) => return (0, None, faults),
    };
    let mut managers = HashSet::new();
    let take = &mut |_: &[String], mut row: table::Row, faults: &mut Faults| {
        if shape.as_mut().is_some_and(|shape| !shape.fits(&mut row)) {
            return true;
        }
        let person = reader.read(&row, faults);
        if let Some(key) = person.and_then(|person| person.manager.flatten())
            && !managers.contains(&key)
        {
            managers.insert(key);
        }
        faults.len() < FAULTS || send.blocking_send(faults.take()).is_ok()
    };
    let read = table::scan(pipe, mapping.delimiter, &headings, &mut faults, take);
    let Reader { columns, units, lines, rows, .. } = reader;
    let scanned = read.map(|_| Scanned { headings, columns, units, lines, managers, rows });
    (rows, scanned, faults)
}

fn rows(
    pipe: super::scan::Pipe,
    headings: Vec<String>,
    columns: Columns,
    mapping: &Mapping,
    send: &mpsc::Sender<Vec<PersonRow>>,
) {
    let mut shaped = headings.clone();
    let mut shape = mapping.profile.map(|profile| profile.shape(&mut shaped));
    let mut reader = Reader::again(columns, mapping);
    let mut batch = Vec::with_capacity(BATCH);
    let take = &mut |_: &[String], mut row: table::Row, faults: &mut Faults| {
        if shape.as_mut().is_some_and(|shape| !shape.fits(&mut row)) {
            return true;
        }
        batch.extend(reader.read(&row, faults));
        batch.len() < BATCH || send.blocking_send(std::mem::take(&mut batch)).is_ok()
    };
    // What is wrong was found by the first look.
    table::scan(pipe, mapping.delimiter, &headings, &mut Faults::default(), take);
    let _ = send.blocking_send(batch);
}
