//! Secrets that must be read again, such as those by which webhooks are signed or verified, sealed at rest.
//!
//! What is stored is `fingerprint of the key ‖ nonce ‖ AES-256-GCM ciphertext`, bound to what it belongs to (the
//! additional data): a row that is copied to another tenant or another column does not open. Keys come from files of
//! the configuration and are in no database, so a copy of the database alone gives nothing away.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};

/// Shortest secret of a key file that is accepted, in bytes: as long as the key that is made of it.
const SHORTEST: usize = 32;

/// How much of a key's hash tells it from the others.
const FINGERPRINT: usize = 4;

/// Seals and opens. Clones share the keys.
#[derive(Clone, Default)]
pub struct Sealer {
    /// The first seals, all open.
    keys: Arc<Vec<Key>>,
}

struct Key {
    fingerprint: [u8; FINGERPRINT],
    cipher: LessSafeKey,
}

/// Why something could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No key is configured.
    #[error("no sealing key, set directory.sealing_key_files to a file of at least 32 random bytes")]
    NoKey,
    /// Sealed by a key that is not configured any more.
    #[error("sealed by a key that directory.sealing_key_files does not name, add its file again")]
    KeyAway,
    /// Not what was sealed for this place.
    #[error("what was sealed is damaged or belongs elsewhere")]
    Damaged,
}

impl Sealer {
    /// A sealer with the secrets of these files; the first seals, all open. Without a file it seals nothing.
    ///
    /// # Errors
    /// When a file can't be read or is too short.
    pub fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut secrets = Vec::new();
        for path in files {
            let secret = std::fs::read(path)
                .with_context(|| format!("can't read {}, of directory.sealing_key_files", path.display()))?;
            // Editors and `kubectl create secret --from-file` alike leave a line feed that is not meant.
            let secret = secret.trim_ascii().to_vec();
            ensure!(
                secret.len() >= SHORTEST,
                "{}, of directory.sealing_key_files, has {} bytes, use at least {SHORTEST}",
                path.display(),
                secret.len()
            );
            secrets.push(secret);
        }
        Ok(Self { keys: Arc::new(secrets.iter().filter_map(|secret| Key::of(secret)).collect()) })
    }

    /// Whether there is a key to seal with.
    pub fn is_able(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Seals `plain` for the place that `belongs_to` names, such as `ten_…/whk_…/secret`.
    ///
    /// # Errors
    /// [`Error::NoKey`] without a key.
    pub fn seal(&self, belongs_to: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.keys.first().ok_or(Error::NoKey)?;
        // Random nonces of 96 bits are safe for 2^32 seals of one key (NIST SP 800-38D, section 8.3).
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = plain.to_vec();
        key.cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(belongs_to.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| Error::Damaged)?;
        Ok([&key.fingerprint, nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// When it was sealed by a key that is away, for another place, or was changed.
    pub fn open(&self, belongs_to: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (fingerprint, rest) = sealed.split_first_chunk::<FINGERPRINT>().ok_or(Error::Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Error::Damaged)?;
        let key = self.keys.iter().find(|key| key.fingerprint == *fingerprint).ok_or(Error::KeyAway)?;
        let mut plain = sealed.to_vec();
        let opened = key
            .cipher
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(belongs_to.as_bytes()), &mut plain)
            .map_err(|_| Error::Damaged)?
            .len();
        plain.truncate(opened);
        Ok(plain)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

impl Key {
    fn of(secret: &[u8]) -> Option<Self> {
        let hashed = |purpose: &[u8]| Sha256::new().chain_update(purpose).chain_update(secret).finalize();
        let cipher = UnboundKey::new(&AES_256_GCM, &hashed(b"arki sealing key 1\n")).ok()?;
        let fingerprint = *hashed(b"arki sealing key fingerprint 1\n").first_chunk()?;
        Some(Self { fingerprint, cipher: LessSafeKey::new(cipher) })
    }
}

/// Makes a key file with a random secret, readable by its own user alone, where there is none.
///
/// # Errors
/// When it can't be written.
pub fn keep_key_file(path: &Path) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => writeln!(file, "{}", URL_SAFE_NO_PAD.encode(random::<SHORTEST>()))
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all())
            .with_context(|| format!("can't write the sealing key {}", path.display())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("can't create the sealing key {}", path.display())),
    }
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The system's generator fails only where there is no system to run on, and then no secret may be made.
    #[expect(clippy::expect_used, reason = "a secret of predictable bytes would be worse than no process")]
    OsRng.try_fill_bytes(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(folder: &Path, names: &[&str]) -> Sealer {
        let files: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
        for file in &files {
            keep_key_file(file).unwrap();
        }
        Sealer::read(&files).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_for_its_place_alone_and_shows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = sealer(folder.path(), &["a"]);
        let sealed = sealer.seal("ten_1/secret", b"whsec_plain").unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"plain"));
        assert_ne!(sealed, sealer.seal("ten_1/secret", b"whsec_plain").unwrap());
        assert_eq!(sealer.open("ten_1/secret", &sealed).unwrap(), b"whsec_plain");
        assert_eq!(sealer.open("ten_2/secret", &sealed), Err(Error::Damaged));
        for place in FINGERPRINT..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(sealer.open("ten_1/secret", &changed), Err(Error::Damaged), "byte {place}");
        }
        for length in 0..FINGERPRINT + NONCE_LEN {
            assert!(sealer.open("ten_1/secret", &sealed[..length]).is_err());
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_while_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let old = sealer(folder.path(), &["old"]);
        let both = sealer(folder.path(), &["new", "old"]);
        let sealed = old.seal("p", b"x").unwrap();
        assert_eq!(both.open("p", &sealed).unwrap(), b"x");
        assert_eq!(old.open("p", &both.seal("p", b"x").unwrap()), Err(Error::KeyAway));
    }

    #[test]
    fn a_key_that_is_away_or_short_is_named_and_none_seals_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("short");
        assert!(Sealer::read(std::slice::from_ref(&path)).unwrap_err().to_string().contains("can't read"));
        std::fs::write(&path, "short\n").unwrap();
        assert!(Sealer::read(&[path]).unwrap_err().to_string().contains("has 5 bytes"));
        assert_eq!(Sealer::default().seal("p", b"x"), Err(Error::NoKey));
        assert!(!Sealer::read(&[]).unwrap().is_able());
    }
}
