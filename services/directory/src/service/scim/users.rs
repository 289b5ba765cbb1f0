//! Writes of users, and of the people that they are.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use arki_database::Tx;
use arki_ids::{PersonId, TenantId};
use arki_scim::Error as Refused;
use arki_scim::bulk::Method;
use arki_scim::patch::Patch;
use serde_json::Value;

use super::super::Error;
use super::super::erasures::erased;
use super::work::{Stop, Work, Written, body, can_be_kept, check_version, listed};
use super::{Operation, Type};
use crate::domain::Person;
use crate::domain::consent::{Channel, Consent, Purpose, State};
use crate::domain::erasure::Key;
use crate::domain::person::{Change, Kind, Profile, email_key};
use crate::domain::scim::{Resource, User, folded, told};
use crate::storage::scim::users;
use crate::storage::{merges, people};

/// The source of people whom an identity provider made known.
const SOURCE: &str = "scim";

impl Work {
    pub(super) async fn change_user(&mut self, tx: &Tx, operation: &Operation) -> Result<Written, Stop> {
        let kind = Type::User.kind();
        if operation.method == Method::Post {
            let resource = kind.create(body(operation)?)?;
            return self.create_user(tx, resource).await;
        }
        let user = self.user(tx, &operation.id).await?;
        check_version(operation, user.revision)?;
        let resource = match operation.method {
            Method::Put => kind.replace(&user.with_id(), body(operation)?)?,
            Method::Patch => Patch::parse(body(operation)?)?.apply(kind, &user.with_id())?,
            Method::Post | Method::Delete => return self.remove_user(tx, &user).await,
        };
        let changed = user.changed(resource, self.now);
        if changed == *user {
            return Ok(Written::User(200, user));
        }
        refuse_erased(tx, self.tenant, Some(&user.resource), &changed.resource).await?;
        self.check_free(tx, &changed).await?;
        self.tell_person(tx, Some(&user.resource), &changed).await?;
        Ok(Written::User(200, self.users.put(changed)))
    }

    async fn create_user(&mut self, tx: &Tx, resource: Value) -> Result<Written, Stop> {
        refuse_erased(tx, self.tenant, None, &resource).await?;
        let adopted = self.find_person(&resource);
        let id = adopted.unwrap_or_else(PersonId::generate);
        let user = User::create(id, resource, self.now);
        self.check_free(tx, &user).await?;
        if adopted.is_none() {
            let person = self.new_person(&user);
            self.people.insert(id, (None, person));
        }
        self.tell_person(tx, None, &user).await?;
        Ok(Written::User(201, self.users.put(user)))
    }

    /// The user is gone, and the person is one who left.
    async fn remove_user(&mut self, tx: &Tx, user: &User) -> Result<Written, Stop> {
        let change = Change { kind: Some(Kind::Leaver), ..Change::default() };
        let person = self.person_of(tx, user.id).await?;
        self.change_person(person, change);
        self.users.remove(user.id);
        let id = user.id.to_string();
        for group in self.groups.all() {
            if group.members.contains(&id) {
                self.groups.put(group.without(&id, self.now));
            }
        }
        Ok(Written::Gone(id))
    }

    async fn user(&mut self, tx: &Tx, id: &str) -> Result<Arc<User>, Stop> {
        let known = id.parse::<PersonId>().map_err(|_| Refused::not_found(id))?;
        if self.users.get(known).is_none() {
            self.read_users(tx, &[known], &[], &[]).await?;
        }
        Ok(self.users.get(known).flatten().ok_or_else(|| Refused::not_found(id))?)
    }

    /// Refuses a name or a key of the client that another user has.
    async fn check_free(&mut self, tx: &Tx, user: &User) -> Result<(), Stop> {
        let name = user.name_key();
        if self.users.named(&name).is_none() {
            self.read_users(tx, &[], std::slice::from_ref(&name), &[]).await?;
        }
        if self.users.named(&name).flatten().is_some_and(|holder| holder != user.id) {
            return Err(Refused::uniqueness(User::NAME).into());
        }
        let Some(key) = user.external_id().map(str::to_owned) else { return Ok(()) };
        if self.users.keyed(&key).is_none() {
            self.read_users(tx, &[], &[], std::slice::from_ref(&key)).await?;
        }
        if self.users.keyed(&key).flatten().is_some_and(|holder| holder != user.id) {
            return Err(Refused::uniqueness("externalId").into());
        }
        Ok(())
    }

    pub(super) async fn read_users(
        &mut self,
        tx: &Tx,
        ids: &[PersonId],
        names: &[String],
        externals: &[String],
    ) -> Result<(), Error> {
        self.users.put_read(users::of_ids(tx, self.tenant, ids).await?);
        self.users.put_read(users::named(tx, self.tenant, names).await?);
        self.users.put_read(users::with_external_ids(tx, self.tenant, externals).await?);
        self.users.put_missing(ids, names, externals);
        Ok(())
    }

