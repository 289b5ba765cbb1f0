//! Hearing that employees have left or are away: what they were not quick enough to answer is not asked of them any more.

use arki_database::Tx;
use arki_events::{Envelope, Handler, HandlerError, Payload as _};
use arki_ids::PersonId;
use arki_proto::event::v1::PersonChanged;
use async_trait::async_trait;

use crate::storage::invitations;

/// Cancels invitations of those who do not work any more. Answers that were given stay, and so do the counts of the wave.
pub struct Leavers;

#[async_trait]
impl Handler for Leavers {
    fn consumer(&self) -> &'static str {
        "survey.leavers"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[PersonChanged::SUBJECT]
    }

    /// What is cancelled already stays so.
    fn replays(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let PersonChanged { person, kind, active, .. } = event.decode()?;
        if kind != "leaver" && (kind != "employee" || active) {
            return Ok(());
        }
        let person = PersonId::from_name(&person).map_err(|error| HandlerError::poison(error.to_string()))?;
        Ok(invitations::cancel(tx, event.tenant, person).await?)
    }
}
