//! Who serves whom, on the wire.

use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::serves_service_server::ServesService;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::{Failure, Input, time::timestamp};

use super::convert::{Mask, id, required};
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::etag;
use crate::domain::serves::{Edge, LONGEST_WORDS, Party, Step};

methods! {
    ServesService;
    create_serves_edge: CreateServesEdgeRequest -> CreateServesEdgeResponse = create;
    get_serves_edge: GetServesEdgeRequest -> GetServesEdgeResponse = get;
    list_serves_edges: ListServesEdgesRequest -> ListServesEdgesResponse = list;
    update_serves_edge: UpdateServesEdgeRequest -> UpdateServesEdgeResponse = update;
    delete_serves_edge: DeleteServesEdgeRequest -> DeleteServesEdgeResponse = delete;
    get_path_to_customer: GetPathToCustomerRequest -> GetPathToCustomerResponse = path;
    list_roles_without_path: ListRolesWithoutPathRequest -> ListRolesWithoutPathResponse = without_path;
}

const FIELD: &str = "serves_edge";

async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateServesEdgeRequest>,
) -> Result<pb::CreateServesEdgeResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::ServesEdge { name: _, from, to, words, create_time: _, update_time: _, etag: _ } =
        required(FIELD, call.body.serves_edge)?;
    let (from, to) = (party("serves_edge.from", &from)?, party("serves_edge.to", &to)?);
    let words = read_words(words)?;
    let edge = grpc.directory.create_serves_edge(&asked, from, to, words).await;
    let edge = edge.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateServesEdgeResponse { serves_edge: Some(render(edge)) })
}

async fn get(
    grpc: &Grpc,
    call: Call<pb::GetServesEdgeRequest>,
) -> Result<pb::GetServesEdgeResponse, Failure> {
    let edge = grpc.directory.get_serves_edge(&call.caller, id("name", &call.body.name)?).await;
    let edge = edge.map_err(|error| failure(error, ""))?;
    Ok(pb::GetServesEdgeResponse { serves_edge: Some(render(edge)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListServesEdgesRequest>,
) -> Result<pb::ListServesEdgesResponse, Failure> {
    let paging = grpc.paging("servesEdges", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_serves_edges(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListServesEdgesResponse {
        serves_edges: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateServesEdgeRequest>,
) -> Result<pb::UpdateServesEdgeResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &["words"])?;
    let edge = required(FIELD, call.body.serves_edge)?;
    let words = mask.pick("words", || read_words(edge.words)).transpose()?;
    let changed = grpc
        .directory
        .update_serves_edge(&asked, id("serves_edge.name", &edge.name)?, words, edge.etag)
        .await;
    let changed = changed.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateServesEdgeResponse { serves_edge: Some(render(changed)) })
}

async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteServesEdgeRequest>,
) -> Result<pb::DeleteServesEdgeResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let edge = id("name", &call.body.name)?;
    let deleted = grpc.directory.delete_serves_edge(&asked, edge, call.body.etag).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteServesEdgeResponse {})
}

async fn path(
    grpc: &Grpc,
    call: Call<pb::GetPathToCustomerRequest>,
) -> Result<pb::GetPathToCustomerResponse, Failure> {
    let path = grpc.directory.get_path_to_customer(&call.caller, party("from", &call.body.from)?).await;
    let path = path.map_err(|error| failure(error, ""))?;
    let step = |Step { from, to, words }| pb::ServesStep {
        from: from.to_string(),
        to: to.to_string(),
        is_membership: words.is_none(),
        words: words.map(|by_language| LocalizedText { by_language }),
    };
    Ok(pb::GetPathToCustomerResponse { steps: path.into_iter().flatten().map(step).collect() })
}

async fn without_path(
    grpc: &Grpc,
    mut call: Call<pb::ListRolesWithoutPathRequest>,
) -> Result<pb::ListRolesWithoutPathResponse, Failure> {
    let paging = grpc.paging("rolesWithoutPath", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_roles_without_path(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListRolesWithoutPathResponse {
        roles: page.items.into_iter().map(|role| role.name()).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn party(field: &str, name: &str) -> Result<Party, Failure> {
    name.parse()
        .map_err(|error: crate::domain::serves::Unnamed| Failure::invalid_field(field, error.to_string()))
}

fn read_words(words: Option<LocalizedText>) -> Result<BTreeMap<String, String>, Failure> {
    let mut input = Input::default();
    let words = input.texts("serves_edge.words", words, LONGEST_WORDS);
    input.done()?;
    Ok(words)
}

fn render(edge: Edge) -> pb::ServesEdge {
    let Edge { id, from, to, words, revision, create_time, update_time } = edge;
    pb::ServesEdge {
        name: id.name(),
        from: from.to_string(),
        to: to.to_string(),
        words: Some(LocalizedText { by_language: words }),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}
