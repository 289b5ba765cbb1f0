//! Imports that run for a while, on the wire.

use arki_ids::ImportId;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::import_service_server::ImportService;
use arki_rpc::server::unread_message;
use arki_rpc::time::{date, timestamp};
use arki_rpc::{Caller, Failure, Input};
use tonic::{Request, Response, Status, Streaming};

use super::convert::{id, required};
use super::import::{self, HR, change, fault, read_mapping, read_profile, waiting};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::import::mapping::Mapping;
use crate::domain::import::report::{Change, Report};
use crate::domain::import::run::{Run, State, Terms};
use crate::service::imports::Piece;

/// A unary method: check, call, answer.
macro_rules! unary {
    ($self:ident, $request:ident, $handler:ident) => {{
        let call = Call::of($request)?;
        Ok(Response::new($handler($self, call).await?))
    }};
}

#[tonic::async_trait]
impl ImportService for Grpc {
    async fn create_import(
        &self,
        request: Request<pb::CreateImportRequest>,
    ) -> Result<Response<pb::CreateImportResponse>, Status> {
        unary!(self, request, create)
    }

    async fn upload_import(
        &self,
        request: Request<Streaming<pb::UploadImportRequest>>,
    ) -> Result<Response<pb::UploadImportResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(upload(self, &caller, request.into_inner()).await?))
    }

    async fn get_import(
        &self,
        request: Request<pb::GetImportRequest>,
    ) -> Result<Response<pb::GetImportResponse>, Status> {
        unary!(self, request, get)
    }

    async fn list_imports(
        &self,
        request: Request<pb::ListImportsRequest>,
    ) -> Result<Response<pb::ListImportsResponse>, Status> {
        unary!(self, request, list)
    }

    async fn confirm_import(
        &self,
        request: Request<pb::ConfirmImportRequest>,
    ) -> Result<Response<pb::ConfirmImportResponse>, Status> {
        unary!(self, request, confirm)
    }

    async fn cancel_import(
        &self,
        request: Request<pb::CancelImportRequest>,
    ) -> Result<Response<pb::CancelImportResponse>, Status> {
        unary!(self, request, cancel)
    }

    async fn list_import_changes(
        &self,
        request: Request<pb::ListImportChangesRequest>,
    ) -> Result<Response<pb::ListImportChangesResponse>, Status> {
        unary!(self, request, list_changes)
    }

    async fn list_import_errors(
        &self,
        request: Request<pb::ListImportErrorsRequest>,
    ) -> Result<Response<pb::ListImportErrorsResponse>, Status> {
        unary!(self, request, list_errors)
    }

    async fn list_pending_managers(
        &self,
        request: Request<pb::ListPendingManagersRequest>,
    ) -> Result<Response<pb::ListPendingManagersResponse>, Status> {
        unary!(self, request, list_pending)
    }
}

async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateImportRequest>,
) -> Result<pb::CreateImportResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::Import {
        name: _,
        profile,
        mapping,
        mode,
        effective,
        apply_when_planned,
        state: _,
        received_bytes: _,
        report: _,
        total_changes: _,
        done_changes: _,
        problem: _,
        create_time: _,
        update_time: _,
        expire_time: _,
    } = required("import", call.body.import)?;
    let mut input = Input::default();
    let effective = input.optional_day("import.effective", effective);
    input.done()?;
    let profile = read_profile(&profile)?;
    if mapping.is_none() && profile.is_none() {
        return Err(Failure::invalid_field("import.mapping", "must be given where there is no profile"));
    }
    let source = profile.map_or(HR, |profile| profile.name);
    let mapping = Mapping { profile, ..read_mapping(mapping.unwrap_or_default(), source) };
    let full = mode == i32::from(pb::HrFileMode::Full);
    let terms = Terms::of(mapping, full, effective, apply_when_planned);
    let run = grpc.directory.create_import(&asked, terms).await.map_err(|error| failure(error, "import"))?;
    Ok(pb::CreateImportResponse { import: Some(render(run)) })
}

/// Takes pieces one by one: of the file no more than one is held.
async fn upload(
    grpc: &Grpc,
    caller: &Caller,
    mut pieces: Streaming<pb::UploadImportRequest>,
) -> Result<pb::UploadImportResponse, Status> {
    let mut last: Option<Run> = None;
    while let Some(piece) = pieces.message().await.map_err(unread_message)? {
        arki_rpc::check(&piece)?;
        let pb::UploadImportRequest { name, offset, content, is_last } = piece;
        let import: ImportId = id("name", &name)?;
        if last.as_ref().is_some_and(|run| run.id != import) {
            return Err(Failure::invalid_field("name", "must be that of the first piece").into());
        }
        let piece = Piece { offset: offset.unsigned_abs(), content: content.into_bytes(), is_last };
        let taken = grpc.directory.upload_import(caller, import, piece).await;
        last = Some(taken.map_err(|error| failure(error, ""))?);
    }
    let run = last.ok_or_else(|| Failure::invalid_field("content", "must come in at least one piece"))?;
    Ok(pb::UploadImportResponse { import: Some(render(run)) })
}

