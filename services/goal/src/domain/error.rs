use arki_ids::{GoalId, PersonId};

use super::lint::Finding;
use super::{CommitmentState, State};

/// Why a change makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the vision lacks {}, write what is missing first", names(.0))]
    VisionIncomplete(Vec<Missing>),
    #[error("the goal lacks {}, write what is missing first", names(.0))]
    GoalIncomplete(Vec<Missing>),
    #[error("the everyday words are empty or a bare number in {}, say what one does instead", languages(.0))]
    GoalTextEmpty(Vec<EmptyText>),
    #[error("the goal or vision is {state}, and this needs one that is {needed}")]
    WrongState { state: State, needed: String },
    #[error("the goal would end up under itself, choose a parent that is not below it")]
    WouldCycle { parent: GoalId },
    #[error("the parent {}, choose one of the same vision and of the same unit or one above", .why)]
    ParentMismatch { parent: GoalId, why: &'static str },
    #[error("a commitment does not go back from {} to {}", .from.as_str(), .to.as_str())]
    CommitmentBackward { from: CommitmentState, to: CommitmentState },
    #[error("the goal is for another unit or role than the person's, choose one of the person's own")]
    NotForPerson { person: PersonId },
    #[error("{field}: {description}")]
    Field { field: &'static str, description: String },
}

/// Something that must be there and isn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The path of the field within the resource.
    pub field: String,
    pub description: &'static str,
}

impl Missing {
    pub(super) fn new(field: impl Into<String>, description: &'static str) -> Self {
        Self { field: field.into(), description }
    }
}

/// Something empty in the everyday words of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmptyText {
    /// The tag under which the words are kept.
    pub language: String,
    pub finding: Finding,
}

fn names(missing: &[Missing]) -> String {
    missing.iter().map(|missing| missing.field.as_str()).collect::<Vec<_>>().join(", ")
}

fn languages(findings: &[EmptyText]) -> String {
    let mut languages: Vec<&str> = findings.iter().map(|finding| finding.language.as_str()).collect();
    languages.dedup();
    languages.join(", ")
}
