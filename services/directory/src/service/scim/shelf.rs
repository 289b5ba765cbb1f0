//! What a transaction has read and changed of one kind of resource, before it is written.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::scim::Resource;

/// Resources by id, and who holds a name or a key of the client. Whatever is not here has not been read yet.
pub(super) struct Shelf<T: Resource> {
    slots: HashMap<T::Id, Slot<T>>,
    names: HashMap<String, Option<T::Id>>,
    externals: HashMap<String, Option<T::Id>>,
}

struct Slot<T> {
    /// As stored; none where nothing is.
    before: Option<Arc<T>>,
    /// As it will be stored; none where nothing will be.
    after: Option<Arc<T>>,
}

impl<T: Resource> Default for Shelf<T> {
    fn default() -> Self {
        Self { slots: HashMap::new(), names: HashMap::new(), externals: HashMap::new() }
    }
}

impl<T: Resource + PartialEq> Shelf<T> {
    /// Notes what was read. What has been here before stays: it may have changed since.
    pub(super) fn put_read(&mut self, resources: impl IntoIterator<Item = T>) {
        for resource in resources {
            let id = resource.id();
            if self.slots.contains_key(&id) {
                continue;
            }
            self.names.entry(resource.name_key()).or_insert(Some(id));
            if let Some(key) = resource.external_id() {
                self.externals.entry(key.to_owned()).or_insert(Some(id));
            }
            let stored = Arc::new(resource);
            self.slots.insert(id, Slot { before: Some(Arc::clone(&stored)), after: Some(stored) });
        }
    }

    /// Notes that these were looked for: those that were not found are not there.
    pub(super) fn put_missing(&mut self, ids: &[T::Id], names: &[String], externals: &[String]) {
        for id in ids {
            self.slots.entry(*id).or_insert(Slot { before: None, after: None });
        }
        for name in names {
            self.names.entry(name.clone()).or_insert(None);
        }
        for external in externals {
            self.externals.entry(external.clone()).or_insert(None);
        }
    }

    /// The resource; the outer none means that it has not been looked for.
    pub(super) fn get(&self, id: T::Id) -> Option<Option<Arc<T>>> {
        self.slots.get(&id).map(|slot| slot.after.clone())
    }

    /// Who has a name; the outer none means that nobody has looked.
    pub(super) fn named(&self, key: &str) -> Option<Option<T::Id>> {
        self.names.get(key).copied()
    }

    /// Who has a key of the client; the outer none means that nobody has looked.
    pub(super) fn keyed(&self, key: &str) -> Option<Option<T::Id>> {
        self.externals.get(key).copied()
    }

    /// Puts a new or changed resource.
    pub(super) fn put(&mut self, resource: T) -> Arc<T> {
        let id = resource.id();
        self.free(id);
        self.names.insert(resource.name_key(), Some(id));
        if let Some(key) = resource.external_id() {
            self.externals.insert(key.to_owned(), Some(id));
        }
        let after = Arc::new(resource);
        self.slots.entry(id).or_insert(Slot { before: None, after: None }).after = Some(Arc::clone(&after));
        after
    }

    /// Takes a resource away.
    pub(super) fn remove(&mut self, id: T::Id) {
        self.free(id);
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.after = None;
        }
    }

    /// Frees the name and the key of a resource.
    fn free(&mut self, id: T::Id) {
        let Some(old) = self.slots.get(&id).and_then(|slot| slot.after.clone()) else { return };
        self.names.insert(old.name_key(), None);
        if let Some(key) = old.external_id() {
            self.externals.insert(key.to_owned(), None);
        }
    }

    /// Every resource that is here now.
    pub(super) fn all(&self) -> Vec<Arc<T>> {
        self.slots.values().filter_map(|slot| slot.after.clone()).collect()
    }

    /// Those to write: as stored, and as they will be.
    pub(super) fn changed(&self) -> Vec<(Option<&T>, &T)> {
        let slots = self.slots.values().filter(|slot| slot.before != slot.after);
        slots.filter_map(|slot| Some((slot.before.as_deref(), slot.after.as_deref()?))).collect()
    }

    /// Those to remove.
    pub(super) fn removed(&self) -> Vec<T::Id> {
        let gone = self.slots.iter().filter(|(_, slot)| slot.before.is_some() && slot.after.is_none());
        gone.map(|(id, _)| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use arki_ids::PersonId;
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::domain::scim::User;

    fn user(id: PersonId, name: &str) -> User {
        let resource = json!({"userName": name, "externalId": format!("x-{name}")});
        User::create(id, resource, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_name_moves_with_its_holder_and_is_freed() {
        let (ann, ben) = (PersonId::generate(), PersonId::generate());
        let mut shelf = Shelf::default();
        assert_eq!(shelf.named("ann"), None);
        shelf.put_read([user(ann, "Ann")]);
        shelf.put_missing(&[ben], &["ann".to_owned(), "ben".to_owned()], &[]);
        assert_eq!((shelf.named("ann"), shelf.named("ben")), (Some(Some(ann)), Some(None)));
        assert!(shelf.changed().is_empty());

        let renamed =
            shelf.get(ann).unwrap().unwrap().changed(json!({"userName": "Anna"}), DateTime::UNIX_EPOCH);
        shelf.put(renamed);
        assert_eq!((shelf.named("ann"), shelf.named("anna")), (Some(None), Some(Some(ann))));
        assert_eq!((shelf.keyed("x-Ann"), shelf.changed().len()), (Some(None), 1));

        shelf.remove(ann);
        assert_eq!((shelf.named("anna"), shelf.removed()), (Some(None), vec![ann]));
        assert!(shelf.changed().is_empty());
    }
}
