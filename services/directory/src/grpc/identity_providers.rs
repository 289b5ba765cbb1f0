//! Identity providers on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, time::timestamp};

use super::convert::{Mask, id, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::identity_provider::Details;
use crate::domain::{IdentityProvider, etag};

const FIELD: &str = "identity_provider";

/// What an update may change.
const CHANGEABLE: [&str; 10] = [
    "display_name",
    "issuer",
    "audiences",
    "jwks_uri",
    "algorithms",
    "subject_claim",
    "email_claim",
    "groups_claim",
    "tenant_claim",
    "tenant_value",
];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateIdentityProviderRequest>,
) -> Result<pb::CreateIdentityProviderResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let details = details(required(FIELD, call.body.identity_provider)?);
    let made = grpc.directory.create_identity_provider(&asked, details).await;
    let provider = made.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateIdentityProviderResponse { identity_provider: Some(render(provider)) })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetIdentityProviderRequest>,
) -> Result<pb::GetIdentityProviderResponse, Failure> {
    let found = grpc.directory.get_identity_provider(&call.caller, id("name", &call.body.name)?).await;
    let provider = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetIdentityProviderResponse { identity_provider: Some(render(provider)) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListIdentityProvidersRequest>,
) -> Result<pb::ListIdentityProvidersResponse, Failure> {
    let paging = grpc.paging("identityProviders", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_identity_providers(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListIdentityProvidersResponse {
        identity_providers: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateIdentityProviderRequest>,
) -> Result<pb::UpdateIdentityProviderResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let given = required(FIELD, call.body.identity_provider)?;
    let (provider, etag) = (id("identity_provider.name", &given.name)?, given.etag.clone());
    let new = details(given);
    let changes: Vec<&'static str> = CHANGEABLE.into_iter().filter(|field| mask.has(field)).collect();
    let change = move |old: Details| merged(old, &new, &changes);
    let changed = grpc.directory.update_identity_provider(&asked, provider, change, etag).await;
    let provider = changed.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateIdentityProviderResponse { identity_provider: Some(render(provider)) })
}

pub(super) async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteIdentityProviderRequest>,
) -> Result<pb::DeleteIdentityProviderResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let deleted = grpc.directory.delete_identity_provider(&asked, id("name", &call.body.name)?).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteIdentityProviderResponse {})
}

pub(super) async fn find(
    grpc: &Grpc,
    call: Call<pb::FindIdentityProvidersRequest>,
) -> Result<pb::FindIdentityProvidersResponse, Failure> {
    let found = grpc.directory.find_identity_providers(&call.body.issuer).await;
    let found = found.map_err(|error| failure(error, ""))?;
    let providers = found.into_iter().map(|(tenant, provider)| pb::TenantIdentityProvider {
        tenant: tenant.name(),
        identity_provider: Some(render(provider)),
    });
    Ok(pb::FindIdentityProvidersResponse { providers: providers.collect() })
}

fn details(provider: pb::IdentityProvider) -> Details {
    let pb::IdentityProvider {
        name: _,
        display_name,
        issuer,
        audiences,
        jwks_uri,
        algorithms,
        subject_claim,
        email_claim,
        groups_claim,
        tenant_claim,
        tenant_value,
        create_time: _,
        update_time: _,
        etag: _,
    } = provider;
    Details {
        display_name,
        issuer,
        audiences,
        jwks_uri,
        algorithms,
        subject_claim,
        email_claim,
        groups_claim,
        tenant_claim,
        tenant_value,
    }
}

fn merged(mut details: Details, new: &Details, changes: &[&str]) -> Details {
    for field in changes {
        match *field {
            "display_name" => details.display_name.clone_from(&new.display_name),
            "issuer" => details.issuer.clone_from(&new.issuer),
            "audiences" => details.audiences.clone_from(&new.audiences),
            "jwks_uri" => details.jwks_uri.clone_from(&new.jwks_uri),
            "algorithms" => details.algorithms.clone_from(&new.algorithms),
            "subject_claim" => details.subject_claim.clone_from(&new.subject_claim),
            "email_claim" => details.email_claim.clone_from(&new.email_claim),
            "groups_claim" => details.groups_claim.clone_from(&new.groups_claim),
            "tenant_claim" => details.tenant_claim.clone_from(&new.tenant_claim),
            "tenant_value" => details.tenant_value.clone_from(&new.tenant_value),
            _ => {}
        }
    }
    details
}

fn render(provider: IdentityProvider) -> pb::IdentityProvider {
    let IdentityProvider { id, details, revision, create_time, update_time } = provider;
    let Details {
        display_name,
        issuer,
        audiences,
        jwks_uri,
        algorithms,
        subject_claim,
        email_claim,
        groups_claim,
        tenant_claim,
        tenant_value,
    } = details;
    pb::IdentityProvider {
        name: id.name(),
        display_name,
        issuer,
        audiences,
        jwks_uri,
        algorithms,
        subject_claim,
        email_claim,
        groups_claim,
        tenant_claim,
        tenant_value,
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}
