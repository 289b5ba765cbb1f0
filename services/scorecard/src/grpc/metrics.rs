use std::mem::take;

use arki_proto::scorecard::v1 as pb;
use arki_rpc::{Caller, Failure, Input};

use super::convert::{self, Update};
use super::{Grpc, call, render};

impl Grpc {
    pub(super) async fn create_metric(
        &self,
        caller: Caller,
        mut request: pb::CreateMetricRequest,
    ) -> Result<pb::CreateMetricResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let content = convert::new_metric(request.metric)?;
        let metric = self.scorecard.create_metric(call, content).await?;
        Ok(pb::CreateMetricResponse { metric: Some(render::metric(metric)) })
    }

    pub(super) async fn get_metric(
        &self,
        caller: Caller,
        request: pb::GetMetricRequest,
    ) -> Result<pb::GetMetricResponse, Failure> {
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let metric = self.scorecard.get_metric(caller.tenant, input.finish(id)?).await?;
        Ok(pb::GetMetricResponse { metric: Some(render::metric(metric)) })
    }

    pub(super) async fn list_metrics(
        &self,
        caller: Caller,
        mut request: pb::ListMetricsRequest,
    ) -> Result<pb::ListMetricsResponse, Failure> {
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let list = self.list("ListMetrics", &request);
        let page = list.page(size, &token)?;
        let metrics = self.scorecard.list_metrics(caller.tenant, &page).await?;
        Ok(pb::ListMetricsResponse {
            next_page_token: list.token(metrics.next.as_ref()),
            metrics: metrics.items.into_iter().map(render::metric).collect(),
        })
    }

    pub(super) async fn update_metric(
        &self,
        caller: Caller,
        mut request: pb::UpdateMetricRequest,
    ) -> Result<pb::UpdateMetricResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let Update { id, etag, change } = convert::metric_update(request)?;
        let metric = self.scorecard.update_metric(call, id, etag, change).await?;
        Ok(pb::UpdateMetricResponse { metric: Some(render::metric(metric)) })
    }

    pub(super) async fn review_metric(
        &self,
        caller: Caller,
        mut request: pb::ReviewMetricRequest,
    ) -> Result<pb::ReviewMetricResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let verdict = convert::verdict(request.verdict());
        let pb::ReviewMetricRequest { name, verdict: _, reason, next_review_day, request_id: _ } = request;
        let mut input = Input::default();
        let id = input.id("name", &name);
        let verdict = input.given("verdict", verdict);
        let next = input.optional_day("next_review_day", next_review_day);
        let (id, verdict) = input.finish(id.zip(verdict))?;
        let metric = self.scorecard.review_metric(call, id, verdict, reason, next).await?;
        Ok(pb::ReviewMetricResponse { metric: Some(render::metric(metric)) })
    }
}
