//! `arki import hr`: a file of any size, uploaded in pieces and watched until it is loaded.

use std::{io::Read as _, path::Path, time::Duration};

use anyhow::{Context as _, Result, bail};
use arki_proto::directory::v1::{self as directory, import_service_client::ImportServiceClient};

use crate::{
    import::{HrFile, Mapping, wire_day},
    progress::Progress,
    remote::Api,
};

/// How much of a file is sent at once, in bytes.
const PIECE: usize = 512 * 1024;
/// How often is asked how far an import has come.
const PAUSE: Duration = Duration::from_millis(200);
/// How many changes and errors are shown at most.
const SHOWN: i32 = 1_000;

/// Brings the directory to what an HR file says, or tells what would change. `file` is read piece by piece; its `content` is
/// not looked at.
///
/// # Errors
/// When the file or the mapping cannot be read or the directory refuses a call; errors in the file are in the report.
pub async fn run(
    client: &mut ImportServiceClient<Api>,
    path: &Path,
    file: HrFile<'_>,
    progress: &Progress,
) -> Result<directory::ImportReport> {
    let HrFile { content: _, profile, mapping, full, effective, dry_run, confirm: _ } = file;
    let mode = if full { directory::HrFileMode::Full } else { directory::HrFileMode::Delta };
    let import = directory::Import {
        profile: profile.to_owned(),
        mapping: mapping.map(Mapping::read).transpose()?.map(Mapping::wire),
        mode: mode.into(),
        effective: effective.map(wire_day),
        apply_when_planned: !dry_run,
        ..Default::default()
    };
    let request = directory::CreateImportRequest { import: Some(import), request_id: String::new() };
    let made = client.create_import(request).await?.into_inner().import.context("no import in the reply")?;
    let sent = match upload(client, &made.name, path, progress).await {
        Ok(sent) => sent,
        Err(error) => {
            // What is left of it would only wait.
            let _ = cancel(client, &made.name).await;
            return Err(error);
        }
    };
    let ended = watch(client, sent, progress).await?;
    let report = told(client, &ended, dry_run).await?;
    // A dry run that the brake stopped waits for --confirm; any other has told what it was for.
    if dry_run && ended.state() == directory::ImportState::Planned {
        cancel(client, &ended.name).await?;
    }
    Ok(report)
}

/// Has the plan carried out that a dry run named.
///
/// # Errors
/// When there is no such plan any more, or the directory refuses the call.
pub async fn confirm(
    client: &mut ImportServiceClient<Api>,
    plan: &str,
    progress: &Progress,
) -> Result<directory::ImportReport> {
    let (import, _) = plan.rsplit_once('-').context("no plan has such a name, take it from a dry run")?;
    let request = directory::ConfirmImportRequest {
        name: format!("imports/{import}"),
        plan: plan.to_owned(),
        request_id: String::new(),
    };
    let import = client.confirm_import(request).await?.into_inner().import;
    let ended = watch(client, import.context("no import in the reply")?, progress).await?;
    if ended.problem == "IMPORT_PLAN_CHANGED" {
        cancel(client, &ended.name).await?;
        bail!("the directory has changed since the dry run, nothing was written; try the file again");
    }
    told(client, &ended, false).await
}

async fn cancel(client: &mut ImportServiceClient<Api>, name: &str) -> Result<()> {
    let request = directory::CancelImportRequest { name: name.to_owned(), request_id: String::new() };
    client.cancel_import(request).await?;
    Ok(())
}

/// Sends a file in pieces, each a call of its own, so that one that is refused says why at once.
async fn upload(
    client: &mut ImportServiceClient<Api>,
    name: &str,
    path: &Path,
    progress: &Progress,
) -> Result<directory::Import> {
    let mut file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let all = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let (mut offset, mut rows) = (0_usize, 0_usize);
    let mut held: Vec<u8> = Vec::with_capacity(PIECE + 4);
    loop {
        let before = held.len();
        let limit = u64::try_from(PIECE - before.min(PIECE)).unwrap_or_default();
        file.by_ref().take(limit).read_to_end(&mut held)?;
        let is_last = held.len() == before;
        // A piece ends between two characters.
        let whole = match std::str::from_utf8(&held) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && !is_last => error.valid_up_to(),
            Err(_) => bail!("{} cannot be read as UTF-8", path.display()),
        };
        let rest = held.split_off(whole);
        let content = String::from_utf8(std::mem::replace(&mut held, rest))?;
        rows += content.matches('\n').count();
        let length = content.len();
        let piece = directory::UploadImportRequest {
            name: name.to_owned(),
            offset: i64::try_from(offset)?,
            content,
            is_last,
        };
        let taken = client.upload_import(futures::stream::iter([piece])).await?.into_inner();
        offset += length;
        progress.step("bytes uploaded", offset, all);
        if is_last {
            progress.done(&format!("{rows} lines uploaded"));
            return taken.import.context("no import in the reply");
        }
    }
}

/// Waits until an import goes no further by itself.
async fn watch(
    client: &mut ImportServiceClient<Api>,
    mut import: directory::Import,
    progress: &Progress,
) -> Result<directory::Import> {
    let mut planned = false;
    loop {
        match import.state() {
            directory::ImportState::Planning => {}
            directory::ImportState::Applying => {
                let count = |value: i64| usize::try_from(value).unwrap_or_default();
                if !std::mem::replace(&mut planned, true) {
                    progress.done(&format!("{} changes planned", import.total_changes));
                }
                progress.step("changes written", count(import.done_changes), count(import.total_changes));
            }
            directory::ImportState::Applied => {
                progress.done(&format!("{} changes written", import.done_changes));
                return Ok(import);
            }
            _ => return Ok(import),
        }
        tokio::time::sleep(PAUSE).await;
        let request = directory::GetImportRequest { name: import.name.clone() };
        import = client.get_import(request).await?.into_inner().import.context("no import in the reply")?;
    }
}

/// The report of an import with its first changes and errors.
async fn told(
    client: &mut ImportServiceClient<Api>,
    import: &directory::Import,
    dry_run: bool,
) -> Result<directory::ImportReport> {
    let directory::ImportSummary {
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
    } = import.report.clone().unwrap_or_default();
    let mut report = directory::ImportReport {
        rows,
        dry_run,
        counts,
        changes: Vec::new(),
        errors: Vec::new(),
        error_count,
        employees,
        leavers,
        returned,
        changed_ids,
        brake,
        plan,
        pending_managers: Vec::new(),
        pending_manager_count,
        erased,
        erased_lines,
    };
    match import.state() {
        directory::ImportState::Applied => report.brake.clear(),
        directory::ImportState::Planned | directory::ImportState::Braked => {
            let request = directory::ListImportChangesRequest {
                name: import.name.clone(),
                page_size: SHOWN,
                ..Default::default()
            };
            report.changes = client.list_import_changes(request).await?.into_inner().changes;
        }
        directory::ImportState::Failed if report.error_count > 0 => {
            let request = directory::ListImportErrorsRequest {
                name: import.name.clone(),
                page_size: SHOWN,
                ..Default::default()
            };
            report.errors = client.list_import_errors(request).await?.into_inner().errors;
        }
        _ => bail!("{} ended without being loaded: {}", import.name, import.problem),
    }
    Ok(report)
}
