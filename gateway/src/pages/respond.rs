//! The respondent's page: who asks, why, how long, who sees the answer; then the questions; then thanks.

use arki_proto::survey::v1 as pb;
use arki_proto::survey::v1::survey_service_client::SurveyServiceClient;
use axum::{
    extract::{Path, Query, RawForm, State as Extract},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use tonic::{Code, Status};

use super::{
    State,
    fields::{Filled, MOST_FEELINGS},
    layout,
    words::Words,
};

/// The longest text of an open answer, as the contract says.
const LONGEST_TEXT: i64 = 4000;

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    lang: String,
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    match form(&state, &token, &wanted.lang).await {
        Ok(form) => page(&form, &Filled::default(), &[]),
        Err(status) => layout::refused(&Words::of_browser(&headers), &status),
    }
}

pub(super) async fn submit(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let filled = Filled::read(&body);
    let form = match form(&state, &token, filled.one("language")).await {
        Ok(form) => form,
        Err(status) => return layout::refused(&Words::of_browser(&headers), &status),
    };
    if form.state() != pb::FormState::Answerable {
        return page(&form, &filled, &[]);
    }
    let wrong = filled.wrong(&form.questions);
    if !wrong.is_empty() {
        return page(&form, &filled, &wrong);
    }
    let request = pb::SubmitResponseRequest {
        token: token.clone(),
        answers: filled.answers(&form.questions),
        language: form.language.clone(),
        request_id: String::new(),
    };
    match SurveyServiceClient::new(state.peers.survey.clone()).submit_response(request).await {
        // Coming back to the page shows that it was answered, and a reload sends nothing again.
        Ok(_) => Redirect::to(&format!("/s/{token}?lang={}", form.language)).into_response(),
        Err(status) if status.code() == Code::InvalidArgument => {
            let wrong: Vec<_> =
                form.questions.iter().map(|question| (question.key.clone(), "check-other")).collect();
            page(&form, &filled, &wrong)
        }
        Err(status) if matches!(status.code(), Code::FailedPrecondition | Code::AlreadyExists) => {
            Redirect::to(&format!("/s/{token}?lang={}", form.language)).into_response()
        }
        Err(status) => layout::refused(&Words::of(&form.language), &status),
    }
}

async fn form(state: &State, token: &str, language: &str) -> Result<pb::Form, Status> {
    let request = pb::GetFormRequest { token: token.to_owned(), language: language.to_owned() };
    let reply = SurveyServiceClient::new(state.peers.survey.clone()).get_form(request).await?;
    reply.into_inner().form.ok_or_else(|| Status::internal("no form in the reply"))
}

