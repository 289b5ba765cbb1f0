use std::sync::{Arc, Mutex};
use std::time::Duration;

use arki_process::settings::Shutdown;
use arki_process::shutdown::in_order;
use arki_process::{Gate, Readiness, Tasks};
use tokio::time::Instant;

/// What happened, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<&'static str>>>);

impl Diary {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }
}

/// A task that needs `seconds` from the stop to its end.
fn slow(tasks: &Tasks, diary: &Diary, name: &'static str, seconds: u64) {
    let (stop, diary) = (tasks.stop(), diary.clone());
    tasks.spawn(name, async move {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        diary.note(name);
    });
}

#[tokio::test(start_paused = true)]
async fn a_process_is_unready_then_drains_then_stops_its_workers() {
    let (gate, servers, workers, diary) = (Gate::new(), Tasks::new(), Tasks::new(), Diary::default());
    slow(&servers, &diary, "drained", 3);
    // Shorter than the drain: it comes second only because it is told to stop second.
    slow(&workers, &diary, "worked", 1);
    let began = Instant::now();
    let settings = Shutdown { unready_seconds: 5, deadline_seconds: 25 };
    let stopping = in_order(&gate, &servers, &workers, &settings);
    let watching = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(gate.ready().await, Err("stopping".to_owned()));
        assert!(!servers.stop().is_cancelled(), "load balancers had no time to notice");
    };
    let (stopped, ()) = tokio::join!(stopping, watching);
    stopped.unwrap();
    assert_eq!(*diary.0.lock().unwrap(), ["drained", "worked"]);
    assert_eq!(began.elapsed(), Duration::from_secs(9));
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_all_of_it_and_names_who_is_left() {
    let (gate, servers, workers, diary) = (Gate::new(), Tasks::new(), Tasks::new(), Diary::default());
    slow(&servers, &diary, "stream", 60);
    slow(&workers, &diary, "relay", 60);
    slow(&workers, &diary, "quick", 0);
    let began = Instant::now();
    let settings = Shutdown { unready_seconds: 5, deadline_seconds: 25 };
    let left = in_order(&gate, &servers, &workers, &settings).await.unwrap_err().0;
    assert_eq!(began.elapsed(), Duration::from_secs(25));
    assert!(left.contains(&"stream") && left.contains(&"relay"), "{left:?}");
}
