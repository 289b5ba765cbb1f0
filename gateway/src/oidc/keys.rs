//! The public keys of providers: fetched when they are needed, kept for a while, and kept longer while the provider is
//! away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arki_process::Clock;
use arki_proto::directory::v1::IdentityProvider;
use arki_rpc::Failure;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Header};
use serde_json::Value;

use super::fetch::Fetch;

/// How long keys are used before they are asked for anew. A key that was withdrawn is refused within as much.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(10);

/// Most keys of one provider.
const MOST_KEYS: usize = 100;

/// Most providers whose keys are kept.
const MOST_PROVIDERS: usize = 1_000;

/// Where keys come from and which are known.
pub(super) struct Keys {
    fetch: Fetch,
    clock: Arc<dyn Clock>,
    /// The least time between two questions to one provider, whatever tokens say.
    refetch: TimeDelta,
    providers: Mutex<HashMap<String, Arc<Known>>>,
}

/// The keys of one provider. One question at a time.
#[derive(Default)]
struct Known {
    set: tokio::sync::Mutex<Set>,
}

#[derive(Default)]
struct Set {
    keys: Arc<Vec<Jwk>>,
    fetched: Option<DateTime<Utc>>,
    asked: Option<DateTime<Utc>>,
}

impl Keys {
    pub(super) fn new(fetch: Fetch, clock: Arc<dyn Clock>, refetch: TimeDelta) -> Self {
        Self { fetch, clock, refetch, providers: Mutex::default() }
    }

    /// The keys of a provider that can have signed a token with this header.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no key is known and the provider doesn't answer.
    pub(super) async fn of(
        &self,
        provider: &IdentityProvider,
        header: &Header,
    ) -> Result<Vec<DecodingKey>, Failure> {
        let known = self.known(provider);
        let mut set = known.set.lock().await;
        let now = self.clock.now();
        let fitting = fitting(&set.keys, header);
        let is_old = set.fetched.is_none_or(|fetched| now - fetched >= GOOD_FOR);
        let may_ask = set.asked.is_none_or(|asked| now - asked >= self.refetch);
        if (is_old || fitting.is_empty()) && may_ask {
            set.asked = Some(now);
            match self.fetch.keys(provider).await {
                Ok(document) => {
                    set.keys = Arc::new(read(&document));
                    set.fetched = Some(now);
                }
                // Old keys are better than none: the provider's outage must not be ours.
                Err(error) if set.fetched.is_some() => {
                    tracing::warn!(provider = provider.name, %error, "the keys of an identity provider were not renewed");
                }
                Err(error) => {
                    return Err(Failure::away(format!(
                        "the keys of {} can't be had: {error}",
                        provider.name
                    )));
                }
            }
            return Ok(self::fitting(&set.keys, header));
        }
        Ok(fitting)
    }

    /// What is known of a provider as it is now: with another address or issuer it begins anew.
    fn known(&self, provider: &IdentityProvider) -> Arc<Known> {
        let name = format!("{} {} {}", provider.name, provider.issuer, provider.jwks_uri);
        let mut providers = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        if providers.len() >= MOST_PROVIDERS && !providers.contains_key(&name) {
            providers.clear();
        }
        Arc::clone(providers.entry(name).or_default())
    }
}

/// The keys of a document (RFC 7517). What can't be read or is not for signatures is passed over, and so is every
/// secret: a signature with a secret that everybody can read proves nothing.
fn read(document: &Value) -> Vec<Jwk> {
    let keys = document.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    keys.iter()
        .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
        .filter(|key| !matches!(key.algorithm, AlgorithmParameters::OctetKey(_)))
        .filter(|key| key.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature))
        .take(MOST_KEYS)
        .collect()
}

/// The keys that a header can mean: the one of its id; without an id, the only one of its algorithm's family.
fn fitting(keys: &[Jwk], header: &Header) -> Vec<DecodingKey> {
    let is_of_family = |key: &&Jwk| {
        use jsonwebtoken::Algorithm;
        let family = matches!(
            (&key.algorithm, header.alg),
            (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::PS256)
                | (AlgorithmParameters::EllipticCurve(_), Algorithm::ES256)
                | (AlgorithmParameters::OctetKeyPair(_), Algorithm::EdDSA)
        );
        // A key that says its algorithm is for no other one.
        let said = key.common.key_algorithm.map(|algorithm| algorithm.to_string());
        family && said.is_none_or(|said| said == format!("{:?}", header.alg))
    };
    let of_family = keys.iter().filter(is_of_family);
    let meant: Vec<&Jwk> = match &header.kid {
        Some(kid) => of_family.filter(|key| key.common.key_id.as_ref() == Some(kid)).collect(),
        None => {
            let all: Vec<_> = of_family.collect();
            if all.len() == 1 { all } else { Vec::new() }
        }
    };
    meant.into_iter().filter_map(|key| DecodingKey::from_jwk(key).ok()).collect()
}
