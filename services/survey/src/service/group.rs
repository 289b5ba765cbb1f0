//! A group of submitted answers on its way to the disk: one transaction, and one result for each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arki_database::Tx;
use arki_events::Draft;
use arki_ids::{InvitationId, ResponseId, TenantId, WaveId};
use chrono::{DateTime, Utc};

use super::announce::{self, LINES};
use super::error::Error;
use crate::domain::answer::{OrderShown, stored};
use crate::domain::tally::Tally;
use crate::domain::{Anonymity, Answer, State, Version, Wave, check};
use crate::storage::intake::{self, Hold, New, Target};
use crate::storage::versions::Versions;
use crate::storage::{invitations, waves};

/// What is done in a group.
#[derive(Debug)]
pub enum Job {
    Submit(Submission),
    /// The link was opened for the first time.
    Opened(TenantId, WaveId, InvitationId),
}

/// Answers behind a link.
#[derive(Debug)]
pub struct Submission {
    pub tenant: TenantId,
    pub token_hash: String,
    pub fingerprint: String,
    pub answers: Vec<Answer>,
    pub language: String,
    pub now: DateTime<Utc>,
}

/// The answers are stored durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// They had been stored before.
    pub replayed: bool,
}

impl Accepted {
    pub const NEW: Self = Self { replayed: false };

    /// What becomes of answers where there are some already.
    pub fn again(stored: Option<&str>, fingerprint: &str) -> Result<Self, Error> {
        if stored == Some(fingerprint) {
            Ok(Self { replayed: true })
        } else {
            Err(Error::ResponseAlreadySubmitted)
        }
    }
}

/// What a submission waits for.
enum Verdict<'g> {
    Known(Result<Accepted, Error>),
    /// Fits, and is the first one of its invitation in this group.
    First(&'g Submission, &'g Target),
    /// Comes after another one of the same invitation.
    After(&'g Submission, &'g Submission, &'g Target),
}

/// Runs a group. What is wrong with one job is its own result; an error is one of the database, and then nothing of
/// the group has happened.
pub async fn commit(
    tx: &Tx,
    versions: &Versions,
    shard: i32,
    jobs: &[Job],
) -> Result<Vec<Result<Accepted, Error>>, arki_database::Error> {
    let submissions = jobs.iter().filter_map(|job| match job {
        Job::Submit(submission) => Some(submission),
        Job::Opened(..) => None,
    });
    let tokens: BTreeSet<_> = submissions.map(|one| (one.tenant, one.token_hash.as_str())).collect();
    let targets = intake::find_targets(tx, &tokens.into_iter().collect::<Vec<_>>()).await?;
    let group = Group::read(tx, versions, &targets).await?;
    let verdicts = group.judge(jobs, &targets);

    let first: Vec<_> = verdicts
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::First(submission, target) => Some((*submission, *target)),
            Verdict::Known(_) | Verdict::After(..) => None,
        })
        .collect();
    let marks: Vec<_> =
        first.iter().map(|(submission, target)| (*target, submission.fingerprint.as_str())).collect();
    let marked = intake::mark_submitted(tx, &marks).await?;
    let (taken, late): (Vec<_>, Vec<_>) =
        first.into_iter().partition(|(_, target)| marked.contains(&target.invitation));
    // Another replica was faster: what it stored decides whether these are the same answers.
    let late: Vec<_> = late.iter().map(|(one, _)| (one.tenant, one.token_hash.as_str())).collect();
    let faster = intake::find_targets(tx, &late).await?;
    group.write(tx, shard, &taken).await?;

    let opened: BTreeSet<_> = jobs
        .iter()
        .filter_map(|job| match job {
            Job::Opened(tenant, wave, invitation) => Some((*tenant, *wave, *invitation)),
            Job::Submit(_) => None,
        })
        .collect();
    invitations::mark_opened(tx, &opened.into_iter().collect::<Vec<_>>()).await?;

    let against = |submission: &Submission| {
        let faster = faster.get(&submission.token_hash).and_then(|target| target.fingerprint.as_deref());
        Accepted::again(faster, &submission.fingerprint)
    };
    Ok(verdicts
        .into_iter()
        .map(|verdict| match verdict {
            Verdict::Known(result) => result,
            Verdict::First(_, target) if marked.contains(&target.invitation) => Ok(Accepted::NEW),
            Verdict::First(submission, _) => against(submission),
            Verdict::After(submission, first, target) if marked.contains(&target.invitation) => {
                Accepted::again(Some(&first.fingerprint), &submission.fingerprint)
            }
            Verdict::After(submission, _, _) => against(submission),
        })
        .collect())
}

/// The waves that a group answers, held until the end of the transaction.
struct Group {
    waves: HashMap<(TenantId, WaveId), (Wave, Arc<Version>)>,
}

