//! Between the contract and the domain.

use std::collections::BTreeSet;

use arki_ids::{Id, Kind, ParseIdError};
use arki_proto::communication::v1 as pb;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::Failure;
use arki_rpc::time::timestamp;
use arki_words::Words;
use chrono::{DateTime, Utc};

use crate::domain::{
    Audience, AudienceKind, CampaignChange, Comprehension, Delivery, DeliveryState, Error, Message,
    MessageChange, MessageContent, MessageKind, MissedPolicy, NewCampaign, Occurrence, OptionOf, Page,
    Schedule, UnitUnderstanding,
};
use crate::service::CampaignView;

/// The key of a question that has none.
const KEY: &str = "understood";

/// Fields of a message that may change.
pub(super) const MESSAGE_PATHS: [&str; 7] =
    ["kind", "subject", "body", "why", "what_stays", "where_to_get_help", "comprehension"];

/// Fields of a campaign that may change.
pub(super) const CAMPAIGN_PATHS: [&str; 6] =
    ["display_name", "message", "audience", "schedule", "missed_policy", "is_critical"];

/// Reads a resource name; `field` is where it stood.
pub(super) fn id<K: Kind>(name: &str, field: &str) -> Result<Id<K>, Failure> {
    Id::from_name(name).map_err(|error: ParseIdError| Failure::invalid_field(field, error.to_string()))
}

fn words(text: Option<LocalizedText>) -> Words {
    text.map(|text| Words::from(text.by_language)).unwrap_or_default()
}

fn localized(words: &Words) -> Option<LocalizedText> {
    (!words.is_empty()).then(|| LocalizedText { by_language: words.clone().into() })
}

fn kind(kind: pb::MessageKind) -> Result<MessageKind, Failure> {
    Ok(match kind {
        pb::MessageKind::Unspecified => return Err(Failure::invalid_field("message.kind", "must be set")),
        pb::MessageKind::Strategy => MessageKind::Strategy,
        pb::MessageKind::Focus => MessageKind::Focus,
        pb::MessageKind::Success => MessageKind::Success,
        pb::MessageKind::Uncertainty => MessageKind::Uncertainty,
        pb::MessageKind::NextStep => MessageKind::NextStep,
        pb::MessageKind::Invitation => MessageKind::Invitation,
        pb::MessageKind::Reminder => MessageKind::Reminder,
    })
}

fn kind_pb(kind: MessageKind) -> i32 {
    let kind = match kind {
        MessageKind::Strategy => pb::MessageKind::Strategy,
        MessageKind::Focus => pb::MessageKind::Focus,
        MessageKind::Success => pb::MessageKind::Success,
        MessageKind::Uncertainty => pb::MessageKind::Uncertainty,
        MessageKind::NextStep => pb::MessageKind::NextStep,
        MessageKind::Invitation => pb::MessageKind::Invitation,
        MessageKind::Reminder => pb::MessageKind::Reminder,
    };
    kind.into()
}

pub(super) fn message_content(message: pb::Message) -> Result<MessageContent, Failure> {
    let kind = kind(message.kind())?;
    let pb::Message {
        name: _,
        kind: _,
        subject,
        body,
        why,
        what_stays,
        where_to_get_help,
        comprehension,
        create_time: _,
        update_time: _,
        etag: _,
    } = message;
    Ok(MessageContent {
        kind,
        subject: words(subject),
        body: words(body),
        why: words(why),
        what_stays: words(what_stays),
        where_to_get_help: words(where_to_get_help),
        comprehension: comprehension.map(question),
    })
}

fn question(question: pb::ComprehensionQuestion) -> Comprehension {
    let pb::ComprehensionQuestion { key, text, options } = question;
    let key = if key.is_empty() { KEY.to_owned() } else { key };
    let options = options.into_iter().map(|pb::ComprehensionOption { key, label, correct }| OptionOf {
        key,
        label: words(label),
        correct,
    });
    Comprehension { key, text: words(text), options: options.collect() }
}

pub(super) fn message_change(
    message: pb::Message,
    paths: &BTreeSet<String>,
) -> Result<MessageChange, Failure> {
    let has = |path: &str| paths.contains(path);
    let kind = has("kind").then(|| kind(message.kind())).transpose()?;
    let pb::Message { subject, body, why, what_stays, where_to_get_help, comprehension, .. } = message;
    Ok(MessageChange {
        kind,
        subject: has("subject").then(|| words(subject)),
        body: has("body").then(|| words(body)),
        why: has("why").then(|| words(why)),
        what_stays: has("what_stays").then(|| words(what_stays)),
        where_to_get_help: has("where_to_get_help").then(|| words(where_to_get_help)),
        comprehension: has("comprehension").then(|| comprehension.map(question)),
    })
}

