//! Keys of source systems on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::identity_service_server::IdentityService;
use arki_rpc::Failure;

use super::convert::{id, required};
use super::methods::methods;
use super::people::shown;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::person::ExternalId;
use crate::service::Known;

methods! {
    IdentityService;
    add_external_id: AddExternalIdRequest -> AddExternalIdResponse = add;
    remove_external_id: RemoveExternalIdRequest -> RemoveExternalIdResponse = remove;
    list_external_ids: ListExternalIdsRequest -> ListExternalIdsResponse = list;
    look_up_person: LookUpPersonRequest -> LookUpPersonResponse = look_up;
}

async fn add(
    grpc: &Grpc,
    mut call: Call<pb::AddExternalIdRequest>,
) -> Result<pb::AddExternalIdResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let (person, pair) = (id("name", &call.body.name)?, pair(call.body.external_id)?);
    let known = grpc.directory.add_external_id(&asked, person, pair).await;
    let external_ids = render(known.map_err(|error| failure(error, ""))?);
    Ok(pb::AddExternalIdResponse { external_ids })
}

async fn remove(
    grpc: &Grpc,
    mut call: Call<pb::RemoveExternalIdRequest>,
) -> Result<pb::RemoveExternalIdResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let (person, pair) = (id("name", &call.body.name)?, pair(call.body.external_id)?);
    let known = grpc.directory.remove_external_id(&asked, person, pair).await;
    let external_ids = render(known.map_err(|error| failure(error, ""))?);
    Ok(pb::RemoveExternalIdResponse { external_ids })
}

async fn list(
    grpc: &Grpc,
    call: Call<pb::ListExternalIdsRequest>,
) -> Result<pb::ListExternalIdsResponse, Failure> {
    let known = grpc.directory.list_external_ids(&call.caller, id("name", &call.body.name)?).await;
    let external_ids = render(known.map_err(|error| failure(error, ""))?);
    Ok(pb::ListExternalIdsResponse { external_ids })
}

async fn look_up(
    grpc: &Grpc,
    call: Call<pb::LookUpPersonRequest>,
) -> Result<pb::LookUpPersonResponse, Failure> {
    let pb::LookUpPersonRequest { source, external_id } = call.body;
    let found = grpc.directory.look_up_person(&call.caller, ExternalId { source, external_id }).await;
    let found = found.map_err(|error| failure(error, ""))?;
    Ok(pb::LookUpPersonResponse { person: Some(shown(grpc, &call.caller, found).await?) })
}

fn pair(pair: Option<pb::ExternalId>) -> Result<ExternalId, Failure> {
    let pb::ExternalId { source, external_id, is_primary: _ } = required("external_id", pair)?;
    Ok(ExternalId { source, external_id })
}

fn render((primary, further): Known) -> Vec<pb::ExternalId> {
    let pair =
        |ExternalId { source, external_id }, is_primary| pb::ExternalId { source, external_id, is_primary };
    let further = further.into_iter().map(|further| pair(further, false));
    primary.into_iter().map(|primary| pair(primary, true)).chain(further).collect()
}
