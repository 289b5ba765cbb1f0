//! Taking what is told: proven on the bytes as they came, and on disk before it is acknowledged.

use std::sync::Arc;

use arki_ids::{IntakeDeliveryId, IntakeEndpointId};

use super::super::{Directory, Error};
use super::open;
use crate::domain::intake::{self, Delivery, Request, proof};
use crate::storage::intake::{deliveries, endpoints};

/// What was taken, and what to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many deliveries are new.
    pub accepted: u64,
    /// Type and body of the answer, where the system waits for one.
    pub answer: Option<(&'static str, &'static str)>,
}

impl Directory {
    /// Takes a request that came to an address of intake. An endpoint that is not there, one that is disabled and a proof
    /// that is not good are refused alike.
    pub async fn receive_intake(&self, endpoint: &str, request: Request) -> Result<Received, Error> {
        let now = self.now();
        let id: IntakeEndpointId = endpoint.parse().map_err(|_| Error::IntakeRefused)?;
        let found = endpoints::find_anywhere(self.store.reader(), id).await?;
        let (tenant, endpoint, sealed) = found.ok_or(Error::IntakeRefused)?;
        let secrets = open(&self.sealer, tenant, id, &sealed)?;
        let is_proven = proof::is_proven(endpoint.provider, secrets.live(now), &request, now);
        if !is_proven || endpoint.terms.is_disabled {
            return Err(Error::IntakeRefused);
        }
        let heard = intake::read(&endpoint, &request, now)?;
        if !endpoint.is_of(&heard.organisations) {
            return Err(Error::IntakeRefused);
        }
        let answer = intake::answer(endpoint.provider);
        let told: Vec<_> = heard
            .events
            .into_iter()
            .map(|event| Delivery::new(IntakeDeliveryId::generate(), id, event, now))
            .collect();
        if told.is_empty() {
            return Ok(Received { accepted: 0, answer });
        }
        let told = Arc::new(told);
        let kept: Result<u64, Error> = self
            .store
            .claim("ReceiveIntake", move |tx| {
                let told = Arc::clone(&told);
                Box::pin(async move { Ok(deliveries::insert(tx, tenant, &told).await?) })
            })
            .await;
        match kept {
            Ok(accepted) => Ok(Received { accepted, answer }),
            // The endpoint was removed in the meantime.
            Err(Error::Database(arki_database::Error::ForeignKey)) => Err(Error::IntakeRefused),
            Err(error) => Err(error),
        }
    }
}
