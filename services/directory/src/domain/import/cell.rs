//! What single cells mean.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Tz;
use regex::Regex;

use super::super::outcome;
use super::super::person::Employment;

/// A language tag in the form that the contract has: `fi`, `sv-FI`. An underscore and capitals are forgiven.
pub fn language(text: &str) -> Option<String> {
    let text = text.replace('_', "-");
    let (primary, rest) = text.split_once('-').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
    let mut tag = primary.to_ascii_lowercase();
    if let Some(rest) = rest {
        tag.push('-');
        tag.push_str(rest);
    }
    matches(&LANGUAGE, "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", &tag).then_some(tag)
}

/// Whether a text can be an address of mail; the same rule as the contract's.
pub fn is_email(text: &str) -> bool {
    matches(&EMAIL, r"^[^@\s]{1,64}@[^@\s]{1,190}$", text)
}

static LANGUAGE: OnceLock<Option<Regex>> = OnceLock::new();
static EMAIL: OnceLock<Option<Regex>> = OnceLock::new();

fn matches(pattern: &OnceLock<Option<Regex>>, source: &str, text: &str) -> bool {
    pattern.get_or_init(|| Regex::new(source).ok()).as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// An IANA time zone.
pub fn time_zone(text: &str) -> Option<Tz> {
    text.parse().ok()
}

/// A day, in one of the given strftime forms (with `|` between them), in ISO 8601 where none is given, or in the form
/// of `OData` v2: `/Date(1767225600000)/`, milliseconds since 1970 in UTC.
pub fn day(text: &str, format: Option<&str>) -> Option<NaiveDate> {
    let form = |form| NaiveDate::parse_from_str(text, form).ok();
    let day = match text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")) {
        Some(odata) => of_milliseconds(odata)?,
        None => format.unwrap_or("%Y-%m-%d").split('|').find_map(form)?,
    };
    // A year of two digits in a form that wants four is year 26, which nobody meant.
    (1900..=9999).contains(&chrono::Datelike::year(&day)).then_some(day)
}

/// The milliseconds may be followed by the minutes of an offset, which the milliseconds already regard.
fn of_milliseconds(text: &str) -> Option<NaiveDate> {
    let end = text.rfind(['+', '-']).filter(|at| *at > 0).unwrap_or(text.len());
    Some(DateTime::from_timestamp_millis(text[..end].parse().ok()?)?.date_naive())
}

/// A time: RFC 3339, or a day with or without a clock time that is then of the tenant's zone.
pub fn time(text: &str, format: Option<&str>, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        // Databases keep microseconds; a finer time would differ from itself at the next run.
        return Some(time.to_utc().trunc_subsecs(6));
    }
    if let Some(day) = day(text, format) {
        return Some(local(day.and_time(NaiveTime::MIN), zone));
    }
    let (day_text, clock) = text.split_once(['T', ' '])?;
    let day = day(day_text, format)?;
    let clock =
        ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(clock, form).ok())?;
    Some(local(day.and_time(clock), zone).trunc_subsecs(6))
}

/// A local time in a zone. Of a time that the clocks pass twice it is the first; one that they leap over is as long
/// after the leap as it was meant to be after its beginning.
fn local(time: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    if let Some(found) = zone.from_local_datetime(&time).earliest() {
        return found.to_utc();
    }
    let hour = chrono::TimeDelta::hours(1);
    let before = zone.from_local_datetime(&(time - hour)).earliest();
    before.map_or_else(|| time.and_utc(), |before| before.to_utc() + hour)
}

/// Whether a cell says yes; none for a word that says neither.
pub fn yes(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "x" | "kyllä" | "k" | "on" | "ja" | "j" => Some(true),
        "" | "no" | "n" | "false" | "0" | "-" | "ei" | "nej" => Some(false),
        _ => None,
    }
}

/// Where an employee stands, in the words of HR systems in English, Finnish and Swedish.
pub fn employment(text: &str) -> Option<Employment> {
    let word = text.to_lowercase().replace(['_', '-'], " ");
    Some(match word.split_whitespace().collect::<Vec<_>>().join(" ").as_str() {
        "active" | "a" | "yes" | "true" | "1" | "employed" | "working" | "present" | "aktiivinen"
        | "töissä" | "voimassa" | "työsuhteessa" | "palveluksessa" | "aktiv" | "anställd" | "i arbete"
        | "i tjänst" => Employment::Active,
        "long leave"
        | "leave"
        | "on leave"
        | "leave of absence"
        | "parental leave"
        | "sabbatical"
        | "paid leave"
        | "p"
        | "unpaid leave"
        | "u"
        | "furlough"
        | "furloughed"
        | "f"
        | "suspended"
        | "s"
        | "poissa"
        | "vapaalla"
        | "pitkä vapaa"
        | "pitkällä vapaalla"
        | "pitkä poissaolo"
        | "virkavapaalla"
        | "perhevapaa"
        | "perhevapaalla"
        | "vanhempainvapaa"
        | "vanhempainvapaalla"
        | "hoitovapaa"
        | "hoitovapaalla"
        | "opintovapaa"
        | "opintovapaalla"
        | "vuorotteluvapaa"
        | "tjänstledig"
        | "långledig"
        | "ledig"
        | "föräldraledig"
        | "studieledig" => Employment::LongLeave,
        "left" | "leaver" | "no" | "false" | "0" | "terminated" | "t" | "r" | "d" | "dormant"
        | "discarded" | "inactive" | "resigned" | "retired" | "ended" | "päättynyt" | "lähtenyt"
        | "eronnut" | "irtisanottu" | "irtisanoutunut" | "eläkkeellä" | "slutat" | "avslutad" | "uppsagd"
        | "avgått" | "pensionerad" => Employment::Left,
        _ => return None,
    })
}

