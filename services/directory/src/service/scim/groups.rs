//! Writes of groups.

use std::sync::Arc;

use arki_database::Tx;
use arki_ids::ScimGroupId;
use arki_scim::Error as Refused;
use arki_scim::bulk::Method;
use arki_scim::patch::Patch;

use super::super::Error;
use super::work::{Stop, Work, Written, body, check_version};
use super::{Operation, Type};
use crate::domain::scim::{Group, Resource};
use crate::storage::scim::groups;

impl Work {
    pub(super) async fn change_group(&mut self, tx: &Tx, operation: &Operation) -> Result<Written, Stop> {
        let kind = Type::Group.kind();
        if operation.method == Method::Post {
            let resource = kind.create(body(operation)?)?;
            let group = Group::create(ScimGroupId::generate(), resource, self.now);
            self.check_group(tx, &group).await?;
            return Ok(Written::Group(201, self.groups.put(group)));
        }
        let group = self.group(tx, &operation.id).await?;
        check_version(operation, group.revision)?;
        let resource = match operation.method {
            Method::Put => kind.replace(&group.with_members(), body(operation)?)?,
            Method::Patch => Patch::parse(body(operation)?)?.apply(kind, &group.with_members())?,
            Method::Post | Method::Delete => {
                self.groups.remove(group.id);
                return Ok(Written::Gone(group.id.to_string()));
            }
        };
        let changed = group.changed(resource, self.now);
        if changed == *group {
            return Ok(Written::Group(200, group));
        }
        self.check_group(tx, &changed).await?;
        Ok(Written::Group(200, self.groups.put(changed)))
    }

    async fn group(&mut self, tx: &Tx, id: &str) -> Result<Arc<Group>, Stop> {
        let known = id.parse::<ScimGroupId>().map_err(|_| Refused::not_found(id))?;
        if self.groups.get(known).is_none() {
            self.read_groups(tx, &[known], &[], &[]).await?;
        }
        Ok(self.groups.get(known).flatten().ok_or_else(|| Refused::not_found(id))?)
    }

    /// Refuses a name or a key of the client that another group has.
    async fn check_group(&mut self, tx: &Tx, group: &Group) -> Result<(), Stop> {
        let name = group.name_key();
        if self.groups.named(&name).is_none() {
            self.read_groups(tx, &[], std::slice::from_ref(&name), &[]).await?;
        }
        if self.groups.named(&name).flatten().is_some_and(|holder| holder != group.id) {
            return Err(Refused::uniqueness(Group::NAME).into());
        }
        if let Some(key) = group.external_id().map(str::to_owned) {
            if self.groups.keyed(&key).is_none() {
                self.read_groups(tx, &[], &[], std::slice::from_ref(&key)).await?;
            }
            if self.groups.keyed(&key).flatten().is_some_and(|holder| holder != group.id) {
                return Err(Refused::uniqueness("externalId").into());
            }
        }
        Ok(())
    }

    pub(super) async fn read_groups(
        &mut self,
        tx: &Tx,
        ids: &[ScimGroupId],
        names: &[String],
        externals: &[String],
    ) -> Result<(), Error> {
        self.groups.put_read(groups::of_ids(tx, self.tenant, ids).await?);
        self.groups.put_read(groups::named(tx, self.tenant, names).await?);
        self.groups.put_read(groups::with_external_ids(tx, self.tenant, externals).await?);
        self.groups.put_missing(ids, names, externals);
        Ok(())
    }
}
