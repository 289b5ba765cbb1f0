//! What an update mask selects.

use std::collections::BTreeSet;

use prost_types::FieldMask;

use crate::Failure;

/// The paths that `mask` selects, each one of `allowed`.
///
/// `*` selects all of `allowed`, and a path above some of them (`schedule` above `schedule.cron`) selects those. A
/// mask that selects nothing is refused: it is nearly always a forgotten one, and doing nothing would hide that.
///
/// # Errors
/// `UPDATE_MASK_INVALID` naming the first path that can't be changed.
pub fn paths(mask: Option<&FieldMask>, allowed: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let mut selected = BTreeSet::new();
    for path in mask.map(|mask| mask.paths.as_slice()).unwrap_or_default() {
        let path = path.trim();
        let mut known = false;
        for &field in allowed {
            if path == "*" || path == field || is_above(path, field) {
                known = true;
                selected.insert(field.to_owned());
            }
        }
        if !known {
            return Err(Failure::update_mask_invalid(
                path,
                format!("path {path:?} can't be changed, use * or some of: {}", allowed.join(", ")),
            ));
        }
    }
    if selected.is_empty() {
        return Err(Failure::update_mask_invalid(
            "",
            format!("must name what to change, use * or some of: {}", allowed.join(", ")),
        ));
    }
    Ok(selected)
}

/// Which fields an update changes. No mask means every field.
#[derive(Debug)]
pub struct Mask {
    selected: Option<BTreeSet<String>>,
}

impl Mask {
    /// Reads a mask over `fields`. It may name those of `output_only` too, which the service sets: they stay as they
    /// are.
    ///
    /// # Errors
    /// `UPDATE_MASK_INVALID` when the mask names anything else.
    pub fn read(mask: Option<&FieldMask>, fields: &[&str], output_only: &[&str]) -> Result<Self, Failure> {
        if mask.is_none_or(|mask| mask.paths.is_empty()) {
            return Ok(Self { selected: None });
        }
        Ok(Self { selected: Some(paths(mask, &[fields, output_only].concat())?) })
    }

    /// The value, where its field is changed.
    pub fn pick<T>(&self, field: &str, value: impl FnOnce() -> T) -> Option<T> {
        let is_selected = self.selected.as_ref().is_none_or(|selected| selected.contains(field));
        is_selected.then(value)
    }
}

fn is_above(path: &str, field: &str) -> bool {
    field.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: [&str; 4] = ["display_name", "schedule.cron", "schedule.zone", "weight"];

    fn select(selected: &[&str]) -> Result<Vec<String>, String> {
        let mask = FieldMask { paths: selected.iter().map(ToString::to_string).collect() };
        paths(Some(&mask), &ALLOWED)
            .map(|selected| selected.into_iter().collect())
            .map_err(|failure| failure.metadata["path"].clone())
    }

    #[test]
    fn a_mask_picks_its_fields_and_none_picks_all() {
        let mask = |paths: &[&str]| FieldMask { paths: paths.iter().map(ToString::to_string).collect() };
        let read = |paths: &[&str]| Mask::read(Some(&mask(paths)), &["title", "weight"], &["etag"]);
        let picked = read(&["title", "etag"]).unwrap();
        assert_eq!((picked.pick("title", || 1), picked.pick("weight", || 2)), (Some(1), None));
        assert_eq!(read(&["etag"]).unwrap().pick("title", || 1), None);
        assert_eq!(read(&[]).unwrap().pick("title", || 1), Some(1));
        assert!(read(&["colour"]).is_err());
    }

    #[test]
    fn a_path_selects_itself_and_what_is_below() {
        assert_eq!(select(&["weight", "weight"]).unwrap(), ["weight"]);
        assert_eq!(select(&["schedule"]).unwrap(), ["schedule.cron", "schedule.zone"]);
        assert_eq!(select(&["*"]).unwrap(), ALLOWED);
    }

    #[test]
    fn a_path_that_cannot_be_changed_is_named() {
        assert_eq!(select(&["weight", "colour"]), Err("colour".into()));
        assert_eq!(select(&["sched"]), Err("sched".into()));
        assert_eq!(select(&["weight.unit"]), Err("weight.unit".into()));
    }

    #[test]
    fn an_empty_or_missing_mask_is_refused() {
        assert_eq!(select(&[]), Err(String::new()));
        let failure = paths(None, &ALLOWED).unwrap_err();
        assert_eq!((failure.code, &*failure.reason), (tonic::Code::InvalidArgument, "UPDATE_MASK_INVALID"));
    }
}
