//! What the work inside a running write tells the write around it.
//!
//! The closure of a write answers with the caller's own error type, which this crate can't look into, and sees
//! only sea-orm's transaction. Two facts must still reach [`crate::Store::write`]: that a statement lost against
//! a concurrent transaction (so that the whole closure is run again), and that something was left for others
//! to pick up after the commit. They travel beside the closure, in the task.

use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    static SCOPE: Scope;
}

#[derive(Default)]
struct Scope {
    lost: Cell<bool>,
    announced: Cell<bool>,
}

/// What was told while the work ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) lost: bool,
    pub(crate) announced: bool,
}

pub(crate) async fn within<T>(work: impl Future<Output = T>) -> (T, Told) {
    SCOPE
        .scope(Scope::default(), async {
            let output = work.await;
            let told = SCOPE.with(|scope| Told { lost: scope.lost.get(), announced: scope.announced.get() });
            (output, told)
        })
        .await
}

/// A statement of the running write met a serialization failure or a deadlock.
pub(crate) fn lost() {
    // Outside of a write (a read, a migration) there is nobody to tell: the caller has the error itself.
    let _ = SCOPE.try_with(|scope| scope.lost.set(true));
}

/// The running write leaves something that others wait for, such as a row in the outbox: once it is committed,
/// whoever waits on [`crate::Store::announcements`] is woken. Outside of a write this does nothing.
pub fn announce() {
    let _ = SCOPE.try_with(|scope| scope.announced.set(true));
}
