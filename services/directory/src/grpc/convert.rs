//! Reading fields of requests. Whatever is wrong is collected, so that a caller hears of all of it at once.

use std::collections::BTreeSet;

use arki_ids::{Id, Kind};
use arki_rpc::{Failure, Input, mask};
use chrono_tz::Tz;
use prost_types::FieldMask;

use crate::domain::Refused;

/// Fields that every resource has and nobody can set: a mask that names them is what a client sends that read the
/// resource, changed it and sent it back.
const OUTPUT_ONLY: [&str; 4] = ["name", "create_time", "update_time", "etag"];

/// Reads what only the directory is given.
pub(super) trait ReadFields {
    /// Notes values that the rules refuse, by their paths inside of `resource`.
    fn refuse_all(&mut self, resource: &str, refused: Vec<Refused>);

    /// A time zone that may be empty.
    fn time_zone(&mut self, field: &str, name: &str) -> Option<Tz>;
}

impl ReadFields for Input {
    fn refuse_all(&mut self, resource: &str, refused: Vec<Refused>) {
        for Refused { field, problem } in refused {
            self.refuse(format!("{resource}.{field}"), problem);
        }
    }

    fn time_zone(&mut self, field: &str, name: &str) -> Option<Tz> {
        if name.is_empty() {
            return None;
        }
        let zone = name.parse();
        if zone.is_err() {
            self.refuse(field, "must be an IANA time zone such as Europe/Helsinki");
        }
        zone.ok()
    }
}

/// A resource in a request. The bounds have been checked, so it is there; were it not, it would be a bug of ours.
pub(super) fn required<T>(field: &str, resource: Option<T>) -> Result<T, Failure> {
    resource.ok_or_else(|| Failure::invalid_field(field, "must be given"))
}

/// The name of the resource that a request is about.
pub(super) fn id<K: Kind>(field: &str, name: &str) -> Result<Id<K>, Failure> {
    Id::from_name(name).map_err(|error| Failure::invalid_field(field, error.to_string()))
}

/// A text in which empty means none.
pub(super) fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The name of a resource that may not be there.
pub(super) fn optional_name<K: Kind>(id: Option<Id<K>>) -> String {
    id.map(|id| id.name()).unwrap_or_default()
}

/// What an update changes.
pub(super) struct Mask(BTreeSet<String>);

impl Mask {
    /// Reads a mask: each path must be one of `allowed`, and no mask means all of them. Fields that nobody can set are
    /// passed over.
    pub(super) fn read(mask: Option<FieldMask>, allowed: &[&str]) -> Result<Self, Failure> {
        let paths = mask.map(|mask| mask.paths).unwrap_or_default();
        if paths.is_empty() {
            return Ok(Self(allowed.iter().map(|path| (*path).to_owned()).collect()));
        }
        let paths: Vec<_> = paths.into_iter().filter(|path| !OUTPUT_ONLY.contains(&path.trim())).collect();
        if paths.is_empty() {
            return Ok(Self(BTreeSet::new()));
        }
        Ok(Self(mask::paths(Some(&FieldMask { paths }), allowed)?))
    }

    /// Whether a field changes.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.contains(field)
    }

    /// The value of a field if it changes.
    pub(super) fn pick<T>(&self, field: &str, value: impl FnOnce() -> T) -> Option<T> {
        self.has(field).then(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(paths: &[&str]) -> Result<Vec<String>, String> {
        let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        Mask::read(Some(mask), &["display_name", "leader"])
            .map(|mask| mask.0.into_iter().collect())
            .map_err(|failure| failure.reason.to_string())
    }

    #[test]
    fn no_mask_means_everything_and_what_nobody_can_set_is_passed_over() {
        assert_eq!(read(&[]).unwrap(), ["display_name", "leader"]);
        assert_eq!(read(&["*"]).unwrap(), ["display_name", "leader"]);
        assert_eq!(read(&["name", "leader", "etag"]).unwrap(), ["leader"]);
        assert!(read(&["create_time"]).unwrap().is_empty());
        assert_eq!(read(&["leader", "parent"]).unwrap_err(), "UPDATE_MASK_INVALID");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut input = Input::default();
        input.time_zone("unit.time_zone", "Europe/Atlantis");
        input.time_zone("unit.time_zone", "");
        input.optional_id::<arki_ids::kinds::Unit>("unit.parent", "units/17");
        let failure = input.done().unwrap_err();
        let fields: Vec<_> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["unit.time_zone", "unit.parent"]);
    }
}
