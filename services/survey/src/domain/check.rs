//! Whether answers fit the questions.

use std::collections::HashSet;
use std::fmt;

use super::answer::{Answer, Feelings, Value};
use super::questionnaire::{Kind, Question, Version};
use super::violation::Violation;

/// Feelings that one answer may hold: choosing among many is what tells them apart.
pub const MOST_FEELINGS: usize = 5;
/// Characters of an answer in own words.
pub const LONGEST_TEXT: usize = 4_000;

/// The place of an answer. Written out only when something there is wrong, which it seldom is.
#[derive(Clone, Copy)]
struct At(usize);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answers[{}]", self.0)
    }
}

/// Everything that does not fit, all at once; nothing when the answers can be stored.
pub fn violations(version: &Version, answers: &[Answer]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut answered = HashSet::new();
    for (index, Answer { question: key, value }) in answers.iter().enumerate() {
        let at = At(index);
        let Some((_, question)) = version.question(key) else {
            found.push(Violation::new(
                format!("{at}.question"),
                format!("{key:?} is not a question of this form"),
            ));
            continue;
        };
        if !answered.insert(key.as_str()) {
            found.push(Violation::new(format!("{at}.question"), format!("{key:?} is answered twice")));
            continue;
        }
        if value.is_blank() {
            answered.remove(key.as_str());
        }
        of_value(question, value, at, &mut found);
    }
    for question in &version.content.questions {
        if question.required && !answered.contains(question.key.as_str()) {
            found.push(Violation::new("answers", format!("question {:?} needs an answer", question.key)));
        }
    }
    if found.is_empty() && answered.is_empty() {
        found.push(Violation::new("answers", "must hold at least one answer"));
    }
    found
}

fn of_value(question: &Question, value: &Value, at: At, found: &mut Vec<Violation>) {
    match (question.kind, value) {
        (Kind::Nps | Kind::Csat | Kind::Ces | Kind::Agreement, Value::Number(number)) => {
            let scale = question.kind.scale().unwrap_or(0..=0);
            if !scale.contains(number) {
                let wanted = format!("must be {} to {}, is {number}", scale.start(), scale.end());
                found.push(Violation::new(format!("{at}.number"), wanted));
            }
        }
        (Kind::SingleChoice, Value::Choice(key)) => {
            if question.position(key).is_none() {
                found.push(Violation::new(format!("{at}.choice"), format!("{key:?} is not an option here")));
            }
        }
        (Kind::EmotionPalette, Value::Feelings(feelings)) => of_feelings(question, feelings, at, found),
        (Kind::OpenText, Value::Text(text)) => {
            let length = text.chars().count();
            if length > LONGEST_TEXT {
                let wanted = format!("must have at most {LONGEST_TEXT} characters, has {length}");
                found.push(Violation::new(format!("{at}.text"), wanted));
            }
            // PostgreSQL can't store it, and a single one would take down all answers that share its commit.
            if text.contains('\0') {
                found.push(Violation::new(format!("{at}.text"), "must not contain the character U+0000"));
            }
        }
        (kind, _) => {
            let wanted = match kind {
                Kind::Nps | Kind::Csat | Kind::Ces | Kind::Agreement => "number",
                Kind::SingleChoice => "choice",
                Kind::EmotionPalette => "feelings",
                Kind::OpenText => "text",
            };
            found.push(Violation::new(at.to_string(), format!("this question is answered by {wanted}")));
        }
    }
}

fn of_feelings(question: &Question, feelings: &Feelings, at: At, found: &mut Vec<Violation>) {
    let Feelings { chosen, order_shown } = feelings;
    let at = format!("{at}.feelings");
    if chosen.len() > MOST_FEELINGS {
        let has = chosen.len();
        let wanted = format!("must be at most {MOST_FEELINGS}, has {has}");
        found.push(Violation::new(format!("{at}.chosen"), wanted));
    }
    let mut terms = HashSet::new();
    for (index, feeling) in chosen.iter().enumerate() {
        let at = format!("{at}.chosen[{index}]");
        let term = &feeling.term;
        if question.position(term).is_none() {
            found.push(Violation::new(format!("{at}.term"), format!("{term:?} is not in this palette")));
        } else if !terms.insert(term.as_str()) {
            found.push(Violation::new(format!("{at}.term"), format!("{term:?} is chosen twice")));
        }
        if !(1..=3).contains(&feeling.intensity) {
            let wanted = format!("must be 1 to 3, is {}", feeling.intensity);
            found.push(Violation::new(format!("{at}.intensity"), wanted));
        }
    }
    let shown: HashSet<_> = order_shown.iter().map(String::as_str).collect();
    let whole = shown.len() == question.options.len()
        && order_shown.len() == shown.len()
        && question.options.iter().all(|option| shown.contains(option.key.as_str()));
    if !order_shown.is_empty() && !whole {
        let wanted = "must hold every option of the palette once, or nothing";
        found.push(Violation::new(format!("{at}.order_shown"), wanted));
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
