//! Small things that occur in many messages.

use arki_ids::{Id, Kind};
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::Failure;
use arki_words::Words;

use crate::domain::Violation;

pub(super) fn words(text: Option<LocalizedText>) -> Words {
    text.map(|LocalizedText { by_language }| Words::from(by_language)).unwrap_or_default()
}

pub(super) fn text(words: &Words) -> Option<LocalizedText> {
    (!words.is_empty()).then(|| LocalizedText { by_language: words.clone().into() })
}

/// Reads a resource name that the contract has checked, as far as a pattern can.
pub(super) fn id<K: Kind>(name: &str, field: &str) -> Result<Id<K>, Failure> {
    Id::from_name(name).map_err(|error| Failure::invalid_field(field, error.to_string()))
}

/// As [`id`], where empty means none.
pub(super) fn id_or_none<K: Kind>(name: &str, field: &str) -> Result<Option<Id<K>>, Failure> {
    if name.is_empty() { Ok(None) } else { id(name, field).map(Some) }
}

pub(super) fn violations(found: Vec<Violation>) -> Vec<arki_rpc::Violation> {
    found
        .into_iter()
        .map(|Violation { field, description }| arki_rpc::Violation { field, description })
        .collect()
}
