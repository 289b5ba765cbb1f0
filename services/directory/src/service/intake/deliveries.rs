//! What was told, and trying it again.

use arki_database::page::{Page, PageRequest};
use arki_ids::{IntakeDeliveryId, IntakeEndpointId};
use arki_rpc::Caller;

use super::super::{Asked, Directory, Error};
use super::find;
use crate::domain::intake::Delivery;
use crate::storage::intake::deliveries::{self, Filter};
use crate::storage::intake::endpoints;

/// How many dead letters are tried again at once.
const RECOVERED: u64 = 10_000;

impl Directory {
    /// What was told, newest first.
    pub async fn list_intake_deliveries(
        &self,
        caller: &Caller,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        if let Some(endpoint) = filter.endpoint {
            let found = endpoints::find(reader, tenant, endpoint).await?;
            found.ok_or(Error::IntakeEndpointNotFound(endpoint))?;
        }
        Ok(deliveries::list(reader, tenant, filter, page).await?)
    }

    /// Tries a delivery again. One that is done stays so.
    pub async fn replay_intake_delivery(
        &self,
        asked: &Asked,
        delivery: IntakeDeliveryId,
    ) -> Result<Delivery, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "ReplayIntakeDelivery",
            asked,
            move |_: &Delivery| vec![delivery.name()],
            move |tx| {
                Box::pin(async move {
                    let found = deliveries::find(tx, tenant, delivery).await?;
                    let replayed = found.ok_or(Error::IntakeDeliveryNotFound(delivery))?.replayed(now);
                    deliveries::update(tx, tenant, std::slice::from_ref(&replayed)).await?;
                    Ok(replayed)
                })
            },
        )
        .await
    }

    /// Tries the dead letters of an endpoint again, and tells how many.
    pub async fn recover_intake_deliveries(
        &self,
        asked: &Asked,
        endpoint: IntakeEndpointId,
    ) -> Result<u64, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "RecoverIntakeDeliveries",
            asked,
            move |_: &u64| vec![endpoint.name()],
            move |tx| {
                Box::pin(async move {
                    find(tx, tenant, endpoint).await?;
                    let dead = deliveries::dead(tx, tenant, endpoint, RECOVERED).await?;
                    let again: Vec<_> = dead.into_iter().map(|delivery| delivery.replayed(now)).collect();
                    deliveries::update(tx, tenant, &again).await?;
                    Ok(again.len() as u64)
                })
            },
        )
        .await
    }
}
