//! Waiting for what must come.

use std::time::Duration;

use tokio::time::Instant;

/// How long a test waits for something that must come. It is long, because a machine may be slow, and costs
/// nothing where the thing comes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until something holds, and fails with `what` where it doesn't in good time.
///
/// # Panics
/// When it does not hold in good time.
pub async fn eventually<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
