//! The queues in which submitted answers wait for the next commit.

use std::sync::Arc;

use arki_database::{Backend, Batcher, Store};
use arki_process::Tasks;

use super::error::Error;
use super::group::{self, Accepted, Job};
use crate::config::Config;
use crate::storage::versions::Versions;

/// Where submitted answers are handed in.
pub struct Intake {
    queues: Vec<Batcher<Job, Result<Accepted, Error>>>,
}

impl Intake {
    /// Starts the writers. Each takes whatever waits in its queue into one transaction.
    pub fn start(store: &Store, versions: &Versions, config: &Config, tasks: &Tasks) -> Self {
        let writers = match store.backend() {
            Backend::Sqlite => 1,
            // While one waits for the disk another works.
            Backend::Postgres => config.intake_writers.max(1),
        };
        let queues = (0..writers).map(|writer| {
            let (queue, worker) = Batcher::new(config.intake_queue.max(1) / writers + 1);
            let (store, versions) = (store.clone(), versions.clone());
            let shard = i32::try_from(writer).unwrap_or_default();
            let commit = move |jobs: Vec<Job>| {
                let (store, versions, jobs) = (store.clone(), versions.clone(), Arc::new(jobs));
                async move {
                    store
                        .claim("SubmitResponses", move |tx| {
                            let (versions, jobs) = (versions.clone(), jobs.clone());
                            Box::pin(async move { group::commit(tx, &versions, shard, &jobs).await })
                        })
                        .await
                }
            };
            tasks.spawn("survey intake", worker.run(commit, tasks.stop()));
            queue
        });
        Self { queues: queues.collect() }
    }

    /// Queues a job and waits until it is on the disk. Jobs of one link meet in one queue, so that two that are
    /// sent at once don't wait for each other in two transactions.
    pub async fn hand_in(&self, token_hash: &str, job: Job) -> Result<Accepted, Error> {
        let letters: usize = token_hash.bytes().take(4).map(usize::from).sum();
        self.queues[letters % self.queues.len()].submit(job).await?
    }
}