/// What a customer did, in the words of this contract and in common ones.
pub fn outcome_kind(text: &str) -> Option<outcome::Kind> {
    let word = text.to_lowercase().replace([' ', '-'], "_");
    outcome::Kind::of_word(&word).or(match word.as_str() {
        "order" | "sale" | "bought" | "osto" | "kauppa" | "köp" => Some(outcome::Kind::Purchase),
        "renewed" | "uusinta" | "jatkosopimus" | "förnyelse" => Some(outcome::Kind::Renewal),
        "churned" | "cancelled" | "canceled" | "left" | "poistuma" | "irtisanominen" | "uppsägning" => {
            Some(outcome::Kind::Churn)
        }
        "upgrade" | "cross_sell" | "lisämyynti" | "merförsäljning" => Some(outcome::Kind::Upsell),
        "reklamaatio" | "valitus" | "klagomål" | "reklamation" => Some(outcome::Kind::Complaint),
        "support" | "case" | "ticket" | "tukipyyntö" | "supportärende" => Some(outcome::Kind::SupportCase),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_brought_into_form() {
        for (text, tag) in
            [("fi", Some("fi")), ("FI", Some("fi")), ("sv_FI", Some("sv-FI")), ("Finnish", None), ("f", None)]
        {
            assert_eq!(language(text).as_deref(), tag, "{text}");
        }
    }

    #[test]
    fn days_are_read_in_the_form_that_was_told() {
        let day_of = NaiveDate::from_ymd_opt(2026, 2, 28);
        assert_eq!(day("2026-02-28", None), day_of);
        assert_eq!(day("28.2.2026", Some("%d.%m.%Y")), day_of);
        for text in ["2026-02-29", "28.2.2026", "", "26-02-28", "2026-02-28T00:00"] {
            assert_eq!(day(text, None), None, "{text}");
        }
        assert_eq!(day("2026", Some("%Q nonsense")), None);
        for text in ["2026-02-28", "02/28/2026", "2026-02-28-08:00"] {
            assert_eq!(day(text, Some("%Y-%m-%d|%Y-%m-%d%:z|%m/%d/%Y")), day_of, "{text}");
        }
        for text in ["/Date(1772236800000)/", "/Date(1772236800000+0000)/", "/Date(1772323199999-0300)/"] {
            assert_eq!(day(text, None), day_of, "{text}");
        }
        assert_eq!(day("/Date(-86400000)/", None), NaiveDate::from_ymd_opt(1969, 12, 31));
        assert_eq!(day("/Date(soon)/", None), None);
    }

    #[test]
    fn times_without_a_zone_are_the_tenants() {
        let at = |text| time(text, None, Tz::Europe__Helsinki).map(|time| time.to_rfc3339());
        assert_eq!(at("2026-06-01T12:00:00Z").as_deref(), Some("2026-06-01T12:00:00+00:00"));
        assert_eq!(at("2026-06-01T12:00:00+02:00").as_deref(), Some("2026-06-01T10:00:00+00:00"));
        assert_eq!(at("2026-06-01 12:00").as_deref(), Some("2026-06-01T09:00:00+00:00"));
        assert_eq!(at("2026-06-01").as_deref(), Some("2026-05-31T21:00:00+00:00"));
        // The clocks leap from 3 to 4 and, in autumn, pass 3 to 4 twice.
        assert_eq!(at("2026-03-29 03:30:00").as_deref(), Some("2026-03-29T01:30:00+00:00"));
        assert_eq!(at("2026-10-25 03:30:00").as_deref(), Some("2026-10-25T00:30:00+00:00"));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn states_are_read_in_three_languages() {
        for (text, state) in [
            ("Active", Some(Employment::Active)),
            ("Työsuhteessa", Some(Employment::Active)),
            ("LONG_LEAVE", Some(Employment::LongLeave)),
            ("Vanhempainvapaalla", Some(Employment::LongLeave)),
            ("tjänstledig", Some(Employment::LongLeave)),
            ("päättynyt", Some(Employment::Left)),
            ("slutat", Some(Employment::Left)),
            ("maybe", None),
        ] {
            assert_eq!(employment(text), state, "{text}");
        }
    }

    #[test]
    fn a_yes_is_yes_in_three_languages_and_a_guess_is_none() {
        assert_eq!(["yes", "TRUE", "1", "Kyllä", "ja"].map(yes), [Some(true); 5]);
        assert_eq!(["", "no", "0", "ei"].map(yes), [Some(false); 4]);
        assert_eq!(yes("perhaps"), None);
    }

    #[test]
    fn outcomes_are_read_by_their_own_and_by_common_words() {
        for kind in outcome::Kind::ALL {
            assert_eq!(outcome_kind(&kind.word().to_uppercase()), Some(kind));
        }
        assert_eq!(outcome_kind("Support case"), Some(outcome::Kind::SupportCase));
        assert_eq!(outcome_kind("win"), None);
    }
}
