//! Through what a message reaches its recipient.

mod folder;
mod mail;
mod smtp;

use std::io;

use arki_ids::DeliveryId;
use async_trait::async_trait;

pub(crate) use folder::Folder;
pub(crate) use mail::{Addressed, Letterhead, Mail};
pub(crate) use smtp::Smtp;

/// What became of handing a mail over. The texts hold no address: servers quote them, so their words are not kept,
/// only their codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Handover {
    /// It was taken: from now on it is the other side's.
    Accepted,
    /// It will never be taken.
    Refused(String),
    /// It will never be taken, because there is no such address.
    Bounced(String),
    /// It was not taken now.
    Later(String),
    /// Nothing was tried, because nobody could be reached.
    Unreachable(String),
    /// It was handed over, and whether it was taken nobody can know.
    Unknown(String),
}

/// A way to hand mails over.
#[async_trait]
pub(crate) trait Channel: Send + Sync + 'static {
    /// Whether handing the same mail over twice is the same as once.
    fn is_repeatable(&self) -> bool;

    async fn hand_over(&self, mail: &Mail) -> Handover;

    /// Removes what lies here of mails. Of what was handed over to others nothing does.
    async fn forget(&self, _: &[DeliveryId]) -> io::Result<()> {
        Ok(())
    }

    /// Lets go of what is kept open.
    async fn close(&self);
}
