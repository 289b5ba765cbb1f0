//! What every method does with its request first.

use std::collections::BTreeSet;

use arki_database::Once;
use arki_database::page::{Page, PageRequest, Tokens};
use arki_rpc::{Caller, Failure};
use chrono::{DateTime, Utc};
use prost::Message;
use prost_types::FieldMask;
use sha2::{Digest, Sha256};

/// What makes this request the same as an earlier one. `request` comes without its `request_id`.
pub(super) fn once<R: Message>(
    caller: &Caller,
    method: &'static str,
    request_id: String,
    request: &R,
    now: DateTime<Utc>,
) -> Once {
    Once { tenant: caller.tenant, method, request_id, fingerprint: arki_rpc::fingerprint(request), now }
}

/// The fields that an update changes: those of the mask, or all where there is none. `name` and `etag` say which
/// resource is meant and are in no mask; a mask made of the keys of a body names them all the same.
pub(super) fn fields(mask: Option<&FieldMask>, allowed: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let given = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if given.is_empty() {
        return Ok(allowed.iter().map(ToString::to_string).collect());
    }
    let paths: Vec<_> =
        given.iter().filter(|path| !matches!(path.as_str(), "name" | "etag")).cloned().collect();
    if paths.is_empty() {
        return Ok(BTreeSet::new());
    }
    arki_rpc::mask::paths(Some(&FieldMask { paths }), allowed)
}

/// Where a list goes on, bound to the tenant, the method and all other arguments.
pub(super) struct Listing {
    tokens: Tokens,
    arguments: [u8; 32],
    pub(super) page: PageRequest,
}

impl Listing {
    /// `request` comes without its page size and token.
    pub(super) fn of<R: Message>(
        key: [u8; 32],
        caller: &Caller,
        method: &'static str,
        request: &R,
        page_size: i32,
        page_token: &str,
    ) -> Result<Self, Failure> {
        let arguments = Sha256::new()
            .chain_update(method)
            .chain_update(caller.tenant.uuid().as_bytes())
            .chain_update(request.encode_to_vec())
            .finalize()
            .into();
        let tokens = Tokens::new(key);
        let after = if page_token.is_empty() {
            None
        } else {
            Some(tokens.open(page_token, arguments).map_err(|_| Failure::page_token_invalid())?)
        };
        let page = PageRequest::new(page_size, after)
            .map_err(|error| Failure::invalid_field("page_size", error.to_string()))?;
        Ok(Self { tokens, arguments, page })
    }

    /// The items of a page, and the token of the next one.
    pub(super) fn render<T, U>(&self, page: Page<T>, each: impl FnMut(T) -> U) -> (Vec<U>, String) {
        let Page { items, next } = page;
        let next = next.map(|cursor| self.tokens.seal(&cursor, self.arguments)).unwrap_or_default();
        (items.into_iter().map(each).collect(), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_names_what_changes_and_a_mask_of_names_alone_changes_nothing() {
        let fields = |paths: &[&str]| {
            let paths = paths.iter().map(ToString::to_string).collect();
            super::fields(Some(&FieldMask { paths }), &["title", "purpose"])
                .unwrap()
                .into_iter()
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(&[]), ["purpose", "title"]);
        assert_eq!(fields(&["name", "title"]), ["title"]);
        assert_eq!(fields(&["name", "etag"]), Vec::<String>::new());
    }
}
