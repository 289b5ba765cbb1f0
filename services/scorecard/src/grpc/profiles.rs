use std::mem::take;

use arki_proto::scorecard::v1 as pb;
use arki_rpc::{Caller, Failure, Input};

use super::convert::{self, Update};
use super::{Grpc, call, render};

impl Grpc {
    pub(super) async fn create_target_profile(
        &self,
        caller: Caller,
        mut request: pb::CreateTargetProfileRequest,
    ) -> Result<pb::CreateTargetProfileResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let content = convert::new_profile(request.target_profile)?;
        let profile = self.scorecard.create_profile(call, content).await?;
        Ok(pb::CreateTargetProfileResponse { target_profile: Some(render::profile(profile)) })
    }

    pub(super) async fn get_target_profile(
        &self,
        caller: Caller,
        request: pb::GetTargetProfileRequest,
    ) -> Result<pb::GetTargetProfileResponse, Failure> {
        let mut input = Input::default();
        let id = input.id("name", &request.name);
        let profile = self.scorecard.get_profile(caller.tenant, input.finish(id)?).await?;
        Ok(pb::GetTargetProfileResponse { target_profile: Some(render::profile(profile)) })
    }

    pub(super) async fn list_target_profiles(
        &self,
        caller: Caller,
        mut request: pb::ListTargetProfilesRequest,
    ) -> Result<pb::ListTargetProfilesResponse, Failure> {
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let list = self.list("ListTargetProfiles", &request);
        let page = list.page(size, &token)?;
        let profiles = self.scorecard.list_profiles(caller.tenant, &page).await?;
        Ok(pb::ListTargetProfilesResponse {
            next_page_token: list.token(profiles.next.as_ref()),
            target_profiles: profiles.items.into_iter().map(render::profile).collect(),
        })
    }

    pub(super) async fn update_target_profile(
        &self,
        caller: Caller,
        mut request: pb::UpdateTargetProfileRequest,
    ) -> Result<pb::UpdateTargetProfileResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let Update { id, etag, change } = convert::profile_update(request)?;
        let profile = self.scorecard.update_profile(call, id, etag, change).await?;
        Ok(pb::UpdateTargetProfileResponse { target_profile: Some(render::profile(profile)) })
    }
}
