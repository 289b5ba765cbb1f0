//! Metrics: one row each, one for each version of what they compute, and one for each review.

use std::collections::BTreeMap;

use arki_database::page::{Page, PageRequest};
use arki_database::{Error, Tx};
use arki_ids::{MetricId, TargetProfileId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::entity::{metric, metric_review, metric_version};
use super::row;
use crate::domain::metric::{
    Computation, CustomerRelevance, Metric, MetricContent, QuestionBinding, ReviewOutcome,
};
use crate::domain::stored::Stored;

/// A review as it is remembered.
#[derive(Clone, Debug)]
pub struct Review {
    pub outcome: ReviewOutcome,
    pub reason: String,
    pub reviewer: String,
    pub time: DateTime<Utc>,
}

pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    id: MetricId,
) -> Result<Option<Stored<Metric>>, Error> {
    let select = metric::Entity::in_tenant(tenant).filter(metric::Column::Id.eq(id.to_string()));
    let Some(found) = select.one(db).await? else { return Ok(None) };
    let mut versions = computations(db, tenant, std::slice::from_ref(&found)).await?;
    restore(found, &mut versions).map(Some)
}

/// In the order of their ids, which is that of their creation.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Stored<Metric>>, Error> {
    let mut select = metric::Entity::in_tenant(tenant).order_by_asc(metric::Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(metric::Column::Id.gt(after.as_str()));
    }
    let rows = select.all(db).await?;
    let mut versions = computations(db, tenant, &rows).await?;
    let metrics =
        rows.into_iter().map(|found| restore(found, &mut versions)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(metrics, page, |last| vec![last.value.id().to_string()]))
}

/// How many headline metrics there are besides one.
pub async fn count_headlines_besides(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    id: MetricId,
) -> Result<usize, Error> {
    let count = metric::Entity::in_tenant(tenant)
        .filter(metric::Column::Headline.eq(true))
        .filter(metric::Column::IsRetired.eq(false))
        .filter(metric::Column::Id.ne(id.to_string()))
        .count(db)
        .await?;
    row::number("metric.headline", i64::try_from(count).unwrap_or(i64::MAX))
}

/// The metrics in use whose newest version measures by a profile.
pub async fn list_by_profile(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    profile: TargetProfileId,
) -> Result<Vec<Stored<Metric>>, Error> {
    let named = metric_version::Entity::in_tenant(tenant)
        .filter(metric_version::Column::TargetProfileId.eq(profile.to_string()))
        .select_only()
        .column(metric_version::Column::MetricId)
        .into_query();
    let rows = metric::Entity::in_tenant(tenant)
        .filter(metric::Column::Id.in_subquery(named))
        .filter(metric::Column::IsRetired.eq(false))
        .order_by_asc(metric::Column::Id)
        .all(db)
        .await?;
    let mut versions = computations(db, tenant, &rows).await?;
    let mut metrics =
        rows.into_iter().map(|found| restore(found, &mut versions)).collect::<Result<Vec<_>, _>>()?;
    metrics.retain(|metric| metric.value.content().computation.target_profile == Some(profile));
    Ok(metrics)
}

/// Writes a new metric.
pub async fn insert(tx: &Tx, tenant: TenantId, metric: &Stored<Metric>) -> Result<(), Error> {
    metric::Entity::insert(model(tenant, metric)?.into_active_model()).exec_without_returning(tx).await?;
    insert_versions(tx, tenant, &metric.value, 0).await
}

/// Writes a metric that had `versions` versions before.
pub async fn update(
    tx: &Tx,
    tenant: TenantId,
    metric: &Stored<Metric>,
    versions: usize,
) -> Result<(), Error> {
    model(tenant, metric)?.into_active_model().reset_all().update(tx).await?;
    insert_versions(tx, tenant, &metric.value, versions).await
}

