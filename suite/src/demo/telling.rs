//! Telling: a message of uncertainty to all staff, a weekly reminder, and whether the message was understood.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use arki_proto::communication::v1 as pb;
use chrono::{DateTime, Utc};
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::{
    mail,
    organisation::Organisation,
    summary,
    words::{self, Words, text},
};
use crate::{progress::Progress, remote::Server};

/// How long six hundred mails may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
struct File {
    message: Message,
    reminder: Reminder,
}

#[derive(Deserialize)]
struct Message {
    subject: Words,
    body: Words,
    why: Words,
    what_stays: Words,
    where_to_get_help: Words,
    comprehension: Comprehension,
}

#[derive(Deserialize)]
struct Comprehension {
    text: Words,
    options: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    key: String,
    correct: bool,
    label: Words,
}

#[derive(Deserialize)]
struct Reminder {
    subject: Words,
    body: Words,
    rrule: String,
}

/// Sends the message, answers its question for a made-up share of the readers, and reads the understood-rate.
pub(super) async fn tell(
    server: &Server,
    whole: &Organisation,
    outbox: &Path,
    now: DateTime<Utc>,
    progress: &Progress,
) -> Result<summary::Message> {
    let file: File = words::read("telling.toml", include_str!("../../demo/telling.toml"))?;
    let message = create(server, message(&file.message)).await.context("the message")?;
    let campaign = campaign(server, "What we do not know yet", &message, at_once(now), "").await?;
    let reminder = create(server, reminder(&file.reminder)).await.context("the reminder")?;
    let tomorrow = now.date_naive().succ_opt().context("tomorrow")?;
    Box::pin(self::campaign(
        server,
        "The step of the week",
        &reminder,
        format!("{tomorrow}T09:00"),
        &file.reminder.rrule,
    ))
    .await?;

    let sent = sent(server, &campaign, progress).await?;
    progress.done(&format!("{sent} messages handed over, each once"));
    let answered = answer(server, whole, outbox, &file.message.comprehension, progress).await?;
    progress.done(&format!("{answered} readers answered the question under the message"));
    let request = pb::GetUnderstandingRequest { message };
    let understanding = server.communication().get_understanding(request).await?.into_inner();
    let total = understanding.total.context("no total in the reply")?;
    Ok(summary::Message {
        recipients: sent,
        delivered: total.delivered,
        answered: total.answered,
        understood_percent: total.percent,
        low: total.low,
        high: total.high,
        units_shown: understanding.units.iter().filter(|unit| unit.shown).count(),
    })
}

/// A local time at which everybody of the organisation is told now. It has passed in its zones, of which London is the
/// furthest behind, and not yet everywhere on Earth, where a campaign would have nothing left to send.
fn at_once(now: DateTime<Utc>) -> String {
    now.format("%Y-%m-%dT%H:%M").to_string()
}

async fn create(server: &Server, message: pb::Message) -> Result<String> {
    let request = pb::CreateMessageRequest { message: Some(message), request_id: String::new() };
    let reply = server.communication().create_message(request).await?.into_inner();
    Ok(reply.message.context("no message in the reply")?.name)
}

async fn campaign(
    server: &Server,
    display_name: &str,
    message: &str,
    local_start: String,
    rrule: &str,
) -> Result<String> {
    let mut communication = server.communication();
    let campaign = pb::Campaign {
        display_name: display_name.to_owned(),
        message: message.to_owned(),
        audience: Some(pb::CampaignAudience { kind: "employee".to_owned(), ..Default::default() }),
        schedule: Some(pb::Schedule { local_start, rrule: rrule.to_owned() }),
        ..Default::default()
    };
    let request = pb::CreateCampaignRequest { campaign: Some(campaign), request_id: String::new() };
    let reply = communication.create_campaign(request).await.context("creating a campaign")?.into_inner();
    let name = reply.campaign.context("no campaign in the reply")?.name;
    let activate = pb::ActivateCampaignRequest { name: name.clone(), ..Default::default() };
    communication.activate_campaign(activate).await.context("starting a campaign")?;
    Ok(name)
}

/// Waits until every delivery of the campaign has ended, and counts those that were sent.
async fn sent(server: &Server, campaign: &str, progress: &Progress) -> Result<usize> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let deliveries = deliveries(server, campaign).await?;
        let waiting = deliveries
            .iter()
            .filter(|delivery| {
                matches!(delivery.state(), pb::DeliveryState::Pending | pb::DeliveryState::Sending)
            })
            .count();
        if !deliveries.is_empty() && waiting == 0 {
            return Ok(deliveries.iter().filter(|d| d.state() == pb::DeliveryState::Sent).count());
        }
        if Instant::now() > deadline {
            bail!("{waiting} of {} deliveries still wait after {PATIENCE:?}", deliveries.len());
        }
        if !deliveries.is_empty() {
            progress.step("messages handed over", deliveries.len() - waiting, deliveries.len());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn deliveries(server: &Server, campaign: &str) -> Result<Vec<pb::Delivery>> {
    let mut communication = server.communication();
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListDeliveriesRequest {
            parent: campaign.to_owned(),
            page_size: 1000,
            page_token,
            ..Default::default()
        };
        let page = communication.list_deliveries(request).await?.into_inner();
        all.extend(page.deliveries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// Seven in ten readers answer, and three in four of those choose what the message says.
async fn answer(
    server: &Server,
    whole: &Organisation,
    outbox: &Path,
    question: &Comprehension,
    progress: &Progress,
) -> Result<usize> {
    let correct = &question.options.iter().find(|o| o.correct).context("no correct option")?.key;
    let wrong = &question.options.iter().find(|o| !o.correct).context("no wrong option")?.key;
    let folder = outbox.to_path_buf();
    let links = tokio::task::spawn_blocking(move || mail::links(&folder)).await??;
    let employees = whole.people.values().filter(|person| person.is_employee).count();
    if links.len() > employees {
        bail!("{} mails for {employees} employees", links.len());
    }
    let answers: Vec<_> = links
        .into_values()
        .enumerate()
        .filter(|(place, _)| place % 10 < 7)
        .map(|(place, token)| {
            let option = if place % 4 == 0 { wrong } else { correct };
            pb::AnswerComprehensionRequest { token, option: option.clone(), request_id: String::new() }
        })
        .collect();
    let all = answers.len();
    let done: Vec<()> = futures::stream::iter(answers)
        .enumerate()
        .map(|(place, answer)| async move {
            server.communication().answer_comprehension(answer).await.context("answering the question")?;
            progress.step("answers under the message", place + 1, all);
            anyhow::Ok(())
        })
        .buffer_unordered(16)
        .try_collect()
        .await?;
    Ok(done.len())
}

fn message(file: &Message) -> pb::Message {
    let option = |choice: &Choice| pb::ComprehensionOption {
        key: choice.key.clone(),
        label: text(&choice.label),
        correct: choice.correct,
    };
    pb::Message {
        kind: pb::MessageKind::Uncertainty.into(),
        subject: text(&file.subject),
        body: text(&file.body),
        why: text(&file.why),
        what_stays: text(&file.what_stays),
        where_to_get_help: text(&file.where_to_get_help),
        comprehension: Some(pb::ComprehensionQuestion {
            key: String::new(),
            text: text(&file.comprehension.text),
            options: file.comprehension.options.iter().map(option).collect(),
        }),
        ..Default::default()
    }
}

fn reminder(file: &Reminder) -> pb::Message {
    pb::Message {
        kind: pb::MessageKind::NextStep.into(),
        subject: text(&file.subject),
        body: text(&file.body),
        ..Default::default()
    }
}
