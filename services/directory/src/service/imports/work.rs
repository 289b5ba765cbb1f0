//! Working on imports: one after the other, each by one process at a time.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arki_database::{Backend, Effect, Tx};
use arki_ids::{EventId, ImportId, TenantId};
use tokio::sync::Notify;

use super::super::{Directory, Error};
use super::apply::progress;
use crate::domain::import::run::{Run, State};
use crate::storage::imports::{self, Claimed};

/// How often whoever works says so; a third of the lease, so that one that is lost does no harm.
const BEAT: Duration = Duration::from_secs(10);

/// What is known in this process alone.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    wake: Notify,
    done: Mutex<HashMap<ImportId, Arc<AtomicU64>>>,
}

/// An import that this process works on.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) tenant: TenantId,
    pub(super) run: Run,
    /// Ours alone.
    pub(super) mark: String,
    /// How many changes are written, in a transaction that has not ended.
    pub(super) done: Arc<AtomicU64>,
}

impl Directory {
    /// Works on the import that waits longest, if there is one, and tells whether there was.
    pub(crate) async fn work_on_imports(&self) -> Result<bool, Error> {
        let mark = EventId::random().to_string();
        let Some(Claimed { tenant, run }) = imports::claim(&self.store, &mark, self.now()).await? else {
            return Ok(false);
        };
        let held = Held { tenant, run, mark, done: Arc::default() };
        self.imports.put(held.run.id, Some(Arc::clone(&held.done)));
        let work = async {
            match held.run.state {
                State::Planning => Box::pin(self.plan_import(&held)).await,
                _ => Box::pin(self.apply_import(&held)).await,
            }
        };
        let worked = tokio::select! {
            worked = work => worked,
            // Never ends.
            () = self.beat(&held) => Ok(()),
        };
        self.imports.put(held.run.id, None);
        match worked {
            // Somebody cancelled it, or took it over.
            Err(Error::ImportLost) => Ok(true),
            Err(error) => {
                // Should this fail too, the lease ends by itself.
                if let Err(error) = self.release_import(&held).await {
                    tracing::debug!(%error, "an import waits for its lease to end");
                }
                Err(error)
            }
            Ok(()) => Ok(true),
        }
    }

    /// Says now and then that an import is worked on. On SQLite there is nobody to be told, and its only writer is taken.
    async fn beat(&self, held: &Held) {
        loop {
            tokio::time::sleep(BEAT).await;
            if self.store.backend() == Backend::Sqlite {
                continue;
            }
            let (now, done) = (self.now(), progress(&held.done));
            let told = self
                .store
                .claim("HoldImport", |tx| {
                    let Held { tenant, run, mark, .. } = held.clone();
                    Box::pin(async move { imports::hold(tx, tenant, run.id, &mark, done, now).await })
                })
                .await;
            if let Err(error) = told {
                tracing::debug!(%error, "an import could not be held, and is worked on");
            }
        }
    }

    /// Runs a short transaction on behalf of an import, if it is still ours.
    pub(super) async fn holding<T, F>(&self, op: &'static str, held: &Held, effect: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t Tx, TenantId, ImportId) -> Effect<'t, T, Error> + Send + Sync,
    {
        let now = self.now();
        let effect = &effect;
        let held = held.clone();
        self.store
            .claim(op, move |tx| {
                let held = held.clone();
                let work = effect(tx, held.tenant, held.run.id);
                Box::pin(async move {
                    let done = progress(&held.done);
                    if !imports::hold(tx, held.tenant, held.run.id, &held.mark, done, now).await? {
                        return Err(Error::ImportLost);
                    }
                    work.await
                })
            })
            .await
    }

    /// Turns an import to another state, if it is still ours; with what is staged removed, and its errors too.
    pub(super) async fn turn(
        &self,
        held: &Held,
        run: Run,
        forget: bool,
        with_errors: bool,
    ) -> Result<(), Error> {
        let held = held.clone();
        let waits = matches!(run.state, State::Planning | State::Applying);
        self.store
            .claim("TurnImport", move |tx| {
                let (held, run) = (held.clone(), run.clone());
                Box::pin(async move {
                    if !imports::save_held(tx, held.tenant, &run, &held.mark).await? {
                        return Err(Error::ImportLost);
                    }
                    if forget {
                        imports::forget(tx, held.tenant, run.id, with_errors).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        if waits {
            self.imports.wake.notify_one();
        }
        Ok(())
    }

    async fn release_import(&self, held: &Held) -> Result<(), Error> {
        let held = held.clone();
        self.store
            .claim("ReleaseImport", move |tx| {
                let held = held.clone();
                Box::pin(async move { Ok(imports::release(tx, held.tenant, held.run.id, &held.mark).await?) })
            })
            .await
    }

    /// Frees what this process worked on before it was started anew. Only for SQLite, whose file has one process.
    pub(crate) async fn release_imports(&self) -> Result<(), Error> {
        self.store
            .claim("ReleaseImports", |tx| Box::pin(async move { Ok(imports::release_all(tx).await?) }))
            .await
    }

    /// Gives up what nobody went on with in time, and forgets what was kept long enough.
    pub(crate) async fn expire_imports(&self) -> Result<(), Error> {
        let now = self.now();
        self.store
            .claim("ExpireImports", move |tx| {
                Box::pin(async move {
                    for (tenant, import) in imports::expire(tx, now).await? {
                        imports::forget(tx, tenant, import, true).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Waits until there may be work.
    pub(crate) async fn imports_wait(&self) {
        self.imports.wake.notified().await;
    }

    pub(super) fn wake_imports(&self, run: &Run) {
        if matches!(run.state, State::Planning | State::Applying) {
            self.imports.wake.notify_one();
        }
    }

    /// An import with what this process knows of it that nobody else can see yet.
    pub(super) fn with_progress(&self, run: Run) -> Run {
        let done = self.imports.done.lock().unwrap_or_else(PoisonError::into_inner);
        match done.get(&run.id) {
            Some(done) if run.state == State::Applying => Run { done: progress(done), ..run },
            _ => run,
        }
    }
}

impl Imports {
    fn put(&self, import: ImportId, done: Option<Arc<AtomicU64>>) {
        let mut all = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        match done {
            Some(done) => all.insert(import, done),
            None => all.remove(&import),
        };
    }
}
