//! Who calls: API keys, checked by the directory and remembered for a moment.
//!
//! The edge stores no key. It sends the SHA-256 of a key to the directory and remembers the answer for so short a time
//! that a revoked key stops working within seconds, yet a busy key costs the directory next to nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arki_ids::TenantId;
use arki_process::Clock;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_rpc::{Caller, Failure, Peer, Reach, client};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::audit::Audit;

/// What every key begins with, so that a key that leaked is recognised by scanners.
pub const KEY_PREFIX: &str = "arki_";

/// No key is longer; a longer one is refused without asking.
const LONGEST_KEY: usize = 200;

/// How long a good key is trusted without asking again.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(5);

/// How long a bad key is refused without asking again. Short, because a key is often tried right before it is made.
const BAD_FOR: TimeDelta = TimeDelta::seconds(1);

/// The SHA-256 of a key.
pub type Hash = [u8; 32];

/// The hash by which the directory knows a key.
pub fn hash_of(key: &str) -> Hash {
    Sha256::digest(key.as_bytes()).into()
}

/// Turns keys into callers. Clones share what they remember.
#[derive(Clone)]
pub struct Authenticator {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Peer,
    clock: Arc<dyn Clock>,
    most: usize,
    /// Where those are counted who are not known.
    audit: Option<Audit>,
    entries: Mutex<HashMap<Hash, Arc<Entry>>>,
}

/// What is known of one key.
struct Entry {
    answer: Mutex<Option<Answer>>,
    /// One question at a time for each key: a burst of calls with a key that is not known asks once.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Answer {
    /// None when the key is refused.
    caller: Option<Caller>,
    until: DateTime<Utc>,
}

impl Authenticator {
    /// Asks `directory`, and remembers at most `most` keys.
    pub fn new(directory: Peer, clock: Arc<dyn Clock>, most: usize) -> Self {
        let entries = Mutex::new(HashMap::new());
        Self { inner: Arc::new(Inner { directory, clock, most: most.max(1), audit: None, entries }) }
    }

    /// The same, which counts in `audit` those who are not known. Before any clone is made.
    #[must_use]
    pub(crate) fn telling(mut self, audit: Audit) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.audit = Some(audit);
        }
        self
    }

    /// The caller whose key is in the `Authorization` header.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a good key; `UNAVAILABLE` when the directory is away.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Failure> {
        let caller = self.read(headers).await;
        if let (Err(failure), Some(audit)) = (&caller, &self.inner.audit)
            && failure.code == Code::Unauthenticated
        {
            audit.count_stranger();
        }
        caller
    }

    async fn read(&self, headers: &HeaderMap) -> Result<Caller, Failure> {
        let value = headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| Failure::no_caller("there is no key, send it as authorization: Bearer arki_…"))?;
        let key =
            value.to_str().ok().and_then(bearer).ok_or_else(|| {
                Failure::no_caller("the authorization header is not of the form Bearer arki_…")
            })?;
        self.caller_of_key(key).await
    }

    /// The caller whose key this is.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub async fn caller_of_key(&self, key: &str) -> Result<Caller, Failure> {
        if !key.starts_with(KEY_PREFIX) || key.len() > LONGEST_KEY {
            return Err(refused());
        }
        self.caller_of_hash(hash_of(key)).await
    }

    /// The caller whose key has this SHA-256, for those who keep no key themselves.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub async fn caller_of_hash(&self, hash: Hash) -> Result<Caller, Failure> {
        let entry = self.inner.entry(hash);
        let now = self.inner.clock.now();
        if let Some(answer) = entry.fresh(now) {
            return answer;
        }
        let _asking = entry.asking.lock().await;
        // Whoever asked before us may have had the answer by now.
        if let Some(answer) = entry.fresh(self.inner.clock.now()) {
            return answer;
        }
        let caller = self.inner.ask(hash).await?;
        let keep = if caller.is_some() { GOOD_FOR } else { BAD_FOR };
        *entry.answer() = Some(Answer { caller: caller.clone(), until: self.inner.clock.now() + keep });
        caller.ok_or_else(refused)
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn refused() -> Failure {
    Failure::no_caller("the key is unknown, expired or revoked, use another one")
}

impl Entry {
    fn answer(&self) -> MutexGuard<'_, Option<Answer>> {
        // No code panics while it holds the lock, so what is inside is whole.
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, now: DateTime<Utc>) -> Option<Result<Caller, Failure>> {
        let answer = self.answer();
        let answer = answer.as_ref().filter(|answer| answer.until > now)?;
        Some(answer.caller.clone().ok_or_else(refused))
    }
}

impl Inner {
    /// The entry of a key, made where there is none. When there are too many, those that are over go first, and then
    /// any: to be forgotten costs one question.
    fn entry(&self, hash: Hash) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(&hash) {
            return Arc::clone(entry);
        }
        if entries.len() >= self.most {
            let now = self.clock.now();
            entries.retain(|_, entry| entry.answer().as_ref().is_some_and(|answer| answer.until > now));
            if entries.len() >= self.most
                && let Some(any) = entries.keys().next().copied()
            {
                entries.remove(&any);
            }
        }
        let entry = Arc::new(Entry { answer: Mutex::new(None), asking: tokio::sync::Mutex::new(()) });
        entries.insert(hash, Arc::clone(&entry));
        entry
    }

    async fn ask(&self, hash: Hash) -> Result<Option<Caller>, Failure> {
        let request = pb::AuthenticateApiKeyRequest { key_hash: hash.to_vec().into() };
        // The question is what tells the tenant, so it is asked for none.
        let nobody = Caller::service("gateway", TenantId::from_uuid(uuid::Uuid::nil()));
        let request = client::with_caller(request, &nobody);
        let mut directory = DirectoryServiceClient::new(self.directory.clone());
        match directory.authenticate_api_key(request).await {
            Ok(response) => read(response.into_inner()).map(Some),
            Err(status) if matches!(status.code(), Code::Unauthenticated | Code::NotFound) => Ok(None),
            // The directory itself has a code for everything; this is what a client makes of no answer at all.
            Err(status) if status.code() == Code::Unknown => Err(Failure::away(status)),
            Err(status) => Err(Failure::from_status(&status)),
        }
    }
}

fn read(response: pb::AuthenticateApiKeyResponse) -> Result<Caller, Failure> {
    let pb::AuthenticateApiKeyResponse { tenant, api_key, scopes } = response;
    let tenant = TenantId::from_name(&tenant).map_err(Failure::internal)?;
    Ok(Caller { tenant, subject: api_key, scopes: scopes.into_iter().collect(), reach: Reach::Tenant })
}

#[cfg(test)]
mod tests;
