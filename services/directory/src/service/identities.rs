//! By which keys of which systems people are known.

use arki_database::Tx;
use arki_ids::{PersonId, TenantId};
use arki_rpc::Caller;

use super::erasures::refuse_erased;
use super::people::Shown;
use super::{Asked, Directory, Error};
use crate::domain::Person;
use crate::domain::erasure::Key;
use crate::domain::person::{ExternalId, MOST_EXTERNAL_IDS};
use crate::storage::{identities, people};

/// The keys of a person: the primary one, if there is one, and the further ones.
pub(crate) type Known = (Option<ExternalId>, Vec<ExternalId>);

impl Directory {
    /// Notes a further key of a person. One that the person has already is no change.
    pub async fn add_external_id(
        &self,
        asked: &Asked,
        person: PersonId,
        pair: ExternalId,
    ) -> Result<Known, Error> {
        let tenant = asked.caller.tenant;
        let taken = pair.external_id.clone();
        self.write("AddExternalId", asked, move |tx| {
            let pair = pair.clone();
            Box::pin(async move {
                let person = people::find(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
                match identities::find(tx, tenant, &pair).await? {
                    Some(owner) if owner == person.id => {}
                    Some(_) => return Err(Error::ExternalIdTaken(pair.external_id)),
                    None => {
                        let (primary, further) = known(tx, tenant, &person).await?;
                        if further.len() + usize::from(primary.is_some()) >= MOST_EXTERNAL_IDS {
                            return Err(Error::TooManyExternalIds);
                        }
                        refuse_erased(tx, tenant, vec![Key::ExternalId(pair.clone())]).await?;
                        identities::insert(tx, tenant, person.id, &pair).await?;
                    }
                }
                known(tx, tenant, &person).await
            })
        })
        .await
        .map_err(|error| error.or_taken(Some(&taken)))
    }

    /// Forgets a further key of a person.
    pub async fn remove_external_id(
        &self,
        asked: &Asked,
        person: PersonId,
        pair: ExternalId,
    ) -> Result<Known, Error> {
        let tenant = asked.caller.tenant;
        self.write("RemoveExternalId", asked, move |tx| {
            let pair = pair.clone();
            Box::pin(async move {
                let person = people::find(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
                let (primary, further) = known(tx, tenant, &person).await?;
                if primary.as_ref() == Some(&pair) {
                    return Err(Error::PrimaryExternalId(pair));
                }
                if !further.contains(&pair) {
                    return Err(Error::ExternalIdNotFound(pair));
                }
                identities::delete(tx, tenant, person.id, &pair).await?;
                known(tx, tenant, &person).await
            })
        })
        .await
    }

    /// The keys of a person.
    pub async fn list_external_ids(&self, caller: &Caller, person: PersonId) -> Result<Known, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let person = people::find(reader, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
        let further = identities::further(reader, tenant, person.id).await?;
        Ok((person.profile.primary(), further.into_iter().collect()))
    }

    /// Who has a key, primary or further.
    pub async fn look_up_person(&self, caller: &Caller, pair: ExternalId) -> Result<Shown, Error> {
        match identities::find(self.store.reader(), caller.tenant, &pair).await? {
            Some(person) => self.get_person(caller, person).await,
            None => Err(Error::ExternalIdNotFound(pair)),
        }
    }
}

async fn known(tx: &Tx, tenant: TenantId, person: &Person) -> Result<Known, Error> {
    let further = identities::further(tx, tenant, person.id).await?;
    Ok((person.profile.primary(), further.into_iter().collect()))
}
