//! `arki key`: creating, listing and revoking keys.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use arki_proto::directory::v1 as pb;

use crate::remote::Server;

/// Creates a key and returns its secret.
///
/// # Errors
/// When a scope is unknown or the call is refused.
pub async fn create(server: &Server, display_name: &str, scopes: &[String]) -> Result<(pb::ApiKey, String)> {
    let api_key =
        pb::ApiKey { display_name: display_name.to_owned(), scopes: scopes.to_vec(), ..Default::default() };
    let request = pb::CreateApiKeyRequest { api_key: Some(api_key), request_id: String::new() };
    let reply = server.directory().create_api_key(request).await?.into_inner();
    Ok((reply.api_key.context("no key in the reply")?, reply.secret))
}

/// Lists the keys, a line each.
///
/// # Errors
/// When the call is refused.
pub async fn list(server: &Server) -> Result<String> {
    let mut directory = server.directory();
    let mut text = String::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListApiKeysRequest { page_size: 1000, page_token };
        let page = directory.list_api_keys(request).await?.into_inner();
        for key in page.api_keys {
            let state = if key.revoke_time.is_some() { "revoked" } else { "works" };
            let _ = writeln!(
                text,
                "{}  {state:<7}  {}…  {}  {}",
                key.name,
                key.prefix,
                key.scopes.join(","),
                key.display_name
            );
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(text);
        }
    }
}

/// Ends a key.
///
/// # Errors
/// When there is no such key or the call is refused.
pub async fn revoke(server: &Server, name: &str) -> Result<()> {
    let request = pb::RevokeApiKeyRequest { name: name.to_owned(), request_id: String::new() };
    server.directory().revoke_api_key(request).await?;
    Ok(())
}
