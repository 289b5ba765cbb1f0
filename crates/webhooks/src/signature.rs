//! Standard Webhooks 1.0: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What every secret begins with.
const MARK: &str = "whsec_";

/// A secret by which requests are signed. The specification wants 24 to 64 bytes; these are 32.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret of these random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret as a receiver is told it: `whsec_` and base64.
    pub fn reveal(&self) -> String {
        format!("{MARK}{}", STANDARD.encode(self.0))
    }

    /// The bytes, to be sealed.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The signature of a request.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // The HMAC takes its key as a block of 64 bytes, filled up with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256>>::new(&block.into());
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's hmac module; the libraries of the standard are asked in the black-box tests.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let mut bytes = [0; 32];
        for (place, byte) in (0..).zip(&mut bytes) {
            *byte = place;
        }
        let secret = Secret::from_random(bytes);
        assert_eq!(secret.reveal(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        assert_eq!(
            secret.sign("evt_1", 1_700_000_000, b"{\"a\":1}"),
            "v1,hUVxIYXs8Zy9GDiZD1uQbBwXoZGMAB6RVLdZZ3ffmek="
        );
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
