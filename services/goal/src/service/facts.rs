//! What the directory says of the things that a change names.

use arki_ids::{PersonId, RoleId, TenantId, UnitId};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Error, Goals};
use crate::domain::{Organisation, Place};

/// Roles that are asked about at the same time.
const CONCURRENCY: usize = 8;

/// The things that a change names.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// Whether the tree is needed, even without a unit to look for.
    pub(super) tree: bool,
    pub(super) unit: Option<UnitId>,
    pub(super) roles: Vec<RoleId>,
    pub(super) person: Option<PersonId>,
}

/// What the directory said.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Today's tree; empty where nobody asked for it.
    pub(super) tree: Organisation,
    absent_unit: Option<UnitId>,
    absent_role: Option<RoleId>,
    absent_person: Option<PersonId>,
}

impl Facts {
    /// Refuses to go on with something that the directory doesn't have.
    pub(super) fn complete(&self) -> Result<(), Error> {
        self.complete_besides(Place::default(), None)
    }

    /// The same for a change of something that names this place and person already: what was there may stay, even when
    /// the unit has been closed or the person is gone since.
    pub(super) fn complete_besides(&self, place: Place, person: Option<PersonId>) -> Result<(), Error> {
        let Place { unit, role } = place;
        if let Some(id) = self.absent_unit.filter(|id| unit != Some(*id)) {
            return Err(Error::UnitNotFound(id));
        }
        if let Some(id) = self.absent_role.filter(|id| role != Some(*id)) {
            return Err(Error::RoleNotFound(id));
        }
        match self.absent_person.filter(|id| person != Some(*id)) {
            Some(id) => Err(Error::PersonNotFound(id)),
            None => Ok(()),
        }
    }
}

impl Goals {
    /// Asks the directory about everything that is named.
    pub(super) async fn facts(&self, tenant: TenantId, named: Named) -> Result<Facts, Error> {
        let Named { tree, unit, roles, person } = named;
        let tree = async {
            if tree || unit.is_some() {
                self.directory.tree(tenant).await
            } else {
                Ok(Organisation::default())
            }
        };
        let absent_role = async {
            let looks = roles.into_iter().map(|role| async move {
                self.directory.has_role(tenant, role).await.map(|has| (!has).then_some(role))
            });
            let absent: Vec<Option<RoleId>> = stream::iter(looks).buffered(CONCURRENCY).try_collect().await?;
            Ok(absent.into_iter().flatten().next())
        };
        let absent_person = async {
            match person {
                Some(id) if self.directory.person(tenant, id).await?.is_none() => Ok(Some(id)),
                _ => Ok(None),
            }
        };
        let (tree, absent_role, absent_person) = futures::try_join!(tree, absent_role, absent_person)?;
        let absent_unit = unit.filter(|unit| tree.position(*unit).is_none());
        Ok(Facts { tree, absent_unit, absent_role, absent_person })
    }
}
