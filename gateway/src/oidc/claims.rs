//! What a token says, once it is believed.

use arki_proto::directory::v1::IdentityProvider;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 30;

/// Most groups that are looked at; the directory takes no more.
const MOST_GROUPS: usize = 1_000;

/// Longest subject, address and group.
const LONGEST: usize = 300;

/// What is taken of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) expires: DateTime<Utc>,
}

/// The issuer that a token names. Nothing vouches for it yet: it only tells whom to ask.
pub(super) fn unverified_issuer(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let payload: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    let issuer = payload.get("iss")?.as_str()?;
    (issuer.len() <= 600).then(|| issuer.to_owned())
}

impl Claims {
    /// The claims of a token, if the key signed it, and it is for this provider's audience and tenant, and valid now.
    pub(super) fn verified(
        token: &str,
        algorithm: Algorithm,
        key: &DecodingKey,
        provider: &IdentityProvider,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&provider.audiences);
        validation.set_issuer(&[&provider.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // Times are looked at below, by the clock of this process.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, key, &validation).ok()?.claims;
        let expires = valid_until(&claims, now)?;
        if !provider.tenant_claim.is_empty()
            && claims.get(&provider.tenant_claim).and_then(Value::as_str) != Some(&provider.tenant_value)
        {
            return None;
        }
        let text =
            |claim: &str| claims.get(claim).and_then(Value::as_str).filter(|text| text.len() <= LONGEST);
        let subject = text(&provider.subject_claim).filter(|subject| !subject.is_empty())?.to_owned();
        // Some providers write the boolean as a text.
        let is_denied = match claims.get("email_verified") {
            Some(Value::Bool(verified)) => !verified,
            Some(Value::String(verified)) => verified != "true",
            _ => false,
        };
        let email = text(&provider.email_claim).filter(|_| !is_denied).map(str::to_owned);
        Some(Self { subject, email, groups: groups(claims.get(&provider.groups_claim)), expires })
    }
}

/// When a token ends; none when it has, has not begun, or is from the future.
fn valid_until(claims: &Map<String, Value>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let second = |claim: &str| match claims.get(claim) {
        None => Some(None),
        // NumericDate may have a fraction (RFC 7519, section 2).
        Some(value) => value.as_f64().filter(|second| second.is_finite()).map(|second| Some(second as i64)),
    };
    let now = now.timestamp();
    let expires = second("exp")??;
    let begins = second("nbf")?.is_none_or(|begins| begins <= now + LEEWAY);
    let was_issued = second("iat")?.is_none_or(|issued| issued <= now + LEEWAY);
    if now >= expires.saturating_add(LEEWAY) || !begins || !was_issued {
        return None;
    }
    DateTime::from_timestamp(expires.saturating_add(LEEWAY), 0).or(Some(DateTime::<Utc>::MAX_UTC))
}

fn groups(claim: Option<&Value>) -> Vec<String> {
    let words: Vec<&str> = match claim {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(groups)) => groups.split_whitespace().collect(),
        _ => Vec::new(),
    };
    words.into_iter().filter(|word| word.len() <= LONGEST).take(MOST_GROUPS).map(str::to_owned).collect()
}
