//! What is measured, of whom it is asked, why it matters to the customer and what its numbers mean.

mod change;
mod meaning;
mod question;
#[cfg(test)]
mod tests;

use arki_ids::{MetricId, PersonId, TargetProfileId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use change::MetricChange;
pub(crate) use meaning::words_in;
pub use meaning::{BandMeaning, Words};
pub use question::{NotAQuestion, QuestionBinding};

/// How many headline metrics a tenant has unless it says otherwise.
pub const DEFAULT_HEADLINE_CAP: usize = 5;

/// How a number is computed from raw answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Promoters less detractors on 0 to 10, in points from -100 to 100.
    Nps,
    /// The same on recommending the workplace; not comparable with [`MetricKind::Nps`] in level.
    Enps,
    /// Share of 4 and 5 on 1 to 5, in percent.
    Csat,
    /// Share of 5 to 7 on 1 to 7, in percent.
    Ces,
    /// Share of 4 and 5 in agreement on 1 to 5, in percent.
    Favourable,
    /// 100 times one minus the Jensen-Shannon distance from a target profile.
    EmotionFit,
}

impl MetricKind {
    /// The lowest and the highest number there can be.
    #[must_use]
    pub fn scale(self) -> (f64, f64) {
        if self.is_points() { (-100.0, 100.0) } else { (0.0, 100.0) }
    }

    /// The kind of question that is counted, in the words of the survey. Answers to another kind are on another scale.
    #[must_use]
    pub fn question_kind(self) -> &'static str {
        match self {
            Self::Nps | Self::Enps => "nps",
            Self::Csat => "csat",
            Self::Ces => "ces",
            Self::Favourable => "agreement",
            Self::EmotionFit => "emotion_palette",
        }
    }

    /// Whether the number is in points and not in percent.
    #[must_use]
    pub fn is_points(self) -> bool {
        matches!(self, Self::Nps | Self::Enps)
    }
}

/// Whether a metric shows a cause, which can be worked on, or a consequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricRole {
    Cause,
    Consequence,
}

/// Why a metric matters to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRelevance {
    /// How much customers said that it matters to them, 0 to 10.
    pub score: u8,
    /// How that is known.
    pub evidence: String,
}

/// What a metric computes. It never changes: another computation is another version and another series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computation {
    pub kind: MetricKind,
    pub question: QuestionBinding,
    /// For [`MetricKind::Favourable`]: agreeing is unfavourable, so 6 minus the answer counts.
    pub reversed: bool,
    /// For [`MetricKind::EmotionFit`].
    pub target_profile: Option<TargetProfileId>,
}

/// One version of a metric; immutable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricVersion {
    number: u32,
    computation: Computation,
}

impl MetricVersion {
    /// 1 for the first.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    #[must_use]
    pub fn computation(&self) -> &Computation {
        &self.computation
    }
}

/// What people say about a metric, as it is given and checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricContent {
    pub display_name: String,
    pub role: MetricRole,
    pub headline: bool,
    pub computation: Computation,
    /// Who answers for the metric.
    pub owner: PersonId,
    /// Without it the metric is internal only.
    pub customer_relevance: Option<CustomerRelevance>,
    /// The last day on which the metric need not be looked at again.
    pub review_day: NaiveDate,
    /// What the number means, by band, the lowest band first.
    pub meanings: Vec<BandMeaning>,
}

