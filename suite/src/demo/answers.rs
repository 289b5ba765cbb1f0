//! Made-up answers, the same in every run: a mood for each unit, and around it a mood for each person, from which
//! every answer follows. Nobody's answers are behind them.

use arki_proto::survey::v1::{Answer, Feeling, Feelings, answer::Value};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::listening::{Kind, Question};

/// Decides everything about one respondent from stable text, so that two runs agree.
pub(super) struct Respondent {
    chance: ChaCha8Rng,
    mood: f64,
}

impl Respondent {
    /// The respondent with the key `external_id` in the unit with the code `unit`.
    pub(super) fn new(external_id: &str, unit: &str, closeness: f64) -> Self {
        let mut unit_chance = seeded(unit);
        let unit_mood = 0.7 * normal(&mut unit_chance);
        let mut chance = seeded(external_id);
        let mood = closeness * unit_mood + normal(&mut chance);
        Self { chance, mood }
    }

    /// Whether this person answers at all; those in a low mood answer a little less.
    pub(super) fn answers(&mut self, rate: f64) -> bool {
        let inclination = rate + 0.04 * self.mood.clamp(-2.0, 2.0);
        self.chance.random::<f64>() < inclination
    }

    /// The answers to every question, some skipped.
    pub(super) fn respond(&mut self, questions: &[Question]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for question in questions {
            if !question.required && self.chance.random::<f64>() < 0.06 {
                continue;
            }
            if let Some(value) = self.value(question) {
                answers.push(Answer { question: question.key.clone(), value: Some(value) });
            }
        }
        answers
    }

    fn value(&mut self, question: &Question) -> Option<Value> {
        let noise = 0.5 * normal(&mut self.chance);
        let feeling = self.mood + noise;
        match question.kind {
            Kind::Nps => Some(scaled(7.6 + 1.8 * feeling, 0, 10)),
            Kind::Csat => Some(scaled(3.8 + 0.8 * feeling, 1, 5)),
            Kind::Ces => Some(scaled(5.1 + 1.2 * feeling, 1, 7)),
            Kind::Agreement => Some(scaled(3.6 + 0.9 * feeling, 1, 5)),
            Kind::EmotionPalette => Some(Value::Feelings(self.feelings(question))),
            Kind::OpenText => {
                let rare = self.chance.random::<f64>() < 0.1;
                rare.then(|| Value::Text("(demonstration) somebody should have called me back".to_owned()))
            }
        }
    }

    /// The first half of the demonstration's palettes is wanted, the second half is not.
    fn feelings(&mut self, question: &Question) -> Feelings {
        let half = question.options.len() / 2;
        let mut order_shown: Vec<String> = question.options.iter().map(|option| option.key.clone()).collect();
        for place in (1..order_shown.len()).rev() {
            order_shown.swap(place, self.chance.random_range(0..=place));
        }
        let mut chosen = Vec::new();
        for (place, option) in question.options.iter().enumerate() {
            let direction = if place < half { 1.0 } else { -1.0 };
            let base = if place < half { -0.35 } else { -1.7 };
            // Terms differ in how common they are, or every bar of the chart would be alike.
            let step = 0.25 * f64::from(u8::try_from(place % half.max(1)).unwrap_or(0));
            let pull = base - step + 0.9 * direction * self.mood;
            if self.chance.random::<f64>() < 1.0 / (1.0 + (-pull).exp()) && chosen.len() < 5 {
                chosen.push(Feeling { term: option.key.clone(), intensity: self.chance.random_range(1..=3) });
            }
        }
        Feelings { chosen, order_shown }
    }
}

fn scaled(value: f64, low: i32, high: i32) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "the value is clamped to a scale of at most 0 to 10")]
    let number = value.round().clamp(f64::from(low), f64::from(high)) as i32;
    Value::Number(number)
}

/// Standard normal by the sum of twelve uniforms: near enough for made-up moods.
fn normal(chance: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| chance.random::<f64>()).sum::<f64>() - 6.0
}

/// A generator from text: FNV-1a spreads short keys well enough to seed one.
fn seeded(text: &str) -> ChaCha8Rng {
    let seed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ChaCha8Rng::seed_from_u64(seed)
}
