//! What every method does with its request first.

use arki_proto::Bounds;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::{Caller, Failure};

/// Who calls, and the request within its bounds.
///
/// # Errors
/// As [`Caller::of`] and [`check`].
pub fn admit<T: Bounds>(request: tonic::Request<T>) -> Result<(Caller, T), Failure> {
    let caller = Caller::of(&request)?;
    let request = request.into_inner();
    check(&request)?;
    Ok((caller, request))
}

/// Checks the bounds that the contract declares for `request`.
///
/// # Errors
/// `INVALID_FIELDS` with all violations at once.
pub fn check(request: &impl Bounds) -> Result<(), Failure> {
    let mut found = Vec::new();
    request.violations("", &mut found);
    if found.is_empty() { Ok(()) } else { Err(Failure::invalid(found)) }
}

/// The fingerprint of a request, by which a repeated request id is told from a reused one: SHA-256 of its encoding.
/// The caller clears `request_id` first, and whatever else a client may change between two tries.
pub fn fingerprint<M: Message>(request: &M) -> [u8; 32] {
    Sha256::digest(request.encode_to_vec()).into()
}

#[cfg(test)]
mod tests {
    use prost_types::FieldMask;

    use super::*;

    #[test]
    fn a_fingerprint_tells_different_requests_apart_and_equal_ones_not() {
        let mask = |path: &str| FieldMask { paths: vec![path.to_owned()] };
        assert_eq!(fingerprint(&mask("weight")), fingerprint(&mask("weight")));
        assert_ne!(fingerprint(&mask("weight")), fingerprint(&mask("title")));
    }
}
