//! The secret part of a link, and what is derived from it.
//!
//! A token is never stored: it is derived from the installation's secret when a message needs it, and looked up by
//! its hash. Whoever reads the tables without the secret can't make a link.

use std::fmt;

use arki_ids::{InvitationId, TenantId, WaveId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::answer::{Answer, canonical};

/// Bytes of the tenant, and of the seal: at 128 bits nobody finds a link by trying.
const HALF: usize = 16;

/// The secret of an installation. The same for all its replicas, and never changed: links are made of it.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The secret part of a link: the tenant, so that it says where to look, and a seal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 2 * HALF]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Secret {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token of an invitation.
    pub fn token(&self, tenant: TenantId, wave: WaveId, invitation: InvitationId) -> Token {
        let seal = seal(&self.0, &[wave.uuid().as_bytes(), invitation.uuid().as_bytes()]);
        let mut bytes = [0; 2 * HALF];
        bytes[..HALF].copy_from_slice(tenant.uuid().as_bytes());
        bytes[HALF..].copy_from_slice(&seal[..HALF]);
        Token(bytes)
    }

    /// What stands in the database for the key of an imported response: keys of other systems may be those of
    /// people.
    pub fn import_mark(&self, tenant: TenantId, wave: WaveId, key: &str) -> String {
        let (tenant, wave) = (tenant.uuid(), wave.uuid());
        URL_SAFE_NO_PAD
            .encode(seal(&self.0, &[b"import", tenant.as_bytes(), wave.as_bytes(), key.as_bytes()]))
    }

    /// By which the same answers under the same key are told from others.
    pub fn import_fingerprint(&self, mark: &str, answers: &[Answer]) -> String {
        URL_SAFE_NO_PAD.encode(seal(&self.0, &[b"answers", mark.as_bytes(), canonical(answers).as_bytes()]))
    }

    /// A key for page tokens, which have to be the same on all replicas too.
    pub fn page_key(&self) -> [u8; 32] {
        seal(&self.0, &[b"pages"])
    }
}

impl Token {
    /// Reads the text of a link.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 2 * HALF];
        // One byte more than fits is refused, like one less.
        (URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) == Ok(bytes.len())).then_some(Self(bytes))
    }

    /// A token that no invitation has: looking it up takes as long as looking up any other.
    pub fn nobodys(text: &str) -> Self {
        let mut bytes: [u8; 2 * HALF] = Sha256::digest(text).into();
        bytes[..HALF].fill(0);
        Self(bytes)
    }

    pub fn tenant(&self) -> TenantId {
        let mut bytes = [0; HALF];
        bytes.copy_from_slice(&self.0[..HALF]);
        TenantId::from_uuid(Uuid::from_bytes(bytes))
    }

    /// What is stored of it.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0))
    }

    /// By which the same answers behind the same link are told from others, without keeping which answers.
    pub fn fingerprint(&self, answers: &[Answer]) -> String {
        URL_SAFE_NO_PAD.encode(seal(&self.0, &[b"answers", canonical(answers).as_bytes()]))
    }

    /// The places of the options in the order drawn for this link: always the same one, so that a form can be
    /// opened again, and each order as likely as any other.
    pub fn order<'a>(&self, question: &str, options: impl Iterator<Item = &'a str>) -> Vec<usize> {
        let mut drawn: Vec<_> = options
            .enumerate()
            .map(|(place, option)| {
                (seal(&self.0, &[b"order", question.as_bytes(), option.as_bytes()]), place)
            })
            .collect();
        drawn.sort_unstable();
        drawn.into_iter().map(|(_, place)| place).collect()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// HMAC-SHA256 over parts, each with its length, so that no two lists of parts read alike.
fn seal(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::answer::Value;

    fn token(secret: [u8; 32], tenant: u128, wave: u128, invitation: u128) -> Token {
        Secret::new(secret).token(
            TenantId::from_uuid(Uuid::from_u128(tenant)),
            WaveId::from_uuid(Uuid::from_u128(wave)),
            InvitationId::from_uuid(Uuid::from_u128(invitation)),
        )
    }

    proptest! {
        #[test]
        fn a_token_reads_back_and_names_its_tenant(secret: [u8; 32], tenant: u128, wave: u128, invitation: u128) {
            let token = token(secret, tenant, wave, invitation);
            let text = token.to_string();
            prop_assert_eq!(text.len(), 43);
            prop_assert!(Token::parse(&text) == Some(token));
            prop_assert_eq!(token.tenant().uuid().as_u128(), tenant);
        }

        #[test]
        fn another_secret_wave_or_invitation_makes_another_token(
            secret: [u8; 32], other: [u8; 32], wave: u128, invitation: u128,
        ) {
            prop_assume!(secret != other);
            let one = token(secret, 7, wave, invitation);
            prop_assert!(one != token(other, 7, wave, invitation));
            prop_assert!(one != token(secret, 7, wave ^ 1, invitation));
            prop_assert!(one != token(secret, 7, wave, invitation ^ 1));
        }

        #[test]
        fn any_text_that_is_read_reads_as_itself(text in "[A-Za-z0-9_-]{40,45}") {
            if let Some(token) = Token::parse(&text) {
                prop_assert_eq!(token.to_string(), text);
            }
        }

        #[test]
        fn the_order_drawn_is_a_permutation_and_stays(secret: [u8; 32], count in 0_usize..16) {
            let options: Vec<_> = (0..count).map(|option| format!("option_{option}")).collect();
            let token = token(secret, 1, 2, 3);
            let drawn = token.order("felt", options.iter().map(String::as_str));
            let mut sorted = drawn.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(token.order("felt", options.iter().map(String::as_str)), drawn);
        }
    }

    #[test]
    fn every_option_comes_first_about_as_often() {
        let options = ["a", "b", "c", "d"];
        let mut first = [0_u32; 4];
        for invitation in 0..4_000 {
            first[token([7; 32], 1, 2, invitation).order("felt", options.into_iter())[0]] += 1;
        }
        // Three standard deviations round a quarter of 4,000, and a little more.
        assert!(first.iter().all(|times| (900..=1_100).contains(times)), "{first:?}");
    }

    #[test]
    fn a_fingerprint_tells_answers_and_links_apart() {
        let answers = |value| [Answer { question: "recommend".to_owned(), value: Value::Number(value) }];
        let (one, other) = (token([7; 32], 1, 2, 3), token([7; 32], 1, 2, 4));
        assert_eq!(one.fingerprint(&answers(9)), one.fingerprint(&answers(9)));
        assert_ne!(one.fingerprint(&answers(9)), one.fingerprint(&answers(8)));
        assert_ne!(one.fingerprint(&answers(9)), other.fingerprint(&answers(9)));
        assert_eq!(Token::nobodys("x").tenant().uuid(), Uuid::nil());
    }
}
