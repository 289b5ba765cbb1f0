//! What the organisation wants to mean.

use arki_ids::{PersonId, VisionId};
use arki_words::Words;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Error, Missing, State};

/// A will that means something to customers and to those who work here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vision {
    pub id: VisionId,
    pub content: VisionContent,
    pub state: State,
    /// Grows with every write.
    pub revision: u64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What is written in a vision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisionContent {
    pub statement: Words,
    pub customer_meaning: Words,
    pub staff_meaning: Words,
    /// Where the strategy says it; empty where nothing does yet.
    pub strategy_reference: String,
    /// Who of the top management stands for it.
    pub sponsor: Option<PersonId>,
}

/// What is to be written instead; none keeps what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisionChange {
    pub statement: Option<Words>,
    pub customer_meaning: Option<Words>,
    pub staff_meaning: Option<Words>,
    pub strategy_reference: Option<String>,
    pub sponsor: Option<Option<PersonId>>,
}

impl Vision {
    /// A new draft.
    pub fn draft(id: VisionId, content: VisionContent, now: DateTime<Utc>) -> Self {
        Self { id, content, state: State::Draft, revision: 1, create_time: now, update_time: now }
    }

    /// Writes the changed fields. What is in force stays whole.
    pub fn apply(mut self, change: VisionChange, now: DateTime<Utc>) -> Result<Self, Error> {
        self.state.needs(&[State::Draft, State::Active])?;
        let VisionChange { statement, customer_meaning, staff_meaning, strategy_reference, sponsor } = change;
        let content = &mut self.content;
        replace(&mut content.statement, statement);
        replace(&mut content.customer_meaning, customer_meaning);
        replace(&mut content.staff_meaning, staff_meaning);
        replace(&mut content.strategy_reference, strategy_reference);
        replace(&mut content.sponsor, sponsor);
        if self.state == State::Active {
            self.is_whole()?;
        }
        Ok(self.written(now))
    }

    /// Brings a draft into force, if both meanings and the sponsor are there.
    pub fn activate(mut self, now: DateTime<Utc>) -> Result<Self, Error> {
        self.state.needs(&[State::Draft])?;
        self.is_whole()?;
        self.state = State::Active;
        Ok(self.written(now))
    }

    /// Makes way for another one.
    pub fn end(mut self, now: DateTime<Utc>) -> Result<Self, Error> {
        self.state.needs(&[State::Draft, State::Active])?;
        self.state = State::Ended;
        Ok(self.written(now))
    }

    /// Refuses to go on with goals of a vision that has ended.
    pub fn takes_goals(&self) -> Result<(), Error> {
        self.state.needs(&[State::Draft, State::Active])
    }

    /// Refuses to bring goals into force under a vision that isn't.
    pub fn is_in_force(&self) -> Result<(), Error> {
        self.state.needs(&[State::Active])
    }

    fn is_whole(&self) -> Result<(), Error> {
        let VisionContent { statement: _, customer_meaning, staff_meaning, strategy_reference: _, sponsor } =
            &self.content;
        let mut missing = Vec::new();
        if customer_meaning.is_empty() {
            missing.push(Missing::new("customer_meaning", "must say what it means to a customer"));
        }
        if staff_meaning.is_empty() {
            missing.push(Missing::new("staff_meaning", "must say what it means to those who work here"));
        }
        if sponsor.is_none() {
            missing.push(Missing::new("sponsor", "must name who of the top management stands for it"));
        }
        if missing.is_empty() { Ok(()) } else { Err(Error::VisionIncomplete(missing)) }
    }

    fn written(mut self, now: DateTime<Utc>) -> Self {
        self.revision += 1;
        self.update_time = now;
        self
    }
}

pub(super) fn replace<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn whole() -> VisionContent {
        VisionContent {
            statement: Words::new("en", "nobody waits without knowing why"),
            customer_meaning: Words::new("en", "I always know what happens next"),
            staff_meaning: Words::new("en", "I may decide on the spot"),
            strategy_reference: String::new(),
            sponsor: Some(PersonId::generate()),
        }
    }

    fn vision(content: VisionContent) -> Vision {
        Vision::draft(VisionId::generate(), content, now())
    }

    #[test]
    fn a_vision_without_meanings_or_sponsor_does_not_come_into_force() {
        let bare = VisionContent {
            customer_meaning: Words::default(),
            staff_meaning: Words::default(),
            sponsor: None,
            ..whole()
        };
        let Err(Error::VisionIncomplete(missing)) = vision(bare).activate(now()) else {
            panic!("it came into force");
        };
        let fields: Vec<_> = missing.into_iter().map(|missing| missing.field).collect();
        assert_eq!(fields, ["customer_meaning", "staff_meaning", "sponsor"]);
        assert_eq!(vision(whole()).activate(now()).unwrap().state, State::Active);
    }

    #[test]
    fn a_vision_in_force_cannot_lose_what_it_needs() {
        let active = vision(whole()).activate(now()).unwrap();
        let change = VisionChange { sponsor: Some(None), ..VisionChange::default() };
        assert!(matches!(active.clone().apply(change.clone(), now()), Err(Error::VisionIncomplete(_))));
        assert_eq!(vision(whole()).apply(change, now()).unwrap().content.sponsor, None);
        let change = VisionChange { strategy_reference: Some("2.1".to_owned()), ..VisionChange::default() };
        let changed = active.clone().apply(change, now()).unwrap();
        assert_eq!((changed.revision, changed.content.statement), (3, active.content.statement));
    }

    #[test]
    fn a_vision_never_comes_back() {
        let ended = vision(whole()).activate(now()).unwrap().end(now()).unwrap();
        for refused in [
            ended.clone().activate(now()),
            ended.clone().end(now()),
            ended.apply(VisionChange::default(), now()),
        ] {
            assert!(matches!(refused, Err(Error::WrongState { state: State::Ended, .. })));
        }
        let active = vision(whole()).activate(now()).unwrap();
        let Err(Error::WrongState { needed, .. }) = active.activate(now()) else {
            panic!("it was activated twice")
        };
        assert_eq!(needed, "draft");
    }
}