    /// Reads everybody whom these new users may turn out to be.
    pub(super) async fn read_people_to_adopt(&mut self, tx: &Tx, bodies: &[&Value]) -> Result<(), Error> {
        let (mut keys, mut emails) = (HashSet::new(), HashSet::new());
        for body in bodies {
            keys.extend(keys_of(body));
            emails.extend(emails_of(body));
        }
        let found = people::with_any_key(tx, self.tenant, &listed(keys)).await?;
        for person in found.into_iter().filter(may_be_adopted) {
            if let Some(key) = &person.profile.external_id {
                self.by_key.entry(key.clone()).or_default().push(person.id);
            }
            self.people.entry(person.id).or_insert((Some(person.clone()), person));
        }
        let found = people::with_emails(tx, self.tenant, &listed(emails)).await?;
        for person in found.into_iter().filter(may_be_adopted) {
            if let Some(key) = email_key(&person.profile.email) {
                self.by_email.entry(key).or_default().push(person.id);
            }
            self.people.entry(person.id).or_insert((Some(person.clone()), person));
        }
        Ok(())
    }

    pub(super) async fn read_people(&mut self, tx: &Tx, ids: &[PersonId]) -> Result<(), Error> {
        let missing: Vec<PersonId> = ids.iter().copied().filter(|id| !self.people.contains_key(id)).collect();
        for person in people::of_ids(tx, self.tenant, &missing).await? {
            self.people.entry(person.id).or_insert((Some(person.clone()), person));
        }
        Ok(())
    }

    /// The one person who is known by what the resource says and is no user yet. Where several are, nobody is taken:
    /// a person more can be put right, two people in one can't.
    fn find_person(&self, resource: &Value) -> Option<PersonId> {
        let nobody = Vec::new();
        let by_key = keys_of(resource).into_iter().map(|key| self.by_key.get(&key));
        let by_email = emails_of(resource).into_iter().map(|key| self.by_email.get(&key));
        by_key.chain(by_email).map(|found| found.unwrap_or(&nobody)).find_map(|found| {
            let free = |person: &&PersonId| self.users.get(**person).flatten().is_none();
            let mut free = found.iter().filter(free);
            free.next().copied().filter(|_| free.next().is_none())
        })
    }

    fn new_person(&self, user: &User) -> Person {
        // A key that somebody else has under this source stays theirs.
        let key =
            user.external_id().filter(|key| key.chars().count() <= 200 && !self.by_key.contains_key(*key));
        let profile = Profile {
            kind: Kind::Employee,
            display_name: user.user_name().to_owned(),
            email: String::new(),
            language: None,
            time_zone: None,
            employment: None,
            manager: None,
            account: None,
            external_id: key.map(str::to_owned),
            source: SOURCE.to_owned(),
            attributes: std::collections::BTreeMap::new(),
        };
        Person::create(user.id, profile, self.now)
    }

    /// Makes of the person what the resource says.
    async fn tell_person(&mut self, tx: &Tx, before: Option<&Value>, user: &User) -> Result<(), Stop> {
        let id = self.person_of(tx, user.id).await?;
        let Some((_, person)) = self.people.get(&id).cloned() else { return Ok(()) };
        let mut change = told::change(before, &user.resource, &person.profile);
        let manager = told::manager(&user.resource);
        if before.and_then(told::manager) != manager {
            change.manager = Some(self.find_manager(tx, id, manager).await?);
        }
        let place = told::place(&user.resource);
        let is_placed = person.memberships.on(self.today).is_some();
        if place != told::Place::default() && (!is_placed || before.map(told::place) != Some(place)) {
            let (tenant, today) = (self.tenant, self.today);
            let (unit, role) = self.places.find(tx, tenant, today, place, &person).await?;
            change.unit = unit.map(Some);
            change.role = role.map(Some).filter(|_| unit.is_some() || is_placed);
        }
        self.change_person(id, change);
        self.note_objection(id, before, &user.resource);
        Ok(())
    }

    /// Whoever is said to opt out of surveys objects to every way of being asked; and who is no longer said to, allows
    /// them again.
    fn note_objection(&mut self, person: PersonId, before: Option<&Value>, after: &Value) {
        let opts_out = told::opts_out(after);
        if before.is_some_and(told::opts_out) == opts_out {
            return;
        }
        let state = if opts_out { State::Withdrawn } else { State::Granted };
        self.said.extend(Channel::ALL.map(|channel| Consent {
            person,
            purpose: Purpose::Survey,
            channel,
            state,
            source: SOURCE.to_owned(),
            time: self.now,
            text_version: String::new(),
        }));
    }

