//! Target profiles as they are kept: with a name, whose feelings, and the question that asks for them.

use arki_ids::TargetProfileId;
use serde::{Deserialize, Serialize};

use super::profile::{Invalid, TargetProfile, Term};
use crate::domain::metric::QuestionBinding;
use crate::domain::wave::Audience;

/// Whose feelings a profile describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileAudience {
    Customers,
    Employees,
}

impl ProfileAudience {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Employees => "employees",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Customers, Self::Employees].into_iter().find(|one| one.word() == word)
    }

    /// The waves that ask these people.
    #[must_use]
    pub fn of_waves(self) -> &'static [Audience] {
        match self {
            Self::Customers => &[Audience::Customers, Audience::Prospects, Audience::FormerCustomers],
            Self::Employees => &[Audience::Employees],
        }
    }
}

/// What people say about a target profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileContent {
    pub display_name: String,
    pub audience: ProfileAudience,
    pub question: QuestionBinding,
    pub terms: Vec<Term>,
}

impl ProfileContent {
    /// The feelings aimed at, checked.
    ///
    /// # Errors
    /// One [`Invalid`] for each fault.
    pub fn target(&self) -> Result<TargetProfile, Vec<Invalid>> {
        TargetProfile::new(self.terms.clone())
    }
}

/// New values for some fields of a profile; `None` keeps what is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileChange {
    pub display_name: Option<String>,
    pub audience: Option<ProfileAudience>,
    pub question: Option<QuestionBinding>,
    pub terms: Option<Vec<Term>>,
}

impl ProfileChange {
    /// The content with the new values, not checked yet.
    #[must_use]
    pub fn apply(self, content: &ProfileContent) -> ProfileContent {
        let Self { display_name, audience, question, terms } = self;
        let before = content.clone();
        ProfileContent {
            display_name: display_name.unwrap_or(before.display_name),
            audience: audience.unwrap_or(before.audience),
            question: question.unwrap_or(before.question),
            terms: terms.unwrap_or(before.terms),
        }
    }
}

/// A target profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub id: TargetProfileId,
    pub content: ProfileContent,
}
