use std::sync::{Arc, Mutex};

use arki_database::{BatchWorker, Batcher, Error};
use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

type Groups = Arc<Mutex<Vec<Vec<u32>>>>;

/// A worker that commits a group for each permit, doubles each job, and fails on a group that holds 13.
fn start(worker: BatchWorker<u32, u32>) -> (Arc<Semaphore>, Groups, CancellationToken, JoinHandle<()>) {
    let permits = Arc::new(Semaphore::new(0));
    let groups = Groups::default();
    let shutdown = CancellationToken::new();
    let (taken, seen) = (Arc::clone(&permits), Arc::clone(&groups));
    let commit = move |jobs: Vec<u32>| {
        let (taken, seen) = (Arc::clone(&taken), Arc::clone(&seen));
        async move {
            taken.acquire().await.unwrap().forget();
            seen.lock().unwrap().push(jobs.clone());
            if jobs.contains(&13) {
                Err(Error::Unavailable)
            } else {
                Ok(jobs.iter().map(|job| job * 2).collect())
            }
        }
    };
    #[expect(clippy::disallowed_methods, reason = "a test owns its tasks and waits for them")]
    let running = tokio::spawn(worker.run(commit, shutdown.clone()));
    (permits, groups, shutdown, running)
}

/// Polls the submission once, so that its job is queued.
macro_rules! queued {
    ($batcher:expr, $job:expr) => {{
        let mut submitted = Box::pin($batcher.submit($job));
        assert!(futures::poll!(&mut submitted).is_pending(), "job {} was answered at once", $job);
        submitted
    }};
}

#[tokio::test]
async fn jobs_that_queue_up_during_a_commit_share_the_next_one() {
    let (batcher, worker) = Batcher::new(100);
    let (permits, groups, shutdown, running) = start(worker);
    let first = queued!(batcher, 1);
    // The worker takes the first job alone; only then do the others come.
    while batcher.free() < 100 {
        tokio::task::yield_now().await;
    }
    let rest = vec![queued!(batcher, 2), queued!(batcher, 3), queued!(batcher, 4)];
    permits.add_permits(2);
    assert_eq!(first.await.unwrap(), 2);
    let answers: Vec<u32> = join_all(rest).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [4, 6, 8]);
    assert_eq!(*groups.lock().unwrap(), [vec![1], vec![2, 3, 4]]);
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let (batcher, worker) = Batcher::<u32, u32>::new(2);
    let waiting = vec![queued!(batcher, 1), queued!(batcher, 2)];
    let refused = batcher.submit(3).await;
    assert!(matches!(refused, Err(Error::Overloaded)), "{refused:?}");
    let (permits, _groups, shutdown, running) = start(worker);
    permits.add_permits(2);
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn everybody_in_a_group_that_fails_gets_the_error_and_the_next_group_goes_on() {
    let (batcher, worker) = Batcher::new(100);
    let group = vec![queued!(batcher, 1), queued!(batcher, 13), queued!(batcher, 2)];
    let (permits, _groups, shutdown, running) = start(worker);
    permits.add_permits(2);
    for answer in join_all(group).await {
        assert!(matches!(answer, Err(Error::Unavailable)), "{answer:?}");
    }
    assert_eq!(batcher.submit(5).await.unwrap(), 10);
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_shutdown_finishes_what_is_queued_and_takes_no_more() {
    let (batcher, worker) = Batcher::new(100);
    let waiting = vec![queued!(batcher, 1), queued!(batcher, 2)];
    let (permits, _groups, shutdown, running) = start(worker);
    shutdown.cancel();
    permits.add_permits(10);
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    running.await.unwrap();
    let refused = batcher.submit(3).await;
    assert!(matches!(refused, Err(Error::Unavailable)), "{refused:?}");
}

#[tokio::test]
async fn a_job_is_carried_out_though_its_caller_gave_up() {
    let (batcher, worker) = Batcher::new(100);
    drop(queued!(batcher, 1));
    let (permits, groups, shutdown, running) = start(worker);
    permits.add_permits(10);
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(*groups.lock().unwrap(), [vec![1]]);
}
