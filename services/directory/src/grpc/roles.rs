//! Roles on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, time::timestamp};

use super::convert::{Mask, id, non_empty, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::role::Change;
use crate::domain::{Role, etag};

const FIELD: &str = "role";

/// What an update may change.
const CHANGEABLE: [&str; 2] = ["display_name", "external_id"];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateRoleRequest>,
) -> Result<pb::CreateRoleResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::Role { name: _, display_name, external_id, create_time: _, update_time: _, etag: _ } =
        required(FIELD, call.body.role)?;
    let role = grpc
        .directory
        .create_role(&asked, display_name, non_empty(external_id))
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateRoleResponse { role: Some(render(role)) })
}

pub(super) async fn get(grpc: &Grpc, call: Call<pb::GetRoleRequest>) -> Result<pb::GetRoleResponse, Failure> {
    let role = id("name", &call.body.name)?;
    let role = grpc.directory.get_role(&call.caller, role).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetRoleResponse { role: Some(render(role)) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListRolesRequest>,
) -> Result<pb::ListRolesResponse, Failure> {
    let paging = grpc.paging("roles", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page =
        grpc.directory.list_roles(&call.caller, &paging.page).await.map_err(|error| failure(error, ""))?;
    Ok(pb::ListRolesResponse {
        roles: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateRoleRequest>,
) -> Result<pb::UpdateRoleResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let pb::Role { name, display_name, external_id, create_time: _, update_time: _, etag } =
        required(FIELD, call.body.role)?;
    let change = Change {
        display_name: mask.pick("display_name", || display_name),
        external_id: mask.pick("external_id", || non_empty(external_id)),
    };
    let role = grpc
        .directory
        .update_role(&asked, id("role.name", &name)?, change, etag)
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateRoleResponse { role: Some(render(role)) })
}

fn render(role: Role) -> pb::Role {
    let Role { id, display_name, external_id, revision, create_time, update_time } = role;
    pb::Role {
        name: id.name(),
        display_name,
        external_id: external_id.unwrap_or_default(),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}
