//! A text as words, numbers and the marks between them, each with its place in Unicode characters.

/// What stands at a place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// Begins with a digit, or is one letter and digits, such as `62`, `4,5`, `24/7`, `2h` or `Q4`.
    Number,
    /// Ends a sentence: `.`, `!`, `?`, `…` or a line break.
    End,
    /// Says that an explanation follows.
    Colon,
    /// A double quotation mark of any kind.
    Quote,
    /// Whatever else is not a space.
    Other,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// The first character, counted from 0.
    pub(super) start: usize,
    /// The character after the last.
    pub(super) end: usize,
    /// In lower case, with letters and their combining marks as one character.
    pub(super) folded: String,
}

/// Takes a text apart.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&first) = characters.get(at) {
        let start = at;
        at += 1;
        let kind = if first.is_alphanumeric() {
            while continues(&characters, at) {
                at += 1;
            }
            if is_number(&characters[start..at]) { Kind::Number } else { Kind::Word }
        } else {
            match first {
                '\n' | '.' | '!' | '?' | '…' => Kind::End,
                ':' => Kind::Colon,
                '"' | '“' | '”' | '„' | '«' | '»' => Kind::Quote,
                space if space.is_whitespace() => continue,
                _ => Kind::Other,
            }
        };
        tokens.push(Token { kind, start, end: at, folded: fold(&characters[start..at]) });
    }
    tokens
}

/// Whether the word that began before `at` goes on there. Hyphens, apostrophes and the colon of `NPS:n` belong to a
/// word when they stand between two of its characters, and so do the separators within a number.
fn continues(characters: &[char], at: usize) -> bool {
    let Some(&here) = characters.get(at) else { return false };
    if here.is_alphanumeric() || is_combining(here) {
        return true;
    }
    let before = characters[at - 1];
    let Some(&after) = characters.get(at + 1) else { return false };
    match here {
        '-' | '\u{2011}' | '\'' | '’' => after.is_alphanumeric(),
        ':' => after.is_alphanumeric() && (before.is_alphanumeric() || is_combining(before)),
        '.' | ',' | '/' | '\u{a0}' => before.is_ascii_digit() && after.is_ascii_digit(),
        _ => false,
    }
}

fn is_number(word: &[char]) -> bool {
    let leads = word.first().is_some_and(|first| first.is_numeric());
    let quarter = word.len() > 1 && word[1..].iter().all(char::is_ascii_digit);
    leads || quarter
}

fn is_combining(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// Lower case, the hyphen that doesn't break as a hyphen, and the Nordic letters as one character however they were
/// typed: some systems write ä as a and a combining diaeresis.
fn fold(word: &[char]) -> String {
    let mut folded = String::with_capacity(word.len());
    for character in word.iter().flat_map(|character| character.to_lowercase()) {
        let composed = match (folded.chars().next_back(), character) {
            (Some('a'), '\u{308}') => 'ä',
            (Some('o'), '\u{308}') => 'ö',
            (Some('a'), '\u{30a}') => 'å',
            (_, '\u{2011}') => {
                folded.push('-');
                continue;
            }
            (_, '’') => {
                folded.push('\'');
                continue;
            }
            _ => {
                folded.push(character);
                continue;
            }
        };
        folded.pop();
        folded.push(composed);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    fn pieces(text: &str) -> Vec<(Kind, String)> {
        tokens(text).into_iter().map(|token| (token.kind, token.folded)).collect()
    }

    #[test]
    fn words_keep_their_hyphens_and_suffixes() {
        assert_eq!(
            pieces("World-class NPS:n it’s"),
            [
                (Kind::Word, "world-class".to_owned()),
                (Kind::Word, "nps:n".to_owned()),
                (Kind::Word, "it's".to_owned())
            ]
        );
    }

    #[test]
    fn numbers_keep_their_separators_and_leave_the_full_stop() {
        let kinds: Vec<_> = pieces("4,5 1.000 24/7 2h Q4 62.");
        assert_eq!(kinds.len(), 7);
        assert!(kinds[..6].iter().all(|(kind, _)| *kind == Kind::Number), "{kinds:?}");
        assert_eq!(kinds[6].0, Kind::End);
    }

    #[test]
    fn places_are_characters_and_not_bytes() {
        let found = tokens("äö hyvä😀 x");
        let places: Vec<_> = found.iter().map(|token| (token.start, token.end)).collect();
        assert_eq!(places, [(0, 2), (3, 7), (7, 8), (9, 10)]);
    }

    #[test]
    fn a_letter_with_a_combining_mark_reads_as_one() {
        let found = tokens("hyva\u{308}");
        assert_eq!((found[0].folded.as_str(), found[0].end), ("hyvä", 5));
    }
}
