//! Forms as respondents see them.

use arki_proto::survey::v1 as pb;
use arki_rpc::time;

use super::{questionnaire, wave};
use crate::domain::Wave;
use crate::domain::form::{Form, FormQuestion, FormState};

pub(super) fn render(form: Form, of: &Wave) -> pb::Form {
    let Form { language, languages, title, purpose, sender, questions, state, minutes } = form;
    let state = match state {
        FormState::Answerable => pb::FormState::Answerable,
        FormState::AlreadySubmitted => pb::FormState::AlreadySubmitted,
        FormState::Closed => pb::FormState::Closed,
        FormState::NotOpen => pb::FormState::NotOpen,
    };
    pb::Form {
        language,
        languages,
        title,
        purpose,
        sender,
        anonymity: wave::anonymity(of.anonymity).into(),
        minimum_group: wave::minimum_group(of),
        questions: questions.into_iter().map(question).collect(),
        results_day: of.results_day.map(time::date),
        state: state.into(),
        minutes: i32::try_from(minutes).unwrap_or(i32::MAX),
    }
}

fn question(question: FormQuestion) -> pb::FormQuestion {
    let FormQuestion { key, kind, text, help, required, options, low_label, high_label, minimum, maximum } =
        question;
    pb::FormQuestion {
        key,
        kind: questionnaire::kind(kind).into(),
        text,
        help,
        required,
        options: options.into_iter().map(|(key, label)| pb::FormOption { key, label }).collect(),
        low_label,
        high_label,
        minimum,
        maximum,
    }
}
