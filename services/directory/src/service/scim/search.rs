//! Reading one and finding many.
//!
//! What an index answers is asked of it (see [`narrow`]); everything else walks through the resources page by page and
//! keeps of them no more than the part that is asked for, so that memory stays bounded however many there are.

use std::cmp::Reverse;

use arki_database::Store;
use arki_ids::{PersonId, ScimGroupId, TenantId};
use arki_rpc::Caller;
use arki_scim::list::{Asked, Page, Query};
use arki_scim::schema::{Projection, ResourceType, Sort};
use arki_scim::{Error as Refused, ScimType};
use serde_json::Value;

use super::{PAGES, Scim, Shown, Type, View};
use crate::domain::scim::narrow::{self, Key};
use crate::domain::scim::{Group, Resource, User, render};
use crate::service::Error;
use crate::storage::scim::{groups, users};

/// How many resources are looked at at once.
const STEP: u64 = 500;

/// How deep a list of several kinds can be paged: everything before a page is looked at for it.
const DEEPEST: u64 = 10_000;

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub total: u64,
    pub page: Page,
    pub resources: Vec<Value>,
}

/// Who reads, and how it is shown.
struct Reader<'r> {
    store: &'r Store,
    tenant: TenantId,
    base: &'r str,
    of: Type,
    /// Whether a group's members or a user's groups are wanted.
    with_related: bool,
}

impl Scim {
    /// One resource; a fault for the client where there is none.
    pub async fn get(
        &self,
        caller: &Caller,
        of: Type,
        id: &str,
        view: &View,
    ) -> Result<Result<Shown, Refused>, Error> {
        let kind = of.kind();
        let projection = match view.projection(kind) {
            Ok(projection) => projection,
            Err(refused) => return Ok(Err(refused)),
        };
        let reader = self.reader(caller, of, view, is_related_shown(of, &projection));
        let found = reader.with_keys(&[Key::Id(id.to_owned())]).await?.pop();
        Ok(found.map_or_else(
            || Err(Refused::not_found(id)),
            |resource| {
                let text = |name: &str| resource["meta"][name].as_str().unwrap_or_default().to_owned();
                let (version, location) = (text("version"), text("location"));
                Ok(Shown { resource: projection.apply(kind, &resource), version, location })
            },
        ))
    }

    /// The resources of some kinds that a client asks for. Where no order is asked for, the newest come first, whatever
    /// their kind; else kind by kind.
    pub async fn search(
        &self,
        caller: &Caller,
        types: &[Type],
        asked: &Asked,
        view: &View,
    ) -> Result<Result<Found, Refused>, Error> {
        let page = asked.page(PAGES);
        let (mut queries, mut refused) = (Vec::new(), None);
        for of in types {
            match asked.settle(of.kind(), PAGES) {
                Ok(query) => queries.push((*of, query)),
                Err(fault) => refused = Some(fault),
            }
        }
        if let Some(fault) = refused.filter(|_| queries.is_empty()) {
            return Ok(Err(fault));
        }
        let is_mixed = queries.len() > 1 && asked.sort_by.is_none();
        if is_mixed && page.offset() > DEEPEST {
            let detail =
                format!("a search of the root shows {DEEPEST} resources, ask /Users or /Groups for more");
            return Ok(Err(Refused::of(ScimType::TooMany, detail)));
        }
        let mut found = Found { total: 0, page, resources: Vec::new() };
        for (of, query) in &queries {
            let (passed, left) = if is_mixed {
                (0, page.offset() + page.count)
            } else {
                let shown = found.resources.len() as u64;
                (page.offset().saturating_sub(found.total), page.count.saturating_sub(shown))
            };
            let is_related = is_related_shown(*of, &query.projection) || mentions_related(query);
            let reader = self.reader(caller, *of, view, is_related);
            let (total, resources) = reader.part(query, passed, left).await?;
            found.total += total;
            found.resources.extend(resources);
        }
        if is_mixed {
            found.resources.sort_by_cached_key(|resource| Reverse(age(resource)));
            let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
            found.resources.drain(..size(page.offset()).min(found.resources.len()));
            found.resources.truncate(size(page.count));
        }
        Ok(Ok(found))
    }

