//! Changes of the organisation on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::organisation_service_server::OrganisationService;
use arki_rpc::{Failure, Input};

use super::convert::{id, optional_name};
use super::methods::methods;
use super::status::failure;
use super::units::render;
use super::{Call, Grpc};
use crate::domain::tree::{Counted, Node};
use crate::service::{Closure, Merged};

methods! {
    OrganisationService;
    merge_units: MergeUnitsRequest -> MergeUnitsResponse = merge;
    preview_closure: PreviewClosureRequest -> PreviewClosureResponse = preview;
    list_unit_counts: ListUnitCountsRequest -> ListUnitCountsResponse = counts;
}

async fn merge(
    grpc: &Grpc,
    mut call: Call<pb::MergeUnitsRequest>,
) -> Result<pb::MergeUnitsResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::MergeUnitsRequest { from, into, valid_from, dry_run, etag, request_id: _ } = call.body;
    let mut input = Input::default();
    let from = from
        .iter()
        .enumerate()
        .filter_map(|(index, name)| input.id(&format!("from[{index}]"), name))
        .collect();
    let valid_from = input.optional_day("valid_from", valid_from);
    input.done()?;
    let into = id("into", &into)?;
    let merged = grpc.directory.merge_units(&asked, from, into, valid_from, dry_run, etag).await;
    let Merged { into, day, units, people } = merged.map_err(|error| failure(error, ""))?;
    Ok(pb::MergeUnitsResponse {
        unit: Some(render(&into, into.history.nearest(day))),
        units_moved: number(units),
        people_moved: number(people),
    })
}

async fn preview(
    grpc: &Grpc,
    call: Call<pb::PreviewClosureRequest>,
) -> Result<pb::PreviewClosureResponse, Failure> {
    let mut input = Input::default();
    let valid_to = input.optional_day("valid_to", call.body.valid_to);
    input.done()?;
    let closure = grpc.directory.preview_closure(&call.caller, id("name", &call.body.name)?, valid_to).await;
    let Closure { units, people, unit_count, people_count } = closure.map_err(|error| failure(error, ""))?;
    Ok(pb::PreviewClosureResponse {
        units: units.into_iter().map(|unit| unit.name()).collect(),
        people: people.into_iter().map(|person| person.name()).collect(),
        unit_count: number(unit_count),
        people_count: number(people_count),
        can_close: unit_count == 0 && people_count == 0,
    })
}

async fn counts(
    grpc: &Grpc,
    mut call: Call<pb::ListUnitCountsRequest>,
) -> Result<pb::ListUnitCountsResponse, Failure> {
    let paging = grpc.paging("unitCounts", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let mut input = Input::default();
    let as_of = input.optional_day("as_of", call.body.as_of);
    input.done()?;
    let page = grpc.directory.list_unit_counts(&call.caller, as_of, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListUnitCountsResponse {
        unit_counts: page.items.into_iter().map(counted).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn counted(counted: Counted) -> pb::UnitCount {
    let Counted { node, employees: in_all, below, below_in_all } = counted;
    let Node { unit, display_name, parent, leader: _, employees } = node;
    pb::UnitCount {
        unit: unit.name(),
        display_name,
        parent: optional_name(parent),
        employees: number(employees),
        employees_in_all: number(in_all),
        units_below: number(below),
        units_below_in_all: number(below_in_all),
    }
}

/// A count; none comes near the end of the range.
fn number<T: TryInto<i32>>(value: T) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}
