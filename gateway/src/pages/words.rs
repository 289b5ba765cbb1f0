//! The words of the pages, from the message files under `locales/`.

use std::collections::HashMap;

use arki_proto::google::r#type::Date;
use axum::http::{HeaderMap, header};
use fluent_templates::{LanguageIdentifier, Loader as _, fluent_bundle::FluentValue, static_loader};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // Isolation marks are for mixing writing directions, which these three languages do not.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// The languages that the pages speak, the first being the one to fall back to.
pub(super) const LANGUAGES: [&str; 3] = ["en", "fi", "sv"];

/// The words of one language.
#[derive(Clone)]
pub(super) struct Words {
    language: &'static str,
    identifier: LanguageIdentifier,
}

impl Words {
    /// The words for a reader of `language`, a BCP 47 tag; English where the pages do not speak it.
    pub(super) fn of(language: &str) -> Self {
        let wanted = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let language = LANGUAGES.into_iter().find(|known| *known == wanted).unwrap_or(LANGUAGES[0]);
        Self { language, identifier: language.parse().unwrap_or_default() }
    }

    /// The words for a reader whose browser sends this `Accept-Language`.
    pub(super) fn accepted(header: Option<&str>) -> Self {
        let mut wanted: Vec<(u32, &str)> = header
            .unwrap_or_default()
            .split(',')
            .filter_map(|part| {
                let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
                let quality: f32 = quality.trim().parse().ok()?;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a quality is 0 to 1 with three digits (RFC 9110, section 12.4.2)"
                )]
                let thousandths = (quality.clamp(0.0, 1.0) * 1000.0) as u32;
                Some((thousandths, tag.trim()))
            })
            .collect();
        wanted.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
        let known = |tag: &str| LANGUAGES.contains(&tag.split('-').next().unwrap_or_default());
        Self::of(wanted.into_iter().map(|(_, tag)| tag).find(|tag| known(tag)).unwrap_or_default())
    }

    /// The words for the reader whose browser sends these headers.
    pub(super) fn of_browser(headers: &HeaderMap) -> Self {
        Self::accepted(headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
    }

    /// The tag of the language.
    pub(super) fn language(&self) -> &'static str {
        self.language
    }

    /// The text of that key.
    pub(super) fn text(&self, key: &str) -> String {
        LOCALES.lookup(&self.identifier, key)
    }

    /// The text of that key with its values.
    pub(super) fn with<const N: usize>(
        &self,
        key: &str,
        values: [(&'static str, FluentValue<'static>); N],
    ) -> String {
        let values: HashMap<_, _> = values.into_iter().map(|(name, value)| (name.into(), value)).collect();
        LOCALES.lookup_with_args(&self.identifier, key, &values)
    }

    /// A number with the decimal mark of the language.
    pub(super) fn number(&self, value: f64, decimals: usize) -> String {
        // A minus sign of its own width reads better than a hyphen; minus zero is zero.
        let text = format!("{value:.decimals$}");
        let is_zero = text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.'));
        let text =
            if is_zero { text.trim_start_matches('-').to_owned() } else { text.replace('-', "\u{2212}") };
        if self.language == "en" { text } else { text.replace('.', ",") }
    }

    /// A count, its thousands apart.
    pub(super) fn count(&self, value: i64) -> String {
        let digits = value.unsigned_abs().to_string();
        let mark = if self.language == "en" { ',' } else { '\u{a0}' };
        let mut text = String::from(if value < 0 { "\u{2212}" } else { "" });
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(mark);
            }
            text.push(digit);
        }
        text
    }

    /// A share in percent. Finnish and Swedish put a space before the sign.
    pub(super) fn percent(&self, value: f64) -> String {
        let space = if self.language == "en" { "" } else { "\u{a0}" };
        format!("{}{space}%", self.number(value, 0))
    }

    /// A day that the wire said.
    pub(super) fn date(&self, day: &Date) -> String {
        self.day(day.year, day.month, day.day)
    }

    /// A day as the language writes it.
    pub(super) fn day(&self, year: i32, month: i32, day: i32) -> String {
        match self.language {
            "fi" => format!("{day}.{month}.{year}"),
            "sv" => format!("{year:04}-{month:02}-{day:02}"),
            _ => {
                let names = [
                    "January",
                    "February",
                    "March",
                    "April",
                    "May",
                    "June",
                    "July",
                    "August",
                    "September",
                    "October",
                    "November",
                    "December",
                ];
                let name = usize::try_from(month - 1).ok().and_then(|at| names.get(at)).unwrap_or(&"");
                format!("{day} {name} {year}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_words_in_every_language() {
        for folder in ["pages", "console"] {
            let file = |language: &str| {
                let path = format!("{}/locales/{language}/{folder}.ftl", env!("CARGO_MANIFEST_DIR"));
                std::fs::read_to_string(path).unwrap_or_default()
            };
            let keys = |text: &str| -> Vec<String> {
                let lines = text.lines().filter(|line| !line.starts_with(['#', ' ', '}']));
                lines.filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned())).collect()
            };
            let english = keys(&file("en"));
            for language in ["fi", "sv"] {
                assert_eq!(keys(&file(language)), english, "{folder} in {language}");
            }
        }
    }

    #[test]
    fn a_browser_gets_the_language_that_it_likes_best() {
        assert_eq!(Words::accepted(Some("de, sv;q=0.7, fi;q=0.9")).language(), "fi");
        assert_eq!(Words::accepted(Some("sv-FI")).language(), "sv");
        assert_eq!(Words::accepted(None).language(), "en");
    }

    #[test]
    fn counts_and_shares_are_written_as_the_language_does() {
        assert_eq!(Words::of("en").count(1_234_567), "1,234,567");
        assert_eq!(Words::of("fi").count(12_000), "12\u{a0}000");
        assert_eq!(Words::of("sv").count(999), "999");
        assert_eq!(Words::of("fi").percent(12.4), "12\u{a0}%");
        assert_eq!(Words::of("en").percent(12.4), "12%");
    }

    #[test]
    fn numbers_days_and_plurals_follow_the_language() {
        assert_eq!(Words::of("fi").number(-7.25, 1), "\u{2212}7,2");
        assert_eq!(Words::of("en").number(-0.01, 1), "0.0");
        assert_eq!(Words::of("fi").day(2026, 11, 22), "22.11.2026");
        assert_eq!(Words::of("en").with("form-minutes", [("minutes", 1.into())]), "Takes about a minute.");
        assert_eq!(Words::of("sv").with("form-minutes", [("minutes", 3.into())]), "Tar ungefär 3 minuter.");
    }
}
