//! Ambassadors on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ambassador_service_server::AmbassadorService;
use arki_rpc::time::{date, timestamp};
use arki_rpc::{Failure, Input};

use super::convert::{Mask, id, required};
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::ambassador::{Ambassador, Change, Coverage};
use crate::domain::etag;
use crate::service::AmbassadorDraft;

methods! {
    AmbassadorService;
    create_ambassador: CreateAmbassadorRequest -> CreateAmbassadorResponse = create;
    get_ambassador: GetAmbassadorRequest -> GetAmbassadorResponse = get;
    list_ambassadors: ListAmbassadorsRequest -> ListAmbassadorsResponse = list;
    update_ambassador: UpdateAmbassadorRequest -> UpdateAmbassadorResponse = update;
    delete_ambassador: DeleteAmbassadorRequest -> DeleteAmbassadorResponse = delete;
    get_ambassador_target: GetAmbassadorTargetRequest -> GetAmbassadorTargetResponse = target;
    update_ambassador_target: UpdateAmbassadorTargetRequest -> UpdateAmbassadorTargetResponse = set_target;
    get_ambassador_coverage: GetAmbassadorCoverageRequest -> GetAmbassadorCoverageResponse = coverage;
}

const FIELD: &str = "ambassador";

async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateAmbassadorRequest>,
) -> Result<pb::CreateAmbassadorResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::Ambassador { name: _, person, unit, hours_per_month, since, until, .. } =
        required(FIELD, call.body.ambassador)?;
    let mut input = Input::default();
    let since = input.optional_day("ambassador.since", since);
    let until = input.optional_day("ambassador.until", until);
    input.done()?;
    let draft = AmbassadorDraft {
        person: id("ambassador.person", &person)?,
        unit: id("ambassador.unit", &unit)?,
        hours_per_month: u32::try_from(hours_per_month).unwrap_or_default(),
        since,
        until,
    };
    let created = grpc.directory.create_ambassador(&asked, draft).await;
    let created = created.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateAmbassadorResponse { ambassador: Some(render(created)) })
}

async fn get(
    grpc: &Grpc,
    call: Call<pb::GetAmbassadorRequest>,
) -> Result<pb::GetAmbassadorResponse, Failure> {
    let found = grpc.directory.get_ambassador(&call.caller, id("name", &call.body.name)?).await;
    let found = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetAmbassadorResponse { ambassador: Some(render(found)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListAmbassadorsRequest>,
) -> Result<pb::ListAmbassadorsResponse, Failure> {
    let paging = grpc.paging("ambassadors", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let mut input = Input::default();
    let unit = input.optional_id("unit", &call.body.unit);
    input.done()?;
    let page = grpc.directory.list_ambassadors(&call.caller, unit, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListAmbassadorsResponse {
        ambassadors: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateAmbassadorRequest>,
) -> Result<pb::UpdateAmbassadorResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &["hours_per_month", "until"])?;
    let pb::Ambassador { name, hours_per_month, until, etag, .. } = required(FIELD, call.body.ambassador)?;
    let mut input = Input::default();
    let until = mask.pick("until", || input.optional_day("ambassador.until", until));
    input.done()?;
    let hours = mask.pick("hours_per_month", || u32::try_from(hours_per_month).unwrap_or_default());
    let change = Change { hours_per_month: hours, until };
    let changed = grpc.directory.update_ambassador(&asked, id("ambassador.name", &name)?, change, etag).await;
    let changed = changed.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateAmbassadorResponse { ambassador: Some(render(changed)) })
}

async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteAmbassadorRequest>,
) -> Result<pb::DeleteAmbassadorResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let ambassador = id("name", &call.body.name)?;
    let deleted = grpc.directory.delete_ambassador(&asked, ambassador, call.body.etag).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteAmbassadorResponse {})
}

async fn target(
    grpc: &Grpc,
    call: Call<pb::GetAmbassadorTargetRequest>,
) -> Result<pb::GetAmbassadorTargetResponse, Failure> {
    let people = grpc.directory.get_ambassador_target(&call.caller).await;
    let people = people.map_err(|error| failure(error, ""))?;
    Ok(pb::GetAmbassadorTargetResponse { ambassador_target: Some(write_target(people)) })
}

async fn set_target(
    grpc: &Grpc,
    mut call: Call<pb::UpdateAmbassadorTargetRequest>,
) -> Result<pb::UpdateAmbassadorTargetResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::AmbassadorTarget { people_per_ambassador } =
        required("ambassador_target", call.body.ambassador_target)?;
    let people = u32::try_from(people_per_ambassador).unwrap_or_default();
    let people = grpc.directory.update_ambassador_target(&asked, people).await;
    let people = people.map_err(|error| failure(error, ""))?;
    Ok(pb::UpdateAmbassadorTargetResponse { ambassador_target: Some(write_target(people)) })
}

async fn coverage(
    grpc: &Grpc,
    mut call: Call<pb::GetAmbassadorCoverageRequest>,
) -> Result<pb::GetAmbassadorCoverageResponse, Failure> {
    let paging = grpc.paging("ambassadorCoverage", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let mut input = Input::default();
    let as_of = input.optional_day("as_of", call.body.as_of);
    input.done()?;
    let below = call.body.below_target_only;
    let covered = grpc.directory.ambassador_coverage(&call.caller, as_of, below, &paging.page).await;
    let (page, people) = covered.map_err(|error| failure(error, ""))?;
    Ok(pb::GetAmbassadorCoverageResponse {
        coverage: page.items.into_iter().map(covered_unit).collect(),
        next_page_token: grpc.next(page.next, &paging),
        ambassador_target: Some(write_target(people)),
    })
}

fn covered_unit(covered: Coverage) -> pb::AmbassadorCoverage {
    let is_below_target = covered.is_below();
    let Coverage { unit, display_name, employees, ambassadors, hours_per_month, wanted } = covered;
    pb::AmbassadorCoverage {
        unit: unit.name(),
        display_name,
        employees: number(employees),
        ambassadors: number(ambassadors),
        hours_per_month: number(hours_per_month),
        wanted: number(wanted),
        is_below_target,
    }
}

fn write_target(people: u32) -> pb::AmbassadorTarget {
    pb::AmbassadorTarget { people_per_ambassador: number(people) }
}

fn render(ambassador: Ambassador) -> pb::Ambassador {
    let Ambassador { id, person, unit, hours_per_month, since, until, revision, create_time, update_time } =
        ambassador;
    pb::Ambassador {
        name: id.name(),
        person: person.name(),
        unit: unit.name(),
        hours_per_month: number(hours_per_month),
        since: Some(date(since)),
        until: until.map(date),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}

/// A count; none comes near the end of the range.
fn number<T: TryInto<i32>>(value: T) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}