/// The page for the state of the form; `wrong` names the questions that need a second look.
fn page(form: &pb::Form, filled: &Filled, wrong: &[(String, &'static str)]) -> Response {
    let words = Words::of(&form.language);
    match form.state() {
        pb::FormState::AlreadySubmitted => thanks(&words, form),
        // For programs that follow links: what is over, or was cancelled, is not to be tried again.
        pb::FormState::Closed => layout::notice(&words, StatusCode::GONE, "closed"),
        pb::FormState::NotOpen => layout::notice(&words, StatusCode::OK, "early"),
        pb::FormState::Answerable | pb::FormState::Unspecified => {
            let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            layout::reply_with_script(
                status,
                layout::letter_in_turns(&words, &form.title, &questions(&words, form, filled, wrong)),
            )
        }
    }
}

fn thanks(words: &Words, form: &pb::Form) -> Response {
    let heading = words.text("thanks-heading");
    let content = html! {
        h1 { (heading) }
        p .lead { (words.text("thanks-next")) }
        @if let Some(day) = &form.results_day {
            p { (words.with("thanks-results", [("day", words.day(day.year, day.month, day.day).into())])) }
        }
        p .quiet { (words.text("used-text")) }
    };
    layout::reply(StatusCode::OK, layout::letter(words, &heading, &content))
}

fn questions(words: &Words, form: &pb::Form, filled: &Filled, wrong: &[(String, &'static str)]) -> Markup {
    let who_sees = match form.anonymity() {
        pb::Anonymity::Identified => "form-identified",
        pb::Anonymity::Confidential => "form-confidential",
        pb::Anonymity::Anonymous | pb::Anonymity::Unspecified => "form-anonymous",
    };
    let group = i64::from(form.minimum_group);
    let minutes = i64::from(form.minutes.max(1));
    html! {
        header {
            (layout::tongues(words, &form.languages, &form.language))
            p .quiet { (words.with("form-from", [("sender", form.sender.clone().into())])) }
            h1 { (form.title) }
            p .lead { (form.purpose) }
            p { (words.with(who_sees, [("group", group.into())])) " " (words.with("form-minutes", [("minutes", minutes.into())])) }
        }
        @if !wrong.is_empty() {
            div .problem role="alert" { (words.text("check-heading")) }
        }
        form .questions method="post" {
            input type="hidden" name="language" value=(form.language);
            @for (place, question) in form.questions.iter().enumerate() {
                @let problem = wrong.iter().find(|(key, _)| *key == question.key).map(|(_, why)| *why);
                (card(words, form, place, question, filled, problem))
            }
            @if form.questions.len() > 1 { (turn(words)) }
            button type="submit" { (words.text("submit")) }
            p .quiet .small { (words.text("stop-hint")) }
        }
    }
}

/// The way through the questions where they come one at a time; the stylesheet hides it where they do not.
fn turn(words: &Words) -> Markup {
    html! {
        div .turn {
            button .second type="button" { (words.text("turn-back")) }
            button type="button" data-next=(words.text("turn-next")) data-skip=(words.text("turn-skip")) {
                (words.text("turn-next"))
            }
        }
    }
}

fn card(
    words: &Words,
    form: &pb::Form,
    place: usize,
    question: &pb::FormQuestion,
    filled: &Filled,
    problem: Option<&str>,
) -> Markup {
    let number = i64::try_from(place + 1).unwrap_or_default();
    let count = i64::try_from(form.questions.len()).unwrap_or_default();
    let is_palette = question.kind() == pb::QuestionKind::EmotionPalette;
    html! {
        fieldset .card .wrong[problem.is_some()] tabindex="-1"
            data-needed=[question.required.then(|| words.text("check-required"))]
            data-most=[is_palette.then_some(MOST_FEELINGS)]
            data-too-many=[is_palette.then(|| words.text("check-five"))] {
            legend {
                span .count {
                    (words.with("question-count", [("number", number.into()), ("count", count.into())]))
                    @if question.required { " · " (words.text("required")) }
                }
                span .title { (question.text) }
            }
            @if let Some(problem) = problem { p .problem { (words.text(problem)) } }
            @if !question.help.is_empty() { p .quiet { (question.help) } }
            (input(words, question, filled))
        }
    }
}

fn input(words: &Words, question: &pb::FormQuestion, filled: &Filled) -> Markup {
    let name = format!("q.{}", question.key);
    match question.kind() {
        pb::QuestionKind::EmotionPalette => palette(words, question, filled),
        pb::QuestionKind::SingleChoice => html! {
            div .picks {
                @for option in &question.options {
                    label .pick {
                        input type="radio" name=(name) value=(option.key) checked[filled.one(&name) == option.key];
                        span { (option.label) }
                    }
                }
            }
        },
        pb::QuestionKind::OpenText => html! {
            p .quiet .small #{ "hint-" (question.key) } { (words.with("text-hint", [("limit", LONGEST_TEXT.into())])) }
            textarea name=(name) rows="4" maxlength=(LONGEST_TEXT) aria-label=(question.text)
                aria-describedby={ "hint-" (question.key) } { (filled.one(&name)) }
        },
        _ => {
            let size = match question.maximum - question.minimum {
                10 => "eleven",
                6 => "seven",
                _ => "five",
            };
            html! {
                div .scale .(size) {
                    @for value in question.minimum..=question.maximum {
                        label .step {
                            input type="radio" name=(name) value=(value) checked[filled.one(&name) == value.to_string()];
                            span { (value) }
                        }
                    }
                }
                div .ends { span { (question.low_label) } span { (question.high_label) } }
            }
        }
    }
}

/// Each feeling is a row of dots; a row that says nothing is on its dash.
fn palette(words: &Words, question: &pb::FormQuestion, filled: &Filled) -> Markup {
    let none = format!("none.{}", question.key);
    html! {
        p .quiet .small { (words.text("palette-hint")) }
        div .feelings {
            @for option in &question.options {
                @let name = format!("f.{}.{}", question.key, option.key);
                @let chosen = filled.one(&name);
                div .feeling role="radiogroup" aria-label=(option.label) {
                    span .name { (option.label) }
                    @for (value, dots) in [("0", "–"), ("1", "•"), ("2", "••"), ("3", "•••")] {
                        label .dot {
                            input type="radio" name=(name) value=(value)
                                checked[chosen == value || (value == "0" && chosen.is_empty())];
                            span aria-hidden="true" { (dots) }
                            span .hidden { (words.text(&format!("feeling-{value}"))) }
                        }
                    }
                }
            }
        }
        label .pick {
            input type="checkbox" name=(none) value="1" checked[filled.one(&none) == "1"];
            span { (words.text("palette-none")) }
        }
        input type="hidden" name={ "order." (question.key) }
            value=(question.options.iter().map(|option| option.key.as_str()).collect::<Vec<_>>().join(","));
    }
}