pub(super) fn message(message: &Message) -> pb::Message {
    let Message { id, content, revision, create_time, update_time } = message;
    let MessageContent { kind, subject, body, why, what_stays, where_to_get_help, comprehension } = content;
    let comprehension = comprehension.as_ref().map(|Comprehension { key, text, options }| {
        let options = options.iter().map(|OptionOf { key, label, correct }| pb::ComprehensionOption {
            key: key.clone(),
            label: localized(label),
            correct: *correct,
        });
        pb::ComprehensionQuestion { key: key.clone(), text: localized(text), options: options.collect() }
    });
    pb::Message {
        name: id.name(),
        kind: kind_pb(*kind),
        subject: localized(subject),
        body: localized(body),
        why: localized(why),
        what_stays: localized(what_stays),
        where_to_get_help: localized(where_to_get_help),
        comprehension,
        create_time: Some(timestamp(*create_time)),
        update_time: Some(timestamp(*update_time)),
        etag: revision.to_string(),
    }
}

pub(super) fn new_campaign(campaign: pb::Campaign) -> Result<NewCampaign, Failure> {
    let missed_policy = missed_policy(campaign.missed_policy());
    let pb::Campaign {
        name: _,
        display_name,
        message,
        audience: given,
        schedule: when,
        missed_policy: _,
        state: _,
        next_time: _,
        create_time: _,
        update_time: _,
        etag: _,
        is_critical,
    } = campaign;
    Ok(NewCampaign {
        display_name,
        message: id(&message, "campaign.message")?,
        audience: audience(given.unwrap_or_default())?,
        schedule: schedule(when.unwrap_or_default())?,
        missed_policy,
        is_critical,
    })
}

pub(super) fn campaign_change(
    campaign: pb::Campaign,
    paths: &BTreeSet<String>,
) -> Result<CampaignChange, Failure> {
    let has = |path: &str| paths.contains(path);
    let policy = campaign.missed_policy();
    let pb::Campaign { display_name, message, audience: given, schedule: when, is_critical, .. } = campaign;
    Ok(CampaignChange {
        display_name: has("display_name").then_some(display_name),
        message: has("message").then(|| id(&message, "campaign.message")).transpose()?,
        audience: has("audience").then(|| audience(given.unwrap_or_default())).transpose()?,
        schedule: has("schedule").then(|| schedule(when.unwrap_or_default())).transpose()?,
        missed_policy: has("missed_policy").then(|| missed_policy(policy)),
        is_critical: has("is_critical").then_some(is_critical),
    })
}

fn missed_policy(policy: pb::MissedPolicy) -> MissedPolicy {
    match policy {
        pb::MissedPolicy::Unspecified | pb::MissedPolicy::Send => MissedPolicy::Send,
        pb::MissedPolicy::Skip => MissedPolicy::Skip,
    }
}

fn schedule(schedule: pb::Schedule) -> Result<Schedule, Failure> {
    let pb::Schedule { local_start, rrule } = schedule;
    Schedule::parse(&local_start, &rrule, "campaign.schedule").map_err(|violations| {
        let error = Error::ScheduleInvalid { rrule, violations };
        super::status::failure(error.into(), "")
    })
}

fn audience(audience: pb::CampaignAudience) -> Result<Audience, Failure> {
    let pb::CampaignAudience { kind, units, roles } = audience;
    let kind = match kind.as_str() {
        "employee" => AudienceKind::Employee,
        "customer" => AudienceKind::Customer,
        "prospect" => AudienceKind::Prospect,
        _ => {
            let description = "must be employee, customer or prospect";
            return Err(Failure::invalid_field("campaign.audience.kind", description));
        }
    };
    Ok(Audience { kind, units: ids(&units, "units")?, roles: ids(&roles, "roles")? })
}

fn ids<K: Kind>(names: &[String], field: &str) -> Result<Vec<Id<K>>, Failure> {
    let each = names.iter().enumerate();
    each.map(|(index, name)| id(name, &format!("campaign.audience.{field}[{index}]"))).collect()
}

