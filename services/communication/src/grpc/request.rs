//! What every method does with its request first.

use std::collections::BTreeSet;

use arki_proto::Bounds;
use arki_rpc::{Caller, Failure, fingerprint, mask};
use prost_types::FieldMask;
use sha2::{Digest, Sha256};
use tonic::Request;

use crate::service::{Asked, Wanted};

/// As [`arki_rpc::admit`], for an update: only what the mask selects must be within the bounds, since the rest is not
/// given. Also tells what is selected.
pub(super) fn open_update<T: Bounds>(
    request: Request<T>,
    resource: &str,
    mask: Option<FieldMask>,
    allowed: &[&str],
) -> Result<(Caller, T, BTreeSet<String>), Failure> {
    let caller = Caller::of(&request)?;
    let request = request.into_inner();
    let paths = match mask.filter(|mask| !mask.paths.is_empty()) {
        None => allowed.iter().map(ToString::to_string).collect(),
        Some(mask) => mask::paths(Some(&mask), allowed)?,
    };
    let mut found = Vec::new();
    request.violations("", &mut found);
    found.retain(|violation| concerns(&violation.field, resource, &paths));
    if found.is_empty() { Ok((caller, request, paths)) } else { Err(Failure::invalid(found)) }
}

/// Whether a field is part of what an update changes, or not of the resource at all. The etag always counts.
fn concerns(field: &str, resource: &str, paths: &BTreeSet<String>) -> bool {
    let Some(inside) = field.strip_prefix(resource).and_then(|rest| rest.strip_prefix('.')) else {
        return true;
    };
    let name = inside.split(['.', '[']).next().unwrap_or_default();
    name == "etag" || paths.contains(name)
}

/// A request with an effect. Its id is taken out, so that the rest is what a repeated id is compared by.
pub(super) fn asked<T: prost::Message>(
    caller: &Caller,
    request: &mut T,
    request_id: impl FnOnce(&mut T) -> &mut String,
) -> Asked {
    let request_id = std::mem::take(request_id(request));
    let hash = Sha256::new().chain_update(fingerprint(request)).chain_update(&caller.subject).finalize();
    Asked { tenant: caller.tenant, request_id, fingerprint: hash.into() }
}

pub(super) fn wanted(page_size: i32, page_token: String) -> Wanted {
    Wanted { size: page_size, token: page_token }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_judged_by_what_it_changes() {
        let paths = BTreeSet::from(["schedule".to_owned()]);
        for (field, counts) in [
            ("campaign", true),
            ("request_id", true),
            ("campaign.schedule", true),
            ("campaign.schedule.rrule", true),
            ("campaign.etag", true),
            ("campaign.display_name", false),
            ("campaign.schedules", false),
            ("campaign.audience.units[0]", false),
        ] {
            assert_eq!(concerns(field, "campaign", &paths), counts, "{field}");
        }
    }
}
