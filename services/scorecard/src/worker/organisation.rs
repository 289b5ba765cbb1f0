use std::sync::Arc;

use arki_database::Tx;
use arki_events::{Envelope, Handler, HandlerError, Payload};
use arki_ids::UnitId;
use arki_process::Clock;
use arki_proto::event::v1 as event;
use async_trait::async_trait;

use super::{day, id_or_none, poison, release};
use crate::domain::tree::UnitVersion;
use crate::storage::{organisation, waves};

/// Keeps the units through time as the directory tells of them.
pub(crate) struct Organisation {
    clock: Arc<dyn Clock>,
}

impl Organisation {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl Handler for Organisation {
    fn consumer(&self) -> &'static str {
        "scorecard.organisation"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[event::UnitChanged::SUBJECT]
    }

    /// Each message holds the whole history of its unit, so that it may come again.
    fn replays(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let event::UnitChanged { unit, revision, versions } = event.decode()?;
        let unit = UnitId::from_name(&unit).map_err(poison)?;
        let held = organisation::find_revision(tx, event.tenant, unit).await?;
        if held.is_some_and(|held| held >= revision) {
            return Ok(());
        }
        let versions =
            versions.into_iter().map(|version| read(unit, version)).collect::<Result<Vec<_>, _>>()?;
        organisation::replace(tx, event.tenant, unit, revision, &versions).await?;
        // A wave may have ended before this unit was heard of.
        for wave in waves::list_closed(tx, event.tenant).await? {
            release::release_if_known(tx, event.tenant, wave, self.clock.now()).await?;
        }
        Ok(())
    }
}

fn read(unit: UnitId, version: event::UnitVersion) -> Result<UnitVersion, HandlerError> {
    let event::UnitVersion { parent, display_name, leader: _, valid_from, valid_to } = version;
    Ok(UnitVersion {
        unit,
        parent: id_or_none(&parent)?,
        name: display_name,
        valid_from: day(valid_from, "valid_from")?,
        valid_to: valid_to.map(|date| day(Some(date), "valid_to")).transpose()?,
    })
}
