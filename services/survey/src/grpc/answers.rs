//! Answers as they come in.

use arki_proto::survey::v1 as pb;

use crate::domain::{Answer, Feeling, Feelings, Value, Violation};
use crate::service::Error;

pub(super) fn read(given: Vec<pb::Answer>) -> Result<Vec<Answer>, Error> {
    let mut answers = Vec::with_capacity(given.len());
    let mut empty = Vec::new();
    for (index, pb::Answer { question, value }) in given.into_iter().enumerate() {
        match value {
            Some(value) => answers.push(Answer { question, value: read_value(value) }),
            None => {
                empty.push(Violation::new(format!("answers[{index}]"), "must hold a value, or be left out"))
            }
        }
    }
    if empty.is_empty() { Ok(answers) } else { Err(Error::AnswerInvalid(empty)) }
}

fn read_value(value: pb::answer::Value) -> Value {
    match value {
        pb::answer::Value::Number(number) => Value::Number(number),
        pb::answer::Value::Choice(key) => Value::Choice(key),
        pb::answer::Value::Text(text) => Value::Text(text),
        pb::answer::Value::Feelings(pb::Feelings { chosen, order_shown }) => Value::Feelings(Feelings {
            chosen: chosen
                .into_iter()
                // Whoever says no intensity has chosen the feeling all the same.
                .map(|pb::Feeling { term, intensity }| Feeling { term, intensity: intensity.max(1) })
                .collect(),
            order_shown,
        }),
    }
}
