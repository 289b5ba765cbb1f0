//! The language guard: which words of a goal everybody fills differently, and which goals are a bare number.
//!
//! It works on whole words from a lexicon for each language, without any model of the language, so that the same
//! text is always judged the same and a reader of the lexicon knows why. Its limits are chosen: a word in double
//! quotation marks (up to three words) is spoken about and not used; an empty word that the rest of its sentence
//! explains ("good service means: …") says something; a negated empty word is as empty as without.

mod lexicon;
mod readability;
mod text;

pub use readability::readability;

use lexicon::{Emptiness, Lexicon};
use text::{Kind, Token};

/// A language with a lexicon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Finnish,
    Swedish,
    English,
}

impl Language {
    /// Every language with a lexicon.
    pub const ALL: [Self; 3] = [Self::Finnish, Self::Swedish, Self::English];

    /// The language of a BCP 47 tag such as `fi` or `sv-FI`; none where there is no lexicon for it.
    pub fn of(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "fi" => Some(Self::Finnish),
            "sv" => Some(Self::Swedish),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// What can be empty in a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A word such as good or excellent, that everybody fills differently.
    Adjective,
    /// A bare number as a goal: numbers are consequences.
    NumberOnly,
}

/// Something empty in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    /// Where it begins, in Unicode characters from 0.
    pub start: usize,
    /// The character after its last.
    pub end: usize,
    /// The words as they are written.
    pub words: String,
    /// What to write instead, in the language of the text.
    pub advice: &'static str,
}

/// Most words in quotation marks that count as spoken about.
const MENTIONED: usize = 3;

/// Fewest words after a mark of explanation that count as one.
const EXPLAINED: usize = 3;

/// What is empty in a text, in the order of the text.
pub fn lint(text: &str, language: Language) -> Vec<Finding> {
    let lexicon = Lexicon::of(language);
    let tokens = text::tokens(text);
    let empty = empty_words(&tokens, lexicon);
    let mut findings: Vec<Finding> = number_only(&tokens, &empty, lexicon)
        .map(|(start, end)| finding(text, FindingKind::NumberOnly, start, end, &lexicon.advice_number))
        .into_iter()
        .collect();
    for &(first, length) in &empty {
        let (start, end) = (tokens[first].start, tokens[first + length - 1].end);
        findings.push(finding(text, FindingKind::Adjective, start, end, &lexicon.advice_adjective));
    }
    findings
}

fn finding(text: &str, kind: FindingKind, start: usize, end: usize, advice: &'static str) -> Finding {
    let words = text.chars().skip(start).take(end - start).collect();
    Finding { kind, start, end, words, advice }
}

/// The words from `at` on that follow one another without a mark between them.
fn run(tokens: &[Token], at: usize) -> Vec<&str> {
    tokens[at..]
        .iter()
        .take_while(|token| token.kind == Kind::Word)
        .map(|token| token.folded.as_str())
        .collect()
}

/// Where empty words are: the index of the first token, and how many there are.
fn empty_words(tokens: &[Token], lexicon: &Lexicon) -> Vec<(usize, usize)> {
    let mut spared = vec![false; tokens.len()];
    for at in 0..tokens.len() {
        let words = run(tokens, at);
        if let Some(length) = lexicon.excepted(&words) {
            spared[at..at + length].fill(true);
        }
    }
    for (open, close) in mentions(tokens) {
        spared[open..close].fill(true);
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let words = run(tokens, at);
        let Some((length, emptiness)) = lexicon.empty(&words) else {
            at += 1;
            continue;
        };
        let goes_on = words.len() > length || tokens.get(at + length).is_some_and(|t| t.kind == Kind::Number);
        let counts = match emptiness {
            Emptiness::Always => true,
            Emptiness::AtTheEndOfAClause => !goes_on,
        };
        if counts && !spared[at] && !is_explained(tokens, at + length, lexicon) {
            found.push((at, length));
        }
        at += length;
    }
    found
}

/// Pairs of quotation marks around few enough words to be spoken about.
fn mentions(tokens: &[Token]) -> Vec<(usize, usize)> {
    let marks: Vec<usize> =
        tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Quote).map(|(at, _)| at).collect();
    marks
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|&(open, close)| {
            tokens[open..close].iter().filter(|token| token.kind == Kind::Word).count() <= MENTIONED
        })
        .collect()
}

/// Whether the sentence goes on to say what the word before `at` means.
fn is_explained(tokens: &[Token], at: usize, lexicon: &Lexicon) -> bool {
    let sentence: Vec<&Token> = tokens[at..].iter().take_while(|token| token.kind != Kind::End).collect();
    (0..sentence.len()).any(|here| {
        let marked = if sentence[here].kind == Kind::Colon {
            Some(1)
        } else {
            lexicon.explains(&run(tokens, at + here))
        };
        marked.is_some_and(|length| {
            let rest = &sentence[here + length..];
            rest.iter().filter(|token| token.kind == Kind::Word).count() >= EXPLAINED
        })
    })
}

/// The place of all words, where they are only numbers, what is measured, and empty words.
fn number_only(tokens: &[Token], empty: &[(usize, usize)], lexicon: &Lexicon) -> Option<(usize, usize)> {
    let mut numbers = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += match token.kind {
            Kind::Number => {
                numbers += 1;
                1
            }
            Kind::Word => {
                let is_empty = empty.iter().find(|(first, _)| *first == at).map(|(_, length)| *length);
                is_empty.or_else(|| lexicon.measures(&run(tokens, at)))?
            }
            Kind::End | Kind::Colon | Kind::Quote | Kind::Other => 1,
        };
    }
    let (first, last) = (tokens.first()?, tokens.last()?);
    (numbers > 0).then_some((first.start, last.end))
}

#[cfg(test)]
mod tests;
