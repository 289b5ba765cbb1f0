//! Target profiles and the counted answers to their palettes.

use std::collections::{BTreeMap, BTreeSet};

use arki_stats::palette::Composition;
use arki_stats::palette::gap::Band;
use serde::{Deserialize, Serialize};

use crate::domain::metric::Words;
use crate::domain::tree::Merge;

/// What a feeling is to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermRole {
    Wanted,
    /// A decoy, neither wanted nor unwanted.
    Neutral,
    Unwanted,
}

/// One feeling of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The key of the option that people choose.
    pub key: String,
    pub label: Words,
    pub role: TermRole,
    /// The lower end of the aimed share of people, in percent.
    pub low_percent: f64,
    /// The upper end, in percent.
    pub high_percent: f64,
}

/// What is wrong with a profile; [`Invalid::field`] names the field.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    #[error("terms has {0} feelings, give 2 to 40")]
    TermCount(usize),
    #[error("terms[{term}].term is empty or was used before, give each feeling a key of its own")]
    Key { term: usize },
    #[error("terms[{term}].label is empty, say the feeling in one language at least")]
    Label { term: usize },
    #[error(
        "terms[{term}] aims at {low} to {high} percent, give a band within 0 to 100 with the lower end first"
    )]
    Band { term: usize, low: f64, high: f64 },
    #[error("terms has no wanted feeling with a share above 0, say what people should feel")]
    NothingWanted,
}

impl Invalid {
    /// The path of the field at fault.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::TermCount(_) | Self::NothingWanted => "terms".into(),
            Self::Key { term } => format!("terms[{term}].term"),
            Self::Label { term } => format!("terms[{term}].label"),
            Self::Band { term, .. } => format!("terms[{term}].low_percent"),
        }
    }
}

/// The feelings aimed at, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetProfile {
    terms: Vec<Term>,
    bands: Vec<Band>,
    composition: Composition,
}

impl TargetProfile {
    /// Checks a profile.
    ///
    /// # Errors
    /// One [`Invalid`] for each fault.
    pub fn new(terms: Vec<Term>) -> Result<Self, Vec<Invalid>> {
        let mut faults = Vec::new();
        if !(2..=40).contains(&terms.len()) {
            faults.push(Invalid::TermCount(terms.len()));
        }
        let mut keys = BTreeSet::new();
        let mut bands = Vec::with_capacity(terms.len());
        for (term, Term { key, label, role: _, low_percent: low, high_percent: high }) in
            terms.iter().enumerate()
        {
            if key.is_empty() || !keys.insert(key.as_str()) {
                faults.push(Invalid::Key { term });
            }
            if label.is_empty() || label.values().any(|text| text.trim().is_empty()) {
                faults.push(Invalid::Label { term });
            }
            match Band::new(low / 100.0, high / 100.0) {
                Ok(band) => bands.push(band),
                Err(_) => faults.push(Invalid::Band { term, low: *low, high: *high }),
            }
        }
        if !terms.iter().any(|term| term.role == TermRole::Wanted && term.high_percent > 0.0) {
            faults.push(Invalid::NothingWanted);
        }
        let middles: Vec<f64> = bands.iter().map(|band| band.middle()).collect();
        match Composition::from_weights(&middles) {
            Ok(composition) if faults.is_empty() => Ok(Self { terms, bands, composition }),
            _ => Err(faults),
        }
    }

    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    pub(super) fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The share of each feeling among all choices if each were chosen by the middle of its band.
    #[must_use]
    pub fn composition(&self) -> &Composition {
        &self.composition
    }
}

/// The counted answers to a palette, in the order of the terms of a profile. Those of disjoint groups add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Palette {
    /// How many answered, those who chose none of the feelings included.
    pub people: u64,
    /// How many chose each term.
    pub picks: Vec<u64>,
}

impl Palette {
    /// Puts counts by key into the order of a profile. Options that the profile does not name are left out.
    #[must_use]
    pub fn of(profile: &TargetProfile, people: u64, picks: &BTreeMap<String, u64>) -> Self {
        let count = |term: &Term| picks.get(&term.key).copied().unwrap_or(0);
        Self { people, picks: profile.terms().iter().map(count).collect() }
    }
}

impl Merge for Palette {
    fn merge(&mut self, other: &Self) {
        self.people.merge(&other.people);
        self.picks.merge(&other.picks);
    }
}
