//! The service as it is called: parse, call, render.

mod commitments;
mod convert;
mod dead_letters;
mod goals;
mod input;
mod privacy;
mod render;
mod status;
mod visions;

pub(crate) use privacy::PrivacyGrpc;

use arki_database::page::{Cursor, PageRequest, Tokens};
use arki_proto::goal::v1 as pb;
use arki_rpc::{Caller, Failure, admit, fingerprint};
use prost::Message;
use tonic::{Request, Response, Status};

use crate::service::{Call, Goals};

/// The handlers of `arki.goal.v1.GoalService`.
#[derive(Clone)]
pub(crate) struct Grpc {
    goals: Goals,
    tokens: Tokens,
}

impl Grpc {
    pub(crate) fn new(goals: Goals, tokens: Tokens) -> Self {
        Self { goals, tokens }
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

/// What makes a change the same one when it comes again. `request` is without its id.
fn call(caller: &Caller, request_id: String, request: &impl Message) -> Call {
    Call { tenant: caller.tenant, request_id, fingerprint: fingerprint(request) }
}

macro_rules! handlers {
    ($($method:ident: $request:ident -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl pb::goal_service_server::GoalService for Grpc {
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
    create_vision: CreateVisionRequest -> CreateVisionResponse;
    get_vision: GetVisionRequest -> GetVisionResponse;
    list_visions: ListVisionsRequest -> ListVisionsResponse;
    update_vision: UpdateVisionRequest -> UpdateVisionResponse;
    activate_vision: ActivateVisionRequest -> ActivateVisionResponse;
    create_goal: CreateGoalRequest -> CreateGoalResponse;
    get_goal: GetGoalRequest -> GetGoalResponse;
    list_goals: ListGoalsRequest -> ListGoalsResponse;
    update_goal: UpdateGoalRequest -> UpdateGoalResponse;
    activate_goal: ActivateGoalRequest -> ActivateGoalResponse;
    end_goal: EndGoalRequest -> EndGoalResponse;
    cascade_goal: CascadeGoalRequest -> CascadeGoalResponse;
    lint_text: LintTextRequest -> LintTextResponse;
    set_commitment: SetCommitmentRequest -> SetCommitmentResponse;
    list_commitments: ListCommitmentsRequest -> ListCommitmentsResponse;
    get_coverage: GetCoverageRequest -> GetCoverageResponse;
    list_dead_letters: ListDeadLettersRequest -> ListDeadLettersResponse;
    replay_dead_letter: ReplayDeadLetterRequest -> ReplayDeadLetterResponse;
}
