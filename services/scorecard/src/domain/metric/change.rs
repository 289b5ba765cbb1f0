//! New values for some fields of a metric.

use arki_ids::{PersonId, TargetProfileId};
use chrono::NaiveDate;

use super::{
    BandMeaning, Computation, CustomerRelevance, MetricContent, MetricKind, MetricRole, QuestionBinding,
};

/// What is to be written instead; `None` keeps what is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricChange {
    pub display_name: Option<String>,
    pub kind: Option<MetricKind>,
    pub role: Option<MetricRole>,
    pub headline: Option<bool>,
    pub question: Option<QuestionBinding>,
    pub reversed: Option<bool>,
    pub target_profile: Option<Option<TargetProfileId>>,
    pub owner: Option<PersonId>,
    pub customer_relevance: Option<Option<CustomerRelevance>>,
    pub review_day: Option<NaiveDate>,
    pub meanings: Option<Vec<BandMeaning>>,
}

impl MetricChange {
    /// The content with the new values, not checked yet.
    #[must_use]
    pub fn apply(self, content: &MetricContent) -> MetricContent {
        let Self {
            display_name,
            kind,
            role,
            headline,
            question,
            reversed,
            target_profile,
            owner,
            customer_relevance,
            review_day,
            meanings,
        } = self;
        let before = content.clone();
        MetricContent {
            display_name: display_name.unwrap_or(before.display_name),
            role: role.unwrap_or(before.role),
            headline: headline.unwrap_or(before.headline),
            computation: Computation {
                kind: kind.unwrap_or(before.computation.kind),
                question: question.unwrap_or(before.computation.question),
                reversed: reversed.unwrap_or(before.computation.reversed),
                target_profile: target_profile.unwrap_or(before.computation.target_profile),
            },
            owner: owner.unwrap_or(before.owner),
            customer_relevance: customer_relevance.unwrap_or(before.customer_relevance),
            review_day: review_day.unwrap_or(before.review_day),
            meanings: meanings.unwrap_or(before.meanings),
        }
    }
}
