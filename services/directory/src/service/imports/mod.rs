//! Imports of HR files that run for a while: what people ask of them. What is done by itself is in [`work`].

mod apply;
mod plan;
mod scan;
pub(crate) mod work;

use arki_database::page::{Page, PageRequest};
use arki_ids::{ImportId, PersonId};
use arki_rpc::Caller;

use super::{Asked, Directory, Error};
use crate::domain::import::report::{Change, Fault, Pending};
use crate::domain::import::run::{LARGEST, MOST, Run, State, Terms};
use crate::storage::{imports, pending_managers};

/// A piece of a file.
#[derive(Clone, Debug)]
pub struct Piece {
    pub offset: u64,
    pub content: Vec<u8>,
    pub is_last: bool,
}

impl Directory {
    /// Makes an import, to which a file is uploaded.
    pub async fn create_import(&self, asked: &Asked, terms: Terms) -> Result<Run, Error> {
        let (now, tenant) = (self.now(), asked.caller.tenant);
        let run = Run::create(ImportId::generate(), terms, asked.caller.subject.clone(), now);
        self.write_recorded("CreateImport", asked, named, move |tx| {
            let run = run.clone();
            Box::pin(async move {
                if imports::count_open(tx, tenant).await? >= MOST {
                    return Err(Error::TooManyImports);
                }
                imports::insert(tx, tenant, &run).await?;
                Ok(run)
            })
        })
        .await
    }

    /// Takes a piece of a file. What is there already is passed over.
    pub async fn upload_import(&self, caller: &Caller, import: ImportId, piece: Piece) -> Result<Run, Error> {
        let (now, tenant) = (self.now(), caller.tenant);
        let run = self
            .store
            .write("UploadImport", move |tx| {
                let Piece { offset, content, is_last } = piece.clone();
                Box::pin(async move {
                    let run = found(imports::find(tx, tenant, import).await?, import)?;
                    let end = offset + content.len() as u64;
                    // The last piece once more, after a reply that was lost.
                    if run.state == State::Planning && is_last && end == run.received {
                        return Ok(run);
                    }
                    if run.state != State::Uploading {
                        return Err(Error::ImportState { import, state: run.state });
                    }
                    if offset > run.received {
                        return Err(Error::ImportOffset { import, received: run.received });
                    }
                    if end > LARGEST {
                        return Err(Error::ImportTooLarge(import));
                    }
                    let known =
                        usize::try_from(run.received - offset).unwrap_or(usize::MAX).min(content.len());
                    let news = &content[known..];
                    if !news.is_empty() {
                        imports::add_piece(tx, tenant, import, run.received, news).await?;
                    }
                    let received = run.received + news.len() as u64;
                    let state = if is_last { State::Planning } else { State::Uploading };
                    let run = Run { received, ..run }.turned(state, now);
                    imports::save(tx, tenant, &run).await?;
                    Ok(run)
                })
            })
            .await?;
        self.wake_imports(&run);
        Ok(run)
    }

    /// One import.
    pub async fn get_import(&self, caller: &Caller, import: ImportId) -> Result<Run, Error> {
        let run = found(imports::find(self.store.reader(), caller.tenant, import).await?, import)?;
        Ok(self.with_progress(run))
    }

    /// Imports, newest first.
    pub async fn list_imports(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Run>, Error> {
        let mut page = imports::list(self.store.reader(), caller.tenant, page).await?;
        page.items = page.items.into_iter().map(|run| self.with_progress(run)).collect();
        Ok(page)
    }

    /// Has a plan carried out.
    pub async fn confirm_import(&self, asked: &Asked, import: ImportId, plan: String) -> Result<Run, Error> {
        let (now, tenant) = (self.now(), asked.caller.tenant);
        let run = self
            .write_recorded("ConfirmImport", asked, named, move |tx| {
                let plan = plan.clone();
                Box::pin(async move {
                    let run = found(imports::find(tx, tenant, import).await?, import)?;
                    if !matches!(run.state, State::Planned | State::Braked) {
                        return Err(Error::ImportState { import, state: run.state });
                    }
                    if plan != run.plan_name() {
                        return Err(Error::ImportPlanChanged { confirmed: plan });
                    }
                    let run = Run { is_confirmed: true, problem: String::new(), ..run };
                    let run = run.turned(State::Applying, now);
                    imports::save(tx, tenant, &run).await?;
                    Ok(run)
                })
            })
            .await?;
        self.wake_imports(&run);
        Ok(run)
    }

    /// Gives up an import that has not ended, and removes what is staged of it.
    pub async fn cancel_import(&self, asked: &Asked, import: ImportId) -> Result<Run, Error> {
        let (now, tenant) = (self.now(), asked.caller.tenant);
        self.write_recorded("CancelImport", asked, named, move |tx| {
            Box::pin(async move {
                let run = found(imports::find(tx, tenant, import).await?, import)?;
                if run.state == State::Cancelled {
                    return Ok(run);
                }
                if run.state.has_ended() {
                    return Err(Error::ImportState { import, state: run.state });
                }
                let run = run.turned(State::Cancelled, now);
                imports::save(tx, tenant, &run).await?;
                imports::forget(tx, tenant, import, true).await?;
                Ok(run)
            })
        })
        .await
    }

    /// What the plan of an import changes.
    pub async fn list_import_changes(
        &self,
        caller: &Caller,
        import: ImportId,
        action: &str,
        page: &PageRequest,
    ) -> Result<Page<(i64, Change)>, Error> {
        let reader = self.store.reader();
        found(imports::find(reader, caller.tenant, import).await?, import)?;
        Ok(imports::changes(reader, caller.tenant, import, action, page).await?)
    }

    /// What is wrong with the file of an import.
    pub async fn list_import_errors(
        &self,
        caller: &Caller,
        import: ImportId,
        page: &PageRequest,
    ) -> Result<Page<((i64, i64), Fault)>, Error> {
        let reader = self.store.reader();
        found(imports::find(reader, caller.tenant, import).await?, import)?;
        Ok(imports::errors(reader, caller.tenant, import, page).await?)
    }

    /// Who waits for a manager whom nobody knows yet.
    pub async fn list_pending_managers(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<(PersonId, Pending)>, Error> {
        Ok(pending_managers::list(self.store.reader(), caller.tenant, page).await?)
    }
}

fn named(run: &Run) -> Vec<String> {
    vec![run.id.name()]
}

fn found(run: Option<Run>, import: ImportId) -> Result<Run, Error> {
    run.ok_or(Error::ImportNotFound(import))
}
