//! The words of a language, read from the files in `lexicons/`. What the lines mean is told at the top of `fi.txt`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::Language;

/// What a language knows of empty words.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    classes: HashMap<String, Vec<String>>,
    /// Phrases of empty words by their first word.
    empty: HashMap<String, Vec<Vec<String>>>,
    last: HashSet<String>,
    clitics: Vec<String>,
    except: Vec<Vec<Pattern>>,
    explains: Vec<Vec<Pattern>>,
    measures: Vec<Vec<Pattern>>,
    pub(super) advice_adjective: String,
    pub(super) advice_number: String,
}

/// A word, or the beginning of one.
#[derive(Debug)]
enum Pattern {
    Word(String),
    Beginning(String),
}

impl Pattern {
    fn read(word: &str) -> Self {
        word.strip_suffix('*')
            .map_or_else(|| Self::Word(word.to_owned()), |beginning| Self::Beginning(beginning.to_owned()))
    }

    fn matches(&self, word: &str) -> bool {
        match self {
            Self::Word(whole) => whole == word,
            Self::Beginning(beginning) => word.starts_with(beginning.as_str()),
        }
    }
}

/// A line that can't be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub(super) struct Error {
    line: usize,
    problem: String,
}

/// How an empty word is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emptiness {
    Always,
    AtTheEndOfAClause,
}

impl Lexicon {
    /// The lexicon of a language.
    pub(super) fn of(language: Language) -> &'static Self {
        static FINNISH: LazyLock<Lexicon> =
            LazyLock::new(|| shipped(include_str!("../../../lexicons/fi.txt")));
        static SWEDISH: LazyLock<Lexicon> =
            LazyLock::new(|| shipped(include_str!("../../../lexicons/sv.txt")));
        static ENGLISH: LazyLock<Lexicon> =
            LazyLock::new(|| shipped(include_str!("../../../lexicons/en.txt")));
        match language {
            Language::Finnish => &FINNISH,
            Language::Swedish => &SWEDISH,
            Language::English => &ENGLISH,
        }
    }

    fn read(source: &str) -> Result<Self, Error> {
        let mut lexicon = Self::default();
        for (index, line) in source.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            lexicon.line(line).map_err(|problem| Error { line: index + 1, problem })?;
        }
        Ok(lexicon)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let (key, value) = line.split_once(": ").ok_or("has no key, write key: value")?;
        let words = || value.split_whitespace();
        match key.split_once(' ') {
            Some(("class", name)) => {
                let endings = words().map(|ending| if ending == "-" { "" } else { ending }.to_owned());
                self.classes.entry(name.to_owned()).or_default().extend(endings);
            }
            Some(("advice", "adjective")) => value.clone_into(&mut self.advice_adjective),
            Some(("advice", "number")) => value.clone_into(&mut self.advice_number),
            None => match key {
                "empty" => {
                    for form in words().map(|word| self.forms(word)).collect::<Result<Vec<_>, _>>()?.concat()
                    {
                        let phrase: Vec<String> = form.split('_').map(str::to_owned).collect();
                        self.empty.entry(phrase[0].clone()).or_default().push(phrase);
                    }
                }
                "last" => self.last.extend(words().map(str::to_owned)),
                "clitic" => self.clitics.extend(words().map(str::to_owned)),
                "except" => self.except.push(words().map(Pattern::read).collect()),
                "explains" => self.explains.push(words().map(Pattern::read).collect()),
                "measure" => {
                    self.measures.extend(words().map(|word| word.split('_').map(Pattern::read).collect()));
                }
                _ => return Err(format!("key {key:?} is unknown")),
            },
            Some(_) => return Err(format!("key {key:?} is unknown")),
        }
        Ok(())
    }

    /// A word as it is written, or each form of `stem/class`.
    fn forms(&self, word: &str) -> Result<Vec<String>, String> {
        let Some((stem, class)) = word.split_once('/') else { return Ok(vec![word.to_owned()]) };
        let endings =
            self.classes.get(class).ok_or_else(|| format!("{word:?} is of no class that stands above it"))?;
        Ok(endings.iter().map(|ending| format!("{stem}{ending}")).collect())
    }

    /// How many of `words` are an empty word or phrase, from the first on; none where they aren't.
    pub(super) fn empty(&self, words: &[&str]) -> Option<(usize, Emptiness)> {
        let first = words.first()?;
        self.empty_as_written(first, words).or_else(|| {
            let bare = self.clitics.iter().find_map(|clitic| {
                let bare = first.strip_suffix(clitic.as_str())?;
                self.empty_as_written(bare, &[bare])
            });
            bare.map(|(_, emptiness)| (1, emptiness))
        })
    }

    fn empty_as_written(&self, first: &str, words: &[&str]) -> Option<(usize, Emptiness)> {
        let longest = self
            .empty
            .get(first)
            .into_iter()
            .flatten()
            .filter(|phrase| {
                phrase.len() <= words.len() && phrase.iter().zip(words).all(|(one, other)| one == other)
            })
            .map(Vec::len)
            .max();
        match longest {
            Some(length) => Some((length, Emptiness::Always)),
            None => self.last.contains(first).then_some((1, Emptiness::AtTheEndOfAClause)),
        }
    }

    /// How many of `words` are a phrase in which empty words mean something else.
    pub(super) fn excepted(&self, words: &[&str]) -> Option<usize> {
        longest(&self.except, words)
    }

    /// How many of `words` announce an explanation.
    pub(super) fn explains(&self, words: &[&str]) -> Option<usize> {
        longest(&self.explains, words)
    }

    /// How many of `words` say nothing beside a number.
    pub(super) fn measures(&self, words: &[&str]) -> Option<usize> {
        longest(&self.measures, words)
    }
}

fn longest(phrases: &[Vec<Pattern>], words: &[&str]) -> Option<usize> {
    phrases
        .iter()
        .filter(|phrase| {
            phrase.len() <= words.len()
                && phrase.iter().zip(words).all(|(pattern, word)| pattern.matches(word))
        })
        .map(Vec::len)
        .max()
}

/// The files are part of the program and read by its tests, so one that can't be read never gets this far.
fn shipped(source: &str) -> Lexicon {
    Lexicon::read(source).unwrap_or_else(|error| unreachable!("a lexicon that was shipped: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{Error, Language, Lexicon};

    #[test]
    fn every_shipped_lexicon_is_whole() {
        for language in Language::ALL {
            let lexicon = Lexicon::of(language);
            assert!(lexicon.empty.len() > 40, "{language:?}");
            assert!(
                !lexicon.except.is_empty() && !lexicon.explains.is_empty() && !lexicon.measures.is_empty()
            );
            assert!(!lexicon.advice_adjective.is_empty() && !lexicon.advice_number.is_empty());
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for (source, line) in [
            ("# fine\nempty hyvä", 2),
            ("colour: red", 1),
            ("empty: hyvä/sg", 1),
            ("class a: b\nadvice x: y", 2),
        ] {
            let Error { line: found, problem } = Lexicon::read(source).unwrap_err();
            assert_eq!(found, line, "{source:?}: {problem}");
        }
    }
}
