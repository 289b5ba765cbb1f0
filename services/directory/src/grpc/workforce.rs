//! Numbers of HR and recruiting on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::workforce_service_server::WorkforceService;
use arki_proto::google::r#type::Date;
use arki_rpc::time::{date, timestamp};
use arki_rpc::{Failure, Input};
use chrono::NaiveDate;

use super::convert::id;
use super::crm::result;
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::workforce::{Figure, Key, Kind, Numbers, Reported, month};
use crate::domain::{Refused, etag};
use crate::storage::workforce::Filter;

methods! {
    WorkforceService;
    batch_upsert_workforce_figures: BatchUpsertWorkforceFiguresRequest -> BatchUpsertWorkforceFiguresResponse
        = upsert;
    get_workforce_figure: GetWorkforceFigureRequest -> GetWorkforceFigureResponse = get;
    list_workforce_figures: ListWorkforceFiguresRequest -> ListWorkforceFiguresResponse = list;
    delete_workforce_figure: DeleteWorkforceFigureRequest -> DeleteWorkforceFigureResponse = delete;
}

async fn upsert(
    grpc: &Grpc,
    mut call: Call<pb::BatchUpsertWorkforceFiguresRequest>,
) -> Result<pb::BatchUpsertWorkforceFiguresResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::BatchUpsertWorkforceFiguresRequest { source, figures, request_id: _ } = call.body;
    let mut input = Input::default();
    let items: Vec<Reported> =
        figures.into_iter().enumerate().map(|(place, figure)| reported(&mut input, place, figure)).collect();
    input.done()?;
    let done = grpc.directory.batch_upsert_workforce_figures(&asked, source, items).await;
    let verdicts = done.map_err(|error| failure(error, ""))?;
    Ok(pb::BatchUpsertWorkforceFiguresResponse { results: verdicts.into_iter().map(result).collect() })
}

async fn get(
    grpc: &Grpc,
    call: Call<pb::GetWorkforceFigureRequest>,
) -> Result<pb::GetWorkforceFigureResponse, Failure> {
    let found = grpc.directory.get_workforce_figure(&call.caller, id("name", &call.body.name)?).await;
    let found = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetWorkforceFigureResponse { workforce_figure: Some(render(found)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListWorkforceFiguresRequest>,
) -> Result<pb::ListWorkforceFiguresResponse, Failure> {
    let paging = grpc.paging("workforceFigures", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let mut input = Input::default();
    let filter = Filter {
        unit: input.optional_id("unit", &call.body.unit),
        kind: read_kind(call.body.kind),
        from: read_month(&mut input, "from_month", call.body.from_month),
        until: read_month(&mut input, "until_month", call.body.until_month),
    };
    input.done()?;
    let page = grpc.directory.list_workforce_figures(&call.caller, &filter, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListWorkforceFiguresResponse {
        workforce_figures: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteWorkforceFigureRequest>,
) -> Result<pb::DeleteWorkforceFigureResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let figure = id("name", &call.body.name)?;
    let deleted = grpc.directory.delete_workforce_figure(&asked, figure, call.body.etag).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteWorkforceFigureResponse {})
}

fn reported(input: &mut Input, place: usize, figure: pb::ReportedWorkforceFigure) -> Reported {
    let pb::ReportedWorkforceFigure { unit, unit_external_id, month, kind, count, base, source_time } =
        figure;
    Reported {
        unit,
        unit_external_id,
        month: input.optional_day(&format!("figures[{place}].month"), month),
        kind: read_kind(kind),
        count,
        base,
        source_time: input.optional_time(&format!("figures[{place}].source_time"), source_time),
    }
}

fn read_month(input: &mut Input, field: &str, day: Option<Date>) -> Option<NaiveDate> {
    let day = input.optional_day(field, day)?;
    month(field, day).map_err(|Refused { field, problem }| input.refuse(field, problem)).ok()
}

fn render(figure: Figure) -> pb::WorkforceFigure {
    let Figure { id, key, numbers, source, source_time, revision, create_time, update_time } = figure;
    let (Key { unit, month, kind }, Numbers { count, base }) = (key, numbers);
    pb::WorkforceFigure {
        name: id.name(),
        unit: unit.name(),
        month: Some(date(month)),
        kind: write_kind(kind).into(),
        count,
        base,
        source,
        source_time: source_time.map(timestamp),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}

/// The kind of a number on the wire; none where it is not said, or means nothing.
fn read_kind(kind: i32) -> Option<Kind> {
    match pb::WorkforceKind::try_from(kind).unwrap_or_default() {
        pb::WorkforceKind::Unspecified => None,
        pb::WorkforceKind::Leavers => Some(Kind::Leavers),
        pb::WorkforceKind::NewHires => Some(Kind::NewHires),
        pb::WorkforceKind::AbsenceDays => Some(Kind::AbsenceDays),
        pb::WorkforceKind::Applicants => Some(Kind::Applicants),
        pb::WorkforceKind::OffersAccepted => Some(Kind::OffersAccepted),
    }
}

fn write_kind(kind: Kind) -> pb::WorkforceKind {
    match kind {
        Kind::Leavers => pb::WorkforceKind::Leavers,
        Kind::NewHires => pb::WorkforceKind::NewHires,
        Kind::AbsenceDays => pb::WorkforceKind::AbsenceDays,
        Kind::Applicants => pb::WorkforceKind::Applicants,
        Kind::OffersAccepted => pb::WorkforceKind::OffersAccepted,
    }
}