    fn reader<'r>(&'r self, caller: &Caller, of: Type, view: &'r View, with_related: bool) -> Reader<'r> {
        let store = &self.directory.store;
        Reader { store, tenant: caller.tenant, base: &view.base, of, with_related }
    }
}

/// When a resource was made, as its id tells behind the prefix of its kind.
fn age(resource: &Value) -> String {
    let id = resource["id"].as_str().unwrap_or_default();
    id.split_once('_').map_or(id, |(_, age)| age).to_owned()
}

fn is_related_shown(of: Type, projection: &Projection) -> bool {
    let related = match of {
        Type::User => "groups",
        Type::Group => "members",
    };
    projection.shows(of.kind(), related)
}

fn mentions_related(query: &Query) -> bool {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default().to_lowercase();
    let sort = query.sort.as_ref().map(|sort| sort.by.attribute.to_lowercase()).unwrap_or_default();
    ["members", "groups"].iter().any(|name| filter.contains(name) || sort == *name)
}

impl Reader<'_> {
    /// How many there are, and `left` of them after the first `passed`.
    async fn part(&self, query: &Query, passed: u64, left: u64) -> Result<(u64, Vec<Value>), Error> {
        let kind = self.of.kind();
        let shown = |resources: Vec<Value>| -> Vec<Value> {
            resources.iter().map(|resource| query.projection.apply(kind, resource)).collect()
        };
        if query.filter.is_none() && query.sort.is_none() {
            let total = self.count().await?;
            let resources =
                if left == 0 || passed >= total { Vec::new() } else { self.slice(passed, left).await? };
            return Ok((total, shown(resources)));
        }
        let mut window = Window::new(kind, query.sort.as_ref(), passed, left);
        let name = match self.of {
            Type::User => User::NAME,
            Type::Group => Group::NAME,
        };
        let meets =
            |resource: &Value| query.filter.as_ref().is_none_or(|filter| filter.matches(kind, resource));
        match query.filter.as_ref().and_then(|filter| narrow::keys(filter, name)) {
            Some(keys) => {
                for resource in self.with_keys(&keys).await?.into_iter().filter(meets) {
                    window.take(resource);
                }
            }
            None => {
                let mut last = None;
                loop {
                    let resources = self.after(last.as_deref()).await?;
                    let is_last = (resources.len() as u64) < STEP;
                    last = resources.last().and_then(|last| last["id"].as_str()).map(str::to_owned);
                    for resource in resources.into_iter().filter(meets) {
                        window.take(resource);
                    }
                    if is_last {
                        break;
                    }
                }
            }
        }
        let (total, resources) = window.close();
        if query.sort.is_none() {
            return Ok((total, shown(resources)));
        }
        // Of a sorted list only what decides the order was kept.
        let ids: Vec<String> =
            resources.iter().filter_map(|resource| resource["id"].as_str()).map(str::to_owned).collect();
        let keys: Vec<Key> = ids.iter().cloned().map(Key::Id).collect();
        let mut whole = self.with_keys(&keys).await?;
        let place = |resource: &Value| ids.iter().position(|id| resource["id"].as_str() == Some(id));
        whole.sort_by_key(place);
        Ok((total, shown(whole)))
    }

    async fn count(&self) -> Result<u64, Error> {
        Ok(match self.of {
            Type::User => users::count(self.store.reader(), self.tenant).await?,
            Type::Group => groups::count(self.store.reader(), self.tenant).await?,
        })
    }

    async fn slice(&self, offset: u64, limit: u64) -> Result<Vec<Value>, Error> {
        match self.of {
            Type::User => {
                self.users(users::slice(self.store.reader(), self.tenant, offset, limit).await?).await
            }
            Type::Group => {
                let with = self.with_related;
                Ok(self.groups(&groups::slice(self.store.reader(), self.tenant, offset, limit, with).await?))
            }
        }
    }

    async fn after(&self, last: Option<&str>) -> Result<Vec<Value>, Error> {
        match self.of {
            Type::User => {
                let last = last.and_then(|last| last.parse::<PersonId>().ok());
                self.users(users::after(self.store.reader(), self.tenant, last, STEP).await?).await
            }
            Type::Group => {
                let last = last.and_then(|last| last.parse::<ScimGroupId>().ok());
                let with = self.with_related;
                Ok(self.groups(&groups::after(self.store.reader(), self.tenant, last, STEP, with).await?))
            }
        }
    }

    async fn with_keys(&self, keys: &[Key]) -> Result<Vec<Value>, Error> {
        match self.of {
            Type::User => self.users(users::with_keys(self.store.reader(), self.tenant, keys).await?).await,
            Type::Group => {
                let with = self.with_related;
                Ok(self.groups(&groups::with_keys(self.store.reader(), self.tenant, keys, with).await?))
            }
        }
    }

    async fn users(&self, users: Vec<User>) -> Result<Vec<Value>, Error> {
        let of: Vec<PersonId> = users.iter().filter(|_| self.with_related).map(|user| user.id).collect();
        let groups = users::groups_of(self.store.reader(), self.tenant, &of).await?;
        let kind = self.of.kind();
        Ok(users.iter().map(|user| render::user(kind, self.base, user, &groups)).collect())
    }

    fn groups(&self, groups: &[Group]) -> Vec<Value> {
        let kind = self.of.kind();
        groups.iter().map(|group| render::group(kind, self.base, group)).collect()
    }
}

