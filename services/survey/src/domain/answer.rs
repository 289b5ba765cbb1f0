//! What is answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub question: String,
    pub value: Value,
}

/// A raw value. The short names are those of the stored form, which is kept for every response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    #[serde(rename = "n")]
    Number(i32),
    #[serde(rename = "c")]
    Choice(String),
    #[serde(rename = "f")]
    Feelings(Feelings),
    #[serde(rename = "t")]
    Text(String),
}

/// Feelings chosen from a palette; none chosen means "none of these".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feelings {
    #[serde(rename = "c")]
    pub chosen: Vec<Feeling>,
    /// The keys in the order in which this person saw them.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    pub order_shown: Vec<String>,
}

/// A chosen feeling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeling {
    #[serde(rename = "k")]
    pub term: String,
    /// 1 a little, 2 clearly, 3 strongly.
    #[serde(rename = "i")]
    pub intensity: i32,
}

impl Value {
    /// Whether nothing was said after all: own words that are blank.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// Whether the order in which a palette was shown is kept with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderShown {
    Kept,
    /// The order is drawn from the token, so it tells the tokens apart: with it, an answer that nobody may connect
    /// with a person could be matched to the link.
    Dropped,
}

/// The stored form: one JSON object from the keys of questions to raw values.
pub fn stored(answers: &[Answer], order: OrderShown) -> String {
    let mut by_question: BTreeMap<&str, Value> = BTreeMap::new();
    for Answer { question, value } in answers {
        if value.is_blank() {
            continue;
        }
        let mut value = value.clone();
        if let (Value::Feelings(feelings), OrderShown::Dropped) = (&mut value, order) {
            feelings.order_shown.clear();
            // The order of choosing follows the order of showing.
            feelings.chosen.sort_by(|a, b| a.term.cmp(&b.term));
        }
        by_question.insert(question, value);
    }
    serde_json::to_string(&by_question)
        .unwrap_or_else(|_| unreachable!("these values always have a JSON form"))
}

/// Reads the stored form.
pub fn read(stored: &str) -> Result<BTreeMap<String, Value>, serde_json::Error> {
    serde_json::from_str(stored)
}

/// The same text for the same answers, whatever the order in which they, or the feelings in them, came.
pub fn canonical(answers: &[Answer]) -> String {
    stored(answers, OrderShown::Dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feeling(term: &str, intensity: i32) -> Feeling {
        Feeling { term: term.to_owned(), intensity }
    }

    fn answer(question: &str, value: Value) -> Answer {
        Answer { question: question.to_owned(), value }
    }

    fn sample() -> Vec<Answer> {
        let felt = Feelings {
            chosen: vec![feeling("hurried", 2), feeling("calm", 1)],
            order_shown: vec!["hurried".to_owned(), "calm".to_owned()],
        };
        vec![
            answer("recommend", Value::Number(9)),
            answer("felt", Value::Feelings(felt)),
            answer("why", Value::Text("\u{e4}k\u{e4} palvelu".to_owned())),
            answer("more", Value::Text("  ".to_owned())),
        ]
    }

    #[test]
    fn the_stored_form_reads_back_without_blank_words() {
        let read = read(&stored(&sample(), OrderShown::Kept)).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["felt", "recommend", "why"]);
        assert_eq!(read["felt"], sample()[1].value);
    }

    #[test]
    fn an_order_that_is_dropped_leaves_no_trace() {
        let mut other = sample();
        if let Value::Feelings(felt) = &mut other[1].value {
            felt.order_shown.reverse();
            felt.chosen.reverse();
        }
        assert_eq!(stored(&sample(), OrderShown::Dropped), stored(&other, OrderShown::Dropped));
        assert_ne!(stored(&sample(), OrderShown::Kept), stored(&other, OrderShown::Kept));
    }

    #[test]
    fn answers_in_another_order_are_the_same_answers() {
        let mut other = sample();
        other.reverse();
        assert_eq!(canonical(&sample()), canonical(&other));
        other.pop();
        assert_ne!(canonical(&sample()), canonical(&other));
    }
}
