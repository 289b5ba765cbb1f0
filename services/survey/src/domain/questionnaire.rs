//! What is asked: a questionnaire that can be worked on, and its versions, which never change.

use std::fmt;
use std::ops::RangeInclusive;

use arki_ids::QuestionnaireId;
use arki_words::Words;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The kinds of questions. Answers are stored raw, never as classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Nps,
    Csat,
    Ces,
    Agreement,
    EmotionPalette,
    SingleChoice,
    OpenText,
}

impl Kind {
    /// Lowest and highest value, for kinds that are answered by a number.
    pub fn scale(self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::Nps => Some(0..=10),
            Self::Csat | Self::Agreement => Some(1..=5),
            Self::Ces => Some(1..=7),
            Self::EmotionPalette | Self::SingleChoice | Self::OpenText => None,
        }
    }

    /// How many options a question of this kind has.
    pub fn options(self) -> RangeInclusive<usize> {
        match self {
            Self::EmotionPalette => 8..=16,
            Self::SingleChoice => 2..=40,
            Self::Nps | Self::Csat | Self::Ces | Self::Agreement | Self::OpenText => 0..=0,
        }
    }

    /// The kind as other services know it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nps => "nps",
            Self::Csat => "csat",
            Self::Ces => "ces",
            Self::Agreement => "agreement",
            Self::EmotionPalette => "emotion_palette",
            Self::SingleChoice => "single_choice",
            Self::OpenText => "open_text",
        }
    }
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub key: String,
    pub label: Words,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Stays the same through versions, so that answers can be compared.
    pub key: String,
    pub kind: Kind,
    pub text: Words,
    pub help: Words,
    pub required: bool,
    pub options: Vec<Choice>,
    /// Empty takes the standard words of the kind.
    pub low_label: Words,
    /// Empty takes the standard words of the kind.
    pub high_label: Words,
    /// Agreeing is unfavourable. The answer is stored as given; only a metric turns it round.
    pub reversed: bool,
}

impl Question {
    /// The place of an option, from 0, which is the value that counters count.
    pub fn position(&self, option: &str) -> Option<usize> {
        self.options.iter().position(|choice| choice.key == option)
    }
}

/// What respondents see; what a version freezes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub title: Words,
    pub purpose: Words,
    /// BCP 47 tags, the first one for readers of none of them.
    pub languages: Vec<String>,
    pub questions: Vec<Question>,
}

/// A questionnaire under work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Questionnaire {
    pub id: QuestionnaireId,
    pub display_name: String,
    pub content: Content,
    /// 0 before the first.
    pub latest_version: u32,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub revision: i64,
}

/// New values for some fields of a questionnaire.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub display_name: Option<String>,
    pub title: Option<Words>,
    pub purpose: Option<Words>,
    pub languages: Option<Vec<String>>,
    pub questions: Option<Vec<Question>>,
}

impl Questionnaire {
    pub fn new(id: QuestionnaireId, display_name: String, content: Content, now: DateTime<Utc>) -> Self {
        Self { id, display_name, content, latest_version: 0, create_time: now, update_time: now, revision: 1 }
    }

    pub fn apply(&mut self, change: Change, now: DateTime<Utc>) {
        let Change { display_name, title, purpose, languages, questions } = change;
        set(&mut self.display_name, display_name);
        set(&mut self.content.title, title);
        set(&mut self.content.purpose, purpose);
        set(&mut self.content.languages, languages);
        set(&mut self.content.questions, questions);
        self.touch(now);
    }

    /// The next version, made of what stands here now.
    pub fn freeze(&mut self, now: DateTime<Utc>) -> Version {
        self.latest_version += 1;
        self.touch(now);
        Version {
            key: VersionKey { questionnaire: self.id, number: self.latest_version },
            display_name: self.display_name.clone(),
            content: self.content.clone(),
            publish_time: now,
        }
    }

    fn touch(&mut self, now: DateTime<Utc>) {
        self.revision += 1;
        self.update_time = now;
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Which version of which questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VersionKey {
    pub questionnaire: QuestionnaireId,
    pub number: u32,
}

impl VersionKey {
    /// Reads `questionnaires/qst_…/versions/NUMBER`.
    pub fn from_name(name: &str) -> Option<Self> {
        let (questionnaire, number) = name.split_once("/versions/")?;
        let questionnaire = QuestionnaireId::from_name(questionnaire).ok()?;
        Some(Self { questionnaire, number: number.parse().ok()? })
    }

    /// The name of a question as counters know it: the same in every version.
    pub fn question_name(&self, key: &str) -> String {
        format!("{}/questions/{key}", self.questionnaire.name())
    }
}

impl fmt::Display for VersionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/versions/{}", self.questionnaire.name(), self.number)
    }
}

/// A frozen questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub key: VersionKey,
    /// What the questionnaire was called inside the organisation when it was frozen.
    pub display_name: String,
    pub content: Content,
    pub publish_time: DateTime<Utc>,
}

impl Version {
    /// A question and its place.
    pub fn question(&self, key: &str) -> Option<(usize, &Question)> {
        self.content.questions.iter().enumerate().find(|(_, question)| question.key == key)
    }
}
