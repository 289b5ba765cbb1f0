//! What was just worked out and is asked for again: a busy caller's next call is mostly that of a moment ago.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries that are kept at most. When there are more all go: each costs one signature to have again.
const MOST: usize = 4_096;

/// Answers by what they were asked for. The place is a hash, so an entry must say itself whether it is the one meant.
pub(super) struct Recent<T> {
    hasher: RandomState,
    entries: Mutex<HashMap<u64, T>>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), entries: Mutex::default() }
    }
}

impl<T> Recent<T> {
    /// What `read` makes of the entry at the place of `key`.
    pub(super) fn find<A>(&self, key: impl Hash, read: impl FnOnce(&T) -> Option<A>) -> Option<A> {
        let place = self.hasher.hash_one(key);
        self.entries().get(&place).and_then(read)
    }

    pub(super) fn keep(&self, key: impl Hash, entry: T) {
        let place = self.hasher.hash_one(key);
        let mut entries = self.entries();
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(place, entry);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<u64, T>> {
        // No code panics while it holds the lock, so what is inside is whole.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_cannot_fill_the_memory() {
        let recent = Recent::default();
        for number in 0..3 * MOST {
            recent.keep(number, number);
            assert_eq!(recent.find(number, |known| Some(*known)), Some(number));
            assert!(recent.entries().len() <= MOST);
        }
    }
}
