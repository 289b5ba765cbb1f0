//! The texts of the demonstration, read from the files beside its data.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use arki_proto::r#type::v1::LocalizedText;
use serde::{Deserialize, de::DeserializeOwned};

/// The same words by language.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Words(BTreeMap<String, String>);

impl Words {
    /// As the contract carries them.
    pub(super) fn text(&self) -> LocalizedText {
        LocalizedText { by_language: self.0.clone() }
    }
}

/// An optional text as the contract carries it.
pub(super) fn text(words: &Words) -> Option<LocalizedText> {
    Some(words.text())
}

/// Reads one of the files that ship with the demonstration.
pub(super) fn read<T: DeserializeOwned>(name: &str, file: &str) -> Result<T> {
    toml::from_str(file).with_context(|| format!("suite/demo/{name} cannot be read"))
}
