//! The writes of one transaction.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arki_database::Tx;
use arki_ids::{PersonId, ScimGroupId, TenantId};
use arki_scim::Error as Refused;
use arki_scim::bulk::Method;
use arki_scim::etag::check_match;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::super::consents::record;
use super::super::events::tell_people;
use super::super::{Error, tenant_of};
use super::place::Places;
use super::shelf::Shelf;
use super::{Done, Job, MOST_ANSWERED, Operation, Type};
use crate::domain::Person;
use crate::domain::attribute::Schema;
use crate::domain::consent::Consent;
use crate::domain::scim::{Group, User, folded, render, told};
use crate::storage::scim::{groups, users};
use crate::storage::{attributes, people};

/// Why an operation does not go on.
pub(super) enum Stop {
    /// The client hears of it.
    Refused(Refused),
    /// The database failed, and nothing of the transaction happens.
    Failed(Error),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<arki_database::Error> for Stop {
    fn from(error: arki_database::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What an operation left, to be shown when everything is written.
pub(super) enum Written {
    User(u16, Arc<User>),
    Group(u16, Arc<Group>),
    Gone(String),
}

/// What a transaction knows of one tenant.
pub(super) struct Work {
    pub(super) tenant: TenantId,
    pub(super) now: DateTime<Utc>,
    pub(super) today: NaiveDate,
    pub(super) users: Shelf<User>,
    pub(super) groups: Shelf<Group>,
    /// People as stored and as they will be.
    pub(super) people: HashMap<PersonId, (Option<Person>, Person)>,
    /// People whom a new user may turn out to be, by what they may be known by.
    pub(super) by_key: HashMap<String, Vec<PersonId>>,
    pub(super) by_email: HashMap<String, Vec<PersonId>>,
    /// Who reports to whom, as far as it was looked up.
    pub(super) managers: HashMap<PersonId, Option<PersonId>>,
    pub(super) places: Places,
    /// What the tenant has defined of attributes.
    pub(super) attributes: Schema,
    /// Who objects to being asked, and who does no longer.
    pub(super) said: Vec<Consent>,
}

/// Carries out the jobs. What is wrong with one operation is its own result.
pub(super) async fn run(
    tx: &Tx,
    jobs: &[Job],
    now: DateTime<Utc>,
) -> Result<Vec<Vec<Result<Done, Refused>>>, Error> {
    let mut works: HashMap<TenantId, Work> = HashMap::new();
    for tenant in jobs.iter().map(|job| job.tenant).collect::<BTreeSet<_>>() {
        let mut work = Work::begin(tx, tenant, now).await?;
        let of = jobs.iter().filter(|job| job.tenant == tenant);
        let operations: Vec<&Operation> = of.flat_map(|job| &job.operations).collect();
        work.read_ahead(tx, &operations).await?;
        works.insert(tenant, work);
    }
    let mut written = Vec::with_capacity(jobs.len());
    for job in jobs {
        let Some(work) = works.get_mut(&job.tenant) else { continue };
        written.push(work.carry_out(tx, job).await?);
    }
    for work in works.values() {
        work.save(tx).await?;
    }
    let mut outcomes = Vec::with_capacity(jobs.len());
    for (job, written) in jobs.iter().zip(written) {
        outcomes.push(shown(tx, job, written).await?);
    }
    Ok(outcomes)
}

impl Work {
    async fn begin(tx: &Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<Self, Error> {
        let today = tenant_of(tx, tenant).await?.day_of(now);
        Ok(Self {
            tenant,
            now,
            today,
            users: Shelf::default(),
            groups: Shelf::default(),
            people: HashMap::new(),
            by_key: HashMap::new(),
            by_email: HashMap::new(),
            managers: HashMap::new(),
            places: Places::default(),
            attributes: attributes::schema(tx, tenant).await?,
            said: Vec::new(),
        })
    }

    /// Reads at once what the operations are about, so that a group of them costs a few statements and not a few each.
    async fn read_ahead(&mut self, tx: &Tx, operations: &[&Operation]) -> Result<(), Error> {
        let (mut ids, mut group_ids) = (HashSet::new(), HashSet::new());
        let (mut names, mut group_names) = (HashSet::new(), HashSet::new());
        let (mut externals, mut group_externals) = (HashSet::new(), HashSet::new());
        let mut new = Vec::new();
        for operation in operations {
            let body = operation.body.as_ref().unwrap_or(&Value::Null);
            let text =
                |name: &str| body.get(name).and_then(Value::as_str).filter(can_be_kept).map(str::to_owned);
            let is_whole = matches!(operation.method, Method::Post | Method::Put);
            match operation.of {
                Type::User => {
                    ids.extend(operation.id.parse::<PersonId>());
                    if is_whole {
                        names.extend(text("userName").map(|name| folded(&name)));
                        externals.extend(text("externalId"));
                        ids.extend(told::manager(body).and_then(|manager| manager.parse::<PersonId>().ok()));
                    }
                    if operation.method == Method::Post {
                        new.push(body);
                    }
                }
                Type::Group => {
                    group_ids.extend(operation.id.parse::<ScimGroupId>());
                    if is_whole {
                        group_names.extend(text("displayName").map(|name| folded(&name)));
                        group_externals.extend(text("externalId"));
                    }
                }
            }
        }
        self.read_people_to_adopt(tx, &new).await?;
        ids.extend(self.by_key.values().chain(self.by_email.values()).flatten().copied());
        let (ids, names, externals) = (listed(ids), listed(names), listed(externals));
        self.read_users(tx, &ids, &names, &externals).await?;
        let known: Vec<PersonId> = self.users.all().iter().map(|user| user.id).collect();
        self.read_people(tx, &known).await?;
        let (ids, names, externals) = (listed(group_ids), listed(group_names), listed(group_externals));
        self.read_groups(tx, &ids, &names, &externals).await
    }

    async fn carry_out(&mut self, tx: &Tx, job: &Job) -> Result<Vec<Result<Written, Refused>>, Error> {
        let mut written = Vec::with_capacity(job.operations.len());
        for operation in &job.operations {
            let done = match job.view.projection(operation.of.kind()) {
                Err(refused) => Err(refused.into()),
                Ok(_) => match operation.of {
                    Type::User => self.change_user(tx, operation).await,
                    Type::Group => self.change_group(tx, operation).await,
                },
            };
            written.push(match done {
                Ok(written) => Ok(written),
                Err(Stop::Refused(refused)) => Err(refused),
                Err(Stop::Failed(error)) => return Err(error),
            });
        }
        Ok(written)
    }

    async fn save(&self, tx: &Tx) -> Result<(), Error> {
        let changed = self.people.values().filter(|(before, after)| before.as_ref() != Some(after));
        let mut changed: Vec<Person> = changed.map(|(_, after)| after.clone()).collect();
        // In the order in which they were made, so that locks are always taken in the same order.
        changed.sort_by_key(|person| person.id);
        people::save(tx, self.tenant, &changed).await?;
        users::remove(tx, self.tenant, &self.users.removed()).await?;
        let mut saved: Vec<&User> = self.users.changed().into_iter().map(|(_, after)| after).collect();
        saved.sort_by_key(|user| user.id);
        users::save(tx, self.tenant, &saved).await?;
        groups::remove(tx, self.tenant, &self.groups.removed()).await?;
        let saved = self.groups.changed().into_iter();
        let mut saved: Vec<_> = saved.map(|(before, after)| groups::Changed { before, after }).collect();
        saved.sort_by_key(|group| group.after.id);
        groups::save(tx, self.tenant, &saved).await?;
        groups::remove_users(tx, self.tenant, &self.users.removed(), self.now).await?;
        record(tx, self.tenant, &self.said, self.now).await?;
        tell_people(tx, self.tenant, &changed, self.now).await
    }
}

/// Whether a database may be asked for a text: the body is not checked yet, and no text that is kept has U+0000.
pub(super) fn can_be_kept(text: &&str) -> bool {
    !text.contains('\0')
}

pub(super) fn listed<T>(set: HashSet<T>) -> Vec<T> {
    set.into_iter().collect()
}

/// The body of an operation.
pub(super) fn body(operation: &Operation) -> Result<&Value, Refused> {
    operation.body.as_ref().map_err(Clone::clone)
}

/// Refuses a write over another version than the client has read.
pub(super) fn check_version(operation: &Operation, revision: i64) -> Result<(), Refused> {
    check_match(operation.if_match.as_deref(), &render::version(revision))
}

/// The outcomes as they are answered. Read after everything is written, so that the groups are those of now.
async fn shown(
    tx: &Tx,
    job: &Job,
    written: Vec<Result<Written, Refused>>,
) -> Result<Vec<Result<Done, Refused>>, Error> {
    let of = written.iter().flatten().filter(|_| !job.without_resources);
    let of: HashSet<PersonId> = of
        .filter_map(|written| match written {
            Written::User(_, user) => Some(user.id),
            Written::Group(..) | Written::Gone(_) => None,
        })
        .collect();
    let groups = users::groups_of(tx, job.tenant, &listed(of)).await?;
    let base = &job.view.base;
    let done = job.operations.iter().zip(written).map(|(operation, written)| {
        let (of, status, id, revision) = match written.as_ref().map_err(Clone::clone)? {
            Written::User(status, user) => (Type::User, *status, user.id.to_string(), user.revision),
            Written::Group(status, group) => (Type::Group, *status, group.id.to_string(), group.revision),
            Written::Gone(id) => {
                let id = id.clone();
                return Ok(Done { status: 204, id, version: None, location: None, resource: None });
            }
        };
        let kind = of.kind();
        let projection = job.view.projection(kind)?;
        let resource = match written? {
            _ if job.without_resources => None,
            Written::User(_, user) => Some(render::user(kind, base, &user, &groups)),
            Written::Group(_, group)
                if operation.method == Method::Patch
                    && group.members.len() > MOST_ANSWERED
                    && job.view.attributes.is_empty() =>
            {
                None
            }
            Written::Group(_, group) => Some(render::group(kind, base, &group)),
            Written::Gone(_) => None,
        };
        let status = if resource.is_none() && !job.without_resources { 204 } else { status };
        Ok(Done {
            status,
            version: Some(render::version(revision).to_string()),
            location: Some(render::location(kind, base, &id)),
            id,
            resource: resource.map(|resource| projection.apply(kind, &resource)),
        })
    });
    Ok(done.collect())
}
