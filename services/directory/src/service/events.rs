//! What the directory tells the other services.

use arki_database::Tx;
use arki_database::page::PageRequest;
use arki_events::{Draft, Payload, append_all};
use arki_ids::TenantId;
use arki_proto::event::v1::{
    OutcomeRecorded, PersonChanged, PersonErased, PersonMembership, PersonMerged, UnitChanged, UnitVersion,
    WorkforceFigureChanged,
};
use arki_rpc::time::date;
use chrono::{DateTime, Utc};

use super::{Asked, Directory, Error, tenant_of};
use crate::domain::history::Period;
use crate::domain::person::Place;
use crate::domain::workforce::{Figure, Key, Numbers};
use crate::domain::{Outcome, Person, Tenant, Unit, unit};
use crate::storage;
use crate::storage::merges::Redirect;

/// How many people or outcomes are read at once for a replay.
const REPLAY_PAGE: u64 = 1_000;

impl Directory {
    /// Tells the present state of every unit, person, outcome and figure of the workforce once more, and returns how many events that makes.
    ///
    /// The events are new ones with the revisions that stand: whoever keeps a read model by revision builds it anew
    /// from them, and whoever is up to date passes over them. The outbox alone would not do, because it forgets.
    pub async fn replay_events(&self, asked: &Asked, subject_prefix: String) -> Result<u64, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "ReplayEvents",
            asked,
            |_: &u64| Vec::new(),
            move |tx| {
                let prefix = subject_prefix.clone();
                Box::pin(async move {
                    let tenant = tenant_of(tx, tenant).await?;
                    let wanted = |subject: &str| subject.starts_with(&prefix);
                    let mut events = 0;
                    if wanted(UnitChanged::SUBJECT) {
                        let units = storage::units::all(tx, tenant.id).await?;
                        tell_units(tx, tenant.id, &units, now).await?;
                        events += units.len() as u64;
                    }
                    if wanted(PersonChanged::SUBJECT) {
                        events += replay_people(tx, tenant.id, now).await?;
                    }
                    if wanted(PersonMerged::SUBJECT) {
                        events += replay_merged(tx, tenant.id, now).await?;
                    }
                    if wanted(PersonErased::SUBJECT) {
                        events += replay_erased(tx, tenant.id, now).await?;
                    }
                    if wanted(OutcomeRecorded::SUBJECT) {
                        events += replay_outcomes(tx, &tenant, now).await?;
                    }
                    if wanted(WorkforceFigureChanged::SUBJECT) {
                        events += replay_figures(tx, tenant.id, now).await?;
                    }
                    Ok(events)
                })
            },
        )
        .await
    }
}

async fn replay_people(tx: &Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut events = 0;
    let mut page = PageRequest { size: REPLAY_PAGE, after: None };
    loop {
        let people = storage::people::list(tx, tenant, &storage::people::Filter::default(), &page).await?;
        tell_people(tx, tenant, &people.items, now).await?;
        events += people.items.len() as u64;
        page.after = people.next;
        if page.after.is_none() {
            return Ok(events);
        }
    }
}

async fn replay_merged(tx: &Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut events = 0;
    let mut page = PageRequest { size: REPLAY_PAGE, after: None };
    loop {
        let gone = storage::merges::list(tx, tenant, &page).await?;
        tell_gone(tx, tenant, &gone.items, now).await?;
        events += gone.items.len() as u64 * 2;
        page.after = gone.next;
        if page.after.is_none() {
            return Ok(events);
        }
    }
}

/// A service whose database was brought back from a backup forgets again whom it had forgotten.
async fn replay_erased(tx: &Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut events = 0;
    let mut page = PageRequest { size: REPLAY_PAGE, after: None };
    loop {
        let erasures = storage::erasures::list(tx, tenant, &page).await?;
        let told = erasures.items.iter();
        let told: Vec<_> = told
            .map(|one| Draft::new(tenant, &one.person.name(), now, &super::erasures::person_erased(one)))
            .collect();
        append_all(tx, &told).await?;
        events += told.len() as u64;
        page.after = erasures.next;
        if page.after.is_none() {
            return Ok(events);
        }
    }
}

async fn replay_outcomes(tx: &Tx, tenant: &Tenant, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut events = 0;
    let mut page = PageRequest { size: REPLAY_PAGE, after: None };
    loop {
        let outcomes = storage::outcomes::list(tx, tenant.id, None, &page).await?;
        tell_outcomes(tx, tenant, &outcomes.items, now).await?;
        events += outcomes.items.len() as u64;
        page.after = outcomes.next;
        if page.after.is_none() {
            return Ok(events);
        }
    }
}

