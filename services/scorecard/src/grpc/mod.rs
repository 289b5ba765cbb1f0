//! The service as it is called: parse, call, render.

mod convert;
mod dead_letters;
mod input;
mod metrics;
mod privacy;
mod profiles;
mod readings;
mod render;
mod status;

pub(crate) use privacy::PrivacyGrpc;

use arki_database::page::{Cursor, PageRequest, Tokens};
use arki_proto::scorecard::v1 as pb;
use arki_rpc::{Caller, Failure, admit, fingerprint};
use prost::Message;
use tonic::{Request, Response, Status};

use crate::service::{Call, Scorecard};

/// The handlers of `arki.scorecard.v1.ScorecardService`.
#[derive(Clone)]
pub(crate) struct Grpc {
    scorecard: Scorecard,
    tokens: Tokens,
}

impl Grpc {
    pub(crate) fn new(scorecard: Scorecard, tokens: Tokens) -> Self {
        Self { scorecard, tokens }
    }

    /// A list by its RPC and its request without the page fields: what a token is bound to.
    fn list(&self, rpc: &str, request: &impl Message) -> List<'_> {
        let arguments =
            fingerprint(&prost_types::Any { type_url: rpc.to_owned(), value: request.encode_to_vec() });
        List { tokens: &self.tokens, arguments }
    }
}

/// Which list is paged through.
struct List<'a> {
    tokens: &'a Tokens,
    arguments: [u8; 32],
}

impl List<'_> {
    /// The page that is asked for.
    fn page(&self, size: i32, token: &str) -> Result<PageRequest, Failure> {
        let after = if token.is_empty() {
            None
        } else {
            Some(self.tokens.open(token, self.arguments).map_err(|_| Failure::page_token_invalid())?)
        };
        PageRequest::new(size, after).map_err(|error| Failure::invalid_field("page_size", error.to_string()))
    }

    /// The token of the page after; empty on the last one.
    fn token(&self, next: Option<&Cursor>) -> String {
        next.map(|cursor| self.tokens.seal(cursor, self.arguments)).unwrap_or_default()
    }
}

/// What makes a change the same one when it comes again: the same request, without its id, by the same caller.
fn call(caller: &Caller, request_id: String, request: &impl Message) -> Call {
    let asked = prost_types::Any { type_url: caller.subject.clone(), value: request.encode_to_vec() };
    Call {
        tenant: caller.tenant,
        subject: caller.subject.clone(),
        request_id,
        fingerprint: fingerprint(&asked),
    }
}

macro_rules! handlers {
    ($($method:ident: $request:ident -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl pb::scorecard_service_server::ScorecardService for Grpc {
            $(
                async fn $method(
                    &self,
                    request: Request<pb::$request>,
                ) -> Result<Response<pb::$response>, Status> {
                    let (caller, request) = admit(request)?;
                    Ok(Response::new(Grpc::$method(self, caller, request).await?))
                }
            )*
        }
    };
}

// Every RPC does the same around its own work, which stands in the module of its noun.
handlers! {
    create_metric: CreateMetricRequest -> CreateMetricResponse;
    get_metric: GetMetricRequest -> GetMetricResponse;
    list_metrics: ListMetricsRequest -> ListMetricsResponse;
    update_metric: UpdateMetricRequest -> UpdateMetricResponse;
    review_metric: ReviewMetricRequest -> ReviewMetricResponse;
    create_target_profile: CreateTargetProfileRequest -> CreateTargetProfileResponse;
    get_target_profile: GetTargetProfileRequest -> GetTargetProfileResponse;
    list_target_profiles: ListTargetProfilesRequest -> ListTargetProfilesResponse;
    update_target_profile: UpdateTargetProfileRequest -> UpdateTargetProfileResponse;
    list_readings: ListReadingsRequest -> ListReadingsResponse;
    get_emotion_gap: GetEmotionGapRequest -> GetEmotionGapResponse;
    list_dead_letters: ListDeadLettersRequest -> ListDeadLettersResponse;
    replay_dead_letter: ReplayDeadLetterRequest -> ReplayDeadLetterResponse;
}
