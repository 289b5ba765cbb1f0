//! The secret of a recipient's link.
//!
//! A token is the tenant and 16 random bytes. The tenant is in it because the link is opened without a key, and
//! every row is found by its tenant first. Only the hash of a token is kept once the message was handed over: who
//! reads the tables then can neither open a page nor try out which answer a fingerprint stands for.

use std::fmt;

use arki_ids::TenantId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Bytes of the tenant, and as many of the secret.
const HALF: usize = 16;

/// The token in a link `/m/TOKEN`. It does not show itself in logs; its text is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageToken {
    tenant: TenantId,
    secret: [u8; HALF],
}

impl fmt::Debug for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageToken of {}", self.tenant)
    }
}

impl PageToken {
    pub(crate) fn new(tenant: TenantId, secret: [u8; HALF]) -> Self {
        Self { tenant, secret }
    }

    /// Reads the token of a link. None for anything that [`Self::text`] does not write.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes: [u8; 2 * HALF] = bytes.try_into().ok()?;
        let (tenant, secret) = bytes.split_at(HALF);
        let tenant = u128::from_be_bytes(tenant.try_into().ok()?);
        Some(Self { tenant: TenantId::from_uuid(Uuid::from_u128(tenant)), secret: secret.try_into().ok()? })
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn secret(&self) -> [u8; HALF] {
        self.secret
    }

    /// As it stands in the link.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// Under which the page is found.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// By which the same answer is known again. Keyed by the token, which is not kept, so that trying out the few
    /// options tells nobody which one it was.
    pub(crate) fn fingerprint(&self, option: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes())
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(option.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn bytes(&self) -> [u8; 2 * HALF] {
        let mut bytes = [0; 2 * HALF];
        let (tenant, secret) = bytes.split_at_mut(HALF);
        tenant.copy_from_slice(&self.tenant.uuid().as_u128().to_be_bytes());
        secret.copy_from_slice(&self.secret);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(tenant: u128, secret: [u8; 16]) -> PageToken {
        PageToken::new(TenantId::from_uuid(Uuid::from_u128(tenant)), secret)
    }

    proptest! {
        #[test]
        fn a_token_reads_back_from_its_text(tenant: u128, secret: [u8; 16]) {
            let token = token(tenant, secret);
            prop_assert_eq!(PageToken::read(&token.text()), Some(token));
            prop_assert_eq!(token.text().len(), 43);
        }

        #[test]
        fn two_secrets_share_neither_hash_nor_fingerprint(one: [u8; 16], other: [u8; 16]) {
            prop_assume!(one != other);
            let (one, other) = (token(7, one), token(7, other));
            prop_assert_ne!(one.hash(), other.hash());
            prop_assert_ne!(one.fingerprint("yes"), other.fingerprint("yes"));
        }

        #[test]
        fn other_texts_are_no_tokens(text in ".{0,60}") {
            prop_assert!(PageToken::read(&text).is_none_or(|token| token.text() == text));
        }
    }

    #[test]
    fn a_fingerprint_tells_options_apart_and_a_log_never_shows_the_secret() {
        let token = token(7, [9; 16]);
        assert_eq!(token.fingerprint("yes"), token.fingerprint("yes"));
        assert_ne!(token.fingerprint("yes"), token.fingerprint("no"));
        assert!(!format!("{token:?}").contains(&token.text()));
    }
}
