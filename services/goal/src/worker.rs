//! What runs beside the calls: the consumers of events. The relay of the own events comes from `arki-events`, the sweeper
//! of request ids from `arki-database`.

use arki_database::{Error, Tx};
use arki_events::{Envelope, Handler, HandlerError, Payload};
use arki_ids::{PersonId, TenantId};
use arki_privacy::{Forgets, Forgotten};
use arki_proto::event::v1::PersonMerged;
use async_trait::async_trait;

use crate::storage::{merges, privacy};

/// Gives what somebody had to the one who they turned out to be: goals owned, visions sponsored, commitments. Where both
/// had met a goal, what was said last stands, so that nobody counts twice.
pub(crate) struct Merges;

#[async_trait]
impl Handler for Merges {
    fn consumer(&self) -> &'static str {
        "goal.merges"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[PersonMerged::SUBJECT]
    }

    /// The second time there is nothing left of the duplicate.
    fn replays(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let PersonMerged { survivor, duplicate, revision: _ } = event.decode()?;
        let read =
            |name: &str| PersonId::from_name(name).map_err(|error| HandlerError::poison(error.to_string()));
        merges::follow(tx, event.tenant, read(&duplicate)?, read(&survivor)?, event.time).await?;
        Ok(())
    }
}

/// Forgets people: their commitments go, and goals and visions stay without them.
pub(crate) struct Forgetting;

#[async_trait]
impl Forgets for Forgetting {
    fn service(&self) -> &'static str {
        "goal"
    }

    fn consumer(&self) -> &'static str {
        "goal.erasures"
    }

    async fn forget(&self, tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<Forgotten, Error> {
        let rows = arki_privacy::erase(tx, tenant, people, privacy::ROOMS).await?;
        Ok(Forgotten { rows, limits: Vec::new() })
    }
}
