//! What numbers mean in everyday words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Invalid, MetricKind};

/// Text by language tag.
pub type Words = BTreeMap<String, String>;

/// What the numbers from a bound on mean, up to the bound of the next band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BandMeaning {
    /// The lowest number of the band, itself included.
    pub from: f64,
    pub words: Words,
}

impl BandMeaning {
    /// The words in the first language that there are any in: each language as given, then without its region, then
    /// English, then whatever there is. `None` only for a band without words.
    #[must_use]
    pub fn words_in(&self, languages: &[&str]) -> Option<&str> {
        words_in(&self.words, languages)
    }
}

/// See [`BandMeaning::words_in`].
pub(crate) fn words_in<'a>(words: &'a Words, languages: &[&str]) -> Option<&'a str> {
    let plain = |language: &str| language.split('-').next().unwrap_or_default().to_ascii_lowercase();
    languages
        .iter()
        .find_map(|language| words.get(*language).or_else(|| words.get(&plain(language))))
        .or_else(|| words.get("en"))
        .or_else(|| words.values().next())
        .map(String::as_str)
}

/// The band that a value lies in; `None` below the lowest band and for a value that is not a number.
pub(super) fn band(meanings: &[BandMeaning], value: f64) -> Option<&BandMeaning> {
    meanings.iter().rev().find(|band| value >= band.from)
}

pub(super) fn check(meanings: &[BandMeaning], kind: MetricKind, faults: &mut Vec<Invalid>) {
    let (low, high) = kind.scale();
    for (band, meaning) in meanings.iter().enumerate() {
        if !(low..=high).contains(&meaning.from) {
            faults.push(Invalid::MeaningOutOfScale { band, from: meaning.from, low, high });
        } else if band > 0 && meaning.from <= meanings[band - 1].from {
            faults.push(Invalid::MeaningOrder { band });
        }
        if meaning.words.is_empty() || meaning.words.values().any(|text| text.trim().is_empty()) {
            faults.push(Invalid::MeaningWords { band });
        }
    }
}
