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
