//! Many responses from elsewhere: a kiosk, paper, another system.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arki_database::Tx;
use arki_events::Draft;
use arki_ids::{ResponseId, TenantId, UnitId, WaveId};
use chrono::{DateTime, NaiveDate, Utc};

use super::announce::{self, LINES};
use super::error::Error;
use super::group::{Accepted, kept_language, order};
use super::surveys::Surveys;
use crate::domain::answer::stored;
use crate::domain::tally::Tally;
use crate::domain::{Answer, Audience, Version, Violation, Wave, check};
use crate::peers::directory::Units;
use crate::storage::intake::{self, Hold, New};
use crate::storage::versions::Versions;
use crate::storage::{purges, waves};

/// The shard in which imports count: none of the intake's, so that neither waits for the other.
const SHARD: i32 = -1;

/// A response as its source gave it.
#[derive(Clone, Debug, Default)]
pub struct Item {
    pub key: String,
    /// `units/unt_…`, `externalIds/KEY`, or empty.
    pub unit: String,
    pub day: Option<NaiveDate>,
    pub answers: Vec<Answer>,
    pub language: String,
}

/// An item with what is known of it before the transaction.
struct Prepared {
    item: Item,
    /// None where the unit is not in the directory.
    unit: Option<Option<UnitId>>,
    mark: String,
    fingerprint: String,
}

/// A running import into one wave.
pub struct Import {
    surveys: Arc<Surveys>,
    tenant: TenantId,
    wave: WaveId,
    audience: Audience,
    /// Read once, when an item first names a unit.
    units: Option<Units>,
}

impl Import {
    pub async fn begin(surveys: Arc<Surveys>, tenant: TenantId, wave: WaveId) -> Result<Self, Error> {
        let found = waves::find(surveys.store.reader(), tenant, wave).await?;
        let audience = found.ok_or(Error::WaveNotFound(wave))?.audience;
        Ok(Self { surveys, tenant, wave, audience, units: None })
    }

    /// Stores a group of items in one transaction, and answers a result for each.
    pub async fn take(&mut self, items: Vec<Item>) -> Result<Vec<Result<Accepted, Error>>, Error> {
        if self.units.is_none() && items.iter().any(|item| !item.unit.is_empty()) {
            self.units = Some(self.surveys.directory.units(self.tenant).await?);
        }
        let secret = self.surveys.secret().await?;
        let prepare = |item: Item| {
            let mark = secret.import_mark(self.tenant, self.wave, &item.key);
            let fingerprint = secret.import_fingerprint(&mark, &item.answers);
            Prepared { unit: self.unit(&item.unit), item, mark, fingerprint }
        };
        let group = Arc::new(Group {
            tenant: self.tenant,
            wave: self.wave,
            audience: self.audience,
            now: self.surveys.now(),
            items: items.into_iter().map(prepare).collect(),
        });
        let versions = self.surveys.versions.clone();
        self.surveys
            .store
            .claim("ImportResponses", move |tx| {
                let (group, versions) = (group.clone(), versions.clone());
                Box::pin(async move { group.commit(tx, &versions).await })
            })
            .await
    }

    fn unit(&self, name: &str) -> Option<Option<UnitId>> {
        if name.is_empty() {
            return Some(None);
        }
        self.units.as_ref()?.find(name).map(Some)
    }
}

/// The items of one transaction.
struct Group {
    tenant: TenantId,
    wave: WaveId,
    audience: Audience,
    now: DateTime<Utc>,
    items: Vec<Prepared>,
}

