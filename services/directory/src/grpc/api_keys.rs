//! Keys on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input, time::timestamp};

use super::convert::{id, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::ApiKey;
use crate::domain::api_key::Draft;

const FIELD: &str = "api_key";

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateApiKeyRequest>,
) -> Result<pb::CreateApiKeyResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::ApiKey {
        name: _,
        display_name,
        scopes,
        expire_time,
        create_time: _,
        last_use_time: _,
        revoke_time: _,
        prefix: _,
    } = required(FIELD, call.body.api_key)?;
    let mut input = Input::default();
    let expire_time = input.optional_time("api_key.expire_time", expire_time);
    input.done()?;
    let draft = Draft { display_name, scopes, expire_time };
    let (key, secret) =
        grpc.directory.create_api_key(&asked, draft).await.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateApiKeyResponse {
        api_key: Some(render(key)),
        secret: secret.map(|secret| secret.reveal().to_owned()).unwrap_or_default(),
    })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListApiKeysRequest>,
) -> Result<pb::ListApiKeysResponse, Failure> {
    let paging = grpc.paging("apiKeys", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page =
        grpc.directory.list_api_keys(&call.caller, &paging.page).await.map_err(|error| failure(error, ""))?;
    Ok(pb::ListApiKeysResponse {
        api_keys: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn revoke(
    grpc: &Grpc,
    mut call: Call<pb::RevokeApiKeyRequest>,
) -> Result<pb::RevokeApiKeyResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let key = id("name", &call.body.name)?;
    let key = grpc.directory.revoke_api_key(&asked, key).await.map_err(|error| failure(error, ""))?;
    Ok(pb::RevokeApiKeyResponse { api_key: Some(render(key)) })
}

pub(super) async fn authenticate(
    grpc: &Grpc,
    call: Call<pb::AuthenticateApiKeyRequest>,
) -> Result<pb::AuthenticateApiKeyResponse, Failure> {
    let found = grpc.directory.authenticate_api_key(&call.body.key_hash).await;
    let (tenant, key) = found.map_err(|error| failure(error, ""))?;
    Ok(pb::AuthenticateApiKeyResponse { tenant: tenant.name(), api_key: key.id.name(), scopes: key.scopes })
}

fn render(key: ApiKey) -> pb::ApiKey {
    let ApiKey { id, display_name, scopes, expire_time, create_time, last_use_time, revoke_time, prefix } =
        key;
    pb::ApiKey {
        name: id.name(),
        display_name,
        scopes,
        expire_time: expire_time.map(timestamp),
        create_time: Some(timestamp(create_time)),
        last_use_time: last_use_time.map(timestamp),
        revoke_time: revoke_time.map(timestamp),
        prefix,
    }
}
