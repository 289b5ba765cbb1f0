use std::collections::BTreeMap;
use std::sync::Arc;

use arki_database::Tx;
use arki_events::{Envelope, Handler, HandlerError, Payload};
use arki_ids::{TenantId, WaveId};
use arki_process::Clock;
use arki_proto::event::v1 as event;
use arki_stats::Histogram;
use async_trait::async_trait;

use super::{count, day, id_or_none, poison, release};
use crate::domain::metric::QuestionBinding;
use crate::domain::release::MinimumGroup;
use crate::domain::wave::{Audience, Opening, Question, Wave, WaveState};
use crate::storage::answers::{self, Counted};
use crate::storage::waves;

/// Adds up the answers that the survey counted. Each message is taken once, since its counts are added.
///
/// What happened to a wave comes in order, but a message that was parked and is replayed comes late; so any of them
/// may be the first that is heard of a wave.
pub(crate) struct Answers {
    clock: Arc<dyn Clock>,
}

impl Answers {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    async fn opened(&self, tx: &Tx, tenant: TenantId, opened: event::WaveOpened) -> Result<(), HandlerError> {
        let event::WaveOpened { wave, display_name, audience, anonymity, open_day, minimum_group, questions } =
            opened;
        let mut wave = heard_of(tx, tenant, &wave).await?;
        if wave.opening.is_some() {
            return Ok(());
        }
        let audience = Audience::from_word(&audience)
            .ok_or_else(|| poison(format!("audience {audience:?} is not known")))?;
        let least = MinimumGroup::DEFAULT.get().max(u64::try_from(minimum_group).unwrap_or_default());
        wave.opening = Some(Opening {
            display_name,
            audience,
            anonymity,
            open_day: day(open_day, "open_day")?,
            minimum_group: MinimumGroup::new(least).map_err(poison)?,
        });
        let mut asked = BTreeMap::new();
        for event::QuestionKey { question, kind, options } in questions {
            let binding: QuestionBinding = question.parse().map_err(poison)?;
            asked.insert(binding, Question { kind, options });
        }
        waves::save(tx, tenant, &wave).await?;
        waves::insert_questions(tx, tenant, wave.id, &asked.into_iter().collect::<Vec<_>>()).await?;
        release::release_if_known(tx, tenant, wave, self.clock.now()).await?;
        Ok(())
    }

    async fn counted(
        &self,
        tx: &Tx,
        tenant: TenantId,
        counts: event::ResponsesCounted,
    ) -> Result<(), HandlerError> {
        let event::ResponsesCounted { wave, responses, counts } = counts;
        let wave = heard_of(tx, tenant, &wave).await?;
        if !wave.takes_answers() {
            return Err(poison("the wave has ended, and nothing may be added to what is released of it"));
        }
        let counted = read(responses, counts)?;
        // Also where nothing was known of the wave, so that its first message is remembered.
        waves::save(tx, tenant, &wave).await?;
        Ok(answers::add(tx, tenant, wave.id, &counted).await?)
    }

    async fn closed(&self, tx: &Tx, event: &Envelope, closed: event::WaveClosed) -> Result<(), HandlerError> {
        let event::WaveClosed { wave, invited } = closed;
        let tenant = event.tenant;
        let mut wave = heard_of(tx, tenant, &wave).await?;
        if wave.state != WaveState::Open {
            return Ok(());
        }
        wave.state = WaveState::Closed;
        wave.close_time = Some(event.time);
        let mut people = BTreeMap::new();
        for event::UnitInvited { unit, invited } in invited {
            *people.entry(id_or_none(&unit)?).or_default() += count(invited, "invited")?;
        }
        waves::save(tx, tenant, &wave).await?;
        answers::insert_invited(tx, tenant, wave.id, &people).await?;
        let id = wave.id;
        if let Some(waiting) = release::release_if_known(tx, tenant, wave, self.clock.now()).await? {
            // Told once; the news that is missing releases the wave when it comes.
            tracing::warn!(wave = %id, %waiting, "a wave has ended and can't be released yet");
        }
        Ok(())
    }
}

#[async_trait]
impl Handler for Answers {
    fn consumer(&self) -> &'static str {
        "scorecard.answers"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[event::WaveOpened::SUBJECT, event::ResponsesCounted::SUBJECT, event::WaveClosed::SUBJECT]
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        match event.subject.as_str() {
            event::WaveOpened::SUBJECT => self.opened(tx, event.tenant, event.decode()?).await,
            event::ResponsesCounted::SUBJECT => self.counted(tx, event.tenant, event.decode()?).await,
            _ => self.closed(tx, event, event.decode()?).await,
        }
    }
}

/// What is known of a wave so far, which may be nothing.
async fn heard_of(tx: &Tx, tenant: TenantId, name: &str) -> Result<Wave, HandlerError> {
    let id = WaveId::from_name(name).map_err(poison)?;
    Ok(waves::find(tx, tenant, id).await?.unwrap_or_else(|| Wave::unheard(id)))
}

fn read(
    responses: Vec<event::UnitResponses>,
    counts: Vec<event::AnswerCounts>,
) -> Result<Counted, HandlerError> {
    let mut counted = Counted::default();
    for event::UnitResponses { unit, day: date, responses } in responses {
        let key = (id_or_none(&unit)?, day(date, "responses.day")?);
        *counted.responses.entry(key).or_default() += count(responses, "responses.responses")?;
    }
    for event::AnswerCounts { question, unit, day: date, respondents, counts } in counts {
        let question: QuestionBinding = question.parse().map_err(poison)?;
        let (unit, day) = (id_or_none(&unit)?, day(date, "counts.day")?);
        *counted.respondents.entry((question.clone(), unit, day)).or_default() +=
            count(respondents, "counts.respondents")?;
        for (value, people) in counts {
            if !(Histogram::MIN..=Histogram::MAX).contains(&value) {
                return Err(poison(format!("value {value} can't be counted")));
            }
            *counted.cells.entry((question.clone(), unit, day, value)).or_default() +=
                count(people, "counts.counts")?;
        }
    }
    counted.cells.retain(|_, people| *people > 0);
    counted.respondents.retain(|_, people| *people > 0);
    counted.responses.retain(|_, people| *people > 0);
    Ok(counted)
}