/// What an item waits for.
enum Verdict<'g> {
    Known(Result<Accepted, Error>),
    /// Fits, and is the first one of its key in this group.
    First(&'g Prepared),
    /// Comes after another one of the same key.
    After(&'g Prepared),
}

impl Group {
    async fn commit(&self, tx: &Tx, versions: &Versions) -> Result<Vec<Result<Accepted, Error>>, Error> {
        // Whether a roster has room for another response can only be said alone.
        let hold = if self.audience.is_guarded() { Hold::Alone } else { Hold::Shared };
        intake::hold_waves(tx, &[(self.tenant, self.wave)], hold).await?;
        let wave = waves::find(tx, self.tenant, self.wave).await?.ok_or(Error::WaveNotFound(self.wave))?;
        let version = versions.get(tx, self.tenant, wave.version).await?;
        let marks: Vec<_> = self.items.iter().map(|item| item.mark.as_str()).collect();
        let known = intake::find_imported(tx, self.tenant, self.wave, &marks).await?;
        let mut room = Room::read(tx, self.tenant, &wave).await?;
        let verdicts = self.judge(&wave, &version, &known, &mut room);

        let first: Vec<_> = verdicts
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::First(item) => Some(*item),
                Verdict::Known(_) | Verdict::After(_) => None,
            })
            .collect();
        let marks: Vec<_> =
            first.iter().map(|item| (item.mark.as_str(), item.fingerprint.as_str())).collect();
        let marked = intake::mark_imported(tx, self.tenant, self.wave, &marks).await?;
        let taken: Vec<_> = first.iter().copied().filter(|item| marked.contains(&item.mark)).collect();
        self.write(tx, &wave, &version, &taken).await?;

        // What stands there now decides: these items, or those of another import that was faster.
        let marks: Vec<_> = first.iter().map(|item| item.mark.as_str()).collect();
        let stored = intake::find_imported(tx, self.tenant, self.wave, &marks).await?;
        let against =
            |item: &Prepared| Accepted::again(stored.get(&item.mark).map(String::as_str), &item.fingerprint);
        Ok(verdicts
            .into_iter()
            .map(|verdict| match verdict {
                Verdict::Known(result) => result,
                Verdict::First(item) if marked.contains(&item.mark) => Ok(Accepted::NEW),
                Verdict::First(item) | Verdict::After(item) => against(item),
            })
            .collect())
    }

    fn judge<'g>(
        &'g self,
        wave: &Wave,
        version: &Version,
        known: &HashMap<String, String>,
        room: &mut Room,
    ) -> Vec<Verdict<'g>> {
        let mut seen = std::collections::HashSet::new();
        self.items
            .iter()
            .map(|item| {
                if let Some(stored) = known.get(&item.mark) {
                    return Verdict::Known(Accepted::again(Some(stored), &item.fingerprint));
                }
                if seen.contains(item.mark.as_str()) {
                    return Verdict::After(item);
                }
                match self.admit(item, wave, version, room) {
                    Ok(()) => {
                        seen.insert(item.mark.as_str());
                        Verdict::First(item)
                    }
                    Err(error) => Verdict::Known(Err(error)),
                }
            })
            .collect()
    }

    fn admit(&self, item: &Prepared, wave: &Wave, version: &Version, room: &mut Room) -> Result<(), Error> {
        wave.must_take(self.now)?;
        let unit = item.unit.ok_or_else(|| Error::UnitUnknown(item.item.unit.clone()))?;
        if item.item.day.is_some_and(|day| day > wave.day(self.now)) {
            return Err(Error::Invalid(vec![Violation::new("day", "must not be after today")]));
        }
        let violations = check::violations(version, &item.item.answers);
        if !violations.is_empty() {
            return Err(Error::AnswerInvalid(violations));
        }
        room.take(unit, &item.item.unit)
    }

    async fn write(&self, tx: &Tx, wave: &Wave, version: &Version, taken: &[&Prepared]) -> Result<(), Error> {
        let mut responses = Vec::with_capacity(taken.len());
        let mut tally = Tally::new(version);
        for Prepared { item, unit, mark: _, fingerprint: _ } in taken {
            let (unit, day) = (unit.flatten(), item.day.unwrap_or_else(|| wave.day(self.now)));
            responses.push(New {
                tenant: self.tenant,
                wave: self.wave,
                id: ResponseId::random(),
                invitation: None,
                unit,
                day,
                language: kept_language(wave.anonymity, &item.language),
                answers: stored(&item.answers, order(wave.anonymity)),
            });
            tally.add(unit, day, item.answers.iter().map(|one| (one.question.as_str(), &one.value)));
        }
        let oldest = responses.iter().map(|response| response.day).min();
        intake::insert_responses(tx, responses).await?;
        if let Some(oldest) = oldest {
            purges::reopen_comments(tx, self.tenant, oldest).await?;
        }
        if !wave.counts_at_close() {
            let parts = tally.parts(LINES).into_iter();
            let event =
                |part| Draft::new(self.tenant, &wave.id.name(), self.now, &announce::counted(wave, part));
            arki_events::append_all(tx, &parts.map(event).collect::<Vec<_>>()).await?;
        }
        if !taken.is_empty() {
            intake::add_counts(tx, SHARD, &[((self.tenant, self.wave), taken.len() as u64)]).await?;
        }
        Ok(())
    }
}

/// How many more responses each unit may have. In a wave of employees nobody can add people who were not invited:
/// a few made up answers beside a real one would show the real one.
struct Room(Option<BTreeMap<Option<UnitId>, u64>>);

impl Room {
    async fn read(tx: &Tx, tenant: TenantId, wave: &Wave) -> Result<Self, Error> {
        if !wave.audience.is_guarded() {
            return Ok(Self(None));
        }
        let answered = waves::answered(tx, tenant, wave).await?;
        let left = |unit: &Option<UnitId>, invited: u64| {
            invited.saturating_sub(answered.get(unit).copied().unwrap_or_default())
        };
        let roster = waves::list_roster(tx, tenant, wave.id).await?.into_iter();
        let invited = roster.filter(|row| row.invited > 0);
        Ok(Self(Some(invited.map(|row| (row.unit, left(&row.unit, row.invited))).collect())))
    }

    fn take(&mut self, unit: Option<UnitId>, name: &str) -> Result<(), Error> {
        let Some(left) = &mut self.0 else { return Ok(()) };
        let left = left.get_mut(&unit).ok_or_else(|| Error::UnitUnknown(name.to_owned()))?;
        *left = left.checked_sub(1).ok_or_else(|| Error::RosterExceeded(name.to_owned()))?;
        Ok(())
    }
}
