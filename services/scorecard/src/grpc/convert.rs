//! Messages on their way to the domain. Each destructures its message, so that a new field doesn't compile until it
//! was decided about here.

use arki_ids::{MetricId, TargetProfileId};
use arki_proto::scorecard::v1 as pb;
use arki_rpc::{Failure, Input, Mask};

use super::input::{OUTPUT_ONLY, ReadMetric};
use crate::domain::emotion::{ProfileAudience, ProfileChange, ProfileContent, Term, TermRole};
use crate::domain::metric::{
    BandMeaning, Computation, CustomerRelevance, MetricChange, MetricContent, MetricKind, MetricRole,
};
use crate::service::Verdict;

/// The fields of a metric that may change.
const METRIC: [&str; 11] = [
    "display_name",
    "kind",
    "role",
    "headline",
    "question",
    "reversed",
    "target_profile",
    "owner",
    "customer_relevance",
    "review_day",
    "meanings",
];

/// The fields of a target profile that may change.
const PROFILE: [&str; 4] = ["display_name", "audience", "question", "terms"];

/// A change of something that exists.
pub(super) struct Update<I, C> {
    pub(super) id: I,
    pub(super) etag: String,
    pub(super) change: C,
}

pub(super) fn new_metric(metric: Option<pb::Metric>) -> Result<MetricContent, Failure> {
    let mut input = Input::default();
    let change =
        metric_change(&mut input, &Mask::read(None, &METRIC, &OUTPUT_ONLY)?, metric.unwrap_or_default())
            .change;
    let MetricChange {
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
    } = change;
    let content = (|| {
        Some(MetricContent {
            display_name: display_name?,
            role: role?,
            headline: headline?,
            computation: Computation {
                kind: kind?,
                question: question?,
                reversed: reversed?,
                target_profile: target_profile?,
            },
            owner: owner?,
            customer_relevance: customer_relevance?,
            review_day: review_day?,
            meanings: meanings?,
        })
    })();
    input.finish(content)
}

pub(super) fn metric_update(
    request: pb::UpdateMetricRequest,
) -> Result<Update<MetricId, MetricChange>, Failure> {
    let pb::UpdateMetricRequest { metric, update_mask, request_id: _ } = request;
    let mask = Mask::read(update_mask.as_ref(), &METRIC, &OUTPUT_ONLY)?;
    let mut input = Input::default();
    let Update { id: name, etag, change } = metric_change(&mut input, &mask, metric.unwrap_or_default());
    let id = input.id("metric.name", &name);
    input.finish(id.map(|id| Update { id, etag, change }))
}

fn metric_change(input: &mut Input, mask: &Mask, metric: pb::Metric) -> Update<String, MetricChange> {
    let (kind, role) = (metric.kind(), metric.role());
    let pb::Metric {
        name,
        display_name,
        kind: _,
        role: _,
        headline,
        question,
        reversed,
        target_profile,
        owner,
        customer_relevance,
        review_day,
        meanings,
        version: _,
        state: _,
        create_time: _,
        update_time: _,
        etag,
    } = metric;
    let change = MetricChange {
        display_name: mask.pick("display_name", || display_name),
        kind: mask.pick("kind", || input.given("metric.kind", metric_kind(kind))).flatten(),
        role: mask.pick("role", || input.given("metric.role", metric_role(role))).flatten(),
        headline: mask.pick("headline", || headline),
        question: mask.pick("question", || input.question("metric.question", &question)).flatten(),
        reversed: mask.pick("reversed", || reversed),
        target_profile: mask
            .pick("target_profile", || input.optional_id("metric.target_profile", &target_profile)),
        owner: mask.pick("owner", || input.id("metric.owner", &owner)).flatten(),
        customer_relevance: mask.pick("customer_relevance", || customer_relevance.map(relevance)),
        review_day: mask.pick("review_day", || input.day("metric.review_day", review_day)).flatten(),
        meanings: mask.pick("meanings", || {
            let each = |(index, meaning)| band(input, index, meaning);
            meanings.into_iter().enumerate().map(each).collect()
        }),
    };
    Update { id: name, etag, change }
}

fn relevance(relevance: pb::CustomerRelevance) -> CustomerRelevance {
    let pb::CustomerRelevance { score, evidence } = relevance;
    // The bounds have been checked; what is out of them anyway is for the domain to refuse.
    CustomerRelevance { score: u8::try_from(score).unwrap_or(u8::MAX), evidence }
}

