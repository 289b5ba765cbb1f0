//! Which attributes people may have.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::TenantId;
use arki_rpc::Caller;

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::Person;
use crate::domain::attribute::{Change, Definition, Schema, Terms, Type};
use crate::domain::audience::Segment;
use crate::storage::attributes;

impl Directory {
    /// Defines an attribute.
    pub async fn create_attribute_definition(
        &self,
        asked: &Asked,
        key: String,
        of: Type,
        terms: Terms,
    ) -> Result<Definition, Error> {
        let tenant = asked.caller.tenant;
        let definition = Definition::create(key, of, terms, self.now());
        check(&definition)?;
        self.write("CreateAttributeDefinition", asked, move |tx| {
            let definition = definition.clone();
            Box::pin(async move {
                if attributes::find(tx, tenant, &definition.key).await?.is_some() {
                    return Err(Error::AttributeExists(definition.key));
                }
                attributes::insert(tx, tenant, &definition).await?;
                Ok(definition)
            })
        })
        .await
        .map_err(|error| error.or_taken(None))
    }

    /// One definition.
    pub async fn get_attribute_definition(&self, caller: &Caller, key: &str) -> Result<Definition, Error> {
        let found = attributes::find(self.store.reader(), caller.tenant, key).await?;
        found.ok_or_else(|| Error::AttributeNotFound(key.to_owned()))
    }

    /// Definitions, by key.
    pub async fn list_attribute_definitions(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Definition>, Error> {
        Ok(attributes::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes a definition.
    pub async fn update_attribute_definition(
        &self,
        asked: &Asked,
        key: String,
        change: Change,
        etag: String,
    ) -> Result<Definition, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("UpdateAttributeDefinition", asked, move |tx| {
            let (key, change, etag) = (key.clone(), change.clone(), etag.clone());
            Box::pin(async move {
                let before = attributes::find(tx, tenant, &key).await?;
                let before = before.ok_or(Error::AttributeNotFound(key))?;
                check_etag(&etag, before.revision)?;
                let changed = before.change(change, now);
                check(&changed)?;
                if changed != before {
                    attributes::update(tx, tenant, &changed).await?;
                }
                Ok(changed)
            })
        })
        .await
        .map_err(|error| error.or_taken(None))
    }

    /// Removes a definition that nobody has a value of.
    pub async fn delete_attribute_definition(
        &self,
        asked: &Asked,
        key: String,
        etag: String,
    ) -> Result<(), Error> {
        let tenant = asked.caller.tenant;
        self.write("DeleteAttributeDefinition", asked, move |tx| {
            let (key, etag) = (key.clone(), etag.clone());
            Box::pin(async move {
                let found = attributes::find(tx, tenant, &key).await?;
                let found = found.ok_or_else(|| Error::AttributeNotFound(key.clone()))?;
                check_etag(&etag, found.revision)?;
                if attributes::is_in_use(tx, tenant, &key).await? {
                    return Err(Error::AttributeInUse(key));
                }
                Ok(attributes::delete(tx, tenant, &key).await?)
            })
        })
        .await
    }

    /// Refuses segments that nobody may be chosen by.
    pub(super) async fn check_segments(&self, tenant: TenantId, segments: &[Segment]) -> Result<(), Error> {
        if segments.is_empty() {
            return Ok(());
        }
        let schema = attributes::schema(self.store.reader(), tenant).await?;
        let refused: Vec<_> =
            segments.iter().filter_map(|segment| schema.refuse_segment(&segment.key)).collect();
        if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
    }
}

fn check(definition: &Definition) -> Result<(), Error> {
    let refused = definition.check();
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}

/// Refuses attributes of a person that the tenant has not defined so. Every write of a person passes here, or asks
/// [`Schema::check`] itself where it has a line of a file to tell of.
pub(super) async fn check_values(
    tx: &Tx,
    tenant: TenantId,
    before: Option<&Person>,
    after: &Person,
) -> Result<(), Error> {
    let schema: Schema = attributes::schema(tx, tenant).await?;
    let before = before.map(|person| (person.profile.kind, &person.profile.attributes));
    let refused = schema.check(after.profile.kind, before, &after.profile.attributes);
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}
