//! What is held of a person, for the edge.

use arki_database::Store;
use arki_ids::PersonId;
use arki_proto::scorecard::v1 as pb;
use arki_proto::scorecard::v1::privacy_service_server::PrivacyService;
use arki_rpc::{Failure, admit};
use tonic::{Request, Response, Status};

use crate::storage::privacy;

/// The handlers of `arki.scorecard.v1.PrivacyService`.
pub(crate) struct PrivacyGrpc {
    store: Store,
}

impl PrivacyGrpc {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

#[tonic::async_trait]
impl PrivacyService for PrivacyGrpc {
    async fn export_person(
        &self,
        request: Request<pb::ExportPersonRequest>,
    ) -> Result<Response<pb::ExportPersonResponse>, Status> {
        let (caller, request) = admit(request)?;
        let people: Result<Vec<PersonId>, _> =
            request.people.iter().map(|name| PersonId::from_name(name)).collect();
        let people = people.map_err(|error| Failure::invalid_field("people", error.to_string()))?;
        let held = privacy::held(&self.store, caller.tenant, &people).await.map_err(Failure::away)?;
        Ok(Response::new(pb::ExportPersonResponse { part: Some(held) }))
    }
}