/// What is wrong with the content of a metric; [`Invalid::field`] names the field.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    #[error("display_name is empty, say what the metric is called")]
    NameMissing,
    #[error("question is empty, give the key of the question whose answers count")]
    QuestionMissing,
    #[error("reversed is for metrics of kind favourable only, leave it out")]
    CannotReverse,
    #[error("target_profile is missing, an emotion fit needs one")]
    TargetProfileMissing,
    #[error("target_profile is for metrics of kind emotion fit only, leave it out")]
    TargetProfileUnused,
    #[error("customer_relevance.score is {score}, give 0 to 10")]
    RelevanceScore { score: u8 },
    #[error("customer_relevance.evidence is empty, say how it is known that the metric matters to customers")]
    RelevanceEvidence,
    #[error("customer_relevance is missing, a headline metric must say why it matters to the customer")]
    RelevanceMissing,
    #[error("meanings[{band}].from is {from}, outside {low} to {high}")]
    MeaningOutOfScale { band: usize, from: f64, low: f64, high: f64 },
    #[error(
        "meanings[{band}].from is not above that of the band before, order the bands and name each bound once"
    )]
    MeaningOrder { band: usize },
    #[error(
        "meanings[{band}].words is empty, say what the band means in everyday life in one language at least"
    )]
    MeaningWords { band: usize },
}

impl Invalid {
    /// The path of the field at fault.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::NameMissing => "display_name".into(),
            Self::QuestionMissing => "question".into(),
            Self::CannotReverse => "reversed".into(),
            Self::TargetProfileMissing | Self::TargetProfileUnused => "target_profile".into(),
            Self::RelevanceScore { .. } => "customer_relevance.score".into(),
            Self::RelevanceEvidence => "customer_relevance.evidence".into(),
            Self::RelevanceMissing => "customer_relevance".into(),
            Self::MeaningOutOfScale { band, .. } | Self::MeaningOrder { band } => {
                format!("meanings[{band}].from")
            }
            Self::MeaningWords { band } => format!("meanings[{band}].words"),
        }
    }
}

impl MetricContent {
    /// Everything that is wrong at once; `Ok` for content that may be stored.
    ///
    /// # Errors
    /// One [`Invalid`] for each fault, in the order of the fields.
    pub fn validate(&self) -> Result<(), Vec<Invalid>> {
        let mut faults = Vec::new();
        let Self {
            display_name,
            role: _,
            headline,
            computation,
            owner: _,
            customer_relevance,
            review_day: _,
            meanings,
        } = self;
        if display_name.trim().is_empty() {
            faults.push(Invalid::NameMissing);
        }
        if computation.question.question.trim().is_empty() {
            faults.push(Invalid::QuestionMissing);
        }
        if computation.reversed && computation.kind != MetricKind::Favourable {
            faults.push(Invalid::CannotReverse);
        }
        match (computation.kind == MetricKind::EmotionFit, computation.target_profile.is_some()) {
            (true, false) => faults.push(Invalid::TargetProfileMissing),
            (false, true) => faults.push(Invalid::TargetProfileUnused),
            (true, true) | (false, false) => {}
        }
        match customer_relevance {
            Some(relevance) => {
                if relevance.score > 10 {
                    faults.push(Invalid::RelevanceScore { score: relevance.score });
                }
                if relevance.evidence.trim().is_empty() {
                    faults.push(Invalid::RelevanceEvidence);
                }
            }
            None if *headline => faults.push(Invalid::RelevanceMissing),
            None => {}
        }
        meaning::check(meanings, computation.kind, &mut faults);
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// The tenant has as many headline metrics as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cap} headline metrics are the most, make another one an ordinary metric first")]
pub struct TooManyHeadlines {
    pub cap: usize,
}

/// Checks that one more headline metric fits beside the `others` that there are.
///
/// # Errors
/// [`TooManyHeadlines`] when the cap is reached.
pub fn check_headline_cap(others: usize, cap: usize) -> Result<(), TooManyHeadlines> {
    if others < cap { Ok(()) } else { Err(TooManyHeadlines { cap }) }
}

/// Why a metric cannot be changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReviseError {
    #[error("the metric is retired and cannot be changed, create another one")]
    Retired,
    #[error("the content of the metric has faults: {faults}", faults = list(.0))]
    Invalid(Vec<Invalid>),
}

fn list(faults: &[Invalid]) -> String {
    faults.iter().map(Invalid::to_string).collect::<Vec<_>>().join("; ")
}

/// What a review of a metric decided. A metric that ends keeps its past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// It still tells what matters, until the next look.
    Keep { next: NaiveDate },
    /// It is to be changed.
    Change { next: NaiveDate },
    /// It ends.
    Retire,
}

