//! The signed statement of who is calling, for peers in other processes.
//!
//! A service never sees a user's token. The gateway checks it once, and from there on each call carries the caller
//! as `arki-caller: base64(json).base64(HMAC-SHA256)`. The signature covers the method's path too, so that a captured
//! assertion is good for that one method, for a minute.

use std::sync::Arc;

use arki_ids::TenantId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::caller::{Caller, Scopes};
use crate::reach::Reach;

mod recent;

use recent::Recent;

/// The metadata key that carries the assertion.
pub const HEADER: &str = "arki-caller";

/// How long an assertion is good for.
pub const LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// How far the clocks of two machines may differ.
pub const SKEW: TimeDelta = TimeDelta::seconds(10);

/// How long an assertion is sent again instead of signing another one. What is left of its life is long enough for
/// any way to a peer.
const REUSED_FOR: TimeDelta = TimeDelta::seconds(5);

/// Shortest secret that is accepted, in bytes: that of the hash, below which an HMAC loses strength.
pub const SHORTEST_SECRET: usize = 32;

/// Signs and verifies assertions, at the time that its clock tells.
#[derive(Clone)]
pub struct AssertionKey {
    inner: Arc<Inner>,
}

struct Inner {
    /// The first one signs; all of them verify, so that a secret can be rotated without refusing a call.
    keys: Vec<Hmac<Sha256>>,
    now: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    signed: Recent<Signed>,
    verified: Recent<Verified>,
}

/// An assertion that was signed.
struct Signed {
    caller: Caller,
    path: String,
    time: DateTime<Utc>,
    header: HeaderValue,
}

/// An assertion whose signature was found good; whether it still counts is for the time to tell.
struct Verified {
    assertion: String,
    path: String,
    caller: Caller,
    issued_at: DateTime<Utc>,
}

impl Inner {
    fn new(keys: Vec<Hmac<Sha256>>, now: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>) -> Self {
        Self { keys, now, signed: Recent::default(), verified: Recent::default() }
    }
}

/// Why a secret is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("assertion secret has {length} bytes, use at least {SHORTEST_SECRET}")]
pub struct SecretTooShort {
    /// Length of the secret as given.
    pub length: usize,
}

/// Why an assertion is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not of the form that [`AssertionKey::sign`] writes.
    #[error("the caller's assertion is malformed")]
    Malformed,
    /// It was signed by another key, for another method, or changed on the way.
    #[error("the caller's assertion has a wrong signature")]
    Signature,
    /// It was issued too long ago.
    #[error("the caller's assertion has expired")]
    Expired,
    /// It was issued in the future, beyond what clocks may differ.
    #[error("the caller's assertion is from the future, check the clocks")]
    Future,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    tenant: TenantId,
    subject: String,
    scopes: Scopes,
    /// Left out where it is the whole tenant. A service that doesn't know of it refuses the others.
    #[serde(default, skip_serializing_if = "Reach::is_whole")]
    reach: Reach,
    /// Seconds since 1970.
    issued_at: i64,
}

