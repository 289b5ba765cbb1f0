//! The fields of a filled form, read as answers.

use std::collections::BTreeMap;

use arki_proto::survey::v1 as pb;

/// No palette lets one choose more.
pub(super) const MOST_FEELINGS: usize = 5;

/// What a browser sent: by field, the last value of it.
#[derive(Default)]
pub(super) struct Filled(BTreeMap<String, String>);

impl Filled {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn read(body: &[u8]) -> Self {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
        Self(pairs.into_iter().collect())
    }

    /// The value of a field; empty where it was left alone.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// The answers to those questions that were answered.
    pub(super) fn answers(&self, questions: &[pb::FormQuestion]) -> Vec<pb::Answer> {
        let answered = |question: &pb::FormQuestion| {
            let value = self.value(question)?;
            Some(pb::Answer { question: question.key.clone(), value: Some(value) })
        };
        questions.iter().filter_map(answered).collect()
    }

    /// The questions that need a second look, each with the key of the words that say why.
    pub(super) fn wrong(&self, questions: &[pb::FormQuestion]) -> Vec<(String, &'static str)> {
        let mut wrong = Vec::new();
        for question in questions {
            let value = self.value(question);
            let too_many = matches!(&value, Some(pb::answer::Value::Feelings(feelings)) if feelings.chosen.len() > MOST_FEELINGS);
            if too_many {
                wrong.push((question.key.clone(), "check-five"));
            } else if question.required && value.is_none() {
                wrong.push((question.key.clone(), "check-required"));
            }
        }
        wrong
    }

    fn value(&self, question: &pb::FormQuestion) -> Option<pb::answer::Value> {
        let plain = self.one(&format!("q.{}", question.key));
        match question.kind() {
            pb::QuestionKind::EmotionPalette => self.feelings(question).map(pb::answer::Value::Feelings),
            pb::QuestionKind::SingleChoice => {
                (!plain.is_empty()).then(|| pb::answer::Value::Choice(plain.to_owned()))
            }
            pb::QuestionKind::OpenText => {
                (!plain.is_empty()).then(|| pb::answer::Value::Text(plain.to_owned()))
            }
            _ => plain.parse().ok().map(pb::answer::Value::Number),
        }
    }

    /// Nothing chosen and "none of these" left alone is no answer.
    fn feelings(&self, question: &pb::FormQuestion) -> Option<pb::Feelings> {
        let mut chosen = Vec::new();
        for option in &question.options {
            let intensity = self.one(&format!("f.{}.{}", question.key, option.key)).parse().unwrap_or(0);
            if intensity > 0 {
                chosen.push(pb::Feeling { term: option.key.clone(), intensity });
            }
        }
        if chosen.is_empty() && self.one(&format!("none.{}", question.key)) != "1" {
            return None;
        }
        let order = self.one(&format!("order.{}", question.key));
        let order_shown = order.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
        Some(pb::Feelings { chosen, order_shown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette() -> pb::FormQuestion {
        let option = |key: &str| pb::FormOption { key: key.to_owned(), label: key.to_owned() };
        let keys = ["calm", "hurried", "heard", "uncertain", "glad", "tired"];
        pb::FormQuestion {
            key: "feelings".to_owned(),
            kind: pb::QuestionKind::EmotionPalette.into(),
            options: keys.map(option).to_vec(),
            ..Default::default()
        }
    }

    #[test]
    fn feelings_come_with_their_strength_and_none_of_these_is_an_answer() {
        let filled = Filled::read(b"f.feelings.calm=3&f.feelings.hurried=0&order.feelings=hurried,calm");
        let Some(pb::answer::Value::Feelings(feelings)) = filled.value(&palette()) else {
            panic!("no feelings")
        };
        assert_eq!(feelings.chosen, [pb::Feeling { term: "calm".to_owned(), intensity: 3 }]);
        assert_eq!(feelings.order_shown, ["hurried", "calm"]);
        assert_eq!(Filled::read(b"f.feelings.calm=0").value(&palette()), None);
        let none = Filled::read(b"none.feelings=1").value(&palette());
        assert_eq!(none, Some(pb::answer::Value::Feelings(pb::Feelings::default())));
    }

    #[test]
    fn a_sixth_feeling_and_a_missing_needed_answer_are_told() {
        let six = b"f.feelings.calm=1&f.feelings.hurried=1&f.feelings.heard=1&f.feelings.uncertain=1&f.feelings.glad=1&f.feelings.tired=1";
        assert_eq!(Filled::read(six).wrong(&[palette()]), [("feelings".to_owned(), "check-five")]);
        let needed = pb::FormQuestion {
            key: "recommend".to_owned(),
            kind: pb::QuestionKind::Nps.into(),
            required: true,
            ..Default::default()
        };
        assert_eq!(
            Filled::default().wrong(std::slice::from_ref(&needed)),
            [("recommend".to_owned(), "check-required")]
        );
        assert!(Filled::read(b"q.recommend=0").wrong(&[needed]).is_empty());
    }
}
