//! Grouped commits: many small writes that share one transaction, and so one wait for the disk.
//!
//! There is no timer. The worker takes whatever queued up while the last commit ran: alone, a job is written at
//! once; under load the groups grow by themselves until the disk is no longer what limits.

use std::future::Future;

use opentelemetry::metrics::Histogram;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::error::Error;

/// Jobs in one transaction at most: beyond this the statements, not the commit, are what takes the time, and
/// everybody in the group waits for all of them.
pub const MAX_JOBS: usize = 1_000;

struct Entry<J, R> {
    job: J,
    /// Of whoever handed it in.
    span: Span,
    answer: oneshot::Sender<Result<R, Error>>,
}

/// Where jobs are handed in. Cheap to clone.
pub struct Batcher<J, R> {
    queue: mpsc::Sender<Entry<J, R>>,
}

impl<J, R> Clone for Batcher<J, R> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

/// The other end: takes the jobs in groups. Its owner runs it as a task.
pub struct BatchWorker<J, R> {
    queue: mpsc::Receiver<Entry<J, R>>,
    jobs: Histogram<u64>,
}

impl<J, R> Batcher<J, R> {
    /// `capacity` is how many jobs may wait. A job that finds the queue full is refused at once: it would have
    /// waited longer than its caller does.
    pub fn new(capacity: usize) -> (Self, BatchWorker<J, R>) {
        let (sender, receiver) = mpsc::channel(capacity);
        let jobs = opentelemetry::global::meter("arki.database")
            .u64_histogram("arki_database_batch_jobs")
            .with_description("How many jobs shared one commit.")
            .with_boundaries(vec![1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0])
            .build();
        (Self { queue: sender }, BatchWorker { queue: receiver, jobs })
    }

    /// How many more jobs the queue takes right now.
    pub fn free(&self) -> usize {
        self.queue.capacity()
    }

    /// Queues a job and waits until it is committed. Once queued it is carried out even if the caller gives up.
    ///
    /// [`Error::Overloaded`] when the queue is full, [`Error::Unavailable`] when the worker has stopped.
    pub async fn submit(&self, job: J) -> Result<R, Error> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Entry { job, span: Span::current(), answer }).map_err(
            |refused| match refused {
                mpsc::error::TrySendError::Full(_) => Error::Overloaded,
                mpsc::error::TrySendError::Closed(_) => Error::Unavailable,
            },
        )?;
        answered.await.unwrap_or(Err(Error::Unavailable))
    }
}

impl<J, R> BatchWorker<J, R> {
    /// Hands groups of jobs to `commit` until `shutdown`; then takes no more, finishes what is queued and
    /// returns.
    ///
    /// `commit` answers one result for each job, in their order. When it fails, every caller of the group gets
    /// the error: what can go wrong with one job alone belongs into its `R`.
    pub async fn run<H, F>(mut self, commit: H, shutdown: CancellationToken)
    where
        H: Fn(Vec<J>) -> F,
        F: Future<Output = Result<Vec<R>, Error>>,
    {
        let mut group = Vec::new();
        loop {
            let taken = tokio::select! {
                biased;
                () = shutdown.cancelled(), if !self.queue.is_closed() => {
                    self.queue.close();
                    continue;
                }
                taken = self.queue.recv_many(&mut group, MAX_JOBS) => taken,
            };
            if taken == 0 {
                return;
            }
            self.jobs.record(taken as u64, &[]);
            let span = shared_span(&group);
            let (jobs, answers): (Vec<_>, Vec<_>) =
                group.drain(..).map(|Entry { job, span: _, answer }| (job, answer)).unzip();
            let results = match commit(jobs).instrument(span).await {
                Ok(results) if results.len() == taken => results.into_iter().map(Ok).collect(),
                Ok(results) => {
                    let error = Error::config(format!(
                        "a group of {taken} jobs was answered with {} results",
                        results.len()
                    ));
                    vec_of(error, taken)
                }
                Err(error) => vec_of(error, taken),
            };
            for (answer, result) in answers.into_iter().zip(results) {
                // A caller that gave up doesn't hear its answer; the job is done all the same.
                let _ = answer.send(result);
            }
        }
    }
}

/// A span has one parent, so the group continues the trace of its first job and is linked to those of the others.
fn shared_span<J, R>(group: &[Entry<J, R>]) -> Span {
    let Some((first, others)) = group.split_first() else { return Span::none() };
    let span = tracing::info_span!(parent: &first.span, "database.batch", jobs = group.len());
    for other in others {
        span.follows_from(&other.span);
    }
    span
}

fn vec_of<R>(error: Error, count: usize) -> Vec<Result<R, Error>> {
    std::iter::repeat_with(|| Err(error.clone())).take(count).collect()
}
