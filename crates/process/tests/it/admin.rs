use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arki_process::{Backing, Gate, Readiness, Tasks, admin};
use async_trait::async_trait;
use prometheus::Registry;

use crate::{get, listener};

struct Database(AtomicBool);

#[async_trait]
impl Readiness for Database {
    async fn ready(&self) -> Result<(), String> {
        if self.0.load(Ordering::SeqCst) { Ok(()) } else { Err("migrations are not current".to_owned()) }
    }
}

#[tokio::test]
async fn a_process_is_ready_from_its_opening_to_its_closing_while_its_database_is() {
    let (listener, address) = listener().await;
    let (gate, tasks) = (Gate::new(), Tasks::new());
    let serving = admin::serve(listener, gate.clone(), Backing::new(), Registry::new(), tasks.stop());
    tasks.spawn("admin port", async move { serving.await.unwrap() });
    let ready = || async { get(address, "/readyz").await.unwrap() };

    assert_eq!(ready().await, (503, "starting\n".to_owned()));
    assert_eq!(get(address, "/livez").await.unwrap().0, 200);
    let database = Arc::new(Database(AtomicBool::new(true)));
    gate.open(database.clone());
    assert_eq!(ready().await, (200, "ok\n".to_owned()));
    database.0.store(false, Ordering::SeqCst);
    assert_eq!(ready().await, (503, "migrations are not current\n".to_owned()));
    database.0.store(true, Ordering::SeqCst);
    gate.close();
    assert_eq!(ready().await, (503, "stopping\n".to_owned()));
    gate.open(database);
    assert_eq!(ready().await.0, 503, "a gate that was closed stays closed");
    assert_eq!(get(address, "/livez").await.unwrap().0, 200);
}

#[tokio::test]
async fn a_bus_that_is_away_is_told_and_can_be_left_out() {
    let (listener, address) = listener().await;
    let (gate, backing, tasks) = (Gate::new(), Backing::new(), Tasks::new());
    let serving = admin::serve(listener, gate.clone(), backing.clone(), Registry::new(), tasks.stop());
    tasks.spawn("admin port", async move { serving.await.unwrap() });
    gate.open(Arc::new(Database(AtomicBool::new(true))));
    let connected = Arc::new(AtomicBool::new(true));
    let look = connected.clone();
    backing.watch(
        "bus",
        move || {
            if look.load(Ordering::SeqCst) { Ok(()) } else { Err("no event bus".to_owned()) }
        },
    );
    let ready = |path: &'static str| async move { get(address, path).await.unwrap() };

    assert_eq!(ready("/readyz").await, (200, "ok\n".to_owned()));
    connected.store(false, Ordering::SeqCst);
    assert_eq!(ready("/readyz").await, (503, "no event bus\n".to_owned()));
    assert_eq!(ready("/readyz?exclude=buses").await.0, 503);
    assert_eq!(ready("/readyz?verbose&exclude=bus").await, (200, "ok\n".to_owned()));
    assert_eq!(gate.ready().await, Ok(()), "callers are not turned away for it");
    gate.close();
    assert_eq!(ready("/readyz?exclude=bus").await, (503, "stopping\n".to_owned()));
}

#[tokio::test]
async fn metrics_are_shown_as_prometheus_reads_them() {
    let (listener, address) = listener().await;
    let registry = Registry::new();
    let counter = prometheus::IntCounter::new("answers_total", "Answers.").unwrap();
    registry.register(Box::new(counter.clone())).unwrap();
    counter.inc_by(3);
    let tasks = Tasks::new();
    let serving = admin::serve(listener, Gate::new(), Backing::new(), registry, tasks.stop());
    tasks.spawn("admin port", async move { serving.await.unwrap() });
    let (status, text) = get(address, "/metrics").await.unwrap();
    assert_eq!(status, 200);
    assert!(text.contains("answers_total 3"), "{text}");
}
