//! What the gateway claims and reports.

use arki_proto::directory::v1 as pb;
use arki_rpc::Failure;
use chrono::TimeDelta;

use super::super::convert::id;
use super::super::status::failure;
use super::super::{Call, Grpc};
use crate::service::{Report, ToSend};

/// How long a word on what came of an attempt may be; it is ours, and short.
const LONGEST_OUTCOME: usize = 200;

pub(super) async fn claim(
    grpc: &Grpc,
    call: Call<pb::ClaimWebhookDeliveriesRequest>,
) -> Result<pb::ClaimWebhookDeliveriesResponse, Failure> {
    let pb::ClaimWebhookDeliveriesRequest { max_deliveries, lease_seconds } = call.body;
    let lease = TimeDelta::seconds(lease_seconds.into());
    let claimed = grpc.directory.claim_webhook_deliveries(max_deliveries.unsigned_abs().into(), lease).await;
    let claimed = claimed.map_err(|error| failure(error, ""))?;
    Ok(pb::ClaimWebhookDeliveriesResponse { deliveries: claimed.into_iter().map(render).collect() })
}

pub(super) async fn report(
    grpc: &Grpc,
    call: Call<pb::ReportWebhookAttemptsRequest>,
) -> Result<pb::ReportWebhookAttemptsResponse, Failure> {
    let reports = call.body.reports.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let accepted = grpc.directory.report_webhook_attempts(reports).await;
    let accepted = accepted.map_err(|error| failure(error, ""))?;
    Ok(pb::ReportWebhookAttemptsResponse { accepted: i32::try_from(accepted).unwrap_or(i32::MAX) })
}

fn render(to_send: ToSend) -> pb::ClaimedWebhookDelivery {
    let ToSend { claimed, url, headers, timestamp, signature } = to_send;
    pb::ClaimedWebhookDelivery {
        tenant: claimed.tenant.name(),
        delivery: claimed.delivery.name(),
        fence: claimed.fence,
        url,
        headers,
        webhook_id: claimed.event_id,
        webhook_timestamp: timestamp,
        webhook_signature: signature,
        body: claimed.body.into(),
    }
}

fn read(report: pb::WebhookAttemptReport) -> Result<Report, Failure> {
    let pb::WebhookAttemptReport { tenant, delivery, fence, attempt, retry_after_seconds } = report;
    let pb::WebhookAttempt { time: _, duration_ms, status_code, outcome } = attempt.unwrap_or_default();
    Ok(Report {
        tenant: id("reports.tenant", &tenant)?,
        delivery: id("reports.delivery", &delivery)?,
        fence,
        duration_ms: duration_ms.max(0),
        status: status_code,
        outcome: outcome.chars().take(LONGEST_OUTCOME).collect(),
        // An answer is a stranger's, so any number may come.
        retry_after: TimeDelta::try_seconds(retry_after_seconds.max(0)).unwrap_or(TimeDelta::MAX),
    })
}
