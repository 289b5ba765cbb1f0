//! The queue in which entries of the audit log wait for the next commit.
//!
//! Whoever records hears back when the entries are on disk. There is one writer, which takes whatever waits into one
//! transaction, so that many reads of personal data share one wait for the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use arki_database::{Batcher, Store};
use arki_ids::TenantId;
use arki_process::Tasks;

use super::Error;
use crate::domain::audit::Fact;
use crate::storage::audit;

/// How many calls may wait. One more is refused at once, and its read with it.
const QUEUE: usize = 4_096;

type Job = (TenantId, Vec<Fact>);

/// Where facts are handed in.
#[derive(Clone)]
pub struct Recorder {
    queue: Batcher<Job, ()>,
}

impl Recorder {
    /// Starts the writer.
    pub fn start(store: &Store, tasks: &Tasks) -> Self {
        let (queue, worker) = Batcher::new(QUEUE);
        let store = store.clone();
        let commit = move |jobs: Vec<Job>| {
            let store = store.clone();
            let answers = vec![(); jobs.len()];
            let mut logs: BTreeMap<TenantId, Vec<Fact>> = BTreeMap::new();
            for (tenant, facts) in jobs {
                logs.entry(tenant).or_default().extend(facts);
            }
            let logs = Arc::new(logs);
            async move {
                // READ COMMITTED: the head of each chain is held, so that what is read there still holds at the commit.
                store
                    .claim("RecordAuditEntries", move |tx| {
                        let logs = Arc::clone(&logs);
                        Box::pin(async move {
                            for (tenant, facts) in logs.iter() {
                                audit::append(tx, *tenant, facts.clone()).await?;
                            }
                            Ok::<_, arki_database::Error>(())
                        })
                    })
                    .await?;
                Ok(answers)
            }
        };
        tasks.spawn("directory audit log", worker.run(commit, tasks.stop()));
        Self { queue }
    }

    /// Adds facts to a log, and returns when they are on disk.
    pub async fn record(&self, tenant: TenantId, facts: Vec<Fact>) -> Result<(), Error> {
        Ok(self.queue.submit((tenant, facts)).await?)
    }
}
