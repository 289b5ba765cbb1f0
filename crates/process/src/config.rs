//! The configuration of a process: defaults < file < environment < flags.
//!
//! A file is TOML with one section for each part, named by the same word as the part. A variable names the same key
//! with two underscores between its levels: `ARKI_GOAL__DATABASE__URL` is `url` in `[goal.database]`. Its value is read
//! as TOML would read it, and as text when that fails; a text that looks like a number is quoted.
//!
//! A key that nobody reads is an error that names it: a misspelt setting must not silently be the default.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::Serialize;
use serde::de::DeserializeOwned;

mod print;

pub use print::print;

/// What a variable of ours begins with.
const PREFIX: &str = "ARKI_";

/// Where the configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// The variables of the environment; those of others are left alone.
    pub environment: Vec<(String, String)>,
    /// Keys that were given as flags, as in `("process.listen", "127.0.0.1:0")`.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// The file, and the environment of this process.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file, environment: std::env::vars().collect(), flags: Vec::new() }
    }

    /// The same sources with a flag, if it was given.
    #[must_use]
    pub fn flag(mut self, key: &str, value: Option<impl fmt::Display>) -> Self {
        self.flags.extend(value.map(|value| (key.to_owned(), value.to_string())));
        self
    }
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file isn't there.
    #[error("config file {0} can't be read, check the path")]
    NoFile(PathBuf),
    /// A section that nobody reads.
    #[error("config section [{section}] in {origin} is unknown, use one of: {}", .known.join(", "))]
    UnknownSection {
        /// The section as given.
        section: String,
        /// The file, or the environment.
        origin: String,
        /// The sections that somebody reads.
        known: Vec<String>,
    },
    /// A key that nobody reads, or a value that can't be meant.
    #[error("config is not usable: {0}")]
    Invalid(String),
}

/// Reads one section into `T`.
///
/// # Errors
/// See [`Error`].
pub fn load<T>(section: &str, sources: &Sources) -> Result<T, Error>
where
    T: DeserializeOwned + Serialize + Default,
{
    let figment = Figment::from(Serialized::default(section, T::default())).merge(layers(sources)?);
    figment.extract_inner(section).map_err(|error| Error::Invalid(explain(section, error)))
}

/// Refuses sections that are not among `known`.
///
/// # Errors
/// Names the first unknown section, and where it stands.
pub fn check_sections(known: &[&str], sources: &Sources) -> Result<(), Error> {
    let unknown = |section: &str, origin: String| Error::UnknownSection {
        section: section.to_owned(),
        origin,
        known: known.iter().map(ToString::to_string).collect(),
    };
    if let Some(path) = &sources.file {
        let given = section_names(Toml::file(existing(path)?))?;
        if let Some(section) = given.iter().find(|section| !known.contains(&section.as_str())) {
            return Err(unknown(section, path.display().to_string()));
        }
    }
    let given = section_names(Variables::of(&sources.environment))?;
    match given.iter().find(|section| !known.contains(&section.as_str())) {
        Some(section) => Err(unknown(section, "the environment".to_owned())),
        None => Ok(()),
    }
}

fn section_names(provider: impl Provider) -> Result<Vec<String>, Error> {
    let dicts = provider.data().map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(dicts.into_values().flat_map(Dict::into_keys).collect())
}

fn layers(sources: &Sources) -> Result<Figment, Error> {
    let mut figment = Figment::new();
    if let Some(path) = &sources.file {
        figment = figment.merge(Toml::file(existing(path)?));
    }
    Ok(figment.merge(Variables::of(&sources.environment)).merge(Variables {
        name: "flags",
        pairs: sources.flags.iter().map(|(key, value)| (levels(key, "."), value.clone())).collect(),
    }))
}

/// The library takes a missing file for an empty one, which would hide a wrong path.
fn existing(path: &Path) -> Result<&Path, Error> {
    if path.is_file() { Ok(path) } else { Err(Error::NoFile(path.to_owned())) }
}

/// The library's words, with every key in full.
fn explain(section: &str, error: figment::Error) -> String {
    let one = |error: figment::Error| {
        let path = std::iter::once(section).chain(error.path.iter().map(String::as_str));
        let path: Vec<_> = path.collect();
        let origin = error.metadata.as_ref().map_or(String::new(), |metadata| match &metadata.source {
            Some(source) => format!(" ({source})"),
            None => format!(" ({})", metadata.name),
        });
        format!("key {}{origin}: {}", path.join("."), error.kind)
    };
    error.into_iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Keys with values that came as text.
struct Variables {
    name: &'static str,
    pairs: Vec<(Vec<String>, String)>,
}

impl Variables {
    fn of(environment: &[(String, String)]) -> Self {
        let ours = environment.iter().filter_map(|(key, value)| {
            // A cluster injects variables such as ARKI_GOAL_SERVICE_HOST: those have no two underscores.
            let key = key.strip_prefix(PREFIX).filter(|key| key.contains("__"))?;
            Some((levels(&key.to_lowercase(), "__"), value.clone()))
        });
        Self { name: "environment", pairs: ours.collect() }
    }
}

fn levels(key: &str, separator: &str) -> Vec<String> {
    key.split(separator).map(str::to_owned).collect()
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut root = Dict::new();
        for (path, text) in &self.pairs {
            let value = text.parse().unwrap_or_else(|_| Value::from(text.as_str()));
            insert(&mut root, path, value);
        }
        Ok(Profile::Default.collect(root))
    }
}

fn insert(dict: &mut Dict, path: &[String], value: Value) {
    match path {
        [] => {}
        [key] => {
            dict.insert(key.clone(), value);
        }
        [key, rest @ ..] => {
            let inner = dict.entry(key.clone()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
