//! Addresses to which nothing is sent, known by keyed hashes alone.

use std::fmt;

use arki_ids::SuppressionId;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Refused;
use super::consent::{Channel, Purpose};
use super::person::email_key;

/// Why nothing is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Unsubscribed,
    HardBounce,
    Complaint,
    Manual,
    Erased,
}

impl Reason {
    const ALL: [Self; 5] =
        [Self::Unsubscribed, Self::HardBounce, Self::Complaint, Self::Manual, Self::Erased];

    /// The word that is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
            Self::Manual => "manual",
            Self::Erased => "erased",
        }
    }

    /// Reads a stored word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// That nothing is sent to an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    pub id: SuppressionId,
    pub channel: Channel,
    pub hash: AddressHash,
    /// None stands against every purpose.
    pub purpose: Option<Purpose>,
    pub reason: Reason,
    pub source: String,
    pub create_time: DateTime<Utc>,
    /// None holds for good.
    pub expire_time: Option<DateTime<Utc>>,
}

impl Suppression {
    /// Whether it holds at a time.
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        self.expire_time.is_none_or(|end| end > now)
    }

    /// Whether it stands against a purpose.
    pub fn is_against(&self, purpose: Purpose) -> bool {
        self.purpose.is_none_or(|own| own == purpose)
    }
}

/// The form of an address by which it is compared: without spaces around, in lower case; of a number its digits alone.
pub fn normalized(channel: Channel, address: &str) -> Result<String, Refused> {
    let refused = |problem: &str| Refused::new("address", problem);
    match channel {
        Channel::Email => {
            let key = email_key(address).unwrap_or_default();
            let is_address = key.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
            let is_plain = !key.chars().any(|letter| letter.is_whitespace() || letter.is_control());
            if is_address && is_plain {
                Ok(key)
            } else {
                Err(refused("must be an address such as ann@example.org"))
            }
        }
        Channel::Sms => {
            let digits: String = address.chars().filter(char::is_ascii_digit).collect();
            let is_plain =
                address.trim().chars().all(|letter| letter.is_ascii_digit() || "+ -()".contains(letter));
            if is_plain && (5..=15).contains(&digits.len()) {
                Ok(digits)
            } else {
                Err(refused("must be a number in international form such as +358 40 123 4567"))
            }
        }
    }
}

/// By what an address is known again. It shows nothing of the address to who doesn't have the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressHash(pub [u8; 32]);

impl fmt::Debug for AddressHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressHash")
    }
}

/// The key of a tenant's hashes: without it, addresses could be tried out on a copy of the table.
#[derive(Clone)]
pub struct HashKey([u8; 32]);

impl HashKey {
    /// A key of random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash of a normalized address: HMAC-SHA-256 (RFC 2104) over the channel and the address.
    pub fn hash(&self, channel: Channel, normalized: &str) -> AddressHash {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(channel.word().as_bytes());
        mac.update(b":");
        mac.update(normalized.as_bytes());
        AddressHash(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_read_alike_have_one_hash_and_keys_tell_tenants_apart() {
        let (key, other) = (HashKey::new([1; 32]), HashKey::new([2; 32]));
        let of =
            |key: &HashKey, address| key.hash(Channel::Email, &normalized(Channel::Email, address).unwrap());
        assert_eq!(of(&key, " Ann@Example.org "), of(&key, "ann@example.org"));
        assert_ne!(of(&key, "ann@example.org"), of(&key, "anna@example.org"));
        assert_ne!(of(&key, "ann@example.org"), of(&other, "ann@example.org"));
        let sms = |address| key.hash(Channel::Sms, &normalized(Channel::Sms, address).unwrap());
        assert_eq!(sms("+358 40 123-4567"), sms("358401234567"));
        assert_ne!(key.hash(Channel::Sms, "358401234567"), key.hash(Channel::Email, "358401234567"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_quoted() {
        for (channel, address) in [
            (Channel::Email, "bertil"),
            (Channel::Email, "@nowhere.example"),
            (Channel::Email, "bertil@"),
            (Channel::Email, "bertil b@example.org"),
            (Channel::Email, "a@b@c"),
            (Channel::Sms, "99"),
            (Channel::Sms, "+358 CALL ME NOW"),
        ] {
            let refused = normalized(channel, address).unwrap_err();
            assert!(!refused.to_string().contains(address), "{refused}");
        }
    }

    #[test]
    fn an_entry_ends_with_its_time_and_stands_against_its_purpose() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let entry = |purpose, expire_time| Suppression {
            id: SuppressionId::random(),
            channel: Channel::Email,
            hash: AddressHash([0; 32]),
            purpose,
            reason: Reason::Manual,
            source: String::new(),
            create_time: now,
            expire_time,
        };
        assert!(entry(None, None).holds_at(now));
        assert!(!entry(None, Some(now)).holds_at(now));
        assert!(entry(None, None).is_against(Purpose::Story));
        assert!(entry(Some(Purpose::Survey), None).is_against(Purpose::Survey));
        assert!(!entry(Some(Purpose::Survey), None).is_against(Purpose::Story));
    }
}
