//! Who serves whom.

use std::collections::{BTreeMap, BTreeSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{RoleId, ServesEdgeId, TenantId};
use arki_rpc::Caller;

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::serves::{Edge, MOST_EDGES, Party, Step};
use crate::storage::{roles, serves, units};

impl Directory {
    /// Makes an edge.
    pub async fn create_serves_edge(
        &self,
        asked: &Asked,
        from: Party,
        to: Party,
        words: BTreeMap<String, String>,
    ) -> Result<Edge, Error> {
        let tenant = asked.caller.tenant;
        let edge = Edge::create(ServesEdgeId::generate(), from, to, words, self.now())?;
        self.write("CreateServesEdge", asked, move |tx| {
            let edge = edge.clone();
            Box::pin(async move {
                for party in [&edge.from, &edge.to] {
                    check_party(tx, tenant, party).await?;
                }
                if serves::count(tx, tenant).await? >= MOST_EDGES {
                    return Err(Error::TooManyServesEdges);
                }
                serves::save(tx, tenant, &edge).await?;
                Ok(edge)
            })
        })
        .await
        .map_err(|error| match error {
            Error::Database(arki_database::Error::Conflict { constraint })
                if constraint.ends_with("_to_party_key") =>
            {
                Error::ServesEdgeExists
            }
            error => error,
        })
    }

    /// One edge.
    pub async fn get_serves_edge(&self, caller: &Caller, edge: ServesEdgeId) -> Result<Edge, Error> {
        let found = serves::find(self.store.reader(), caller.tenant, edge).await?;
        found.ok_or(Error::ServesEdgeNotFound(edge))
    }

    /// Edges, oldest first.
    pub async fn list_serves_edges(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Edge>, Error> {
        Ok(serves::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes the words of an edge; none leaves them.
    pub async fn update_serves_edge(
        &self,
        asked: &Asked,
        edge: ServesEdgeId,
        words: Option<BTreeMap<String, String>>,
        etag: String,
    ) -> Result<Edge, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("UpdateServesEdge", asked, move |tx| {
            let (words, etag) = (words.clone(), etag.clone());
            Box::pin(async move {
                let before = serves::find(tx, tenant, edge).await?.ok_or(Error::ServesEdgeNotFound(edge))?;
                check_etag(&etag, before.revision)?;
                let changed = words.map_or_else(|| before.clone(), |words| before.with(words, now));
                if changed != before {
                    serves::save(tx, tenant, &changed).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// Removes an edge.
    pub async fn delete_serves_edge(
        &self,
        asked: &Asked,
        edge: ServesEdgeId,
        etag: String,
    ) -> Result<(), Error> {
        let tenant = asked.caller.tenant;
        self.write("DeleteServesEdge", asked, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let found = serves::find(tx, tenant, edge).await?.ok_or(Error::ServesEdgeNotFound(edge))?;
                check_etag(&etag, found.revision)?;
                Ok(serves::delete(tx, tenant, edge).await?)
            })
        })
        .await
    }

    /// The shortest way to customers; none where there is no way.
    pub async fn get_path_to_customer(
        &self,
        caller: &Caller,
        from: Party,
    ) -> Result<Option<Vec<Step>>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let mut homes = BTreeSet::new();
        match &from {
            Party::Role(role) => {
                roles::find(reader, tenant, *role).await?.ok_or(Error::RoleNotFound(*role))?;
                homes = serves::homes(reader, tenant, *role, self.today(tenant).await?).await?;
            }
            Party::Unit(unit) => {
                units::find(reader, tenant, *unit).await?.ok_or(Error::UnitNotFound(*unit))?;
            }
            Party::Segment(_) => {}
        }
        Ok(serves::graph(reader, tenant).await?.path(&from, &homes))
    }

    /// The roles of a page of roles from which no way leads to customers.
    pub async fn list_roles_without_path(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<RoleId>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let today = self.today(tenant).await?;
        let graph = serves::graph(reader, tenant).await?;
        let looked_at = roles::list(reader, tenant, page).await?;
        let mut items = Vec::new();
        for role in looked_at.items {
            let party = Party::Role(role.id);
            if graph.path(&party, &BTreeSet::new()).is_some() {
                continue;
            }
            let homes = serves::homes(reader, tenant, role.id, today).await?;
            if graph.path(&party, &homes).is_none() {
                items.push(role.id);
            }
        }
        Ok(Page { items, next: looked_at.next })
    }
}

async fn check_party(tx: &Tx, tenant: TenantId, party: &Party) -> Result<(), Error> {
    match party {
        Party::Role(role) => {
            roles::find(tx, tenant, *role).await?.map(drop).ok_or(Error::RoleNotFound(*role))
        }
        Party::Unit(unit) => {
            units::find(tx, tenant, *unit).await?.map(drop).ok_or(Error::UnitNotFound(*unit))
        }
        Party::Segment(_) => Ok(()),
    }
}
