use std::mem::take;

use arki_proto::goal::v1 as pb;
use arki_rpc::{Caller, Failure, Input};

use super::convert::{self, Update};
use super::{Grpc, call, render};
use crate::domain::lint::{Language, lint, readability};
use crate::storage::goals::Filter;

impl Grpc {
    pub(super) async fn create_goal(
        &self,
        caller: Caller,
        mut request: pb::CreateGoalRequest,
    ) -> Result<pb::CreateGoalResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let new = convert::new_goal(request.goal)?;
        let goal = self.goals.create_goal(call, new).await?;
        Ok(pb::CreateGoalResponse { goal: Some(render::goal(goal)) })
    }

    pub(super) async fn get_goal(
        &self,
        caller: Caller,
        request: pb::GetGoalRequest,
    ) -> Result<pb::GetGoalResponse, Failure> {
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let goal = self.goals.get_goal(caller.tenant, input.finish(id)?).await?;
        Ok(pb::GetGoalResponse { goal: Some(render::goal(goal)) })
    }

    pub(super) async fn list_goals(
        &self,
        caller: Caller,
        mut request: pb::ListGoalsRequest,
    ) -> Result<pb::ListGoalsResponse, Failure> {
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let list = self.list("ListGoals", &request);
        let page = list.page(size, &token)?;
        let mut input = Input::default();
        let filter = Filter {
            unit: input.optional_id("unit", &request.unit),
            parent: input.optional_id("parent", &request.parent),
            vision: input.optional_id("vision", &request.vision),
        };
        let goals = self.goals.list_goals(caller.tenant, input.finish(Some(filter))?, &page).await?;
        Ok(pb::ListGoalsResponse {
            next_page_token: list.token(goals.next.as_ref()),
            goals: goals.items.into_iter().map(render::goal).collect(),
        })
    }

    pub(super) async fn update_goal(
        &self,
        caller: Caller,
        mut request: pb::UpdateGoalRequest,
    ) -> Result<pb::UpdateGoalResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let Update { id, etag, change } = convert::goal_update(request)?;
        let goal = self.goals.update_goal(call, id, etag, change).await?;
        Ok(pb::UpdateGoalResponse { goal: Some(render::goal(goal)) })
    }

    pub(super) async fn activate_goal(
        &self,
        caller: Caller,
        mut request: pb::ActivateGoalRequest,
    ) -> Result<pb::ActivateGoalResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let goal = self.goals.activate_goal(call, input.finish(id)?, request.etag).await?;
        Ok(pb::ActivateGoalResponse { goal: Some(render::goal(goal)) })
    }

    pub(super) async fn end_goal(
        &self,
        caller: Caller,
        mut request: pb::EndGoalRequest,
    ) -> Result<pb::EndGoalResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let goal = self.goals.end_goal(call, input.finish(id)?, request.etag).await?;
        Ok(pb::EndGoalResponse { goal: Some(render::goal(goal)) })
    }

    pub(super) async fn cascade_goal(
        &self,
        caller: Caller,
        mut request: pb::CascadeGoalRequest,
    ) -> Result<pb::CascadeGoalResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let roles = convert::roles(&request.roles)?;
        let goals = self.goals.cascade_goal(call, input.finish(id)?, roles).await?;
        Ok(pb::CascadeGoalResponse { goals: goals.into_iter().map(render::goal).collect() })
    }

    pub(super) async fn lint_text(
        &self,
        _caller: Caller,
        request: pb::LintTextRequest,
    ) -> Result<pb::LintTextResponse, Failure> {
        let pb::LintTextRequest { text, language } = request;
        let language = Language::of(&language)
            .ok_or_else(|| Failure::invalid_field("language", "must be fi, sv or en"))?;
        Ok(pb::LintTextResponse {
            findings: lint(&text, language).into_iter().map(render::finding).collect(),
            readability: readability(&text),
        })
    }
}
