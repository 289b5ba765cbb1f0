//! Tasks that somebody owns, so that shutdown can stop them and wait for them.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A group of tasks with one end. Clones are the same group.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tracker: TaskTracker,
    stop: CancellationToken,
    fallen: CancellationToken,
    running: Mutex<BTreeMap<u64, (&'static str, Option<AbortHandle>)>>,
    next: AtomicU64,
}

/// Tasks that were still running when the deadline of their shutdown came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tasks still running at the deadline of the shutdown: {}", .0.join(", "))]
pub struct StillRunning(pub Vec<&'static str>);

impl Tasks {
    /// An empty group.
    pub fn new() -> Self {
        Self::default()
    }

    /// Is cancelled when the group is to stop. A task that loops waits for it too.
    pub fn stop(&self) -> CancellationToken {
        self.inner.stop.clone()
    }

    /// Starts a task of this group. `name` says what it does, for logs.
    ///
    /// A task that panics is logged, and the group has then [fallen](Self::fallen): a service that goes on without one
    /// of its workers is broken in a way that nobody sees.
    pub fn spawn<F>(&self, name: &'static str, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        // Entered before the task starts, since a short one may be over before its handle is at hand.
        self.running().insert(id, (name, None));
        let group = self.clone();
        let work = async move {
            if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
                tracing::error!(task = name, panic = said(panic.as_ref()), "task panicked");
                group.inner.fallen.cancel();
            }
            group.running().remove(&id);
        };
        #[expect(clippy::disallowed_methods, reason = "here a task gets its owner")]
        let task = tokio::spawn(self.inner.tracker.track_future(work));
        if let Some((_, handle)) = self.running().get_mut(&id) {
            *handle = Some(task.abort_handle());
        }
    }

    /// Resolves when a task of this group has panicked.
    pub async fn fallen(&self) {
        self.inner.fallen.cancelled().await;
    }

    /// The names of the tasks that run now.
    pub fn names(&self) -> Vec<&'static str> {
        self.running().values().map(|(name, _)| *name).collect()
    }

    /// Tells all tasks to stop and waits for them, at most until `deadline`; then what is left is aborted.
    ///
    /// # Errors
    /// The names of the tasks that had to be aborted.
    pub async fn shutdown(&self, deadline: Instant) -> Result<(), StillRunning> {
        self.inner.stop.cancel();
        self.inner.tracker.close();
        if tokio::time::timeout_at(deadline, self.inner.tracker.wait()).await.is_ok() {
            return Ok(());
        }
        let left = std::mem::take(&mut *self.running());
        for (_, handle) in left.values() {
            if let Some(handle) = handle {
                handle.abort();
            }
        }
        Err(StillRunning(left.into_values().map(|(name, _)| name).collect()))
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<u64, (&'static str, Option<AbortHandle>)>> {
        // No code panics while it holds the lock, so what is inside is whole.
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(ToString::to_string);
    said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it said nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn shutdown_waits_for_a_task_that_finishes_its_work() {
        let tasks = Tasks::new();
        let finished = Arc::new(AtomicBool::new(false));
        let (stop, flag) = (tasks.stop(), finished.clone());
        tasks.spawn("writer", async move {
            stop.cancelled().await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            flag.store(true, Ordering::SeqCst);
        });
        assert_eq!(tasks.names(), ["writer"]);
        tasks.shutdown(Instant::now() + Duration::from_secs(5)).await.unwrap();
        assert!(finished.load(Ordering::SeqCst));
        assert!(tasks.names().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_gives_up_at_its_deadline_and_names_who_is_left() {
        let tasks = Tasks::new();
        let alive = Arc::new(());
        let held = alive.clone();
        tasks.spawn("stubborn", async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        tasks.spawn("quick", async {});
        let began = Instant::now();
        let left = tasks.shutdown(began + Duration::from_secs(5)).await;
        assert_eq!(left, Err(StillRunning(vec!["stubborn"])));
        assert_eq!(began.elapsed(), Duration::from_secs(5));
        tasks.inner.tracker.wait().await;
        assert_eq!(Arc::strong_count(&alive), 1, "the task left at the deadline goes on");
    }

    #[tokio::test]
    async fn a_group_falls_with_a_task_that_panics_and_not_with_one_that_ends() {
        let tasks = Tasks::new();
        tasks.spawn("ends", async {});
        tasks.inner.tracker.close();
        tasks.inner.tracker.wait().await;
        assert!(!tasks.inner.fallen.is_cancelled());
        tasks.spawn("panics", async { panic!("the relay is out of order") });
        tasks.fallen().await;
    }
}
