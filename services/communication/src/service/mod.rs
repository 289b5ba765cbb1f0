//! What can be asked of this service: a method for each use case, by noun.

mod calendar;
mod campaigns;
mod dead_letters;
mod error;
mod messages;
mod pages;
mod preferences;
mod understanding;

use std::sync::Arc;

use arki_database::page::{self, PageRequest, Tokens};
use arki_database::{Once, Store};
use arki_ids::TenantId;
use arki_process::Clock;
use chrono::{DateTime, SubsecRound, Utc};
use sha2::{Digest, Sha256};

pub(crate) use campaigns::CampaignView;
pub(crate) use error::Error;
pub(crate) use pages::link;
pub(crate) use preferences::preference_link;

use crate::peers::Directory;

/// The use cases.
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) directory: Arc<Directory>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tokens: Tokens,
    pub(crate) public_url: String,
}

/// A request with an effect: by whom, and how to know it again.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) tenant: TenantId,
    pub(crate) request_id: String,
    pub(crate) fingerprint: [u8; 32],
}

impl Asked {
    fn once(self, method: &'static str, now: DateTime<Utc>) -> Once {
        let Self { tenant, request_id, fingerprint } = self;
        Once { tenant, method, request_id, fingerprint, now }
    }
}

/// Which page of a list, as a caller says it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) size: i32,
    pub(crate) token: String,
}

/// A page of a list, as a caller hears it.
#[derive(Clone, Debug)]
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    /// Empty on the last page.
    pub(crate) next_token: String,
}

impl Service {
    /// To the microsecond, which is what PostgreSQL keeps: what is answered at once is what is read later.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    fn page(&self, wanted: &Wanted, arguments: [u8; 32]) -> Result<PageRequest, Error> {
        let after =
            if wanted.token.is_empty() { None } else { Some(self.tokens.open(&wanted.token, arguments)?) };
        Ok(PageRequest::new(wanted.size, after)?)
    }

    fn listed<T>(&self, page: page::Page<T>, arguments: [u8; 32]) -> Listed<T> {
        let page::Page { items, next } = page;
        let next_token = next.map(|cursor| self.tokens.seal(&cursor, arguments)).unwrap_or_default();
        Listed { items, next_token }
    }
}

/// A hash of what a list was asked for, by which a token of another list is refused.
fn arguments(of: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for argument in of {
        hash.update(u64::try_from(argument.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(argument);
    }
    hash.finalize().into()
}

fn check_etag(given: &str, revision: i64) -> Result<(), crate::domain::Error> {
    let etag = revision.to_string();
    if given.is_empty() || given == etag { Ok(()) } else { Err(crate::domain::Error::EtagMismatch { etag }) }
}
