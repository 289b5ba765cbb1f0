//! What is held of a person by all services, gathered at the edge: the directory is asked by all others and asks nobody.
//!
//! It stands in the place of one RPC of the directory, so that REST, gRPC, limits and the audit log know no difference.

use std::task::{Context, Poll};

use arki_ids::TenantId;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::export_service_client::ExportServiceClient;
use arki_proto::directory::v1::export_service_server::{ExportService, ExportServiceServer};
use arki_proto::r#type::v1::PersonalPart;
use arki_rpc::{Caller, Failure, Peer, Unreachable, client};
use futures::future::BoxFuture;
use http::{Request, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tonic::Status;
use tonic::body::Body;
use tower::{Service, ServiceExt};

use crate::wiring::Peers;

/// The RPC that is gathered.
const PATH: &str = "/arki.directory.v1.ExportService/ExportPerson";

/// The largest part that is taken, in bytes.
const LARGEST: usize = 64 << 20;

/// The peers, of which the directory answers for all where a person is exported.
pub(crate) fn gathered(peers: Peers) -> Peers {
    let server = ExportServiceServer::new(Gather { peers: peers.clone() });
    let directory = Peer::new(Directory { directory: peers.directory.clone(), server });
    Peers { directory, ..peers }
}

/// The directory, but for one RPC.
#[derive(Clone)]
struct Directory {
    directory: Peer,
    server: ExportServiceServer<Gather>,
}

impl Service<Request<Body>> for Directory {
    type Response = Response<Body>;
    type Error = Unreachable;
    type Future = BoxFuture<'static, Result<Response<Body>, Unreachable>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unreachable>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { directory, server } = self.clone();
        Box::pin(async move {
            if request.uri().path() == PATH {
                return server.oneshot(request).await.map_err(|never| match never {});
            }
            directory.oneshot(request).await
        })
    }
}

/// Asks every service.
#[derive(Clone)]
struct Gather {
    peers: Peers,
}

/// Asks one of the services that hold a part.
macro_rules! part_of {
    ($peer:expr, $package:ident, $tenant:expr, $people:expr) => {{
        use arki_proto::$package::v1 as pb;
        let request = pb::ExportPersonRequest { people: $people };
        let mut service = pb::privacy_service_client::PrivacyServiceClient::new($peer.clone())
            .max_decoding_message_size(LARGEST);
        let answer = service.export_person(inside(request, $tenant)).await.map_err(Failure::away)?;
        answer.into_inner().part.unwrap_or_default()
    }};
}

#[tonic::async_trait]
impl ExportService for Gather {
    async fn export_person(
        &self,
        request: tonic::Request<pb::ExportPersonRequest>,
    ) -> Result<tonic::Response<pb::ExportPersonResponse>, Status> {
        let caller = request.extensions().get::<Caller>().cloned();
        let mut directory =
            ExportServiceClient::new(self.peers.directory.clone()).max_decoding_message_size(LARGEST);
        // Whether the caller may ask, and whom they may ask about, is the directory's to say.
        let mut answer = directory.export_person(request).await?;
        let (Some(caller), Some(export)) = (caller, answer.get_mut().person_export.as_mut()) else {
            return Ok(answer);
        };
        let people: Vec<String> = std::iter::once(&export.person).chain(&export.merged).cloned().collect();
        let tenant = caller.tenant;
        let Peers { directory: _, survey, scorecard, goal, communication } = &self.peers;
        export.parts.push(part_of!(survey, survey, tenant, people.clone()));
        export.parts.push(part_of!(scorecard, scorecard, tenant, people.clone()));
        export.parts.push(part_of!(goal, goal, tenant, people.clone()));
        export.parts.push(part_of!(communication, communication, tenant, people));
        export.checksum = checksum(&export.parts);
        Ok(answer)
    }
}

/// A request of the edge itself.
fn inside<T>(request: T, tenant: TenantId) -> tonic::Request<T> {
    client::with_caller(tonic::Request::new(request), &Caller::service("gateway", tenant))
}

/// The SHA-256 of `[[service, kind, values], …]` in the order of the document, as JSON without spaces, with the keys of
/// values in the order of their code points.
fn checksum(parts: &[PersonalPart]) -> String {
    let mut held: Vec<Value> = Vec::new();
    for part in parts {
        for section in &part.sections {
            held.extend(section.rows.iter().map(|row| json!([part.service, section.kind, row.values])));
        }
    }
    Sha256::digest(Value::from(held).to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use arki_proto::r#type::v1::{PersonalRow, PersonalSection};

    use super::*;

    #[test]
    fn the_checksum_is_of_what_is_held_and_of_nothing_else() {
        let row = |name: &str| PersonalRow {
            values: [("name", name), ("id", "per_1")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        };
        let part = |name: &str| {
            vec![PersonalPart {
                service: "directory".to_owned(),
                sections: vec![PersonalSection { kind: "person".to_owned(), rows: vec![row(name)] }],
                limits: Vec::new(),
            }]
        };
        let text = r#"[["directory","person",{"id":"per_1","name":"Äimä"}]]"#;
        let expected: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(checksum(&part("Äimä")), expected);
        assert_ne!(checksum(&part("Aino")), expected);
    }
}