fn band(input: &mut Input, index: usize, meaning: pb::BandMeaning) -> BandMeaning {
    let pb::BandMeaning { from, words } = meaning;
    BandMeaning { from, words: input.words(&format!("metric.meanings[{index}].words"), words) }
}

fn metric_kind(kind: pb::MetricKind) -> Option<MetricKind> {
    Some(match kind {
        pb::MetricKind::Unspecified => return None,
        pb::MetricKind::Nps => MetricKind::Nps,
        pb::MetricKind::Enps => MetricKind::Enps,
        pb::MetricKind::Csat => MetricKind::Csat,
        pb::MetricKind::Ces => MetricKind::Ces,
        pb::MetricKind::Favourable => MetricKind::Favourable,
        pb::MetricKind::EmotionFit => MetricKind::EmotionFit,
    })
}

fn metric_role(role: pb::MetricRole) -> Option<MetricRole> {
    match role {
        pb::MetricRole::Unspecified => None,
        pb::MetricRole::Cause => Some(MetricRole::Cause),
        pb::MetricRole::Consequence => Some(MetricRole::Consequence),
    }
}

pub(super) fn verdict(verdict: pb::ReviewVerdict) -> Option<Verdict> {
    match verdict {
        pb::ReviewVerdict::Unspecified => None,
        pb::ReviewVerdict::Keep => Some(Verdict::Keep),
        pb::ReviewVerdict::Change => Some(Verdict::Change),
        pb::ReviewVerdict::Retire => Some(Verdict::Retire),
    }
}

pub(super) fn new_profile(profile: Option<pb::TargetProfile>) -> Result<ProfileContent, Failure> {
    let mut input = Input::default();
    let mask = Mask::read(None, &PROFILE, &OUTPUT_ONLY)?;
    let ProfileChange { display_name, audience, question, terms } =
        profile_change(&mut input, &mask, profile.unwrap_or_default()).change;
    let content = (|| {
        Some(ProfileContent {
            display_name: display_name?,
            audience: audience?,
            question: question?,
            terms: terms?,
        })
    })();
    input.finish(content)
}

pub(super) fn profile_update(
    request: pb::UpdateTargetProfileRequest,
) -> Result<Update<TargetProfileId, ProfileChange>, Failure> {
    let pb::UpdateTargetProfileRequest { target_profile, update_mask, request_id: _ } = request;
    let mask = Mask::read(update_mask.as_ref(), &PROFILE, &OUTPUT_ONLY)?;
    let mut input = Input::default();
    let Update { id: name, etag, change } =
        profile_change(&mut input, &mask, target_profile.unwrap_or_default());
    let id = input.id("target_profile.name", &name);
    input.finish(id.map(|id| Update { id, etag, change }))
}

fn profile_change(
    input: &mut Input,
    mask: &Mask,
    profile: pb::TargetProfile,
) -> Update<String, ProfileChange> {
    let audience = match profile.audience() {
        pb::ProfileAudience::Unspecified => None,
        pb::ProfileAudience::Customers => Some(ProfileAudience::Customers),
        pb::ProfileAudience::Employees => Some(ProfileAudience::Employees),
    };
    let pb::TargetProfile {
        name,
        display_name,
        audience: _,
        question,
        terms,
        create_time: _,
        update_time: _,
        etag,
    } = profile;
    let change = ProfileChange {
        display_name: mask.pick("display_name", || display_name),
        audience: mask.pick("audience", || input.given("target_profile.audience", audience)).flatten(),
        question: mask.pick("question", || input.question("target_profile.question", &question)).flatten(),
        terms: mask.pick("terms", || {
            terms.into_iter().enumerate().filter_map(|(index, one)| term(input, index, one)).collect()
        }),
    };
    Update { id: name, etag, change }
}

fn term(input: &mut Input, index: usize, term: pb::TargetTerm) -> Option<Term> {
    let role = match term.role() {
        pb::TermRole::Unspecified => None,
        pb::TermRole::Wanted => Some(TermRole::Wanted),
        pb::TermRole::Neutral => Some(TermRole::Neutral),
        pb::TermRole::Unwanted => Some(TermRole::Unwanted),
    };
    let pb::TargetTerm { term: key, label, role: _, low_percent, high_percent } = term;
    let label = input.words(&format!("target_profile.terms[{index}].label"), label);
    let role = input.given(&format!("target_profile.terms[{index}].role"), role)?;
    Some(Term { key, label, role, low_percent, high_percent })
}
