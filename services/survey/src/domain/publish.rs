//! Whether a questionnaire can be asked.

use std::collections::HashSet;

use arki_words::Words;

use super::questionnaire::{Content, Kind, Question};
use super::violation::Violation;

/// Everything that is missing, all at once; nothing when it can be published. Paths begin at the questionnaire.
pub fn missing(content: &Content) -> Vec<Violation> {
    let Content { title, purpose, languages, questions } = content;
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (index, language) in languages.iter().enumerate() {
        if !seen.insert(language.to_ascii_lowercase()) {
            found.push(Violation::new(format!("languages[{index}]"), format!("{language:?} is there twice")));
        }
    }
    if languages.is_empty() {
        found.push(Violation::new("languages", "must name at least one language"));
    }
    words(title, languages, "title", &mut found);
    words(purpose, languages, "purpose", &mut found);
    if questions.is_empty() {
        found.push(Violation::new("questions", "must hold at least one question"));
    }
    let mut keys = HashSet::new();
    for (index, question) in questions.iter().enumerate() {
        let at = format!("questions[{index}]");
        if !keys.insert(question.key.as_str()) {
            let key = &question.key;
            found
                .push(Violation::new(format!("{at}.key"), format!("{key:?} is the key of another question")));
        }
        of_question(question, languages, &at, &mut found);
    }
    found
}

fn of_question(question: &Question, languages: &[String], at: &str, found: &mut Vec<Violation>) {
    let Question { key: _, kind, text, help, required: _, options, low_label, high_label, reversed } =
        question;
    words(text, languages, &format!("{at}.text"), found);
    // These may be left out, but not in some of the languages only.
    for (name, optional) in [("help", help), ("low_label", low_label), ("high_label", high_label)] {
        if !optional.is_empty() {
            words(optional, languages, &format!("{at}.{name}"), found);
        }
    }
    for (name, label) in [("low_label", low_label), ("high_label", high_label)] {
        if kind.scale().is_none() && !label.is_empty() {
            found.push(Violation::new(format!("{at}.{name}"), "belongs to a scale, remove it"));
        }
    }
    if *reversed && *kind != Kind::Agreement {
        found.push(Violation::new(format!("{at}.reversed"), "is for kind AGREEMENT only"));
    }
    let count = kind.options();
    if !count.contains(&options.len()) {
        let wanted = if *count.end() == 0 {
            "none for this kind".to_owned()
        } else {
            format!("{} to {} for this kind", count.start(), count.end())
        };
        let has = options.len();
        found.push(Violation::new(format!("{at}.options"), format!("must be {wanted}, has {has}")));
    }
    let mut keys = HashSet::new();
    for (index, option) in options.iter().enumerate() {
        if !keys.insert(option.key.as_str()) {
            let field = format!("{at}.options[{index}].key");
            found.push(Violation::new(field, format!("{:?} is the key of another option", option.key)));
        }
        words(&option.label, languages, &format!("{at}.options[{index}].label"), found);
    }
}

fn words(words: &Words, languages: &[String], at: &str, found: &mut Vec<Violation>) {
    let missing = words.missing(languages);
    if !missing.is_empty() {
        found.push(Violation::new(at, format!("must have words in {}", missing.join(", "))));
    }
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
