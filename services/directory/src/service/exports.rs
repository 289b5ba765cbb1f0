//! Showing people what is held of them.

use arki_ids::PersonId;
use arki_privacy::Section;
use arki_rpc::Caller;

use super::{Directory, Error};
use crate::storage::{merges, people, privacy};

/// What the directory holds of a person.
#[derive(Clone, Debug)]
pub struct Held {
    pub person: PersonId,
    /// Who was merged into the person; what is held of them is here too.
    pub merged: Vec<PersonId>,
    pub sections: Vec<Section>,
}

impl Directory {
    /// What is held here of a person, and of whoever was merged into them.
    pub async fn export_person(&self, caller: &Caller, person: PersonId) -> Result<Held, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let person = merges::find(reader, tenant, person).await?.unwrap_or(person);
        people::find(reader, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
        let merged = merges::into(reader, tenant, person).await?;
        let all: Vec<PersonId> = std::iter::once(person).chain(merged.iter().copied()).collect();
        let sections = arki_privacy::export(reader, tenant, &all, privacy::ROOMS).await?;
        Ok(Held { person, merged, sections })
    }

    /// The time at which something is gathered.
    pub fn gathers_at(&self) -> chrono::DateTime<chrono::Utc> {
        self.now()
    }
}