/// The part of a list that is asked for, while the list goes by.
struct Window<'q> {
    kind: &'q ResourceType,
    sort: Option<(&'q Sort, Projection)>,
    passed: usize,
    left: usize,
    total: u64,
    kept: Vec<Value>,
}

impl<'q> Window<'q> {
    fn new(kind: &'q ResourceType, sort: Option<&'q Sort>, passed: u64, left: u64) -> Self {
        let sort = sort.and_then(|sort| {
            let by = sort.by.to_string();
            Projection::new(kind, [by.as_str()], []).ok().map(|decides| (sort, decides))
        });
        let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Self { kind, sort, passed: size(passed), left: size(left), total: 0, kept: Vec::new() }
    }

    fn take(&mut self, resource: Value) {
        let place = usize::try_from(self.total).unwrap_or(usize::MAX);
        self.total += 1;
        let end = self.passed.saturating_add(self.left);
        match &self.sort {
            None if place >= self.passed && place < end => self.kept.push(resource),
            None => {}
            Some((sort, decides)) => {
                let decisive = decides.apply(self.kind, &resource);
                self.kept.push(with_primaries(decisive, &resource, &sort.by.attribute));
                // Twice what is asked for and a little, so that sorting costs the same for each resource.
                if self.left == 0 || self.kept.len() > end.saturating_mul(2).saturating_add(1_000) {
                    self.shrink(end);
                }
            }
        }
    }

    fn shrink(&mut self, end: usize) {
        if let Some((sort, _)) = &self.sort {
            let kind = self.kind;
            self.kept.sort_by(|left, right| {
                let id = |resource: &Value| resource["id"].as_str().unwrap_or_default().to_owned();
                sort.compare(kind, left, right).then_with(|| id(left).cmp(&id(right)))
            });
        }
        self.kept.truncate(if self.left == 0 { 0 } else { end });
    }

    fn close(mut self) -> (u64, Vec<Value>) {
        if self.sort.is_some() {
            self.shrink(self.passed.saturating_add(self.left));
            let passed = self.passed.min(self.kept.len());
            self.kept.drain(..passed);
        }
        (self.total, self.kept)
    }
}

/// Which element of several decides is said by `primary`, which a projection on a part leaves out.
fn with_primaries(mut decisive: Value, resource: &Value, attribute: &str) -> Value {
    if let Some(elements @ Value::Array(_)) = resource.get(attribute) {
        decisive[attribute] = elements.clone();
    }
    decisive
}
