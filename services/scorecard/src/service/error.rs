use arki_ids::{MetricId, TargetProfileId, UnitId};

use crate::domain::metric::QuestionBinding;
use crate::domain::{emotion, hierarchy, metric, results, tree};
use crate::peers;

/// Why a use case was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no metric {}, list the metrics to find its name", .0.name())]
    MetricNotFound(MetricId),
    #[error("the metric {} has ended and cannot be changed, create another one", .0.name())]
    MetricRetired(MetricId),
    #[error("the parts of the metric do not fit together: {}", list(.0))]
    MetricInvalid(Vec<metric::Invalid>),
    #[error(
        "the metric counts another question than its target profile {}, take {question}", .profile.name()
    )]
    OtherQuestion { profile: TargetProfileId, question: QuestionBinding },
    #[error(transparent)]
    TooManyHeadlines(#[from] metric::TooManyHeadlines),
    #[error("there is no target profile {}, list the profiles to find its name", .0.name())]
    ProfileNotFound(TargetProfileId),
    #[error("the terms of the target profile do not fit together: {}", list(.0))]
    ProfileInvalid(Vec<emotion::Invalid>),
    #[error("the metric {} measures by this profile and counts its question, change the metric first", .0.name())]
    ProfileInUse(MetricId),
    #[error("no wave that may be shown has asked {0}, wait until one has closed or bind another question")]
    NoReadings(QuestionBinding),
    #[error("there is no unit {} in the tree of that wave, leave it empty for the whole tree", .0.name())]
    UnitNotFound(UnitId),
    #[error("page_token names a place that is not there any more, start without it")]
    PageTokenInvalid,
    #[error("{field}: {description}")]
    Field { field: &'static str, description: &'static str },
    #[error("there is no dead letter {0:?}, list the dead letters to find its id")]
    DeadLetterNotFound(String),
    #[error("it changed since it was read")]
    EtagMismatch { current: String },
    #[error("request_id {request_id:?} was used before with another body")]
    RequestIdReused { request_id: String },
    #[error(transparent)]
    Directory(#[from] peers::Error),
    #[error(transparent)]
    Database(#[from] arki_database::Error),
    /// What is stored makes no numbers.
    #[error(transparent)]
    Results(#[from] results::Error),
    /// What is known of the organisation makes no tree, as may be between two events.
    #[error(transparent)]
    Tree(#[from] tree::Error),
    /// What is stored does not belong together.
    #[error(transparent)]
    Homeless(#[from] hierarchy::Homeless),
    /// A calculation was lost.
    #[error("a calculation did not end: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

fn list<F: ToString>(faults: &[F]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