impl AssertionKey {
    /// A key from secrets that all processes share: the first signs, all verify.
    ///
    /// # Errors
    /// When a secret is shorter than [`SHORTEST_SECRET`], or when there is none.
    pub fn new<S: AsRef<[u8]>>(
        secrets: &[S],
        now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> Result<Self, SecretTooShort> {
        let mut keys = Vec::with_capacity(secrets.len());
        for secret in secrets.iter().map(AsRef::as_ref) {
            let too_short = || SecretTooShort { length: secret.len() };
            if secret.len() < SHORTEST_SECRET {
                return Err(too_short());
            }
            keys.push(Hmac::new_from_slice(secret).map_err(|_| too_short())?);
        }
        if keys.is_empty() {
            return Err(SecretTooShort { length: 0 });
        }
        Ok(Self { inner: Arc::new(Inner::new(keys, Box::new(now))) })
    }

    /// A key that only this process knows, for when every service runs in it.
    pub fn generate(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        // A whole block of the hash, which is the one length of key that can't be refused.
        let secret: [u8; 64] = rand::random();
        let key = <Hmac<Sha256> as KeyInit>::new(&secret.into());
        Self { inner: Arc::new(Inner::new(vec![key], Box::new(now))) }
    }

    /// The assertion that `caller` calls the method at `path`, issued now.
    pub fn sign(&self, caller: &Caller, path: &str) -> String {
        let claims = Claims {
            tenant: caller.tenant,
            subject: caller.subject.clone(),
            scopes: caller.scopes.clone(),
            reach: caller.reach.clone(),
            issued_at: (self.inner.now)().timestamp(),
        };
        // Strings and a number always have a JSON form; an empty payload would be refused by every verifier.
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap_or_default());
        let signature = over(&self.inner.keys[0], &payload, path).finalize().into_bytes();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The assertion that `caller` calls the method at `path`, as the value of [`HEADER`]: issued now, or a moment ago
    /// for the same caller and method.
    pub fn header(&self, caller: &Caller, path: &str) -> HeaderValue {
        let now = (self.inner.now)();
        let place = (caller.tenant, caller.subject.as_str(), path);
        let known = self.inner.signed.find(place, |known| {
            let is_recent = (TimeDelta::zero()..REUSED_FOR).contains(&(now - known.time));
            (is_recent && known.caller == *caller && known.path == path).then(|| known.header.clone())
        });
        known.unwrap_or_else(|| {
            // Base64 and a point can always be sent; an empty value would be refused by every verifier.
            let mut header =
                HeaderValue::try_from(self.sign(caller, path)).unwrap_or(HeaderValue::from_static(""));
            header.set_sensitive(true);
            let signed =
                Signed { caller: caller.clone(), path: path.to_owned(), time: now, header: header.clone() };
            self.inner.signed.keep(place, signed);
            header
        })
    }

    /// The caller that `assertion` names, if it was signed by this key for `path` within the last minute.
    ///
    /// # Errors
    /// See [`Error`]. The signature is checked before anything inside is read.
    pub fn verify(&self, assertion: &str, path: &str) -> Result<Caller, Error> {
        let known = self.inner.verified.find((assertion, path), |known| {
            (known.assertion == assertion && known.path == path)
                .then(|| (known.caller.clone(), known.issued_at))
        });
        if let Some((caller, issued_at)) = known {
            return self.check_age(issued_at).map(|()| caller);
        }
        let (payload, signature) = assertion.split_once('.').ok_or(Error::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Error::Malformed)?;
        let signed = |key| over(key, payload, path).verify_slice(&signature).is_ok();
        if !self.inner.keys.iter().any(signed) {
            return Err(Error::Signature);
        }
        let json = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Error::Malformed)?;
        let Claims { tenant, subject, scopes, reach, issued_at } =
            serde_json::from_slice(&json).map_err(|_| Error::Malformed)?;
        let issued_at = DateTime::from_timestamp(issued_at, 0).ok_or(Error::Malformed)?;
        self.check_age(issued_at)?;
        let caller = Caller { tenant, subject, scopes, reach };
        let verified = Verified {
            assertion: assertion.to_owned(),
            path: path.to_owned(),
            caller: caller.clone(),
            issued_at,
        };
        self.inner.verified.keep((assertion, path), verified);
        Ok(caller)
    }

    fn check_age(&self, issued_at: DateTime<Utc>) -> Result<(), Error> {
        let age = (self.inner.now)() - issued_at;
        if age > LIFETIME + SKEW {
            return Err(Error::Expired);
        }
        if age < -SKEW {
            return Err(Error::Future);
        }
        Ok(())
    }
}

impl std::fmt::Debug for AssertionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret must not reach a log, whoever prints the options that hold it.
        f.debug_struct("AssertionKey").finish_non_exhaustive()
    }
}

fn over(key: &Hmac<Sha256>, payload: &str, path: &str) -> Hmac<Sha256> {
    let mut mac = key.clone();
    mac.update(payload.as_bytes());
    // Neither base64 nor a path holds a line feed, so the two can't run into each other.
    mac.update(b"\n");
    mac.update(path.as_bytes());
    mac
}

#[cfg(test)]
mod tests;