pub(super) fn campaign(view: &CampaignView) -> pb::Campaign {
    let CampaignView { campaign, next_time } = view;
    let Audience { kind, units, roles } = &campaign.audience;
    let missed_policy = match campaign.missed_policy {
        MissedPolicy::Send => pb::MissedPolicy::Send,
        MissedPolicy::Skip => pb::MissedPolicy::Skip,
    };
    pb::Campaign {
        name: campaign.id.name(),
        display_name: campaign.display_name.clone(),
        message: campaign.message.name(),
        audience: Some(pb::CampaignAudience {
            kind: kind.word().to_owned(),
            units: units.iter().map(Id::name).collect(),
            roles: roles.iter().map(Id::name).collect(),
        }),
        schedule: Some(pb::Schedule {
            local_start: campaign.schedule.start().to_string(),
            rrule: campaign.schedule.rrule().to_owned(),
        }),
        missed_policy: missed_policy.into(),
        state: campaign.state.word().to_owned(),
        next_time: next_time.map(timestamp),
        create_time: Some(timestamp(campaign.create_time)),
        update_time: Some(timestamp(campaign.update_time)),
        etag: campaign.revision.to_string(),
        is_critical: campaign.is_critical,
    }
}

pub(super) fn occurrence(time: DateTime<Utc>, occurrence: &Occurrence) -> pb::Occurrence {
    let Occurrence { campaign, display_name, message, kind, time: _, recipients, sent } = occurrence;
    pb::Occurrence {
        campaign: campaign.name(),
        display_name: display_name.clone(),
        message: message.name(),
        kind: kind_pb(*kind),
        time: Some(timestamp(time)),
        recipients: *recipients,
        sent: *sent,
    }
}

pub(super) fn delivery_state(state: pb::DeliveryState) -> Option<DeliveryState> {
    match state {
        pb::DeliveryState::Unspecified => None,
        pb::DeliveryState::Pending => Some(DeliveryState::Pending),
        pb::DeliveryState::Sending => Some(DeliveryState::Sending),
        pb::DeliveryState::Sent => Some(DeliveryState::Sent),
        pb::DeliveryState::Failed => Some(DeliveryState::Failed),
        pb::DeliveryState::Unknown => Some(DeliveryState::Unknown),
        pb::DeliveryState::Skipped => Some(DeliveryState::Skipped),
    }
}

pub(super) fn delivery(delivery: &Delivery) -> pb::Delivery {
    let Delivery { id, campaign, person, due_time, state, attempts, sent_time, problem } = delivery;
    let state = match state {
        DeliveryState::Pending => pb::DeliveryState::Pending,
        DeliveryState::Sending => pb::DeliveryState::Sending,
        DeliveryState::Sent => pb::DeliveryState::Sent,
        DeliveryState::Failed => pb::DeliveryState::Failed,
        DeliveryState::Unknown => pb::DeliveryState::Unknown,
        DeliveryState::Skipped => pb::DeliveryState::Skipped,
    };
    pb::Delivery {
        name: format!("{}/{}", campaign.name(), id.name()),
        person: person.name(),
        due_time: Some(timestamp(*due_time)),
        state: state.into(),
        attempts: *attempts,
        sent_time: sent_time.map(timestamp),
        problem: problem.clone(),
    }
}

pub(super) fn page(page: Page) -> pb::MessagePage {
    let Page {
        language,
        languages,
        subject,
        body,
        why,
        what_stays,
        where_to_get_help,
        question,
        options,
        answered,
        has_preferences,
    } = page;
    let options =
        options.into_iter().map(|option| pb::PageOption { key: option.key, label: option.label }).collect();
    pb::MessagePage {
        language,
        languages,
        subject,
        body,
        why,
        what_stays,
        where_to_get_help,
        question,
        options,
        answered,
        has_preferences,
    }
}

pub(super) fn unit_understanding(unit: UnitUnderstanding) -> pb::UnitUnderstanding {
    let UnitUnderstanding { unit, display_name, delivered, shown } = unit;
    let interval = shown.and_then(|shown| shown.interval);
    pb::UnitUnderstanding {
        unit: unit.map(|unit| unit.name()).unwrap_or_default(),
        display_name,
        delivered: count(delivered),
        shown: shown.is_some(),
        answered: shown.map(|shown| count(shown.answered)),
        percent: shown.map(|shown| shown.percent),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
    }
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
