//! The file with the first administrator's key.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::domain::api_key::Secret;
use crate::service::{Directory, new_secret};

/// Makes the first tenant where there is none, with an administrator's key whose secret is kept in `path`.
///
/// The secret is on disk before the key is in the database: a crash in between leaves a file that the next start takes
/// up, never a key that nobody knows.
pub(crate) async fn first_start(directory: &Directory, path: &Path) -> anyhow::Result<()> {
    if directory.is_started().await? {
        return Ok(());
    }
    let secret = keep(path)?;
    if let Some(first) = directory.first_start_with(secret).await? {
        let (tenant, api_key) = (first.tenant.name(), first.api_key.name());
        tracing::info!(tenant, api_key, file = %path.display(), "made the first tenant and its administrator's key");
    }
    Ok(())
}

/// The secret in the file; a new one where there is no file.
fn keep(path: &Path) -> anyhow::Result<Secret> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            let secret = new_secret();
            writeln!(file, "{}", secret.reveal())
                .and_then(|()| file.sync_all())
                .and_then(|()| sync_folder(path))
                .with_context(|| format!("can't write directory.admin_key_file {}", path.display()))?;
            Ok(secret)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => {
            Err(error).with_context(|| format!("can't create directory.admin_key_file {}", path.display()))
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Secret> {
    let mut text = String::new();
    File::open(path)
        .and_then(|mut file| file.read_to_string(&mut text))
        .with_context(|| format!("can't read directory.admin_key_file {}", path.display()))?;
    match Secret::parse(text.trim()) {
        Some(secret) => Ok(secret),
        None => bail!(
            "directory.admin_key_file {} is there but holds no key, remove it or set another path",
            path.display()
        ),
    }
}

/// A new file is safe only when the folder that names it is, too.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_once_and_taken_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.key");
        let secret = keep(&path).unwrap();
        assert_eq!(keep(&path).unwrap(), secret);
        std::fs::write(&path, "not a key\n").unwrap();
        assert!(keep(&path).unwrap_err().to_string().contains("holds no key"));
        assert!(keep(&folder.path().join("missing").join("admin.key")).is_err());
    }
}