async fn insert_versions(tx: &Tx, tenant: TenantId, metric: &Metric, from: usize) -> Result<(), Error> {
    for version in metric.versions().iter().skip(from) {
        let Computation { kind, question, reversed, target_profile } = version.computation();
        let model = metric_version::Model {
            tenant_id: row::tenant(tenant),
            metric_id: metric.id().to_string(),
            number: i32::try_from(version.number()).unwrap_or(i32::MAX),
            kind: row::name("metric_version.kind", kind)?,
            questionnaire_id: question.questionnaire.to_string(),
            question: question.question.clone(),
            reversed: *reversed,
            target_profile_id: row::text(*target_profile),
        };
        metric_version::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Remembers the review that made a metric's newest revision.
pub async fn insert_review(
    tx: &Tx,
    tenant: TenantId,
    metric: &Stored<Metric>,
    review: &Review,
) -> Result<(), Error> {
    let Review { outcome, reason, reviewer, time } = review;
    let model = metric_review::Model {
        tenant_id: row::tenant(tenant),
        metric_id: metric.value.id().to_string(),
        revision: row::signed("metric_review.revision", metric.revision)?,
        outcome: outcome.word().to_owned(),
        reason: reason.clone(),
        next_review_day: outcome.next(),
        reviewer: reviewer.clone(),
        create_time: *time,
    };
    metric_review::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// What the metrics of some rows have computed so far, oldest first.
async fn computations(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    metrics: &[metric::Model],
) -> Result<BTreeMap<String, Vec<Computation>>, Error> {
    if metrics.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = metric_version::Entity::in_tenant(tenant)
        .filter(metric_version::Column::MetricId.is_in(metrics.iter().map(|metric| metric.id.as_str())))
        .order_by_asc(metric_version::Column::Number)
        .all(db)
        .await?;
    let mut versions: BTreeMap<String, Vec<Computation>> = BTreeMap::new();
    for version in rows {
        let metric_version::Model {
            tenant_id: _,
            metric_id,
            number: _,
            kind,
            questionnaire_id,
            question,
            reversed,
            target_profile_id,
        } = version;
        versions.entry(metric_id).or_default().push(Computation {
            kind: row::named("metric_version.kind", kind)?,
            question: QuestionBinding {
                questionnaire: row::parse("metric_version.questionnaire_id", &questionnaire_id)?,
                question,
            },
            reversed,
            target_profile: row::parse_or_none(
                "metric_version.target_profile_id",
                target_profile_id.as_deref(),
            )?,
        });
    }
    Ok(versions)
}

fn restore(
    found: metric::Model,
    versions: &mut BTreeMap<String, Vec<Computation>>,
) -> Result<Stored<Metric>, Error> {
    let metric::Model {
        tenant_id: _,
        id,
        display_name,
        role,
        headline,
        owner_id,
        relevance_score,
        relevance_evidence,
        review_day,
        meanings,
        is_retired,
        revision,
        create_time,
        update_time,
    } = found;
    let torn = || Error::Corrupt(format!("metric {id} and its versions do not belong together"));
    let computations = versions.remove(&id).unwrap_or_default();
    let customer_relevance = match (relevance_score, relevance_evidence) {
        (Some(score), Some(evidence)) => {
            Some(CustomerRelevance { score: row::number("metric.relevance_score", score.into())?, evidence })
        }
        _ => None,
    };
    let content = MetricContent {
        display_name,
        role: row::named("metric.role", role)?,
        headline,
        computation: computations.last().cloned().ok_or_else(torn)?,
        owner: row::parse("metric.owner_id", &owner_id)?,
        customer_relevance,
        review_day,
        meanings: row::read("metric.meanings", meanings)?,
    };
    let value = Metric::restore(row::parse("metric.id", &id)?, content, computations, is_retired);
    Ok(Stored {
        value: value.ok_or_else(torn)?,
        revision: row::number("metric.revision", revision)?,
        create_time,
        update_time,
    })
}

fn model(tenant: TenantId, metric: &Stored<Metric>) -> Result<metric::Model, Error> {
    let Stored { value, revision, create_time, update_time } = metric;
    let MetricContent {
        display_name,
        role,
        headline,
        computation: _,
        owner,
        customer_relevance,
        review_day,
        meanings,
    } = value.content();
    Ok(metric::Model {
        tenant_id: row::tenant(tenant),
        id: value.id().to_string(),
        display_name: display_name.clone(),
        role: row::name("metric.role", role)?,
        headline: *headline,
        owner_id: owner.to_string(),
        relevance_score: customer_relevance.as_ref().map(|relevance| relevance.score.into()),
        relevance_evidence: customer_relevance.as_ref().map(|relevance| relevance.evidence.clone()),
        review_day: *review_day,
        meanings: row::write("metric.meanings", meanings)?,
        is_retired: value.is_retired(),
        revision: row::signed("metric.revision", *revision)?,
        create_time: *create_time,
        update_time: *update_time,
    })
}
