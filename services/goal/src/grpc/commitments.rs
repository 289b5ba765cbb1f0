use std::mem::take;

use arki_proto::goal::v1 as pb;
use arki_rpc::{Caller, Failure, Input};

use super::{Grpc, call, convert, render};
use crate::domain::commitment::Answer;
use crate::service::rows;

impl Grpc {
    pub(super) async fn set_commitment(
        &self,
        caller: Caller,
        mut request: pb::SetCommitmentRequest,
    ) -> Result<pb::SetCommitmentResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let state = convert::commitment_state(request.state());
        let pb::SetCommitmentRequest { goal, person, state: _, own_words, objection, request_id: _ } =
            request;
        let mut input = Input::default();
        let (goal, person) = (input.id("goal", &goal), input.id("person", &person));
        if state.is_none() {
            input.refuse("state", "must be given");
        }
        let (goal, person, state) = input.finish(goal.zip(person).zip(state).map(|((g, p), s)| (g, p, s)))?;
        if !rows::is_own(&caller, person) {
            return Err(Failure::out_of_reach());
        }
        let answer = Answer { state, own_words, objection };
        let commitment = self.goals.set_commitment(call, goal, person, answer).await?;
        Ok(pb::SetCommitmentResponse { commitment: Some(render::commitment(commitment)) })
    }

    pub(super) async fn list_commitments(
        &self,
        caller: Caller,
        mut request: pb::ListCommitmentsRequest,
    ) -> Result<pb::ListCommitmentsResponse, Failure> {
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let list = self.list("ListCommitments", &request);
        let page = list.page(size, &token)?;
        let mut input = Input::default();
        let person = input.id("person", &request.person);
        let person = input.finish(person)?;
        if !rows::is_own(&caller, person) {
            return Err(Failure::out_of_reach());
        }
        let commitments = self.goals.list_commitments(caller.tenant, person, &page).await?;
        Ok(pb::ListCommitmentsResponse {
            next_page_token: list.token(commitments.next.as_ref()),
            commitments: commitments.items.into_iter().map(render::commitment).collect(),
        })
    }

    pub(super) async fn get_coverage(
        &self,
        caller: Caller,
        request: pb::GetCoverageRequest,
    ) -> Result<pb::GetCoverageResponse, Failure> {
        let pb::GetCoverageRequest { vision, unit } = request;
        let mut input = Input::default();
        let id = input.id("vision", &vision);
        let unit = input.optional_id("unit", &unit);
        let id = input.finish(id)?;
        let within = self.goals.units_within(&caller).await?;
        let unit = caller.reach.unit_within(unit, within.as_ref())?;
        let coverage = self.goals.get_coverage(caller.tenant, id, unit).await?;
        Ok(render::coverage(vision, coverage))
    }
}
