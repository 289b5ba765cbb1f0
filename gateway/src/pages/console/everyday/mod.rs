//! Everyday: what is meant, whom it has reached, and what it asks of each.

mod goals;
mod reach;

use arki_proto::goal::v1 as pb;
use axum::{extract::State as Extract, response::Response};
use maud::{Markup, html};
use tonic::Status;

use super::{
    Organisation,
    ask::Ask,
    csv,
    room::{self, Room},
    session::Visitor,
};
use crate::pages::State;

pub(super) async fn show(Extract(state): Extract<State>, visitor: Visitor) -> Response {
    let page = Box::pin(write(&state, &visitor)).await;
    page.unwrap_or_else(|status| room::refused(&visitor, Room::Everyday, &status))
}

async fn write(state: &State, visitor: &Visitor) -> Result<Response, Status> {
    let ask = Ask::new(state, visitor);
    let (organisation, vision) = futures::try_join!(ask.organisation(), ask.vision())?;
    let unit = visitor.place.unit_name();
    if !unit.is_empty() && !organisation.is_flat() && organisation.unit(&unit).is_none() {
        return Ok(room::lost(visitor, &organisation, Room::Everyday));
    }
    let words = &visitor.words;
    let whole = if unit.is_empty() { &organisation.name } else { organisation.name_of(&unit) };
    let heading = words.text("everyday-heading");
    let heading = if whole.is_empty() { heading } else { format!("{heading}: {whole}") };
    let content = match vision {
        None => room::empty(words, "everyday"),
        Some(vision) => {
            let (goals, coverage, roles) =
                futures::try_join!(ask.goals(&vision.name), ask.coverage(&vision.name, &unit), ask.roles())?;
            html! {
                (stated(visitor, &organisation, &vision))
                (reach::section(visitor, &organisation, &coverage))
                (goals::section(visitor, &organisation, &goals, &roles))
                (acts(visitor))
            }
        }
    };
    Ok(room::page(visitor, &organisation, Room::Everyday, &heading, &content))
}

/// The coverage as a file.
pub(super) async fn file(Extract(state): Extract<State>, visitor: Visitor) -> Response {
    let ask = Ask::new(&state, &visitor);
    let rows = async {
        let Some(vision) = ask.vision().await? else { return Ok(Vec::new()) };
        let coverage = ask.coverage(&vision.name, &visitor.place.unit_name()).await?;
        Ok(reach::rows(&coverage))
    };
    match rows.await {
        Ok(rows) => csv::reply("coverage", &reach::HEAD, &rows),
        Err(status) => room::refused(&visitor, Room::Everyday, &status),
    }
}

/// What is meant, for customers and for staff.
fn stated(visitor: &Visitor, organisation: &Organisation, vision: &pb::Vision) -> Markup {
    let words = &visitor.words;
    let meanings = [("meaning-customer", &vision.customer_meaning), ("meaning-staff", &vision.staff_meaning)];
    html! {
        section .vision aria-labelledby="vision" {
            h2 #vision .hidden { (words.text("vision-heading")) }
            p .statement { (organisation.said(words, vision.statement.as_ref())) }
            div .pair {
                @for (key, meaning) in meanings {
                    @let meaning = organisation.said(words, meaning.as_ref());
                    @if !meaning.is_empty() {
                        div .aside { h3 { (words.text(key)) } p { (meaning) } }
                    }
                }
            }
        }
    }
}

fn acts(visitor: &Visitor) -> Markup {
    let words = &visitor.words;
    html! {
        nav .acts aria-label=(words.text("acts")) {
            p { (words.text("act-reach")) }
            a .act href=(visitor.place.address(Room::Tell.path())) { (words.text("act-tell")) }
            a .act .second href=(visitor.place.address(Room::Truth.path())) { (words.text("act-truth")) }
        }
    }
}
