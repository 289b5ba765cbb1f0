//! Keys that let programs and people in.

use arki_database::page::{Page, PageRequest};
use arki_ids::{ApiKeyId, TenantId};
use arki_rpc::Caller;
use rand::TryRngCore;
use rand::rngs::OsRng;

use super::{Asked, Directory, Error};
use crate::domain::api_key::{Draft, Secret};
use crate::domain::{ApiKey, Refused, scope};
use crate::storage::api_keys;

impl Directory {
    /// Makes a key that holds no more than its maker. The secret is none where the request was answered before.
    pub async fn create_api_key(
        &self,
        asked: &Asked,
        draft: Draft,
    ) -> Result<(ApiKey, Option<Secret>), Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        if let Some(unknown) = scope::find_unknown(&draft.scopes) {
            return Err(Error::ScopeUnknown(unknown.to_owned()));
        }
        if let Some(missing) = draft.scopes.iter().find(|scope| !asked.caller.allows(scope)) {
            return Err(Error::ScopeNotHeld(missing.clone()));
        }
        if draft.expire_time.is_some_and(|end| end <= now) {
            return Err(Refused::new("expire_time", "must be in the future").into());
        }
        let secret = new_secret();
        let key = ApiKey::create(ApiKeyId::generate(), draft, &secret, now);
        let (id, hash) = (key.id, secret.hash());
        // The first answer is stored for retries, so the secret must not be part of it.
        let key = self
            .write_recorded(
                "CreateApiKey",
                asked,
                |key: &ApiKey| vec![key.id.name()],
                move |tx| {
                    let key = key.clone();
                    Box::pin(async move {
                        api_keys::insert(tx, tenant, &key, &hash).await?;
                        Ok(key)
                    })
                },
            )
            .await?;
        let is_new = key.id == id;
        Ok((key, is_new.then_some(secret)))
    }

    /// Keys, oldest first.
    pub async fn list_api_keys(&self, caller: &Caller, page: &PageRequest) -> Result<Page<ApiKey>, Error> {
        Ok(api_keys::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Ends a key now. A key that has ended stays as it is, and the key that makes the call stays too: nobody locks
    /// themselves out.
    pub async fn revoke_api_key(&self, asked: &Asked, key: ApiKeyId) -> Result<ApiKey, Error> {
        if asked.caller.subject == key.name() {
            return Err(Error::ApiKeyInUse(key));
        }
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "RevokeApiKey",
            asked,
            |key: &ApiKey| vec![key.id.name()],
            move |tx| {
                Box::pin(async move {
                    let stored = api_keys::find(tx, tenant, key).await?.ok_or(Error::ApiKeyNotFound(key))?;
                    let revoked = stored.clone().revoked(now);
                    if revoked != stored {
                        api_keys::update_revoke_time(tx, tenant, key, revoked.revoke_time).await?;
                    }
                    Ok(revoked)
                })
            },
        )
        .await
    }

    /// Whose key has this hash.
    pub async fn authenticate_api_key(&self, hash: &[u8]) -> Result<(TenantId, ApiKey), Error> {
        let now = self.now();
        let found = api_keys::find_by_hash(self.store.reader(), hash).await?;
        let (tenant, key) = found.filter(|(_, key)| key.is_good(now)).ok_or(Error::ApiKeyUnknown)?;
        if key.is_use_news(now) {
            let id = key.id;
            let noted = self
                .store
                .write("NoteApiKeyUse", move |tx| {
                    Box::pin(async move { api_keys::update_last_use_time(tx, tenant, id, now).await })
                })
                .await;
            if let Err(error) = noted {
                // When a key was last used is worth knowing, but not worth shutting its owner out.
                tracing::debug!(%error, "could not note the use of a key");
            }
        }
        Ok((tenant, key))
    }
}

/// A secret that nobody can guess.
pub(crate) fn new_secret() -> Secret {
    let mut bytes = [0; 32];
    // The system's generator fails only where there is no system to run on, and then no key may be made.
    #[expect(clippy::expect_used, reason = "a key of predictable bytes would be worse than no process")]
    OsRng.try_fill_bytes(&mut bytes).expect("the system gives random bytes");
    Secret::from_random(&bytes)
}
