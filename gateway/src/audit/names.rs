//! The resource names in the bytes of a message.

use arki_ids::kinds;
use bytes::Bytes;

/// Most names of one message; the directory keeps no more.
const MOST: usize = 20;

/// Prefix, underscore and 26 characters.
const ID: usize = 30;

/// The collection whose members are named by words that a tenant chose, instead of by ids.
const BY_WORD: &str = "attributeDefinitions/";

/// Every resource name in an encoded message, in its order, each once. Names are found by their form, which nothing
/// else has, so that a message needn't be decoded for it.
pub(super) fn in_message(message: &Bytes) -> Vec<String> {
    let mut names = Vec::new();
    for (slash, _) in message.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        if let Some(name) = by_word(&message[..slash + 1], message)
            && names.len() < MOST
            && !names.contains(&name)
        {
            names.push(name);
            continue;
        }
        let Some(id) = message.get(slash + 1..slash + 1 + ID) else { continue };
        let known = kinds::ALL.iter().find(|(prefix, collection)| {
            id.starts_with(prefix.as_bytes())
                && id[prefix.len()] == b'_'
                && message[..slash].ends_with(collection.as_bytes())
        });
        let Some((_, collection)) = known else { continue };
        if !id[4..].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z')) {
            continue;
        }
        let name = format!("{collection}/{}", String::from_utf8_lossy(id));
        if names.len() < MOST && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The name that `before`, a beginning of the message, begins. A word has no form by which its end could be seen, so
/// it ends where the length before the name says.
fn by_word(before: &[u8], message: &[u8]) -> Option<String> {
    let start = before.len().checked_sub(BY_WORD.len()).filter(|_| before.ends_with(BY_WORD.as_bytes()))?;
    let length = usize::from(*message.get(start.checked_sub(1)?)?);
    let name = std::str::from_utf8(message.get(start..start + length)?).ok()?;
    let word = name.strip_prefix(BY_WORD)?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!word.is_empty() && word.bytes().all(is_word)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use arki_ids::{PersonId, UnitId};
    use arki_proto::directory::v1 as pb;
    use prost::Message;

    use super::*;

    #[test]
    fn names_are_found_however_deep_and_nothing_else_is() {
        let (person, unit) = (PersonId::random().name(), UnitId::random().name());
        let update = pb::UpdatePersonRequest {
            person: Some(pb::Person {
                name: person.clone(),
                display_name: "people/per_ Aino Esimerkki aino@example.com https://example.com/people"
                    .to_owned(),
                unit: unit.clone(),
                manager: person.clone(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let found = in_message(&update.encode_to_vec().into());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.contains(&person) && found.contains(&unit));
        assert!(in_message(&Bytes::from_static(b"people/per_")).is_empty());
        assert!(in_message(&Bytes::new()).is_empty());
    }

    #[test]
    fn a_name_that_is_a_word_ends_where_the_message_says() {
        let name = "attributeDefinitions/site".to_owned();
        let update = pb::UpdateAttributeDefinitionRequest {
            attribute_definition: Some(pb::AttributeDefinition { name: name.clone(), ..Default::default() }),
            request_id: "B".to_owned(),
            ..Default::default()
        };
        assert_eq!(in_message(&update.encode_to_vec().into()), [name]);
        assert!(in_message(&Bytes::from_static(b"\x40attributeDefinitions/si te")).is_empty());
        assert!(in_message(&Bytes::from_static(b"attributeDefinitions/site")).is_empty());
    }
}
