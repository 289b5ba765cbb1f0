use std::collections::BTreeMap;

use super::change::ATTRIBUTE;
use super::shelf::{Known, Noun};
use super::{Fault, Fields, Kind, LONGEST, Reason, filled, text};
use crate::domain::attribute::check_attributes;
use crate::domain::erasure::Key;
use crate::domain::import::cell;
use crate::domain::person::{ExternalId, Kind as PersonKind, Person, Profile, email_key};

/// What a CRM may say that somebody is.
const KINDS: [PersonKind; 3] = [PersonKind::Customer, PersonKind::Prospect, PersonKind::FormerCustomer];

impl Noun for Person {
    const KIND: Kind = Kind::Person;

    fn brought_to(old: Option<&Self>, key: &str, fields: &Fields, known: &Known) -> Result<Self, Fault> {
        let mut profile = old.map_or_else(
            || Profile {
                kind: PersonKind::Customer,
                display_name: String::new(),
                email: String::new(),
                language: None,
                time_zone: None,
                employment: None,
                manager: None,
                account: None,
                external_id: Some(key.to_owned()),
                source: known.source.clone(),
                attributes: BTreeMap::new(),
            },
            |old| old.profile.clone(),
        );
        if old.is_none() && !fields.contains_key("display_name") {
            return Err(Fault::invalid("display_name", "must be given, because the person is new"));
        }
        for (field, value) in fields {
            put(&mut profile, field, value, known)?;
        }
        check_erased(old, key, &profile, known)?;
        let before = old.map(|old| (old.profile.kind, &old.profile.attributes));
        let refused = check_attributes(&profile.attributes)
            .into_iter()
            .chain(known.schema.check(profile.kind, before, &profile.attributes))
            .next();
        if let Some(refused) = refused {
            return Err(Fault::invalid(refused.field, refused.problem));
        }
        let new = match old {
            Some(old) => old.revised(Self { profile: profile.settled(), ..old.clone() }, known.now),
            None => Self::create((known.ids.person)(), profile, known.now),
        };
        let taken = keys(&new, known).find(|pair| known.holders.get(pair).is_some_and(|has| *has != new.id));
        match taken {
            Some((key, _)) => Err(Fault {
                reason: Reason::AttributeValueTaken,
                field: format!("attributes[{key:?}]"),
                problem:
                    "another person has this value of an attribute that is a key, choose another value or \
                          merge the two"
                        .to_owned(),
            }),
            None => Ok(new),
        }
    }

    fn note(&self, known: &mut Known) {
        let held: Vec<_> = keys(self, known).collect();
        known.holders.extend(held.into_iter().map(|pair| (pair, self.id)));
    }

    fn takes(&self, field: &str) -> bool {
        // An employee who buys stays an employee.
        field != "kind" || KINDS.contains(&self.profile.kind)
    }

    fn is_enough(fields: &Fields) -> bool {
        fields.contains_key("display_name")
    }

    fn is_called(&self, name: &str) -> bool {
        self.profile.display_name == name
    }

    fn name(&self) -> String {
        self.id.name()
    }
}

/// Refuses what would bring back somebody who was erased.
fn check_erased(old: Option<&Person>, key: &str, profile: &Profile, known: &Known) -> Result<(), Fault> {
    let by_key = || {
        let external_id = ExternalId { source: known.source.clone(), external_id: key.to_owned() };
        known.erased.contains(&Key::ExternalId(external_id))
    };
    if old.is_none() && by_key() {
        return Err(Fault::erased("external_id"));
    }
    let is_new = |email: &String| old.is_none_or(|old| email_key(&old.profile.email).as_ref() != Some(email));
    let email = email_key(&profile.email).filter(is_new).map(Key::Email);
    if email.is_some_and(|email| known.erased.contains(&email)) {
        return Err(Fault::erased("email"));
    }
    Ok(())
}

fn put(profile: &mut Profile, field: &str, value: &str, known: &Known) -> Result<(), Fault> {
    match field {
        "kind" => {
            let kind = PersonKind::of_word(value)
                .filter(|kind| KINDS.contains(kind))
                .ok_or_else(|| Fault::invalid(field, "must be one of customer, prospect, former_customer"))?;
            if !KINDS.contains(&profile.kind) {
                let problem = format!(
                    "is not for a CRM to say: the person is known as {}, leave it out",
                    profile.kind.word()
                );
                return Err(Fault::invalid(field, problem));
            }
            profile.kind = kind;
        }
        "display_name" => profile.display_name = text(field, value, 1, LONGEST)?.to_owned(),
        "email" => {
            if !value.is_empty() && (!cell::is_email(value) || value.contains('\0')) {
                return Err(Fault::invalid(field, "must be an address such as aino@example.com"));
            }
            profile.email = value.to_owned();
        }
        "language" => {
            let problem = || Fault::invalid(field, "must be a BCP 47 tag such as fi or sv-FI");
            let read = |value: String| cell::language(&value).ok_or_else(problem);
            profile.language = filled(value).map(read).transpose()?;
        }
        "time_zone" => {
            let problem = || Fault::invalid(field, "must be an IANA time zone such as Europe/Helsinki");
            let read = |value: String| cell::time_zone(&value).ok_or_else(problem);
            profile.time_zone = filled(value).map(read).transpose()?;
        }
        "account_external_id" => {
            let find = |key: String| {
                let account = known.accounts.get(&key).map(|account| account.id);
                account.ok_or_else(|| Fault::missing(Reason::AccountNotFound, field, &key))
            };
            profile.account = filled(value).map(find).transpose()?;
        }
        _ => {
            let Some(key) = field.strip_prefix(ATTRIBUTE) else {
                return Err(Fault::invalid(field, "is no field of a person"));
            };
            match filled(value) {
                Some(value) => profile.attributes.insert(key.to_owned(), value),
                None => profile.attributes.remove(key),
            };
        }
    }
    Ok(())
}

/// The values of a person that nobody else may have.
fn keys(person: &Person, known: &Known) -> impl Iterator<Item = (String, String)> {
    let is_key = |key: &str| known.schema.get(key).is_some_and(|definition| definition.terms.is_key);
    let attributes = person.profile.attributes.iter();
    attributes.filter(move |(key, _)| is_key(key)).map(|(key, value)| (key.clone(), value.clone()))
}
