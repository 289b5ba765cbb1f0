//! What a session cookie holds, and why nobody else can make one.
//!
//! A session is the hash of a key and its end, under an HMAC. Nothing is stored: whether the key still works is asked
//! of the directory at each request, so a revoked key ends its sessions.

use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::auth::Hash;

/// How long one is signed in: a long working day.
pub(super) const LIFETIME: TimeDelta = TimeDelta::hours(12);

/// Shortest secret that is accepted, in bytes: that of the hash, below which an HMAC loses strength.
const SHORTEST_SECRET: usize = 32;

/// Length of what is sealed: the hash of the key, the end, and what tells sessions of one key apart.
const LENGTH: usize = 32 + 8 + 16;

/// Tells the uses of the one key apart, so that what was made for one is no good for the other.
#[derive(Clone, Copy)]
enum Purpose {
    Session,
    Form,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// The SHA-256 of the key.
    pub(super) key: Hash,
    expires: i64,
    own: [u8; 16],
}

impl Session {
    /// A session from now on; `own` is different for each.
    pub(super) fn new(key: Hash, own: [u8; 16], now: DateTime<Utc>) -> Self {
        Self { key, expires: (now + LIFETIME).timestamp(), own }
    }

    fn bytes(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..32].copy_from_slice(&self.key);
        bytes[32..40].copy_from_slice(&self.expires.to_be_bytes());
        bytes[40..].copy_from_slice(&self.own);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk::<32>()?;
        let (expires, own) = rest.split_first_chunk::<8>()?;
        Some(Self { key: *key, expires: i64::from_be_bytes(*expires), own: own.try_into().ok()? })
    }
}

/// Seals sessions, and the marks by which forms prove that they are ours.
pub(crate) struct Seal(Hmac<Sha256>);

impl Seal {
    /// Seals with this secret.
    pub(crate) fn new(secret: &[u8]) -> Self {
        // Hashed first: an HMAC takes a key of 64 bytes without a way to fail.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&Sha256::digest(secret));
        Self(<Hmac<Sha256>>::new(&block.into()))
    }

    /// The session as the value of a cookie.
    pub(super) fn close(&self, session: &Session) -> String {
        let mut sealed = session.bytes().to_vec();
        sealed.extend(self.over(Purpose::Session, &session.bytes()).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The session in the value of a cookie, if this seal closed it and it has not ended.
    pub(super) fn open(&self, value: &str, now: DateTime<Utc>) -> Option<Session> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (bytes, mark) = sealed.split_at_checked(LENGTH)?;
        self.over(Purpose::Session, bytes).verify_slice(mark).ok()?;
        Session::read(bytes).filter(|session| session.expires > now.timestamp())
    }

    /// What a form of this session carries, so that another site's form is told apart.
    pub(super) fn mark(&self, session: &Session) -> String {
        URL_SAFE_NO_PAD.encode(self.over(Purpose::Form, &session.bytes()).finalize().into_bytes())
    }

    /// Whether a form carries the mark of this session.
    pub(super) fn fits(&self, session: &Session, mark: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(mark).unwrap_or_default();
        self.over(Purpose::Form, &session.bytes()).verify_slice(&given).is_ok()
    }

    fn over(&self, purpose: Purpose, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(match purpose {
            Purpose::Session => b"session\n",
            Purpose::Form => b"form\n",
        });
        mac.update(bytes);
        mac
    }
}

/// The secret in `file`, or one that nobody else knows where there is no file.
///
/// # Errors
/// When the file can't be read or is too short.
pub(crate) fn session_secret(file: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let Some(path) = file else {
        // Two random UUIDs carry 244 random bits, from the system's generator.
        return Ok([uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes).concat());
    };
    let secret = std::fs::read(path).with_context(|| {
        format!("gateway.session_secret_file {} can't be read, check the path", path.display())
    })?;
    // Editors and `kubectl create secret --from-file` alike leave a line feed that is not meant.
    let secret = secret.trim_ascii().to_vec();
    ensure!(
        secret.len() >= SHORTEST_SECRET,
        "gateway.session_secret_file {} has {} bytes, use at least {SHORTEST_SECRET}",
        path.display(),
        secret.len()
    );
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session::new([7; 32], [9; 16], DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_session_lasts_for_twelve_hours() {
        let seal = Seal::new(b"secret");
        let value = seal.close(&session());
        let after =
            |hours, seconds| DateTime::UNIX_EPOCH + TimeDelta::hours(hours) + TimeDelta::seconds(seconds);
        assert_eq!(seal.open(&value, after(12, -1)), Some(session()));
        assert_eq!(seal.open(&value, after(12, 0)), None);
    }

    #[test]
    fn a_changed_session_and_one_of_another_secret_are_not_accepted() {
        let seal = Seal::new(b"secret");
        let value = seal.close(&session());
        assert_eq!(Seal::new(b"other").open(&value, DateTime::UNIX_EPOCH), None);
        let sealed = URL_SAFE_NO_PAD.decode(&value).unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(
                seal.open(&URL_SAFE_NO_PAD.encode(changed), DateTime::UNIX_EPOCH),
                None,
                "byte {place}"
            );
        }
        for value in ["", "x", &value[..20]] {
            assert_eq!(seal.open(value, DateTime::UNIX_EPOCH), None, "{value}");
        }
    }

    #[test]
    fn the_mark_of_a_form_fits_its_own_session_alone() {
        let seal = Seal::new(b"secret");
        let other = Session::new([7; 32], [10; 16], DateTime::UNIX_EPOCH);
        let mark = seal.mark(&session());
        assert!(seal.fits(&session(), &mark));
        assert!(!seal.fits(&other, &mark));
        assert!(!seal.fits(&session(), ""));
        assert_eq!(seal.open(&mark, DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn a_secret_that_is_away_or_short_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(session_secret(Some(&path)).unwrap_err().to_string().contains("can't be read"));
        std::fs::write(&path, "short\n").unwrap();
        assert!(session_secret(Some(&path)).unwrap_err().to_string().contains("has 5 bytes"));
        std::fs::write(&path, [b'x'; 32]).unwrap();
        assert_eq!(session_secret(Some(&path)).unwrap(), [b'x'; 32]);
        assert_ne!(session_secret(None).unwrap(), session_secret(None).unwrap());
    }
}
