use std::fmt;
use std::str::FromStr;

use arki_ids::QuestionnaireId;
use serde::{Deserialize, Serialize};

/// The question whose answers count, by its key through all versions of the questionnaire. Its text is
/// `questionnaires/qst_…/questions/KEY`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuestionBinding {
    pub questionnaire: QuestionnaireId,
    pub question: String,
}

/// A text that names no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not of the form questionnaires/qst_…/questions/KEY")]
pub struct NotAQuestion(String);

impl fmt::Display for QuestionBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/questions/{}", self.questionnaire.name(), self.question)
    }
}

impl FromStr for QuestionBinding {
    type Err = NotAQuestion;

    fn from_str(name: &str) -> Result<Self, NotAQuestion> {
        let refused = || NotAQuestion(name.chars().take(120).collect());
        let (questionnaire, question) = name.split_once("/questions/").ok_or_else(refused)?;
        let questionnaire = QuestionnaireId::from_name(questionnaire).map_err(|_| refused())?;
        if question.is_empty() || question.contains('/') {
            return Err(refused());
        }
        Ok(Self { questionnaire, question: question.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::QuestionBinding;

    #[test]
    fn a_question_reads_back_from_its_name() {
        let name = "questionnaires/qst_00000000000000000000000001/questions/heard";
        assert_eq!(name.parse::<QuestionBinding>().unwrap().to_string(), name);
        for wrong in ["", "questions/heard", "questionnaires/qst_1/questions/heard", &format!("{name}/x")] {
            assert!(wrong.parse::<QuestionBinding>().is_err(), "{wrong}");
        }
    }
}
