//! Units on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::time::{date, timestamp};
use arki_rpc::{Failure, Input};

use super::convert::{Mask, id, non_empty, optional_name, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::history::Period;
use crate::domain::tree::{Node, Placed};
use crate::domain::unit::{self, Place};
use crate::domain::{Unit, etag};

const FIELD: &str = "unit";

/// What an update may change; `valid_from` says from which day on.
const CHANGEABLE: [&str; 4] = ["display_name", "leader", "external_id", "valid_from"];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateUnitRequest>,
) -> Result<pb::CreateUnitResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::Unit { display_name, parent, leader, valid_from, external_id, .. } =
        required(FIELD, call.body.unit)?;
    let mut input = Input::default();
    let draft = unit::Draft {
        external_id: non_empty(external_id),
        place: Place {
            parent: input.optional_id("unit.parent", &parent),
            display_name,
            leader: input.optional_id("unit.leader", &leader),
        },
        valid_from: input.optional_day("unit.valid_from", valid_from),
    };
    input.done()?;
    let (unit, day) =
        grpc.directory.create_unit(&asked, draft).await.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateUnitResponse { unit: Some(render(&unit, unit.history.nearest(day))) })
}

pub(super) async fn get(grpc: &Grpc, call: Call<pb::GetUnitRequest>) -> Result<pb::GetUnitResponse, Failure> {
    let unit = id("name", &call.body.name)?;
    let (unit, day) =
        grpc.directory.get_unit(&call.caller, unit).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetUnitResponse { unit: Some(render(&unit, unit.history.nearest(day))) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListUnitsRequest>,
) -> Result<pb::ListUnitsResponse, Failure> {
    let paging = grpc.paging("units", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let mut input = Input::default();
    let as_of = input.optional_day("as_of", call.body.as_of);
    input.done()?;
    let (page, day) = grpc
        .directory
        .list_units(&call.caller, as_of, &paging.page)
        .await
        .map_err(|error| failure(error, ""))?;
    Ok(pb::ListUnitsResponse {
        units: page.items.iter().map(|unit| render(unit, unit.history.nearest(day))).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateUnitRequest>,
) -> Result<pb::UpdateUnitResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let unit = required(FIELD, call.body.unit)?;
    let pb::Unit { name, display_name, leader, valid_from, external_id, etag, .. } = unit;
    let mut input = Input::default();
    let unit = input.id("unit.name", &name);
    let leader = mask.pick("leader", || input.optional_id("unit.leader", &leader));
    let valid_from = mask.pick("valid_from", || input.optional_day("unit.valid_from", valid_from)).flatten();
    input.done()?;
    let change = unit::Change {
        display_name: mask.pick("display_name", || display_name),
        leader,
        external_id: mask.pick("external_id", || non_empty(external_id)),
        valid_from,
    };
    let (unit, day) = grpc
        .directory
        .update_unit(&asked, required("unit.name", unit)?, change, etag)
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateUnitResponse { unit: Some(render(&unit, unit.history.nearest(day))) })
}

pub(super) async fn change_parent(
    grpc: &Grpc,
    mut call: Call<pb::MoveUnitRequest>,
) -> Result<pb::MoveUnitResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::MoveUnitRequest { name, parent, valid_from, etag, request_id: _ } = call.body;
    let mut input = Input::default();
    let parent = input.optional_id("parent", &parent);
    let valid_from = input.optional_day("valid_from", valid_from);
    input.done()?;
    let (unit, day) = grpc
        .directory
        .move_unit(&asked, id("name", &name)?, parent, valid_from, etag)
        .await
        .map_err(|error| failure(error, ""))?;
    Ok(pb::MoveUnitResponse { unit: Some(render(&unit, unit.history.nearest(day))) })
}

pub(super) async fn close(
    grpc: &Grpc,
    mut call: Call<pb::CloseUnitRequest>,
) -> Result<pb::CloseUnitResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::CloseUnitRequest { name, valid_to, etag, request_id: _ } = call.body;
    let mut input = Input::default();
    let valid_to = input.optional_day("valid_to", valid_to);
    input.done()?;
    let (unit, day) = grpc
        .directory
        .close_unit(&asked, id("name", &name)?, required("valid_to", valid_to)?, etag)
        .await
        .map_err(|error| failure(error, ""))?;
    Ok(pb::CloseUnitResponse { unit: Some(render(&unit, unit.history.nearest(day))) })
}

pub(super) async fn list_versions(
    grpc: &Grpc,
    call: Call<pb::ListUnitVersionsRequest>,
) -> Result<pb::ListUnitVersionsResponse, Failure> {
    let unit = id("name", &call.body.name)?;
    let (unit, _) = grpc.directory.get_unit(&call.caller, unit).await.map_err(|error| failure(error, ""))?;
    let versions = unit.history.periods().map(|period| render(&unit, period)).collect();
    Ok(pb::ListUnitVersionsResponse { versions })
}

pub(super) async fn get_tree(
    grpc: &Grpc,
    call: Call<pb::GetTreeRequest>,
) -> Result<pb::GetTreeResponse, Failure> {
    let mut input = Input::default();
    let as_of = input.optional_day("as_of", call.body.as_of);
    input.done()?;
    let tree = grpc.directory.get_tree(&call.caller, as_of).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetTreeResponse {
        as_of: Some(date(tree.as_of)),
        units: tree.units.into_iter().map(placed).collect(),
    })
}

fn placed(placed: Placed) -> pb::TreeUnit {
    let Placed { node, depth } = placed;
    let Node { unit, display_name, parent, leader, employees } = node;
    pb::TreeUnit {
        name: unit.name(),
        display_name,
        parent: optional_name(parent),
        leader: optional_name(leader),
        depth: i32::try_from(depth).unwrap_or(i32::MAX),
        employees: i32::try_from(employees).unwrap_or(i32::MAX),
    }
}

pub(super) fn render(unit: &Unit, period: Period<&Place>) -> pb::Unit {
    let Unit { id, external_id, revision, create_time, update_time, history: _ } = unit;
    let Period { from, to, value: Place { parent, display_name, leader } } = period;
    pb::Unit {
        name: id.name(),
        display_name: display_name.clone(),
        parent: optional_name(*parent),
        leader: optional_name(*leader),
        valid_from: Some(date(from)),
        valid_to: to.map(date),
        external_id: external_id.clone().unwrap_or_default(),
        create_time: Some(timestamp(*create_time)),
        update_time: Some(timestamp(*update_time)),
        etag: etag(*revision),
    }
}
