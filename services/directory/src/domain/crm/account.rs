use super::shelf::{Known, Noun};
use super::{Fault, Fields, Kind, LONGEST, Reason, filled, text};
use crate::domain::account::{Account, Details};

/// The longest segment, in characters.
const LONGEST_SEGMENT: usize = 64;

impl Noun for Account {
    const KIND: Kind = Kind::Account;

    fn brought_to(old: Option<&Self>, key: &str, fields: &Fields, known: &Known) -> Result<Self, Fault> {
        let mut details = old.map_or_else(
            || Details {
                display_name: key.to_owned(),
                external_id: Some(key.to_owned()),
                source: String::new(),
                segment: String::new(),
                unit: None,
            },
            |old| old.details.clone(),
        );
        // One that names no source becomes this one's.
        details.source.clone_from(&known.source);
        for (field, value) in fields {
            match field.as_str() {
                "display_name" => details.display_name = text(field, value, 1, LONGEST)?.to_owned(),
                "segment" => details.segment = text(field, value, 0, LONGEST_SEGMENT)?.to_owned(),
                "unit_external_id" => {
                    let find = |key: String| {
                        let unit = known.units.get(&key).copied();
                        unit.ok_or_else(|| Fault::missing(Reason::UnitNotFound, field, &key))
                    };
                    details.unit = filled(value).map(find).transpose()?;
                }
                _ => return Err(Fault::invalid(field, "is no field of an account")),
            }
        }
        Ok(match old {
            Some(old) => old.with(details, known.now),
            None => Self::create((known.ids.account)(), details, known.now),
        })
    }

    fn is_enough(fields: &Fields) -> bool {
        fields.contains_key("display_name")
    }

    fn is_called(&self, name: &str) -> bool {
        self.details.display_name == name
    }

    fn name(&self) -> String {
        self.id.name()
    }
}
