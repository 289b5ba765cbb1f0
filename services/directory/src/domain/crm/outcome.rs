use chrono::{DateTime, SubsecRound as _, Utc};
use chrono_tz::Tz;

use super::shelf::{Known, Noun};
use super::{Fault, Fields, Kind, Reason, filled};
use crate::domain::erasure::Key;
use crate::domain::import::cell;
use crate::domain::money;
use crate::domain::outcome::{Facts, Kind as OutcomeKind, Outcome};

/// Fewer digits than this are no milliseconds since 1970 but a year or a day without signs.
const MILLISECONDS: std::ops::RangeInclusive<usize> = 12..=13;

impl Noun for Outcome {
    const KIND: Kind = Kind::Outcome;

    fn brought_to(old: Option<&Self>, key: &str, fields: &Fields, known: &Known) -> Result<Self, Fault> {
        if old.is_none() && known.erased.contains(&Key::Outcome(key.to_owned())) {
            return Err(Fault::erased("external_id"));
        }
        let mut facts = match old {
            Some(old) => old.facts.clone(),
            None => fresh(key, fields, known)?,
        };
        facts.source.clone_from(&known.source);
        // The currency first: it says how many digits an amount has.
        if let Some(currency) = fields.get("currency") {
            put_currency(&mut facts, currency)?;
        }
        for (field, value) in fields.iter().filter(|(field, _)| *field != "currency") {
            put(&mut facts, field, value, known)?;
        }
        if let Err(refused) = facts.check() {
            return Err(Fault::invalid(refused.field, refused.problem));
        }
        Ok(match old {
            Some(old) => old.with(facts, known.now),
            None => Self::create((known.ids.outcome)(), facts, known.now),
        })
    }

    fn is_enough(fields: &Fields) -> bool {
        let told = |field: &str| fields.get(field).is_some_and(|value| !value.is_empty());
        told("kind") && told("time")
    }

    fn is_called(&self, _: &str) -> bool {
        false
    }

    fn name(&self) -> String {
        self.id.name()
    }
}

/// An outcome of which nothing is known but what it must have, with the unit of its account.
fn fresh(key: &str, fields: &Fields, known: &Known) -> Result<Facts, Fault> {
    let given = |field: &'static str| {
        let missing = || Fault::invalid(field, "must be given, because the outcome is new");
        fields.get(field).ok_or_else(missing)
    };
    let account = fields.get("account_external_id").and_then(|key| known.accounts.get(key));
    Ok(Facts {
        kind: read_kind(given("kind")?)?,
        time: read_time("time", given("time")?, known.zone)?,
        person: None,
        account: None,
        unit: account.and_then(|account| account.details.unit),
        amount_minor: 0,
        currency: String::new(),
        external_id: Some(key.to_owned()),
        source: known.source.clone(),
    })
}

fn put_currency(facts: &mut Facts, currency: &str) -> Result<(), Fault> {
    // What is stored and stays is not asked again.
    if facts.currency != currency && !currency.is_empty() && !money::is_currency(currency) {
        return Err(Fault::invalid(
            "currency",
            "must be the ISO 4217 code of a currency in use, such as EUR",
        ));
    }
    currency.clone_into(&mut facts.currency);
    Ok(())
}

fn put(facts: &mut Facts, field: &str, value: &str, known: &Known) -> Result<(), Fault> {
    match field {
        "kind" => facts.kind = read_kind(value)?,
        "time" => facts.time = read_time(field, value, known.zone)?,
        "person_external_id" => {
            let find = |key: String| {
                let person = known.people.get(&key).copied();
                person.ok_or_else(|| Fault::missing(Reason::PersonNotFound, field, &key))
            };
            facts.person = filled(value).map(find).transpose()?;
        }
        "account_external_id" => {
            let find = |key: String| {
                let account = known.accounts.get(&key).map(|account| account.id);
                account.ok_or_else(|| Fault::missing(Reason::AccountNotFound, field, &key))
            };
            facts.account = filled(value).map(find).transpose()?;
        }
        "unit_external_id" => {
            let find = |key: String| {
                let unit = known.units.get(&key).copied();
                unit.ok_or_else(|| Fault::missing(Reason::UnitNotFound, field, &key))
            };
            facts.unit = filled(value).map(find).transpose()?;
        }
        "amount_minor" => {
            facts.amount_minor =
                value.parse().map_err(|_| Fault::invalid(field, "must be a whole number of minor units"))?;
        }
        "amount" => {
            let read = |value: String| {
                if facts.currency.is_empty() {
                    return Err(Fault::invalid("currency", "must be given where there is an amount"));
                }
                money::exact(&value, &facts.currency)
                    .map_err(|error| Fault::invalid(field, error.to_string()))
            };
            facts.amount_minor = filled(value).map(read).transpose()?.unwrap_or_default();
        }
        _ => return Err(Fault::invalid(field, "is no field of an outcome")),
    }
    Ok(())
}

fn read_kind(word: &str) -> Result<OutcomeKind, Fault> {
    OutcomeKind::of_word(word).ok_or_else(|| {
        let words = OutcomeKind::ALL.map(OutcomeKind::word).join(", ");
        Fault::invalid("kind", format!("must be one of {words}"))
    })
}

/// A time as sources write it: RFC 3339, an offset without a colon (Salesforce), milliseconds since 1970 (HubSpot),
/// `/Date(milliseconds)/` (Dynamics), or a day or a time of the tenant's zone.
fn read_time(field: &str, text: &str, zone: Tz) -> Result<DateTime<Utc>, Fault> {
    let bare = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")).unwrap_or(text);
    let is_milliseconds =
        MILLISECONDS.contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
    let of_milliseconds =
        || is_milliseconds.then(|| bare.parse().ok().and_then(DateTime::from_timestamp_millis)).flatten();
    let of_offset =
        || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok().map(|time| time.to_utc());
    let time = of_milliseconds().or_else(of_offset).or_else(|| cell::time(text, None, zone));
    time.map(|time| time.trunc_subsecs(6)).ok_or_else(|| {
        Fault::invalid(field, "must be a time such as 2026-03-01T09:30:00Z, or milliseconds since 1970")
    })
}
