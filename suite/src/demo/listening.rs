//! Listening: two questionnaires, two waves, and the answers of those who were asked.

use anyhow::{Context as _, Result};
use arki_proto::survey::v1 as pb;
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::{
    answers::Respondent,
    organisation::Organisation,
    summary,
    words::{self, Words, text},
};
use crate::{progress::Progress, remote::Server};

/// How many answers are on their way at once.
const AT_ONCE: usize = 64;

#[derive(Deserialize)]
struct File {
    sender: Words,
    customers: Questionnaire,
    employees: Questionnaire,
}

#[derive(Deserialize)]
struct Questionnaire {
    display_name: String,
    title: Words,
    purpose: Words,
    questions: Vec<Question>,
}

/// A question of the demonstration.
#[derive(Deserialize)]
pub(super) struct Question {
    pub(super) key: String,
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) required: bool,
    text: Words,
    #[serde(default)]
    pub(super) options: Vec<Choice>,
}

/// The kinds that the demonstration asks.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Nps,
    Csat,
    Ces,
    Agreement,
    EmotionPalette,
    OpenText,
}

/// An option of a palette.
#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) key: String,
    pub(super) label: Words,
}

/// What later steps need to know of the waves.
pub(super) struct Listening {
    pub(super) summary: Vec<summary::Wave>,
    pub(super) customers: Asked,
    pub(super) employees: Asked,
}

/// One questionnaire and its wave.
pub(super) struct Asked {
    pub(super) questionnaire: String,
    pub(super) wave: String,
    /// How many answered.
    pub(super) responses: usize,
    /// The question that everybody who answered has answered.
    pub(super) needed: String,
    /// The words of the palette's options, by key.
    pub(super) palette: Vec<(String, Words)>,
}

/// Asks customers and staff, and lets the made-up respondents answer.
pub(super) async fn listen(server: &Server, whole: &Organisation, progress: &Progress) -> Result<Listening> {
    let file: File = words::read("listening.toml", include_str!("../../demo/listening.toml"))?;
    let customers = Round {
        name: "customers",
        audience: pb::WaveAudience::Customers,
        anonymity: pb::Anonymity::Confidential,
        rate: 0.4,
        closeness: 0.6,
    };
    let employees = Round {
        name: "employees",
        audience: pb::WaveAudience::Employees,
        anonymity: pb::Anonymity::Anonymous,
        rate: 0.8,
        closeness: 1.0,
    };
    let (customers, of_customers) = customers
        .ask(server, whole, &file.customers, &file.sender, progress)
        .await
        .context("asking customers")?;
    let (employees, of_employees) = employees
        .ask(server, whole, &file.employees, &file.sender, progress)
        .await
        .context("asking staff")?;
    Ok(Listening { summary: vec![of_customers, of_employees], customers, employees })
}

struct Round {
    name: &'static str,
    audience: pb::WaveAudience,
    anonymity: pb::Anonymity,
    rate: f64,
    closeness: f64,
}

