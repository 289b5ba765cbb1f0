//! How far a goal has come with a person.

use std::str::FromStr;

use arki_ids::{GoalId, PersonId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Error;

/// How far a goal has come with a person. In the order in which an employee with several goals counts: an objection
/// is the furthest, so that no commitment to another goal drowns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentState {
    Unseen,
    Seen,
    Understood,
    Committed,
    Objected,
}

impl CommitmentState {
    pub const ALL: [Self; 5] = [Self::Unseen, Self::Seen, Self::Understood, Self::Committed, Self::Objected];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::Seen => "seen",
            Self::Understood => "understood",
            Self::Committed => "committed",
            Self::Objected => "objected",
        }
    }

    /// Committing and objecting are both answers, and one may follow the other.
    const fn step(self) -> u8 {
        match self {
            Self::Unseen => 0,
            Self::Seen => 1,
            Self::Understood => 2,
            Self::Committed | Self::Objected => 3,
        }
    }
}

/// A word that is not a state.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not unseen, seen, understood, committed or objected")]
pub struct UnknownState(String);

impl FromStr for CommitmentState {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| UnknownState(word.to_owned()))
    }
}

/// A person and a goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    pub goal: GoalId,
    pub person: PersonId,
    pub state: CommitmentState,
    /// What the person makes of it; empty where nothing is said.
    pub own_words: String,
    /// Why the person objects; empty without an objection.
    pub objection: String,
    pub update_time: DateTime<Utc>,
}

/// What a person answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub state: CommitmentState,
    /// Empty keeps the words that are there.
    pub own_words: String,
    pub objection: String,
}

impl Commitment {
    /// How every goal begins with a person.
    pub fn unseen(goal: GoalId, person: PersonId, now: DateTime<Utc>) -> Self {
        Self {
            goal,
            person,
            state: CommitmentState::Unseen,
            own_words: String::new(),
            objection: String::new(),
            update_time: now,
        }
    }

    /// Moves on, or says the same again in other words. Steps may be skipped; there is no way back.
    pub fn answered(self, answer: Answer, now: DateTime<Utc>) -> Result<Self, Error> {
        let Answer { state, own_words, objection } = answer;
        if state.step() < self.state.step() {
            return Err(Error::CommitmentBackward { from: self.state, to: state });
        }
        let (own_words, objection) = (own_words.trim(), objection.trim());
        let objects = state == CommitmentState::Objected;
        if objects && objection.is_empty() {
            let description = "must say why the person objects".to_owned();
            return Err(Error::Field { field: "objection", description });
        }
        if !objects && !objection.is_empty() {
            let description =
                format!("must be empty for the state {}, or the state objected", state.as_str());
            return Err(Error::Field { field: "objection", description });
        }
        Ok(Self {
            state,
            own_words: if own_words.is_empty() { self.own_words } else { own_words.to_owned() },
            objection: objection.to_owned(),
            update_time: now,
            goal: self.goal,
            person: self.person,
        })
    }
}

#[cfg(test)]
mod tests {
    use CommitmentState::{Committed, Objected, Seen, Understood, Unseen};

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn at(state: CommitmentState) -> Commitment {
        Commitment { state, ..Commitment::unseen(GoalId::generate(), PersonId::generate(), now()) }
    }

    fn to(state: CommitmentState) -> Answer {
        let objection = if state == Objected { "the counter closes too early" } else { "" };
        Answer { state, own_words: String::new(), objection: objection.to_owned() }
    }

    #[test]
    fn a_commitment_goes_on_and_never_back() {
        for (from, allowed) in [
            (Unseen, vec![Unseen, Seen, Understood, Committed, Objected]),
            (Seen, vec![Seen, Understood, Committed, Objected]),
            (Understood, vec![Understood, Committed, Objected]),
            (Committed, vec![Committed, Objected]),
            (Objected, vec![Committed, Objected]),
        ] {
            for target in CommitmentState::ALL {
                let answered = at(from).answered(to(target), now());
                if allowed.contains(&target) {
                    assert_eq!(answered.unwrap().state, target);
                } else {
                    assert_eq!(answered, Err(Error::CommitmentBackward { from, to: target }));
                }
            }
        }
    }

    #[test]
    fn an_objection_says_why_and_goes_with_the_state() {
        let silent = Answer { objection: "  ".to_owned(), ..to(Objected) };
        assert!(matches!(at(Seen).answered(silent, now()), Err(Error::Field { field: "objection", .. })));
        let stray = Answer { objection: "no".to_owned(), ..to(Committed) };
        assert!(matches!(at(Seen).answered(stray, now()), Err(Error::Field { field: "objection", .. })));
        let objected = at(Seen).answered(to(Objected), now()).unwrap();
        assert_eq!(objected.objection, "the counter closes too early");
        assert_eq!(objected.answered(to(Committed), now()).unwrap().objection, "");
    }

    #[test]
    fn own_words_stay_until_there_are_new_ones() {
        let said = Answer { own_words: " I call first ".to_owned(), ..to(Understood) };
        let understood = at(Unseen).answered(said, now()).unwrap();
        assert_eq!(understood.own_words, "I call first");
        assert_eq!(understood.answered(to(Committed), now()).unwrap().own_words, "I call first");
    }
}
