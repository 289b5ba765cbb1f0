//! Where a number comes from, in one sentence. The words are in `locales/`.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};

use crate::domain::reading::{Answered, Days, IntervalMethod, Provenance};

static_loader! {
    static MESSAGES = {
        locales: "./locales",
        fallback_language: "en",
        // The marks that isolate a number from a text of the other direction would be in every answer of the API.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// The languages that there are sentences in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Finnish,
    Swedish,
    English,
}

impl Language {
    /// The language asked for, else the tenant's, else English.
    pub(super) fn of(asked: &str, default: &str) -> Self {
        let known = |tag: &str| match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str()
        {
            "fi" => Some(Self::Finnish),
            "sv" => Some(Self::Swedish),
            "en" => Some(Self::English),
            _ => None,
        };
        known(asked).or_else(|| known(default)).unwrap_or(Self::English)
    }

    fn identifier(self) -> LanguageIdentifier {
        let tag: &[u8] = match self {
            Self::Finnish => b"fi",
            Self::Swedish => b"sv",
            Self::English => b"en",
        };
        LanguageIdentifier::from_bytes(tag).unwrap_or_default()
    }
}

/// The sentence of a reading: with numbers where a figure is shown, and else only when it was asked, by the days or at
/// least from the day on which the wave opened.
pub(super) fn sentence(
    language: Language,
    provenance: &Provenance,
    interval: Option<IntervalMethod>,
    open_day: NaiveDate,
) -> String {
    let Provenance { days, answered, .. } = provenance;
    let told = days.map(|Days { first, last }| (day(language, first), day(language, last)));
    let mut facts = Facts::default();
    let key = match (told, answered, interval) {
        (Some((first, last)), Some(answered), Some(interval)) => {
            let Answered { people, is_rounded, invited } = *answered;
            facts.put("answered", people).put("first", first).put("last", last);
            facts.put("method", text(language, method(interval), &Facts::default()));
            match invited {
                Some(invited) => {
                    facts.put("invited", invited);
                    if is_rounded { "provenance-at-least-of-invited" } else { "provenance-of-invited" }
                }
                None if is_rounded => "provenance-at-least",
                None => "provenance",
            }
        }
        (Some((first, last)), ..) => {
            facts.put("first", first).put("last", last);
            "provenance-asked"
        }
        (None, ..) => {
            facts.put("first", day(language, open_day));
            "provenance-asked-since"
        }
    };
    text(language, key, &facts)
}

fn method(interval: IntervalMethod) -> &'static str {
    match interval {
        IntervalMethod::AdjustedWald => "method-adjusted-wald",
        IntervalMethod::Wilson => "method-wilson",
        IntervalMethod::Bootstrap => "method-bootstrap",
    }
}

fn day(language: Language, day: NaiveDate) -> String {
    let mut facts = Facts::default();
    facts.put("day", day.day()).put("month", day.month()).put("year", day.year());
    text(language, "day", &facts)
}

#[derive(Default)]
struct Facts(HashMap<Cow<'static, str>, FluentValue<'static>>);

impl Facts {
    fn put(&mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> &mut Self {
        self.0.insert(Cow::Borrowed(name), value.into());
        self
    }
}

fn text(language: Language, key: &str, facts: &Facts) -> String {
    MESSAGES.lookup_with_args(&language.identifier(), key, &facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_without_words_of_the_own_language_gets_the_tenants() {
        assert_eq!(Language::of("sv-FI", "fi"), Language::Swedish);
        assert_eq!(Language::of("de", "fi"), Language::Finnish);
        assert_eq!(Language::of("", "FI"), Language::Finnish);
        assert_eq!(Language::of("de", "fr"), Language::English);
    }

    #[test]
    fn every_message_is_there_in_every_language() {
        let mut facts = Facts::default();
        for name in ["answered", "invited", "day", "month", "year"] {
            facts.put(name, 3);
        }
        for name in ["first", "last", "method"] {
            facts.put(name, "x");
        }
        let keys = [
            "provenance",
            "provenance-at-least",
            "provenance-of-invited",
            "provenance-at-least-of-invited",
            "provenance-asked",
            "provenance-asked-since",
            "method-adjusted-wald",
            "method-wilson",
            "method-bootstrap",
            "day",
        ];
        for key in keys {
            let texts: Vec<String> = [Language::Finnish, Language::Swedish, Language::English]
                .map(|language| text(language, key, &facts))
                .to_vec();
            for said in &texts {
                assert!(!said.is_empty() && !said.contains(['{', '$']), "{key}: {said}");
                assert!(!said.contains("nknown localization"), "{key}: {said}");
            }
            assert_ne!(texts[0], texts[2], "{key} is the same in Finnish and in English");
        }
    }

    #[test]
    fn days_are_written_as_the_language_does() {
        let march = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        assert_eq!(day(Language::Finnish, march), "1.3.2026");
        assert_eq!(day(Language::Swedish, march), "1 mars 2026");
        assert_eq!(day(Language::English, march), "1 March 2026");
    }
}