impl Round {
    async fn ask(
        &self,
        server: &Server,
        whole: &Organisation,
        file: &Questionnaire,
        sender: &Words,
        progress: &Progress,
    ) -> Result<(Asked, summary::Wave)> {
        let mut survey = server.survey();
        let questionnaire = survey
            .create_questionnaire(pb::CreateQuestionnaireRequest {
                questionnaire: Some(questionnaire(file)),
                request_id: String::new(),
            })
            .await?
            .into_inner()
            .questionnaire
            .context("no questionnaire in the reply")?
            .name;
        let publish = pb::PublishQuestionnaireRequest { name: questionnaire.clone(), ..Default::default() };
        let version = survey.publish_questionnaire(publish).await?.into_inner().version;
        let wave = pb::Wave {
            display_name: format!("{} (demonstration)", file.display_name),
            questionnaire_version: version.context("no version in the reply")?.name,
            audience: self.audience.into(),
            anonymity: self.anonymity.into(),
            sender: text(sender),
            ..Default::default()
        };
        let create = pb::CreateWaveRequest { wave: Some(wave), request_id: String::new() };
        let wave = survey.create_wave(create).await?.into_inner().wave.context("no wave in the reply")?.name;
        survey.open_wave(pb::OpenWaveRequest { name: wave.clone(), ..Default::default() }).await?;

        let invitations = invitations(server, &wave).await?;
        progress.done(&format!("{} {} invited", invitations.len(), self.name));
        let responses = self.respond(server, whole, file, &invitations, progress).await?;
        survey.close_wave(pb::CloseWaveRequest { name: wave.clone(), ..Default::default() }).await?;
        progress.done(&format!("{responses} {} answered, the wave is closed", self.name));

        let needed = file.questions.iter().find(|question| question.required);
        let needed = needed.context("no question is needed")?.key.clone();
        let palette = file.questions.iter().flat_map(|question| &question.options);
        let palette = palette.map(|option| (option.key.clone(), option.label.clone())).collect();
        let summary =
            summary::Wave { audience: self.name, wave: wave.clone(), invited: invitations.len(), responses };
        Ok((Asked { questionnaire, wave, responses, needed, palette }, summary))
    }

    async fn respond(
        &self,
        server: &Server,
        whole: &Organisation,
        file: &Questionnaire,
        invitations: &[pb::Invitation],
        progress: &Progress,
    ) -> Result<usize> {
        let mut submissions = Vec::new();
        for invitation in invitations {
            let person = whole.people.get(&invitation.person).context("an invitation without a person")?;
            let unit = whole.codes.get(&invitation.unit).map_or("", String::as_str);
            let mut respondent = Respondent::new(&person.external_id, unit, self.closeness);
            if respondent.answers(self.rate) {
                submissions.push(pb::SubmitResponseRequest {
                    token: invitation.token.clone(),
                    answers: respondent.respond(&file.questions),
                    language: invitation.language.clone(),
                    request_id: String::new(),
                });
            }
        }
        let all = submissions.len();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let done = &done;
        futures::stream::iter(submissions)
            .map(|submission| async move {
                server.survey().submit_response(submission).await.context("submitting a response")?;
                let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                progress.step(&format!("answers of {}", self.name), done, all);
                anyhow::Ok(())
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(all)
    }
}

async fn invitations(server: &Server, wave: &str) -> Result<Vec<pb::Invitation>> {
    let mut survey = server.survey();
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListInvitationsRequest {
            parent: wave.to_owned(),
            page_size: 1000,
            page_token,
            ..Default::default()
        };
        let page = survey.list_invitations(request).await?.into_inner();
        all.extend(page.invitations);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

fn questionnaire(file: &Questionnaire) -> pb::Questionnaire {
    pb::Questionnaire {
        display_name: file.display_name.clone(),
        title: text(&file.title),
        purpose: text(&file.purpose),
        languages: ["fi", "sv", "en"].map(str::to_owned).to_vec(),
        questions: file.questions.iter().map(question).collect(),
        ..Default::default()
    }
}

fn question(question: &Question) -> pb::Question {
    let kind = match question.kind {
        Kind::Nps => pb::QuestionKind::Nps,
        Kind::Csat => pb::QuestionKind::Csat,
        Kind::Ces => pb::QuestionKind::Ces,
        Kind::Agreement => pb::QuestionKind::Agreement,
        Kind::EmotionPalette => pb::QuestionKind::EmotionPalette,
        Kind::OpenText => pb::QuestionKind::OpenText,
    };
    let option = |choice: &Choice| pb::Option { key: choice.key.clone(), label: text(&choice.label) };
    pb::Question {
        key: question.key.clone(),
        kind: kind.into(),
        text: text(&question.text),
        required: question.required,
        options: question.options.iter().map(option).collect(),
        ..Default::default()
    }
}
