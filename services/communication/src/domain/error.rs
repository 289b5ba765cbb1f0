use arki_ids::{CampaignId, MessageId};

use super::State;

/// One field that is not as it should be: its path from the request, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Such as `message.comprehension.options`.
    pub(crate) field: String,
    /// Lowercase, without a full stop.
    pub(crate) description: String,
}

impl Violation {
    pub(crate) fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

/// A rule of this service that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no message {}, look it up in the list of messages", .0.name())]
    MessageNotFound(MessageId),
    #[error("the parts of the message do not fit together: {}", told(.0))]
    MessageInvalid(Vec<Violation>),
    #[error("there is no campaign {}, look it up in the list of campaigns", .0.name())]
    CampaignNotFound(CampaignId),
    #[error("the campaign is {}, the call needs one that is {needed}", .state.word())]
    CampaignStateWrong { state: State, needed: &'static str },
    #[error("the schedule can't be used: {}", told(.violations))]
    ScheduleInvalid { rrule: String, violations: Vec<Violation> },
    #[error("fields are not as they should be: {}", told(.0))]
    FieldsInvalid(Vec<Violation>),
    #[error("the link is unknown, open the newest one")]
    LinkNotFound,
    #[error("the question was answered before")]
    AlreadyAnswered,
    #[error("the message has no answer {0:?}, choose one of its options")]
    OptionUnknown(String),
    #[error("the resource changed since it was read, read it again")]
    EtagMismatch { etag: String },
}

fn told(violations: &[Violation]) -> String {
    let each: Vec<_> =
        violations.iter().map(|Violation { field, description }| format!("{field}: {description}")).collect();
    each.join("; ")
}
