//! Mails as files, for a laptop, a test, or a program that takes them from there.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use arki_ids::DeliveryId;
use async_trait::async_trait;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

use super::{Channel, Handover, Mail};

/// A folder of `<delivery>.eml`. The name is that of the delivery, and the file is there whole or not at all, so
/// writing it again changes nothing.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder where it is missing.
    pub(crate) async fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path).await?;
        Ok(Self { path: path.to_owned() })
    }

    async fn write(&self, mail: &Mail) -> io::Result<()> {
        let target = self.path.join(format!("{}.eml", mail.delivery));
        // Two senders may write the same mail, one of them late: each by a name of its own, the last one wins.
        let draft = self.path.join(format!(".{}.{:016x}", mail.delivery, rand::random::<u64>()));
        let written = self.write_as(mail, &draft, &target).await;
        if written.is_err() {
            // What is left of it would only take place on a disk that may be full.
            let _ = fs::remove_file(&draft).await;
        }
        written
    }

    async fn write_as(&self, mail: &Mail, draft: &Path, target: &Path) -> io::Result<()> {
        let mut file = File::create_new(draft).await?;
        file.write_all(&mail.bytes).await?;
        file.flush().await?;
        // The contents before the name: after a power cut there is no empty file by the right name.
        file.sync_all().await?;
        fs::rename(draft, target).await?;
        File::open(&self.path).await?.sync_all().await
    }
}

#[async_trait]
impl Channel for Folder {
    fn is_repeatable(&self) -> bool {
        true
    }

    async fn hand_over(&self, mail: &Mail) -> Handover {
        match self.write(mail).await {
            Ok(()) => Handover::Accepted,
            // A full disk or a missing right is nothing that this one mail is to blame for.
            Err(error) => Handover::Unreachable(format!("the folder can't be written to: {}", error.kind())),
        }
    }

    async fn forget(&self, deliveries: &[DeliveryId]) -> io::Result<()> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let deliveries: HashSet<DeliveryId> = deliveries.iter().copied().collect();
        let mut entries = fs::read_dir(&self.path).await?;
        while let Some(entry) = entries.next_entry().await? {
            // The mail itself, and a draft that a sender left when it was stopped.
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = name.trim_start_matches('.').split('.').next().unwrap_or_default();
            if id.parse::<DeliveryId>().is_ok_and(|id| deliveries.contains(&id)) {
                match fs::remove_file(entry.path()).await {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        File::open(&self.path).await?.sync_all().await
    }

    async fn close(&self) {}
}
