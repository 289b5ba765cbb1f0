//! Keys that let programs and people in.

use std::fmt;

use arki_ids::ApiKeyId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What every secret begins with, so that a scanner for leaked secrets knows one when it sees it.
const MARK: &str = "arki_";
/// How much of a secret is kept to recognise it by: the mark and six characters, which leaves 37 to be guessed.
const SHOWN: usize = MARK.len() + 6;
/// How far the stored time of last use may lag behind, so that a busy key costs one write a minute and not one a call.
const USE_LAG: TimeDelta = TimeDelta::minutes(1);

/// A secret as it is handed out, once. It is never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret that these random bytes make: `arki_` and 43 characters of base64url.
    pub fn from_random(bytes: &[u8; 32]) -> Self {
        Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The secret that somebody wrote down.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(MARK)?).ok()?;
        Some(Self::from_random(&bytes.try_into().ok()?))
    }

    /// The words of the secret.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and compared. A plain hash is enough: nobody guesses 256 random bits, however fast the hash is,
    /// and it is computed on every call.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The first characters, to recognise it.
    pub fn prefix(&self) -> &str {
        &self.0[..SHOWN]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}…)", self.prefix())
    }
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub display_name: String,
    pub scopes: Vec<String>,
    pub expire_time: Option<DateTime<Utc>>,
    pub create_time: DateTime<Utc>,
    pub last_use_time: Option<DateTime<Utc>>,
    pub revoke_time: Option<DateTime<Utc>>,
    /// The first characters of the secret.
    pub prefix: String,
}

/// A key to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub display_name: String,
    pub scopes: Vec<String>,
    pub expire_time: Option<DateTime<Utc>>,
}

impl ApiKey {
    /// A new key. Scopes are kept in the order of the alphabet, each once.
    pub fn create(id: ApiKeyId, draft: Draft, secret: &Secret, now: DateTime<Utc>) -> Self {
        let Draft { display_name, mut scopes, expire_time } = draft;
        scopes.sort_unstable();
        scopes.dedup();
        let prefix = secret.prefix().to_owned();
        Self {
            id,
            display_name,
            scopes,
            expire_time,
            create_time: now,
            last_use_time: None,
            revoke_time: None,
            prefix,
        }
    }

    /// Whether the key lets anybody in now.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoke_time.is_none() && self.expire_time.is_none_or(|end| now < end)
    }

    /// Whether a use now is worth writing down.
    pub fn is_use_news(&self, now: DateTime<Utc>) -> bool {
        self.last_use_time.is_none_or(|last| now - last >= USE_LAG)
    }

    /// The key without effect from now on. The first time of it stays.
    #[must_use]
    pub fn revoked(self, now: DateTime<Utc>) -> Self {
        Self { revoke_time: self.revoke_time.or(Some(now)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(minute: u32) -> DateTime<Utc> {
        chrono::NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().and_hms_opt(8, minute, 0).unwrap().and_utc()
    }

    fn key() -> ApiKey {
        let draft = Draft {
            display_name: "Kone".to_owned(),
            scopes: vec!["survey.read".to_owned(), "goal.read".to_owned(), "goal.read".to_owned()],
            expire_time: Some(time(30)),
        };
        ApiKey::create(ApiKeyId::generate(), draft, &Secret::from_random(&[7; 32]), time(0))
    }

    #[test]
    fn a_secret_has_its_mark_and_43_characters_and_never_shows_itself() {
        let secret = Secret::from_random(&[255; 32]);
        assert_eq!(secret.reveal().len(), 5 + 43);
        assert!(secret.reveal().starts_with("arki_"));
        assert!(!format!("{secret:?}").contains(&secret.reveal()[12..]));
        assert_eq!(Secret::parse(secret.reveal()), Some(secret.clone()));
        assert_eq!(Secret::parse("arki_short"), None);
        assert_ne!(secret.hash(), Secret::from_random(&[254; 32]).hash());
    }

    #[test]
    fn a_key_is_good_until_it_expires_or_is_revoked() {
        let key = key();
        assert_eq!(key.scopes, ["goal.read", "survey.read"]);
        assert!(key.is_good(time(29)));
        assert!(!key.is_good(time(30)));
        let revoked = key.revoked(time(5));
        assert!(!revoked.is_good(time(6)));
        assert_eq!(revoked.clone().revoked(time(9)), revoked);
    }

    #[test]
    fn a_use_is_news_once_a_minute() {
        let mut key = key();
        assert!(key.is_use_news(time(1)));
        key.last_use_time = Some(time(1));
        assert!(!key.is_use_news(time(1) + TimeDelta::seconds(59)));
        assert!(key.is_use_news(time(2)));
    }
}
