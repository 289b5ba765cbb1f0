use std::sync::Arc;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{MetricId, TenantId};
use chrono::NaiveDate;

use super::{Call, Error, Scorecard, expect_etag};
use crate::domain::metric::{
    Metric, MetricChange, MetricContent, MetricKind, ReviewOutcome, ReviseError, check_headline_cap,
};
use crate::domain::stored::Stored;
use crate::storage::metrics::Review;
use crate::storage::{metrics, profiles};

/// What a review of a metric decided, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    Change,
    Retire,
}

impl Scorecard {
    /// Creates a metric. Whether its owner exists is the directory's to know; here the owner is a name.
    pub async fn create_metric(&self, call: Call, content: MetricContent) -> Result<Stored<Metric>, Error> {
        let tenant = call.tenant;
        let cap = self.cap(tenant, content.headline).await?;
        let now = self.now();
        let id = MetricId::generate();
        let content = Arc::new(content);
        self.write("CreateMetric", call, now, move |tx| {
            let content = Arc::clone(&content);
            Box::pin(async move {
                let metric = Metric::new(id, (*content).clone()).map_err(Error::MetricInvalid)?;
                let metric = Stored::new(metric, now);
                check(tx, tenant, &metric.value, cap).await?;
                metrics::insert(tx, tenant, &metric).await?;
                Ok(metric)
            })
        })
        .await
    }

    pub async fn get_metric(&self, tenant: TenantId, id: MetricId) -> Result<Stored<Metric>, Error> {
        metrics::find(self.store.reader(), tenant, id).await?.ok_or(Error::MetricNotFound(id))
    }

    pub async fn list_metrics(
        &self,
        tenant: TenantId,
        page: &PageRequest,
    ) -> Result<Page<Stored<Metric>>, Error> {
        Ok(metrics::list(self.store.reader(), tenant, page).await?)
    }

    pub async fn update_metric(
        &self,
        call: Call,
        id: MetricId,
        etag: String,
        change: MetricChange,
    ) -> Result<Stored<Metric>, Error> {
        let tenant = call.tenant;
        let cap = self.cap(tenant, change.headline == Some(true)).await?;
        let now = self.now();
        let asked = Arc::new((etag, change));
        self.write("UpdateMetric", call, now, move |tx| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (etag, change) = &*asked;
                let before = metrics::find(tx, tenant, id).await?.ok_or(Error::MetricNotFound(id))?;
                expect_etag(etag, before.revision)?;
                let mut metric = before.value.clone();
                metric.revise(change.clone().apply(metric.content())).map_err(|error| match error {
                    ReviseError::Retired => Error::MetricRetired(id),
                    ReviseError::Invalid(faults) => Error::MetricInvalid(faults),
                })?;
                // One that was at the top stays there, even where the cap was lowered since.
                let cap = cap.filter(|_| !before.value.content().headline);
                check(tx, tenant, &metric, cap).await?;
                let versions = before.value.versions().len();
                let metric = before.written(metric, now);
                metrics::update(tx, tenant, &metric, versions).await?;
                Ok(metric)
            })
        })
        .await
    }

    /// Records that a metric was looked at.
    pub async fn review_metric(
        &self,
        call: Call,
        id: MetricId,
        verdict: Verdict,
        reason: String,
        next: Option<NaiveDate>,
    ) -> Result<Stored<Metric>, Error> {
        let tenant = call.tenant;
        let now = self.now();
        let today = self.rules(tenant).await?.day(now);
        let review = Arc::new((reason, call.subject.clone()));
        self.write("ReviewMetric", call, now, move |tx| {
            let review = Arc::clone(&review);
            Box::pin(async move {
                let (reason, reviewer) = (*review).clone();
                // Judged here, so that a retry on a later day gets its first answer.
                let outcome = outcome(verdict, next, today)?;
                let before = metrics::find(tx, tenant, id).await?.ok_or(Error::MetricNotFound(id))?;
                let mut metric = before.value.clone();
                metric.review(outcome).map_err(|_| Error::MetricRetired(id))?;
                let versions = metric.versions().len();
                let metric = before.written(metric, now);
                metrics::update(tx, tenant, &metric, versions).await?;
                let review = Review { outcome, reason, reviewer, time: now };
                metrics::insert_review(tx, tenant, &metric, &review).await?;
                Ok(metric)
            })
        })
        .await
    }

    /// How many headline metrics the tenant may have; asked only where that matters, and then asked anew.
    async fn cap(&self, tenant: TenantId, is_headline: bool) -> Result<Option<usize>, Error> {
        if !is_headline {
            return Ok(None);
        }
        Ok(Some(self.directory.rules(tenant, self.clock.now()).await?.headline_cap))
    }
}

/// What a metric needs of the things around it.
async fn check(tx: &Tx, tenant: TenantId, metric: &Metric, cap: Option<usize>) -> Result<(), Error> {
    let content = metric.content();
    if let Some(id) =
        content.computation.target_profile.filter(|_| content.computation.kind == MetricKind::EmotionFit)
    {
        let profile = profiles::find(tx, tenant, id).await?.ok_or(Error::ProfileNotFound(id))?;
        let question = profile.value.content.question;
        if question != content.computation.question {
            return Err(Error::OtherQuestion { profile: id, question });
        }
    }
    if let Some(cap) = cap.filter(|_| content.headline) {
        check_headline_cap(metrics::count_headlines_besides(tx, tenant, metric.id()).await?, cap)?;
    }
    Ok(())
}

fn outcome(verdict: Verdict, next: Option<NaiveDate>, today: NaiveDate) -> Result<ReviewOutcome, Error> {
    let wrong = |description| Error::Field { field: "next_review_day", description };
    let next = match (verdict, next) {
        (Verdict::Retire, _) => return Ok(ReviewOutcome::Retire),
        (_, None) => return Err(wrong("must be given unless the metric is retired")),
        (_, Some(next)) if next <= today => return Err(wrong("must be a day after today")),
        (_, Some(next)) => next,
    };
    Ok(if verdict == Verdict::Keep { ReviewOutcome::Keep { next } } else { ReviewOutcome::Change { next } })
}
