//! Who calls: API keys, checked by the directory and remembered for a moment.
//!
//! The edge stores no key. It sends the SHA-256 of a key to the directory and remembers the answer for so short a time
//! that a revoked key stops working within seconds, yet a busy key costs the directory next to nothing.

mod throttle;
pub(crate) mod token;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arki_ids::TenantId;
use arki_process::Clock;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_proto::r#type::v1::ErrorReason;
use arki_rpc::{Caller, Failure, Peer, Reach, Scopes, client};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::audit::Audit;
use crate::oidc::{self, Oidc};
use throttle::Throttle;
use token::{Issuer, TOKEN_PREFIX};

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
    /// Who believes the tokens of identity providers.
    oidc: Option<Oidc>,
    /// Who makes and reads access tokens of our own.
    issuer: Option<Issuer>,
    throttle: Throttle,
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
        let throttle = Throttle::new(0);
        let (audit, oidc, issuer) = (None, None, None);
        let most = most.max(1);
        Self { inner: Arc::new(Inner { directory, clock, most, audit, oidc, issuer, throttle, entries }) }
    }

    /// The same, which counts in `audit` those who are not known. Before any clone is made.
    #[must_use]
    pub(crate) fn telling(mut self, audit: Audit) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.audit = Some(audit);
        }
        self
    }

    /// The same, which believes the tokens of identity providers and of `issuer`, and lets one address come with so
    /// many bad keys a minute. Before any clone is made.
    #[must_use]
    pub(crate) fn believing(mut self, oidc: Oidc, issuer: Issuer, failures_per_minute: u32) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.oidc = Some(oidc);
            inner.issuer = Some(issuer);
            inner.throttle = Throttle::new(failures_per_minute);
        }
        self
    }

    /// The caller whose key or token is in the `Authorization` header.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a good one; `UNAVAILABLE` when the directory is away.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Failure> {
        self.caller_from(headers, None).await
    }

    /// The same for a caller at this address.
    ///
    /// # Errors
    /// As [`Self::caller`], and `RATE_LIMITED` where too many bad keys came from the address.
    pub(crate) async fn caller_from(
        &self,
        headers: &HeaderMap,
        from: Option<IpAddr>,
    ) -> Result<Caller, Failure> {
        let credential = self.credential(headers);
        let caller = match credential {
            Ok(credential) => self.caller_of(credential, from).await,
            Err(failure) => Err(failure),
        };
        if caller.as_ref().is_err_and(|failure| failure.code == Code::Unauthenticated) {
            self.count_stranger();
        }
        caller
    }

    /// The caller of a key or a token that comes from an address.
    ///
    /// # Errors
    /// As [`Self::caller_from`].
    pub(crate) async fn caller_of(&self, credential: &str, from: Option<IpAddr>) -> Result<Caller, Failure> {
        let now = self.inner.clock.now();
        // Who is known is never kept waiting for what others at the same address do.
        let is_known = || self.inner.known(hash_of(credential), now);
        if let Some(wait) = from.and_then(|from| self.inner.throttle.wait(from, now))
            && !is_known()
        {
            let words = "too many keys that are not good came from this address, try again later";
            let limited = Failure::resource_exhausted(ErrorReason::RateLimited, words).retry_after(wait);
            return Err(limited.with("limit", "keys that are not good"));
        }
        let caller = if credential.starts_with(TOKEN_PREFIX) {
            self.caller_of_own_token(credential).await
        } else if oidc::is_jwt(credential) {
            self.caller_of_jwt(credential).await
        } else {
            self.caller_of_key(credential).await
        };
        if caller.as_ref().is_err_and(|failure| failure.code == Code::Unauthenticated)
            && let Some(from) = from
        {
            self.inner.throttle.failed(from, now);
        }
        caller
    }

    /// Why an address must wait from which too much came that is not good; none when it may try.
    pub(crate) fn keeps_waiting(&self, from: IpAddr) -> Option<Failure> {
        let wait = self.inner.throttle.wait(from, self.inner.clock.now())?;
        let words = "too much that is not proven came from this address, try again later";
        let limited = Failure::resource_exhausted(ErrorReason::RateLimited, words).retry_after(wait);
        Some(limited.with("limit", "what is not proven"))
    }

    /// Counts somebody whose proof is not good, and the address that it came from.
    pub(crate) fn refused(&self, from: Option<IpAddr>) {
        if let Some(from) = from {
            self.inner.throttle.failed(from, self.inner.clock.now());
        }
        self.count_stranger();
    }

    /// Counts somebody who is not known.
    pub(crate) fn count_stranger(&self) {
        if let Some(audit) = &self.inner.audit {
            audit.count_stranger();
        }
    }

    /// An access token for the key with this hash; none where no tokens are made.
    pub(crate) fn issue(&self, key: Hash, scopes: &Scopes) -> Option<String> {
        let issuer = self.inner.issuer.as_ref()?;
        Some(issuer.issue(key, scopes, self.inner.clock.now()))
    }

    async fn caller_of_own_token(&self, token: &str) -> Result<Caller, Failure> {
        let issuer = self.inner.issuer.as_ref().ok_or_else(oidc::refusal)?;
        let opened = issuer.open(token, self.inner.clock.now()).ok_or_else(oidc::refusal)?;
        // The key is asked for each time, and remembered as any: revoked, it ends its tokens.
        let caller = self.caller_of_hash(opened.key).await?;
        Ok(Caller { scopes: opened.scopes, ..caller })
    }

    async fn caller_of_jwt(&self, token: &str) -> Result<Caller, Failure> {
        let oidc = self.inner.oidc.as_ref().ok_or_else(oidc::refusal)?;
        let entry = self.inner.entry(hash_of(token));
        if let Some(answer) = entry.fresh(self.inner.clock.now()) {
            return answer.map_err(|_| oidc::refusal());
        }
        let _asking = entry.asking.lock().await;
        if let Some(answer) = entry.fresh(self.inner.clock.now()) {
            return answer.map_err(|_| oidc::refusal());
        }
        let believed = oidc.caller(token).await?;
        let now = self.inner.clock.now();
        let until = believed.as_ref().map_or(now + BAD_FOR, |(_, until)| (now + GOOD_FOR).min(*until));
        let caller = believed.map(|(caller, _)| caller);
        *entry.answer() = Some(Answer { caller: caller.clone(), until });
        caller.ok_or_else(oidc::refusal)
    }

    fn credential<'h>(&self, headers: &'h HeaderMap) -> Result<&'h str, Failure> {
        let value = headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| Failure::no_caller("there is no key, send it as authorization: Bearer arki_…"))?;
        value
            .to_str()
            .ok()
            .and_then(bearer)
            .ok_or_else(|| Failure::no_caller("the authorization header is not of the form Bearer arki_…"))
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
    /// Whether a key or token was good a moment ago.
    fn known(&self, hash: Hash, now: DateTime<Utc>) -> bool {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(&hash).is_some_and(|entry| matches!(entry.fresh(now), Some(Ok(_))))
    }

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