impl ReviewOutcome {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep { .. } => "keep",
            Self::Change { .. } => "change",
            Self::Retire => "retire",
        }
    }

    /// When it is looked at next.
    #[must_use]
    pub fn next(self) -> Option<NaiveDate> {
        match self {
            Self::Keep { next } | Self::Change { next } => Some(next),
            Self::Retire => None,
        }
    }
}

/// A metric with its current content and all versions of what it computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    id: MetricId,
    content: MetricContent,
    versions: Vec<MetricVersion>,
    is_retired: bool,
}

impl Metric {
    /// A new metric, at version 1.
    ///
    /// # Errors
    /// Everything that is wrong with the content.
    pub fn new(id: MetricId, content: MetricContent) -> Result<Self, Vec<Invalid>> {
        content.validate()?;
        let versions = vec![MetricVersion { number: 1, computation: content.computation.clone() }];
        Ok(Self { id, content, versions, is_retired: false })
    }

    /// A metric as it was stored: the computations of all its versions, oldest first, before the current content.
    /// `None` when they do not belong together, since the last version is what the content says.
    #[must_use]
    pub fn restore(
        id: MetricId,
        content: MetricContent,
        computations: Vec<Computation>,
        is_retired: bool,
    ) -> Option<Self> {
        let versions: Vec<MetricVersion> = (1..)
            .zip(computations)
            .map(|(number, computation)| MetricVersion { number, computation })
            .collect();
        let is_whole = versions.last().is_some_and(|version| version.computation == content.computation);
        is_whole.then_some(Self { id, content, versions, is_retired })
    }

    #[must_use]
    pub fn id(&self) -> MetricId {
        self.id
    }

    #[must_use]
    pub fn content(&self) -> &MetricContent {
        &self.content
    }

    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.is_retired
    }

    /// All versions, oldest first.
    #[must_use]
    pub fn versions(&self) -> &[MetricVersion] {
        &self.versions
    }

    /// The number of the current version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.versions.last().map_or(1, MetricVersion::number)
    }

    /// Takes new content; another computation than before begins a new version.
    ///
    /// # Errors
    /// [`ReviseError`], and the metric stays as it was.
    pub fn revise(&mut self, content: MetricContent) -> Result<(), ReviseError> {
        if self.is_retired {
            return Err(ReviseError::Retired);
        }
        content.validate().map_err(ReviseError::Invalid)?;
        if content.computation != self.content.computation {
            let number = self.version() + 1;
            self.versions.push(MetricVersion { number, computation: content.computation.clone() });
        }
        self.content = content;
        Ok(())
    }

    /// Takes the outcome of a review.
    ///
    /// # Errors
    /// [`ReviseError::Retired`] for a metric that has ended.
    pub fn review(&mut self, outcome: ReviewOutcome) -> Result<(), ReviseError> {
        if self.is_retired {
            return Err(ReviseError::Retired);
        }
        match outcome {
            ReviewOutcome::Keep { next } | ReviewOutcome::Change { next } => self.content.review_day = next,
            ReviewOutcome::Retire => self.is_retired = true,
        }
        Ok(())
    }

    /// Whether the day by which the metric should have been looked at has passed.
    #[must_use]
    pub fn is_review_overdue(&self, today: NaiveDate) -> bool {
        !self.is_retired && today > self.content.review_day
    }

    /// What a value means, in the first of the languages that the band has words in; see
    /// [`BandMeaning::words_in`]. `None` where no band reaches down to the value.
    #[must_use]
    pub fn band_words(&self, value: f64, languages: &[&str]) -> Option<&str> {
        meaning::band(&self.content.meanings, value).and_then(|band| band.words_in(languages))
    }
}