async fn replay_figures(tx: &Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut events = 0;
    let mut page = PageRequest { size: REPLAY_PAGE, after: None };
    let everything = storage::workforce::Filter::default();
    loop {
        let figures = storage::workforce::list(tx, tenant, &everything, None, &page).await?;
        tell_figures(tx, tenant, &figures.items, now, false).await?;
        events += figures.items.len() as u64;
        page.after = figures.next;
        if page.after.is_none() {
            return Ok(events);
        }
    }
}

/// Tells how units are and were.
pub(super) async fn tell_units(
    tx: &Tx,
    tenant: TenantId,
    units: &[Unit],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let drafts: Vec<_> =
        units.iter().map(|unit| Draft::new(tenant, &unit.id.name(), now, &unit_changed(unit))).collect();
    Ok(append_all(tx, &drafts).await?)
}

/// Tells what people are and where they belong; never who they are.
pub(super) async fn tell_people(
    tx: &Tx,
    tenant: TenantId,
    people: &[Person],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let drafts: Vec<_> = people
        .iter()
        .map(|person| Draft::new(tenant, &person.id.name(), now, &person_changed(person)))
        .collect();
    Ok(append_all(tx, &drafts).await?)
}

/// Tells that people turned out to be others, and that there is nobody left by their own names.
pub(super) async fn tell_gone(
    tx: &Tx,
    tenant: TenantId,
    gone: &[Redirect],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut drafts = Vec::with_capacity(gone.len() * 2);
    for Redirect { gone, survivor, revision } in gone {
        let merged = PersonMerged { survivor: survivor.name(), duplicate: gone.name(), revision: *revision };
        drafts.push(Draft::new(tenant, &gone.name(), now, &merged));
        let left = PersonChanged {
            person: gone.name(),
            revision: *revision,
            kind: "merged".to_owned(),
            active: false,
            memberships: Vec::new(),
        };
        drafts.push(Draft::new(tenant, &gone.name(), now, &left));
    }
    Ok(append_all(tx, &drafts).await?)
}

/// Tells what customers did.
pub(super) async fn tell_outcomes(
    tx: &Tx,
    tenant: &Tenant,
    outcomes: &[Outcome],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let drafts: Vec<_> = outcomes
        .iter()
        .map(|outcome| Draft::new(tenant.id, &outcome.id.name(), now, &outcome_recorded(tenant, outcome)))
        .collect();
    Ok(append_all(tx, &drafts).await?)
}

/// Tells what is counted of groups, or that it is not any more.
pub(super) async fn tell_figures(
    tx: &Tx,
    tenant: TenantId,
    figures: &[Figure],
    now: DateTime<Utc>,
    deleted: bool,
) -> Result<(), Error> {
    let drafts: Vec<_> = figures
        .iter()
        .map(|figure| Draft::new(tenant, &figure.id.name(), now, &figure_changed(figure, deleted)))
        .collect();
    Ok(append_all(tx, &drafts).await?)
}

fn unit_changed(unit: &Unit) -> UnitChanged {
    let version = |Period { from, to, value }: Period<&unit::Place>| {
        let unit::Place { parent, display_name, leader } = value;
        UnitVersion {
            parent: parent.map(|parent| parent.name()).unwrap_or_default(),
            display_name: display_name.clone(),
            leader: leader.map(|leader| leader.name()).unwrap_or_default(),
            valid_from: Some(date(from)),
            valid_to: to.map(date),
        }
    };
    UnitChanged {
        unit: unit.id.name(),
        revision: unit.revision,
        versions: unit.history.periods().map(version).collect(),
    }
}

fn person_changed(person: &Person) -> PersonChanged {
    let membership = |Period { from, to, value: Place { unit, role } }: Period<Place>| PersonMembership {
        unit: unit.name(),
        role: role.map(|role| role.name()).unwrap_or_default(),
        valid_from: Some(date(from)),
        valid_to: to.map(date),
    };
    PersonChanged {
        person: person.id.name(),
        revision: person.revision,
        kind: person.profile.kind.word().to_owned(),
        active: person.profile.is_active(),
        memberships: person.memberships.periods().into_iter().map(membership).collect(),
    }
}

fn outcome_recorded(tenant: &Tenant, outcome: &Outcome) -> OutcomeRecorded {
    OutcomeRecorded {
        outcome: outcome.id.name(),
        kind: outcome.facts.kind.word().to_owned(),
        unit: outcome.facts.unit.map(|unit| unit.name()).unwrap_or_default(),
        amount_minor: outcome.facts.amount_minor,
        currency: outcome.facts.currency.clone(),
        day: Some(date(tenant.day_of(outcome.facts.time))),
    }
}

fn figure_changed(figure: &Figure, deleted: bool) -> WorkforceFigureChanged {
    let (Key { unit, month, kind }, Numbers { count, base }) = (figure.key, figure.numbers);
    WorkforceFigureChanged {
        workforce_figure: figure.id.name(),
        revision: figure.revision,
        unit: unit.name(),
        month: Some(date(month)),
        kind: kind.word().to_owned(),
        count,
        base,
        deleted,
    }
}