impl Group {
    async fn read(
        tx: &Tx,
        versions: &Versions,
        targets: &HashMap<String, Target>,
    ) -> Result<Self, arki_database::Error> {
        let keys: BTreeSet<_> = targets.values().map(|target| (target.tenant, target.wave)).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        intake::hold_waves(tx, &keys, Hold::Shared).await?;
        let mut waves = HashMap::with_capacity(keys.len());
        for (key, wave) in waves::find_all(tx, &keys).await? {
            let version = versions.get(tx, key.0, wave.version).await?;
            waves.insert(key, (wave, version));
        }
        Ok(Self { waves })
    }

    fn judge<'g>(&'g self, jobs: &'g [Job], targets: &'g HashMap<String, Target>) -> Vec<Verdict<'g>> {
        let mut first: HashMap<InvitationId, &Submission> = HashMap::new();
        jobs.iter()
            .map(|job| {
                let Job::Submit(submission) = job else { return Verdict::Known(Ok(Accepted::NEW)) };
                let Some(target) = targets.get(&submission.token_hash) else {
                    return Verdict::Known(Err(Error::InvitationNotFound));
                };
                if let Some(first) = first.get(&target.invitation) {
                    return Verdict::After(submission, first, target);
                }
                match self.admit(submission, target) {
                    Ok(None) => {
                        first.insert(target.invitation, submission);
                        Verdict::First(submission, target)
                    }
                    Ok(Some(accepted)) => Verdict::Known(Ok(accepted)),
                    Err(error) => Verdict::Known(Err(error)),
                }
            })
            .collect()
    }

    /// Nothing for answers that are to be stored. Answers that are stored already are so in a closed wave too: the
    /// client that asks again never heard it.
    fn admit(&self, submission: &Submission, target: &Target) -> Result<Option<Accepted>, Error> {
        if target.submitted {
            return Accepted::again(target.fingerprint.as_deref(), &submission.fingerprint).map(Some);
        }
        let (wave, version) =
            self.waves.get(&(target.tenant, target.wave)).ok_or(Error::WaveNotFound(target.wave))?;
        if target.cancelled {
            // To whom it is cancelled, the wave is over.
            return Err(Error::WaveStateWrong { state: State::Closed, needed: State::Open.word() });
        }
        wave.must_take(submission.now)?;
        let violations = check::violations(version, &submission.answers);
        if violations.is_empty() { Ok(None) } else { Err(Error::AnswerInvalid(violations)) }
    }

    async fn write(
        &self,
        tx: &Tx,
        shard: i32,
        taken: &[(&Submission, &Target)],
    ) -> Result<(), arki_database::Error> {
        let mut responses = Vec::with_capacity(taken.len());
        let mut counts: BTreeMap<_, u64> = BTreeMap::new();
        let mut tallies: BTreeMap<_, (&Wave, Tally<'_>)> = BTreeMap::new();
        for (submission, target) in taken {
            let key = (target.tenant, target.wave);
            let Some((wave, version)) = self.waves.get(&key) else { continue };
            let day = wave.day(submission.now);
            responses.push(response(wave, submission, target));
            *counts.entry(key).or_default() += 1;
            if !wave.counts_at_close() {
                let (_, tally) = tallies.entry(key).or_insert_with(|| (wave, Tally::new(version)));
                let answers = submission.answers.iter().map(|one| (one.question.as_str(), &one.value));
                tally.add(target.unit, day, answers);
            }
        }
        intake::insert_responses(tx, responses).await?;
        let events: Vec<_> = tallies
            .into_iter()
            .flat_map(|((tenant, _), (wave, tally))| {
                let now = taken.iter().map(|(submission, _)| submission.now).max().unwrap_or_default();
                let parts = tally.parts(LINES).into_iter();
                parts
                    .map(move |part| Draft::new(tenant, &wave.id.name(), now, &announce::counted(wave, part)))
            })
            .collect();
        arki_events::append_all(tx, &events).await?;
        // Last, because others who count the same wave wait for this row.
        intake::add_counts(tx, shard, &counts.into_iter().collect::<Vec<_>>()).await
    }
}

fn response(wave: &Wave, submission: &Submission, target: &Target) -> New {
    let is_linked = wave.anonymity.is_linked();
    New {
        tenant: target.tenant,
        wave: target.wave,
        id: ResponseId::random(),
        invitation: is_linked.then_some(target.invitation),
        unit: target.unit,
        day: wave.day(submission.now),
        language: kept_language(wave.anonymity, &submission.language),
        answers: stored(&submission.answers, order(wave.anonymity)),
    }
}

/// The order in which feelings were shown is drawn from the link, so it may stay only where the link may.
pub fn order(anonymity: Anonymity) -> OrderShown {
    if anonymity.is_linked() { OrderShown::Kept } else { OrderShown::Dropped }
}

/// The language may single somebody out in a small unit.
pub fn kept_language(anonymity: Anonymity, language: &str) -> Option<String> {
    (anonymity.is_linked() && !language.is_empty()).then(|| language.to_owned())
}
