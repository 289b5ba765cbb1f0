//! Files on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input};

use super::convert::{non_empty, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::import::mapping::Mapping;
use crate::domain::import::profile::{self, Profile};
use crate::domain::import::report::{Change, Count, Fault, FieldChange, MOST, Pending, Report, Turnover};
use crate::service::{CrmImport, HrImport};

/// The source of a file that names none.
pub(super) const HR: &str = "hr";
const CRM: &str = "crm";

pub(super) async fn hr_file(
    grpc: &Grpc,
    mut call: Call<pb::ImportHrFileRequest>,
) -> Result<pb::ImportHrFileResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::ImportHrFileRequest {
        content,
        mapping,
        dry_run,
        effective,
        request_id: _,
        profile,
        mode,
        confirm,
    } = call.body;
    let mut input = Input::default();
    let effective = input.optional_day("effective", effective);
    input.done()?;
    let profile = read_profile(&profile)?;
    if mapping.is_none() && profile.is_none() {
        return Err(Failure::invalid_field("mapping", "must be given where there is no profile"));
    }
    let source = profile.map_or(HR, |profile| profile.name);
    let mapping = Mapping { profile, ..read_mapping(mapping.unwrap_or_default(), source) };
    let full = mode == i32::from(pb::HrFileMode::Full);
    let import = HrImport { content, mapping, dry_run, effective, full, confirm };
    let report = grpc.directory.import_hr_file(&asked, import).await.map_err(|error| failure(error, ""))?;
    Ok(pb::ImportHrFileResponse { report: Some(render(report)) })
}

pub(super) async fn crm_file(
    grpc: &Grpc,
    mut call: Call<pb::ImportCrmFileRequest>,
) -> Result<pb::ImportCrmFileResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::ImportCrmFileRequest { content, mapping, dry_run, request_id: _ } = call.body;
    let mapping = read_mapping(required("mapping", mapping)?, CRM);
    let import = CrmImport { content, mapping, dry_run };
    let report = grpc.directory.import_crm_file(&asked, import).await.map_err(|error| failure(error, ""))?;
    Ok(pb::ImportCrmFileResponse { report: Some(render(report)) })
}

pub(super) fn read_profile(name: &str) -> Result<Option<&'static Profile>, Failure> {
    if name.is_empty() {
        return Ok(None);
    }
    profile::of_name(name).map(Some).ok_or_else(|| {
        let names = profile::PROFILES.map(|profile| profile.name).join(", ");
        Failure::invalid_field("profile", format!("must be one of {names}"))
    })
}

pub(super) fn read_mapping(mapping: pb::ColumnMapping, source: &str) -> Mapping {
    let pb::ColumnMapping { columns, delimiter, date_format, source: named, default_currency } = mapping;
    // The bounds allow one character; a tab is also taken as the two characters that stand for it.
    let delimiter = if delimiter == r"\t" { Some(b'\t') } else { delimiter.bytes().next() };
    Mapping {
        columns,
        delimiter,
        date_format: non_empty(date_format),
        source: non_empty(named).unwrap_or_else(|| source.to_owned()),
        default_currency,
        profile: None,
    }
}

pub(super) fn render(report: Report) -> pb::ImportReport {
    let Report {
        rows,
        dry_run,
        counts,
        changes,
        faults,
        fault_count,
        turnover,
        brake,
        plan,
        pending,
        pending_count,
        erased_lines,
    } = report;
    let Turnover { employees, leavers, returned, changed_ids } = turnover;
    pb::ImportReport {
        rows: number(rows),
        dry_run,
        counts: counts.into_iter().map(count).collect(),
        // To callers of this RPC whoever leaves is somebody who changes.
        changes: changes.into_iter().map(|one| change(Change { leaves: false, ..one })).collect(),
        errors: faults.into_iter().map(fault).collect(),
        error_count: number(fault_count),
        employees: number(employees),
        leavers: number(leavers),
        returned: number(returned),
        changed_ids: number(changed_ids),
        brake,
        plan,
        erased: number(erased_lines.len() as u64),
        erased_lines: erased_lines.into_iter().take(MOST).map(number).collect(),
        pending_managers: pending.into_iter().map(waiting).collect(),
        pending_manager_count: number(pending_count),
    }
}

pub(super) fn waiting(pending: Pending) -> pb::PendingManager {
    let Pending { line, external_id, manager } = pending;
    pb::PendingManager { line: number(line), external_id, manager_external_id: manager }
}

fn count(count: Count) -> pb::ImportCount {
    let Count { kind, created, updated, unchanged } = count;
    pb::ImportCount {
        kind: kind.word().to_owned(),
        created: number(created),
        updated: number(updated),
        unchanged: number(unchanged),
    }
}

pub(super) fn change(change: Change) -> pb::ImportChange {
    let Change { kind, external_id, creates, leaves, fields } = change;
    let action = match (creates, leaves) {
        (true, _) => "create",
        (_, true) => "leave",
        _ => "update",
    };
    let field = |FieldChange { field, before, after }| pb::FieldChange { field, before, after };
    pb::ImportChange {
        kind: kind.word().to_owned(),
        external_id,
        action: action.to_owned(),
        fields: fields.into_iter().map(field).collect(),
    }
}

pub(super) fn fault(fault: Fault) -> pb::ImportError {
    let Fault { line, column, value, problem } = fault;
    pb::ImportError { line: number(line), column, value, problem }
}

pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
