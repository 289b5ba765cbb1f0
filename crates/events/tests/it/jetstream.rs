use std::sync::Arc;
use std::sync::atomic::Ordering;

use arki_database::Store;
use arki_events::{Bus, Envelope, Error, Handler, JetStream, consume, jetstream, outbox};

use crate::doubles::{Fate, RowHandler};
use crate::fixture::{Place, Running, drained, effects, envelope, eventually, tell};
use crate::nats::Server;

/// Connects a process of its own to the server.
async fn connect(server: &Server, running: &mut Running) -> Arc<JetStream> {
    let config = jetstream::Config { url: server.url(), ..jetstream::Config::default() };
    let (bus, worker) = JetStream::connect(config).await.unwrap();
    running.tasks.spawn(worker.run(running.shutdown.clone()));
    Arc::new(bus)
}

async fn consumer(store: &Store, bus: &JetStream, handler: Arc<dyn Handler>) {
    consume(store, bus, handler).await.unwrap();
}

async fn reach(store: &Store, consumer: &str, expected: &[&str]) {
    let what = format!("{consumer} has {expected:?}");
    eventually(&what, || async { effects(store, consumer).await == expected }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_reach_every_consumer_once_across_processes_and_restarts() {
    let Some(server) = Server::start().await else { return };
    let (place, elsewhere) = (Place::sqlite(), Place::sqlite());
    let (store, other) = (place.open().await, elsewhere.open().await);

    let (mut producer, mut first) = (Running::default(), Running::default());
    let bus = connect(&server, &mut producer).await;
    producer.relay(&store, bus.clone());
    let consuming = connect(&server, &mut first).await;
    consumer(&other, &consuming, RowHandler::new("test.one")).await;
    consumer(&other, &consuming, RowHandler::new("test.two")).await;
    for goal in ["1", "2", "3"] {
        tell(&store, "goals/gol_1", goal).await;
    }
    reach(&other, "test.one", &["1", "2", "3"]).await;
    reach(&other, "test.two", &["1", "2", "3"]).await;
    first.stop().await;

    // While the consumer's process is away, the server keeps what happens.
    tell(&store, "goals/gol_1", "4").await;
    drained(&store).await;
    let mut second = Running::default();
    let consuming = connect(&server, &mut second).await;
    consumer(&other, &consuming, RowHandler::new("test.one")).await;
    reach(&other, "test.one", &["1", "2", "3", "4"]).await;
    // Sent once more from history, it is passed over.
    store.write("Republish", |tx| Box::pin(outbox::republish(tx, crate::fixture::noon()))).await.unwrap();
    drained(&store).await;
    tell(&store, "goals/gol_1", "5").await;
    reach(&other, "test.one", &["1", "2", "3", "4", "5"]).await;

    second.stop().await;
    producer.stop().await;
    place.remove(&store).await;
    elsewhere.remove(&other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_makes_events_wait_and_nothing_else() {
    let Some(mut server) = Server::start().await else { return };
    let place = Place::sqlite();
    let store = place.open().await;
    let mut running = Running::default();
    let bus = connect(&server, &mut running).await;
    running.relay(&store, bus.clone());
    consumer(&store, &bus, RowHandler::new("test.rows")).await;
    tell(&store, "goals/gol_1", "1").await;
    reach(&store, "test.rows", &["1"]).await;
    drained(&store).await;

    server.kill();
    // A subject that nobody hears: what was refused may still come through once the server is back.
    let probe = Envelope { subject: "arki.nobody.cares.happened".to_owned(), ..envelope("x") };
    eventually("the loss is noticed", || async {
        matches!(bus.publish(probe.clone()).await, Err(Error::Unavailable(_)))
    })
    .await;
    tell(&store, "goals/gol_1", "2").await;
    assert_eq!(outbox::waiting(&store).await.unwrap(), 1);
    server.resume().await;
    reach(&store, "test.rows", &["1", "2"]).await;

    // Even with its store gone: the stream and the consumers are made anew.
    server.kill();
    server.lose_store();
    tell(&store, "goals/gol_1", "3").await;
    server.resume().await;
    reach(&store, "test.rows", &["1", "2", "3"]).await;
    running.stop().await;
    place.remove(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lost_its_store_is_filled_again_from_the_outbox() {
    let Some(mut server) = Server::start().await else { return };
    let (place, elsewhere) = (Place::sqlite(), Place::sqlite());
    let (store, other) = (place.open().await, elsewhere.open().await);
    let mut producer = Running::default();
    let bus = connect(&server, &mut producer).await;
    producer.relay(&store, bus.clone());
    let mut consuming = Running::default();
    let reader = connect(&server, &mut consuming).await;
    consumer(&other, &reader, RowHandler::new("test.rows")).await;
    tell(&store, "goals/gol_1", "1").await;
    reach(&other, "test.rows", &["1"]).await;
    consuming.stop().await;

    // Published, and held for the consumer by nobody but the server.
    tell(&store, "goals/gol_1", "2").await;
    drained(&store).await;
    server.kill();
    server.lose_store();
    server.resume().await;
    let mut consuming = Running::default();
    let reader = connect(&server, &mut consuming).await;
    consumer(&other, &reader, RowHandler::new("test.rows")).await;
    reach(&other, "test.rows", &["1", "2"]).await;
    consuming.stop().await;
    producer.stop().await;
    place.remove(&store).await;
    elsewhere.remove(&other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_may_start_before_its_server() {
    let Some(mut server) = Server::start().await else { return };
    server.kill();
    let place = Place::sqlite();
    let store = place.open().await;
    let mut running = Running::default();
    let bus = connect(&server, &mut running).await;
    running.relay(&store, bus.clone());
    consumer(&store, &bus, RowHandler::new("test.rows")).await;
    tell(&store, "goals/gol_1", "1").await;
    assert!(matches!(bus.publish(envelope("x")).await, Err(Error::Unavailable(_))));
    server.resume().await;
    reach(&store, "test.rows", &["1"]).await;
    running.stop().await;
    place.remove(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_and_garbage_do_not_stop_the_queue_behind_them() {
    let Some(server) = Server::start().await else { return };
    let place = Place::sqlite();
    let store = place.open().await;
    let mut running = Running::default();
    let bus = connect(&server, &mut running).await;
    let handler = RowHandler::new("test.rows");
    handler.doom("bad", Fate::Poison);
    consumer(&store, &bus, handler.clone()).await;
    bus.publish(envelope("bad")).await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    client.publish("arki.goal.goal.changed", "not an event".into()).await.unwrap();
    client.flush().await.unwrap();
    bus.publish(envelope("good")).await.unwrap();
    reach(&store, "test.rows", &["good"]).await;
    assert_eq!(handler.calls.load(Ordering::SeqCst), 2);

    let broken = Envelope { aggregate: "goals/x\r\nce-arkitenant: other".to_owned(), ..envelope("x") };
    assert!(matches!(bus.publish(broken).await, Err(Error::Refused(_))));
    running.stop().await;
    place.remove(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_arrives_as_it_was_sent() {
    use arki_events::{Error, Sink};
    use tokio::sync::mpsc;

    struct Keep(mpsc::UnboundedSender<Envelope>);

    #[async_trait::async_trait]
    impl Sink for Keep {
        async fn deliver(&self, event: Envelope) -> Result<(), Error> {
            self.0.send(event).map_err(|_| Error::Refused("nobody listens".into()))
        }
    }

    let Some(server) = Server::start().await else { return };
    let mut running = Running::default();
    let bus = connect(&server, &mut running).await;
    let (sender, mut receiver) = mpsc::unbounded_channel();
    bus.subscribe("test.keep", &["arki.goal.>", "arki.survey.>"], Arc::new(Keep(sender))).await.unwrap();
    let traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let plain = envelope("1");
    let traced = Envelope { traceparent, replay: true, ..plain.clone() };
    for sent in [plain, traced] {
        bus.publish(sent.clone()).await.unwrap();
        let received = tokio::time::timeout(std::time::Duration::from_secs(20), receiver.recv()).await;
        assert_eq!(received.unwrap(), Some(sent));
    }
    running.stop().await;
}
