//! Whether what was told was understood: the delivery that counts.

use std::collections::BTreeSet;

use arki_proto::communication::v1 as pb;
use arki_rpc::time;
use chrono::NaiveDate;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use maud::{Markup, html};
use tonic::Status;

use super::{
    super::{
        Organisation,
        ask::{AT_ONCE, Ask},
        chart::{Marks, Scale, strip},
        session::Visitor,
    },
    Told,
};

/// How many messages are looked at, the newest first.
const MOST: usize = 8;

/// A message with the day on which it was told last, and how it was understood.
pub(super) struct Asked {
    day: NaiveDate,
    message: pb::Message,
    /// None where nothing was asked.
    understanding: Option<pb::GetUnderstandingResponse>,
}

/// Asks about the newest messages of the month that have gone out.
pub(super) async fn ask(ask: Ask<'_>, told: &[Told]) -> Result<Vec<Asked>, Status> {
    let mut seen = BTreeSet::new();
    let is_telling = |told: &&Told| {
        !matches!(told.occurrence.kind(), pb::MessageKind::Invitation | pb::MessageKind::Reminder)
    };
    let newest = told.iter().rev().filter(|told| told.is_past).filter(is_telling);
    let newest: Vec<_> = newest
        .map(|told| (told.at.date(), told.occurrence.message.clone()))
        .filter(|(_, message)| seen.insert(message.clone()))
        .take(MOST)
        .collect();
    let asked = stream::iter(newest).map(async |(day, name)| {
        let (message, understanding) = ask.understanding(name).await?;
        Ok(Asked { day, message, understanding })
    });
    asked.buffered(AT_ONCE).try_collect().await
}

pub(super) fn section(visitor: &Visitor, organisation: &Organisation, asked: &[Asked]) -> Markup {
    let words = &visitor.words;
    html! {
        section aria-labelledby="understood" {
            h2 #understood { (words.text("understood-heading")) }
            @if asked.is_empty() {
                p { (words.text("understood-empty")) }
            } @else {
                p .quiet .small { (words.text("understood-how")) }
                ul .judged {
                    @for asked in asked {
                        li {
                            h3 { (organisation.said(words, asked.message.subject.as_ref())) }
                            p .quiet .small { (words.date(&time::date(asked.day))) }
                            @match &asked.understanding {
                                Some(understanding) => (rate(visitor, understanding)),
                                None => p .quiet { (words.text("understood-not-asked")) },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The rate of the unit that is looked at, else of the whole.
fn rate(visitor: &Visitor, understanding: &pb::GetUnderstandingResponse) -> Markup {
    let words = &visitor.words;
    let unit = visitor.place.unit_name();
    let own = understanding.units.iter().find(|own| own.unit == unit && !unit.is_empty());
    let whole = if unit.is_empty() { understanding.total.as_ref() } else { own };
    let shown = whole.filter(|whole| whole.shown);
    let figures = shown.and_then(|whole| Some((whole, whole.percent?, whole.low?, whole.high?)));
    html! {
        @if let Some((whole, percent, low, high)) = figures {
            @let interval = words.with("interval", [("low", words.number(low, 0).into()), ("high", words.percent(high).into())]);
            @let said = words.with("understood-rate", [("percent", words.percent(percent).into())]);
            p .number { strong { (said) } }
            (strip(words, Scale::PERCENT, &Marks { point: Some(percent), interval: Some((low, high)), ..Marks::default() }, &said, &interval))
            p .quiet .small { (interval) }
            ul .chips {
                @if let Some(answered) = whole.answered {
                    li { (words.with("answered", [("count", answered.into()), ("shown", words.count(answered).into())])) }
                }
                li { (words.with("delivered", [("count", whole.delivered.into()), ("shown", words.count(whole.delivered).into())])) }
            }
        } @else if whole.is_some() {
            p .unshown { (words.text("not-shown")) }
        } @else {
            p .quiet { (words.text("not-told-here")) }
        }
    }
}