    /// The person that a user is: the one of the same id, or whom that one was merged into.
    async fn person_of(&mut self, tx: &Tx, user: PersonId) -> Result<PersonId, Error> {
        self.read_people(tx, &[user]).await?;
        if self.people.contains_key(&user) {
            return Ok(user);
        }
        let Some(survivor) = merges::find(tx, self.tenant, user).await? else { return Ok(user) };
        self.read_people(tx, &[survivor]).await?;
        Ok(survivor)
    }

    fn change_person(&mut self, id: PersonId, mut change: Change) {
        let Some((_, person)) = self.people.get_mut(&id) else { return };
        // What the tenant's definitions refuse stays in the resource and is not the person's.
        let (kind, old) = (change.kind.unwrap_or(person.profile.kind), &person.profile.attributes);
        let before = Some((person.profile.kind, old));
        if change.attributes.as_ref().is_some_and(|new| !self.attributes.check(kind, before, new).is_empty())
        {
            change.attributes = None;
        }
        // A place or an employment that is planned already may stand in the way of this one: then the plan holds.
        let still = Change { unit: None, role: None, ..change.clone() };
        let stays = Change { kind: None, employment: None, ..still.clone() };
        let tries = [change, still, stays].into_iter();
        let changed = tries.map(|change| person.change(change, self.today, self.now)).find_map(Result::ok);
        let Some(changed) = changed else { return };
        self.managers.insert(id, changed.profile.manager);
        *person = changed;
    }

    /// The manager that is meant: by id, by the key of the client or by user name. None where there is no such user, or
    /// where the person would end up reporting to themselves.
    async fn find_manager(
        &mut self,
        tx: &Tx,
        person: PersonId,
        word: Option<&str>,
    ) -> Result<Option<PersonId>, Stop> {
        let Some(word) = word else { return Ok(None) };
        let found = match word.parse::<PersonId>() {
            Ok(id) => {
                if self.users.get(id).is_none() {
                    self.read_users(tx, &[id], &[], &[]).await?;
                }
                self.users.get(id).flatten().map(|user| user.id)
            }
            Err(_) => {
                let (name, key) = (folded(word), word.to_owned());
                if self.users.keyed(&key).is_none() || self.users.named(&name).is_none() {
                    let (names, keys) = (std::slice::from_ref(&name), std::slice::from_ref(&key));
                    self.read_users(tx, &[], names, keys).await?;
                }
                self.users.keyed(&key).flatten().or(self.users.named(&name).flatten())
            }
        };
        let found = match found {
            Some(user) => Some(self.person_of(tx, user).await?),
            None => None,
        };
        let (mut above, mut seen) = (found, HashSet::new());
        while let Some(manager) = above.filter(|manager| seen.insert(*manager)) {
            if manager == person {
                return Ok(None);
            }
            above = self.manager_of(tx, manager).await?;
        }
        Ok(found)
    }

    async fn manager_of(&mut self, tx: &Tx, person: PersonId) -> Result<Option<PersonId>, Error> {
        if let Some((_, person)) = self.people.get(&person) {
            return Ok(person.profile.manager);
        }
        if let Some(manager) = self.managers.get(&person) {
            return Ok(*manager);
        }
        let manager = people::find_manager(tx, self.tenant, person).await?.flatten();
        self.managers.insert(person, manager);
        Ok(manager)
    }
}

/// Refuses whom nobody may make known again: it would undo an erasure.
async fn refuse_erased(tx: &Tx, tenant: TenantId, before: Option<&Value>, after: &Value) -> Result<(), Stop> {
    let keys = |resource: &Value| -> BTreeSet<Key> {
        let emails = emails_of(resource).into_iter().map(Key::Email);
        keys_of(resource).into_iter().map(Key::OfStaff).chain(emails).collect()
    };
    let known = before.map(keys).unwrap_or_default();
    let new = keys(after).into_iter().filter(|key| !known.contains(key));
    match erased(tx, tenant, new).await?.into_values().next() {
        Some(erasure) => {
            let detail = format!("the user was erased by {}, lift that erasure first", erasure.name());
            Err(Refused::plain(403, detail).into())
        }
        None => Ok(()),
    }
}

/// Whoever works here, may come to, or did. A customer of the same address is another thing than an employee.
fn may_be_adopted(person: &Person) -> bool {
    matches!(person.profile.kind, Kind::Employee | Kind::Candidate | Kind::Leaver)
}

/// What a system that knew the person before may have known them by, the surest first.
fn keys_of(resource: &Value) -> Vec<String> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str);
    let keys = [text("externalId"), told::employee_number(resource), text("userName")];
    keys.into_iter().flatten().filter(|key| !key.is_empty()).filter(can_be_kept).map(str::to_owned).collect()
}

fn emails_of(resource: &Value) -> Vec<String> {
    let user_name = resource.get("userName").and_then(Value::as_str).filter(|name| name.contains('@'));
    let emails = crate::domain::scim::email_keys(resource);
    let all = user_name.and_then(email_key).into_iter().chain(emails);
    all.filter(|key| can_be_kept(&key.as_str())).collect()
}
