use crate::cloudevent::PING;
use crate::{Catalogue, EventType};

/// Which types of events are wanted: one, all with a prefix, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `*`
    All,
    /// `arki.survey.*`, kept with its last dot.
    Prefix(String),
    /// `arki.survey.wave.closed.v1`
    Exact(String),
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Self {
        match (text, text.strip_suffix(".*")) {
            ("*", _) => Self::All,
            (_, Some(prefix)) => Self::Prefix(format!("{prefix}.")),
            _ => Self::Exact(text.to_owned()),
        }
    }

    /// Whether a type is wanted. Test events are for whoever asked for them, and fit no pattern.
    pub fn fits(&self, name: &str) -> bool {
        name != PING
            && match self {
                Self::All => true,
                Self::Prefix(prefix) => name.starts_with(prefix.as_str()),
                Self::Exact(exact) => name == exact,
            }
    }

    /// The types of the catalogue that are wanted.
    pub fn types<'c>(&self, catalogue: &'c Catalogue) -> impl Iterator<Item = &'c EventType> {
        catalogue.types().filter(|known| self.fits(&known.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_one_type_a_whole_prefix_or_all() {
        let name = "arki.survey.wave.closed.v1";
        for text in ["*", "arki.*", "arki.survey.*", "arki.survey.wave.closed.*", name] {
            assert!(Pattern::parse(text).fits(name), "{text}");
        }
        for text in ["", ".*", "arki.sur*", "arki.survey", "arki.survey.wave.closed", "arki.goal.*", "**"] {
            assert!(!Pattern::parse(text).fits(name), "{text}");
        }
        assert!(!Pattern::parse("*").fits(PING));
    }
}