async fn get(grpc: &Grpc, call: Call<pb::GetImportRequest>) -> Result<pb::GetImportResponse, Failure> {
    let import = id("name", &call.body.name)?;
    let run = grpc.directory.get_import(&call.caller, import).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetImportResponse { import: Some(render(run)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListImportsRequest>,
) -> Result<pb::ListImportsResponse, Failure> {
    let paging = grpc.paging("imports", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_imports(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListImportsResponse {
        imports: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn confirm(
    grpc: &Grpc,
    mut call: Call<pb::ConfirmImportRequest>,
) -> Result<pb::ConfirmImportResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let import = id("name", &call.body.name)?;
    let run = grpc.directory.confirm_import(&asked, import, call.body.plan).await;
    Ok(pb::ConfirmImportResponse { import: Some(render(run.map_err(|error| failure(error, ""))?)) })
}

async fn cancel(
    grpc: &Grpc,
    mut call: Call<pb::CancelImportRequest>,
) -> Result<pb::CancelImportResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let import = id("name", &call.body.name)?;
    let run = grpc.directory.cancel_import(&asked, import).await;
    Ok(pb::CancelImportResponse { import: Some(render(run.map_err(|error| failure(error, ""))?)) })
}

async fn list_changes(
    grpc: &Grpc,
    mut call: Call<pb::ListImportChangesRequest>,
) -> Result<pb::ListImportChangesResponse, Failure> {
    let paging = grpc.paging("importChanges", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let import = id("name", &call.body.name)?;
    let page =
        grpc.directory.list_import_changes(&call.caller, import, &call.body.action, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    let shown = |(_, one): (i64, Change)| change(one);
    Ok(pb::ListImportChangesResponse {
        changes: page.items.into_iter().map(shown).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn list_errors(
    grpc: &Grpc,
    mut call: Call<pb::ListImportErrorsRequest>,
) -> Result<pb::ListImportErrorsResponse, Failure> {
    let paging = grpc.paging("importErrors", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let import = id("name", &call.body.name)?;
    let page = grpc.directory.list_import_errors(&call.caller, import, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListImportErrorsResponse {
        errors: page.items.into_iter().map(|(_, one)| fault(one)).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn list_pending(
    grpc: &Grpc,
    mut call: Call<pb::ListPendingManagersRequest>,
) -> Result<pb::ListPendingManagersResponse, Failure> {
    let paging = grpc.paging("pendingManagers", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_pending_managers(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListPendingManagersResponse {
        pending_managers: page.items.into_iter().map(|(_, one)| waiting(one)).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn render(run: Run) -> pb::Import {
    let Run {
        id,
        state,
        terms,
        subject: _,
        received,
        plan: _,
        report,
        problem,
        stamp: _,
        relinks: _,
        is_confirmed: _,
        total,
        done,
        create_time,
        update_time,
        expire_time,
    } = run;
    let Terms { profile, columns, delimiter, date_format, source, default_currency, full, effective, apply } =
        terms;
    let mapping = pb::ColumnMapping {
        columns,
        delimiter: delimiter.map(|byte| char::from(byte).to_string()).unwrap_or_default(),
        date_format: date_format.unwrap_or_default(),
        source,
        default_currency,
    };
    let mode = if full { pb::HrFileMode::Full } else { pb::HrFileMode::Delta };
    pb::Import {
        name: id.name(),
        profile,
        mapping: Some(mapping),
        mode: mode.into(),
        effective: effective.map(date),
        apply_when_planned: apply,
        state: state_of(state).into(),
        received_bytes: import::number(received),
        report: report.map(summary),
        total_changes: import::number(total),
        done_changes: import::number(done),
        problem,
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        expire_time: Some(timestamp(expire_time)),
    }
}

fn summary(report: Report) -> pb::ImportSummary {
    let pb::ImportReport {
        rows,
        counts,
        error_count,
        employees,
        leavers,
        returned,
        changed_ids,
        brake,
        plan,
        pending_manager_count,
        erased,
        erased_lines,
        dry_run: _,
        changes: _,
        errors: _,
        pending_managers: _,
    } = import::render(report);
    pb::ImportSummary {
        rows,
        counts,
        error_count,
        employees,
        leavers,
        returned,
        changed_ids,
        brake,
        plan,
        pending_manager_count,
        erased,
        erased_lines,
    }
}

fn state_of(state: State) -> pb::ImportState {
    match state {
        State::Uploading => pb::ImportState::Uploading,
        State::Planning => pb::ImportState::Planning,
        State::Planned => pb::ImportState::Planned,
        State::Braked => pb::ImportState::Braked,
        State::Applying => pb::ImportState::Applying,
        State::Applied => pb::ImportState::Applied,
        State::Failed => pb::ImportState::Failed,
        State::Cancelled => pb::ImportState::Cancelled,
    }
}
