use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::base32;

/// What an id is the id of. The kinds of this project are in [`crate::kinds`].
pub trait Kind {
    /// What the text of an id begins with, before the underscore: three lower-case letters.
    const PREFIX: &'static str;
    /// The collection in a resource name, such as `goals` in `goals/gol_…`.
    const COLLECTION: &'static str;
}

/// A 128-bit identifier of a thing of kind `K`. Ids of two kinds don't mix.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// A text that is not an id, or not one of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct ParseIdError {
    text: String,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Id { prefix: &'static str },
    Name { collection: &'static str, prefix: &'static str },
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, prefix) = match self {
            Self::Id { prefix } => (String::new(), prefix),
            Self::Name { collection, prefix } => (format!("{collection}/"), prefix),
        };
        let length = base32::LENGTH;
        write!(
            f,
            "of the form {name}{prefix}_ followed by {length} characters of 0-9 and a-z without i, l, o, u"
        )
    }
}

/// An error quotes what was given, but never so much of it that a log line grows without bound.
const QUOTED: usize = 64;

impl ParseIdError {
    fn new(text: &str, expected: Expected) -> Self {
        Self { text: text.chars().take(QUOTED).collect(), expected }
    }
}

impl<K: Kind> Id<K> {
    /// A new id that sorts after every id that this process generated before (UUID version 7).
    pub fn generate() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }

    /// A new id that says nothing about when it was made (UUID version 4), for what must not be ordered or
    /// linked by time, such as an anonymous response.
    pub fn random() -> Self {
        Self::from_uuid(Uuid::new_v4())
    }

    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The resource name, such as `goals/gol_…`.
    pub fn name(&self) -> String {
        format!("{}/{self}", K::COLLECTION)
    }

    /// Reads a resource name, such as `goals/gol_…`.
    pub fn from_name(name: &str) -> Result<Self, ParseIdError> {
        name.strip_prefix(K::COLLECTION)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(Self::read)
            .ok_or_else(|| {
                ParseIdError::new(name, Expected::Name { collection: K::COLLECTION, prefix: K::PREFIX })
            })
    }

    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(K::PREFIX)?.strip_prefix('_')?;
        base32::decode(digits).map(|value| Self::from_uuid(Uuid::from_u128(value)))
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = base32::encode(self.uuid.as_u128());
        write!(f, "{}_{}", K::PREFIX, String::from_utf8_lossy(&digits))
    }
}

/// The same as the display form: an id in a log or a failed assertion reads as it does everywhere else.
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        Self::read(text).ok_or_else(|| ParseIdError::new(text, Expected::Id { prefix: K::PREFIX }))
    }
}

impl<K: Kind> From<Id<K>> for String {
    fn from(id: Id<K>) -> Self {
        id.to_string()
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

// Written by hand because a derive would ask the same traits of `K`, which is only a mark.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
