//! Where writes wait for the next commit.

use std::sync::Arc;

use arki_database::{Batcher, Error};
use arki_process::Tasks;
use arki_scim::{Error as Refused, ScimType};

use super::super::{Directory, Error as ServiceError};
use super::{Done, Job, work};

/// How many requests may wait. A request that finds the queue full is refused at once.
const WAITING: usize = 4_096;

/// How many operations share a transaction at most: everybody in it waits for all of them.
const MOST_OPERATIONS: usize = 2_000;

type Outcomes = Vec<Result<Done, Refused>>;

/// Where writes are handed in. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    jobs: Batcher<Job, Result<Outcomes, Error>>,
}

impl Queue {
    /// Starts the worker. One is enough: SQLite has one writer, and on PostgreSQL two of them would only run into each
    /// other over the same keys.
    pub fn start(directory: &Directory, tasks: &Tasks) -> Self {
        let (jobs, worker) = Batcher::new(WAITING);
        let directory = directory.clone();
        let commit = move |jobs: Vec<Job>| {
            let directory = directory.clone();
            async move { Ok(commit_all(&directory, jobs).await) }
        };
        tasks.spawn("scim writes", worker.run(commit, tasks.stop()));
        Self { jobs }
    }

    pub(super) async fn submit(&self, job: Job) -> Result<Outcomes, Error> {
        self.jobs.submit(job).await?
    }
}

async fn commit_all(directory: &Directory, jobs: Vec<Job>) -> Vec<Result<Outcomes, Error>> {
    let mut outcomes = Vec::with_capacity(jobs.len());
    let mut group: Vec<Job> = Vec::new();
    let mut operations = 0;
    for job in jobs {
        let more = job.operations.len();
        if !group.is_empty() && operations + more > MOST_OPERATIONS {
            outcomes.extend(Box::pin(commit(directory, std::mem::take(&mut group))).await);
            operations = 0;
        }
        operations += more;
        group.push(job);
    }
    outcomes.extend(Box::pin(commit(directory, group)).await);
    outcomes
}

/// One transaction for a group of jobs. Should somebody else take a unique key in the same moment, the database
/// refuses the whole; then each operation is carried out by itself, so that only those fail that have to.
async fn commit(directory: &Directory, group: Vec<Job>) -> Vec<Result<Outcomes, Error>> {
    let count = group.len();
    let jobs = Arc::new(group);
    match together(directory, Arc::clone(&jobs)).await {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(Error::Conflict { .. }) => {
            let mut outcomes = Vec::with_capacity(count);
            for job in jobs.iter() {
                outcomes.push(one_by_one(directory, job).await);
            }
            outcomes
        }
        Err(error) => std::iter::repeat_with(|| Err(error.clone())).take(count).collect(),
    }
}

async fn one_by_one(directory: &Directory, job: &Job) -> Result<Outcomes, Error> {
    let mut outcomes = Vec::with_capacity(job.operations.len());
    for operation in &job.operations {
        let alone = Job { operations: vec![operation.clone()], ..job.clone() };
        let jobs = Arc::new(vec![alone]);
        let first = together(directory, Arc::clone(&jobs)).await;
        // Whoever took the key is seen by now, and named by the rules; if not, the key is taken all the same.
        let outcome = match first {
            Err(Error::Conflict { .. }) => together(directory, jobs).await,
            other => other,
        };
        match outcome {
            Ok(done) => outcomes.extend(done.into_iter().flatten()),
            Err(Error::Conflict { .. }) => {
                let detail = "a unique value is taken by another resource";
                outcomes.push(Err(Refused::of(ScimType::Uniqueness, detail)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(outcomes)
}

async fn together(directory: &Directory, jobs: Arc<Vec<Job>>) -> Result<Vec<Outcomes>, Error> {
    let now = directory.now();
    let done = directory
        .store
        .write("ExecuteScimOperations", move |tx| {
            let jobs = Arc::clone(&jobs);
            Box::pin(async move { work::run(tx, &jobs, now).await })
        })
        .await;
    done.map_err(|error: ServiceError| match error {
        ServiceError::Database(error) => error,
        // The rules refuse operations one by one; what else reaches this is a row that can't be.
        other => Error::Corrupt(other.to_string()),
    })
}
