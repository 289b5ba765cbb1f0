//! What is held of people, on the wire. The edge adds what the other services hold.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::export_service_server::ExportService;
use arki_rpc::Failure;
use arki_rpc::time::timestamp;

use super::convert::id;
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::erasure::FIRST;
use crate::service::Held;

methods! {
    ExportService;
    export_person: ExportPersonRequest -> ExportPersonResponse = export;
}

/// The form of the document; another form gets another name.
const SCHEMA: &str = "arki.person.v1";

async fn export(
    grpc: &Grpc,
    call: Call<pb::ExportPersonRequest>,
) -> Result<pb::ExportPersonResponse, Failure> {
    let held = grpc.directory.export_person(&call.caller, id("name", &call.body.name)?).await;
    let Held { person, merged, sections } = held.map_err(|error| failure(error, ""))?;
    Ok(pb::ExportPersonResponse {
        person_export: Some(pb::PersonExport {
            schema: SCHEMA.to_owned(),
            person: person.name(),
            merged: merged.iter().map(|merged| merged.name()).collect(),
            create_time: Some(timestamp(grpc.directory.gathers_at())),
            parts: vec![arki_privacy::part(FIRST, sections, Vec::new())],
            checksum: String::new(),
        }),
    })
}
