//! Access tokens that stand for a key for an hour (OAuth 2.0 client credentials, RFC 6749 section 4.4).
//!
//! A token holds the hash of the key, its end and its scopes, under an HMAC. Nothing is stored: whether the key still
//! works is asked at each use, so that revoking it ends its tokens within seconds. The hash of a key lets nobody in.

use arki_rpc::Scopes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::Hash;

/// What every token begins with, so that one that leaked is recognised.
pub(crate) const TOKEN_PREFIX: &str = "arkt_";

/// How long a token is good for.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::minutes(60);

/// Longest token, in characters.
const LONGEST: usize = 4_096;

const MAC: usize = 32;

/// Makes and reads tokens.
pub(crate) struct Issuer(Hmac<Sha256>);

/// What a token says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) key: Hash,
    pub(super) scopes: Scopes,
}

impl Issuer {
    /// Signs with this secret, the same one in every replica.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let mut block = [0; 64];
        // With the purpose, so that no session is a token and no token a session.
        let digest = Sha256::new().chain_update(b"arki access token 1\n").chain_update(secret).finalize();
        block[..32].copy_from_slice(&digest);
        Self(<Hmac<Sha256>>::new(&block.into()))
    }

    /// A token for a key with these scopes, from now on.
    pub(crate) fn issue(&self, key: Hash, scopes: &Scopes, now: DateTime<Utc>) -> String {
        let mut bytes = key.to_vec();
        bytes.extend((now + LIFETIME).timestamp().to_be_bytes());
        bytes.extend(scopes.to_string().as_bytes());
        let mac = self.0.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(mac);
        format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a token says, if it was made here and has not ended.
    pub(super) fn open(&self, token: &str, now: DateTime<Utc>) -> Option<Opened> {
        let text = token.strip_prefix(TOKEN_PREFIX).filter(|text| text.len() <= LONGEST)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (said, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        self.0.clone().chain_update(said).verify_slice(mac).ok()?;
        let (key, rest) = said.split_first_chunk::<32>()?;
        let (until, scopes) = rest.split_first_chunk::<8>()?;
        let until = DateTime::from_timestamp(i64::from_be_bytes(*until), 0)?;
        let scopes = Scopes::parse(std::str::from_utf8(scopes).ok()?);
        (now < until).then_some(Opened { key: *key, scopes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    #[test]
    fn a_token_says_what_it_was_made_with_until_its_end() {
        let issuer = Issuer::new(b"secret");
        let scopes = Scopes::parse("scim goal.read");
        let token = issuer.issue([7; 32], &scopes, now());
        let opened = issuer.open(&token, now() + LIFETIME - TimeDelta::seconds(1)).unwrap();
        assert_eq!((opened.key, opened.scopes), ([7; 32], scopes));
        assert_eq!(issuer.open(&token, now() + LIFETIME), None);
    }

    #[test]
    fn nobody_makes_or_changes_a_token_without_the_secret() {
        let issuer = Issuer::new(b"secret");
        let token = issuer.issue([7; 32], &Scopes::parse("goal.read"), now());
        assert!(Issuer::new(b"another").open(&token, now()).is_none());
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(TOKEN_PREFIX).unwrap()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
            assert!(issuer.open(&changed, now()).is_none(), "byte {at}");
        }
        for broken in ["", "arkt_", "arkt_AAAA", "arki_x", &token[..token.len() - 4]] {
            assert!(issuer.open(broken, now()).is_none(), "{broken}");
        }
    }
}
