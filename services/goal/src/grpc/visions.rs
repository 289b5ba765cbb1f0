use std::mem::take;

use arki_proto::goal::v1 as pb;
use arki_rpc::{Caller, Failure, Input};

use super::convert::{self, Update};
use super::{Grpc, call, render};

impl Grpc {
    pub(super) async fn create_vision(
        &self,
        caller: Caller,
        mut request: pb::CreateVisionRequest,
    ) -> Result<pb::CreateVisionResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let content = convert::new_vision(request.vision)?;
        let vision = self.goals.create_vision(call, content).await?;
        Ok(pb::CreateVisionResponse { vision: Some(render::vision(vision)) })
    }

    pub(super) async fn get_vision(
        &self,
        caller: Caller,
        request: pb::GetVisionRequest,
    ) -> Result<pb::GetVisionResponse, Failure> {
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let vision = self.goals.get_vision(caller.tenant, input.finish(id)?).await?;
        Ok(pb::GetVisionResponse { vision: Some(render::vision(vision)) })
    }

    pub(super) async fn list_visions(
        &self,
        caller: Caller,
        mut request: pb::ListVisionsRequest,
    ) -> Result<pb::ListVisionsResponse, Failure> {
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let list = self.list("ListVisions", &request);
        let page = list.page(size, &token)?;
        let visions = self.goals.list_visions(caller.tenant, &page).await?;
        Ok(pb::ListVisionsResponse {
            next_page_token: list.token(visions.next.as_ref()),
            visions: visions.items.into_iter().map(render::vision).collect(),
        })
    }

    pub(super) async fn update_vision(
        &self,
        caller: Caller,
        mut request: pb::UpdateVisionRequest,
    ) -> Result<pb::UpdateVisionResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let Update { id, etag, change } = convert::vision_update(request)?;
        let vision = self.goals.update_vision(call, id, etag, change).await?;
        Ok(pb::UpdateVisionResponse { vision: Some(render::vision(vision)) })
    }

    pub(super) async fn activate_vision(
        &self,
        caller: Caller,
        mut request: pb::ActivateVisionRequest,
    ) -> Result<pb::ActivateVisionResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let vision = self.goals.activate_vision(call, input.finish(id)?, request.etag).await?;
        Ok(pb::ActivateVisionResponse { vision: Some(render::vision(vision)) })
    }
}
