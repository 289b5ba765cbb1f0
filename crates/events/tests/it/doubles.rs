//! A bus that keeps what it is given and a handler that leaves a row, both of which fail on demand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use arki_database::Tx;
use arki_events::{Bus, Envelope, Error, Handler, HandlerError, Payload, Sink};
use arki_proto::event::v1::GoalChanged;
use async_trait::async_trait;
use sea_orm::{ConnectionTrait, Statement};

/// Takes events unless it is told to refuse them.
#[derive(Default)]
pub(crate) struct RecordingBus {
    taken: Mutex<Vec<Envelope>>,
    /// How often an event about a goal is still to be refused.
    refusals: Mutex<HashMap<String, u32>>,
    pub(crate) away: AtomicBool,
}

impl RecordingBus {
    pub(crate) fn refuse(&self, goal: &str, times: u32) {
        self.refusals.lock().unwrap().insert(goal.to_owned(), times);
    }

    pub(crate) fn taken(&self) -> Vec<Envelope> {
        self.taken.lock().unwrap().clone()
    }

    /// The goals that were published, in order.
    pub(crate) fn goals(&self) -> Vec<String> {
        self.taken().iter().map(goal).collect()
    }
}

pub(crate) fn goal(event: &Envelope) -> String {
    event.decode::<GoalChanged>().unwrap().goal
}

#[async_trait]
impl Bus for RecordingBus {
    async fn publish(&self, event: Envelope) -> Result<(), Error> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Error::Unavailable("the test has switched the bus off".into()));
        }
        // Others get a turn in between, as on a real bus.
        tokio::task::yield_now().await;
        if let Some(times) = self.refusals.lock().unwrap().get_mut(&goal(&event))
            && *times > 0
        {
            *times -= 1;
            return Err(Error::Refused("the test wants this event refused".into()));
        }
        self.taken.lock().unwrap().push(event);
        Ok(())
    }

    async fn subscribe(
        &self,
        _consumer: &'static str,
        _subjects: &'static [&'static str],
        _sink: Arc<dyn Sink>,
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// What becomes of an event about the goal of this name.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    Poison,
    Panic,
    /// Fails this often.
    Transient(u32),
    /// Finds the store away this often.
    Away(u32),
}

/// Inserts a row for each event.
pub(crate) struct RowHandler {
    pub(crate) consumer: &'static str,
    pub(crate) replays: bool,
    fates: Mutex<HashMap<String, Fate>>,
    pub(crate) calls: AtomicU32,
}

impl RowHandler {
    pub(crate) fn new(consumer: &'static str) -> Arc<Self> {
        Arc::new(Self { consumer, replays: false, fates: Mutex::default(), calls: AtomicU32::new(0) })
    }

    pub(crate) fn replaying(consumer: &'static str) -> Arc<Self> {
        Arc::new(Self { consumer, replays: true, fates: Mutex::default(), calls: AtomicU32::new(0) })
    }

    pub(crate) fn doom(&self, goal: &str, fate: Fate) {
        self.fates.lock().unwrap().insert(goal.to_owned(), fate);
    }

    pub(crate) fn heal(&self) {
        self.fates.lock().unwrap().clear();
    }

    fn fate(&self, goal: &str) -> Option<Fate> {
        let mut fates = self.fates.lock().unwrap();
        let fate = fates.get_mut(goal)?;
        match fate {
            Fate::Transient(0) | Fate::Away(0) => return None,
            Fate::Transient(times) | Fate::Away(times) => *times -= 1,
            Fate::Poison | Fate::Panic => {}
        }
        Some(*fate)
    }
}

#[async_trait]
impl Handler for RowHandler {
    fn consumer(&self) -> &'static str {
        self.consumer
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[GoalChanged::SUBJECT]
    }

    fn replays(&self) -> bool {
        self.replays
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let goal = event.decode::<GoalChanged>()?.goal;
        let sql = "INSERT INTO effect (consumer, event_id, goal) VALUES ($1, $2, $3)";
        let values = [self.consumer.into(), event.id.as_str().into(), goal.as_str().into()];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        // After the row, so that a failure has something to take back.
        match self.fate(&goal) {
            None => Ok(()),
            Some(Fate::Poison) => Err(HandlerError::poison("the test calls it poison")),
            Some(Fate::Transient(_)) => Err(HandlerError::transient("the test lets it fail for now")),
            Some(Fate::Away(_)) => Err(arki_database::Error::Unavailable.into()),
            Some(Fate::Panic) => panic!("the test lets the handler panic"),
        }
    }
}
