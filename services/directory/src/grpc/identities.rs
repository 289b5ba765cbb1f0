//! Keys of source systems on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::identity_service_server::IdentityService;
use arki_rpc::{Failure, Input};

use super::convert::{id, required};
use super::methods::methods;
use super::people::shown;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::duplicate::Likeness;
use crate::domain::person::ExternalId;
use crate::service::{Candidate, Known, MergedPeople};

methods! {
    IdentityService;
    add_external_id: AddExternalIdRequest -> AddExternalIdResponse = add;
    remove_external_id: RemoveExternalIdRequest -> RemoveExternalIdResponse = remove;
    list_external_ids: ListExternalIdsRequest -> ListExternalIdsResponse = list;
    look_up_person: LookUpPersonRequest -> LookUpPersonResponse = look_up;
    merge_people: MergePeopleRequest -> MergePeopleResponse = merge;
    list_duplicate_candidates:
        ListDuplicateCandidatesRequest -> ListDuplicateCandidatesResponse = duplicates;
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

async fn merge(
    grpc: &Grpc,
    mut call: Call<pb::MergePeopleRequest>,
) -> Result<pb::MergePeopleResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::MergePeopleRequest { survivor, duplicates, dry_run, etag, request_id: _ } = call.body;
    let mut input = Input::default();
    let duplicates = duplicates
        .iter()
        .enumerate()
        .filter_map(|(index, name)| input.id(&format!("duplicates[{index}]"), name))
        .collect();
    input.done()?;
    let merged =
        grpc.directory.merge_people(&asked, id("survivor", &survivor)?, duplicates, dry_run, etag).await;
    let MergedPeople { survivor, merged, external_ids, reports, units, outcomes } =
        merged.map_err(|error| failure(error, ""))?;
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    Ok(pb::MergePeopleResponse {
        person: Some(shown(grpc, &asked.caller, survivor).await?),
        merged: merged.into_iter().map(|person| person.name()).collect(),
        external_ids_moved: number(external_ids),
        reports_moved: number(reports),
        units_moved: number(units),
        outcomes_moved: i64::try_from(outcomes).unwrap_or(i64::MAX),
    })
}

async fn duplicates(
    grpc: &Grpc,
    mut call: Call<pb::ListDuplicateCandidatesRequest>,
) -> Result<pb::ListDuplicateCandidatesResponse, Failure> {
    let paging = grpc.paging("duplicates", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let found = grpc.directory.list_duplicate_candidates(&call.caller, &paging.page).await;
    let (page, day) = found.map_err(|error| failure(error, ""))?;
    let mut candidates = Vec::with_capacity(page.items.len());
    for Candidate { one, other, likeness } in page.items {
        candidates.push(pb::DuplicateCandidate {
            person: Some(shown(grpc, &call.caller, (one, day)).await?),
            other: Some(shown(grpc, &call.caller, (other, day)).await?),
            likeness: likeness.into_iter().map(|likeness| write_likeness(likeness).into()).collect(),
        });
    }
    Ok(pb::ListDuplicateCandidatesResponse { candidates, next_page_token: grpc.next(page.next, &paging) })
}

fn write_likeness(likeness: Likeness) -> pb::Likeness {
    match likeness {
        Likeness::Email => pb::Likeness::Email,
        Likeness::ExternalId => pb::Likeness::ExternalId,
        Likeness::Name => pb::Likeness::Name,
    }
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
