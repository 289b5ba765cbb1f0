//! Outcomes on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input, time::timestamp};

use super::convert::{Mask, id, non_empty, optional_name, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::outcome::{Change, Facts, Kind};
use crate::domain::{Outcome, etag};

const FIELD: &str = "outcome";

/// What an update may change.
const CHANGEABLE: [&str; 9] =
    ["kind", "time", "person", "account", "unit", "amount_minor", "currency", "external_id", "source"];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateOutcomeRequest>,
) -> Result<pb::CreateOutcomeResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let change = change(required(FIELD, call.body.outcome)?, &Mask::read(None, &CHANGEABLE)?)?;
    let Change { kind, time, person, account, unit, amount_minor, currency, external_id, source } = change;
    let facts = Facts {
        kind: required("outcome.kind", kind)?,
        time: required("outcome.time", time)?,
        person: person.flatten(),
        account: account.flatten(),
        unit: unit.flatten(),
        amount_minor: amount_minor.unwrap_or_default(),
        currency: currency.unwrap_or_default(),
        external_id: external_id.flatten(),
        source: source.unwrap_or_default(),
    };
    let outcome =
        grpc.directory.create_outcome(&asked, facts).await.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateOutcomeResponse { outcome: Some(render(outcome)) })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetOutcomeRequest>,
) -> Result<pb::GetOutcomeResponse, Failure> {
    let outcome = id("name", &call.body.name)?;
    let outcome =
        grpc.directory.get_outcome(&call.caller, outcome).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetOutcomeResponse { outcome: Some(render(outcome)) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListOutcomesRequest>,
) -> Result<pb::ListOutcomesResponse, Failure> {
    let paging = grpc.paging("outcomes", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let mut input = Input::default();
    let account = input.optional_id("account", &call.body.account);
    input.done()?;
    let page = grpc
        .directory
        .list_outcomes(&call.caller, account, &paging.page)
        .await
        .map_err(|error| failure(error, ""))?;
    Ok(pb::ListOutcomesResponse {
        outcomes: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateOutcomeRequest>,
) -> Result<pb::UpdateOutcomeResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let outcome = required(FIELD, call.body.outcome)?;
    let (id, etag) = (id("outcome.name", &outcome.name)?, outcome.etag.clone());
    let change = change(outcome, &mask)?;
    let outcome = grpc
        .directory
        .update_outcome(&asked, id, change, etag)
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateOutcomeResponse { outcome: Some(render(outcome)) })
}

/// What an outcome in a request changes.
fn change(outcome: pb::Outcome, mask: &Mask) -> Result<Change, Failure> {
    let pb::Outcome {
        name: _,
        kind,
        time,
        person,
        account,
        unit,
        amount_minor,
        currency,
        external_id,
        create_time: _,
        update_time: _,
        etag: _,
        source,
    } = outcome;
    let mut input = Input::default();
    let change = Change {
        kind: mask.pick("kind", || read_kind(kind)).flatten(),
        time: mask.pick("time", || input.optional_time("outcome.time", time)).flatten(),
        person: mask.pick("person", || input.optional_id("outcome.person", &person)),
        account: mask.pick("account", || input.optional_id("outcome.account", &account)),
        unit: mask.pick("unit", || input.optional_id("outcome.unit", &unit)),
        amount_minor: mask.pick("amount_minor", || amount_minor),
        currency: mask.pick("currency", || currency),
        external_id: mask.pick("external_id", || non_empty(external_id)),
        source: mask.pick("source", || non_empty(source)).flatten(),
    };
    input.done()?;
    Ok(change)
}

fn render(outcome: Outcome) -> pb::Outcome {
    let Outcome { id, facts, revision, create_time, update_time } = outcome;
    let Facts { kind, time, person, account, unit, amount_minor, currency, external_id, source } = facts;
    pb::Outcome {
        name: id.name(),
        kind: write_kind(kind).into(),
        time: Some(timestamp(time)),
        person: optional_name(person),
        account: optional_name(account),
        unit: optional_name(unit),
        amount_minor,
        currency,
        external_id: external_id.unwrap_or_default(),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
        source,
    }
}

/// The kind of a number on the wire; none where it is not said. The bounds have refused numbers that mean nothing.
fn read_kind(kind: i32) -> Option<Kind> {
    match pb::OutcomeKind::try_from(kind).unwrap_or_default() {
        pb::OutcomeKind::Unspecified => None,
        pb::OutcomeKind::Purchase => Some(Kind::Purchase),
        pb::OutcomeKind::Renewal => Some(Kind::Renewal),
        pb::OutcomeKind::Churn => Some(Kind::Churn),
        pb::OutcomeKind::Upsell => Some(Kind::Upsell),
        pb::OutcomeKind::Complaint => Some(Kind::Complaint),
        pb::OutcomeKind::SupportCase => Some(Kind::SupportCase),
    }
}

fn write_kind(kind: Kind) -> pb::OutcomeKind {
    match kind {
        Kind::Purchase => pb::OutcomeKind::Purchase,
        Kind::Renewal => pb::OutcomeKind::Renewal,
        Kind::Churn => pb::OutcomeKind::Churn,
        Kind::Upsell => pb::OutcomeKind::Upsell,
        Kind::Complaint => pb::OutcomeKind::Complaint,
        Kind::SupportCase => pb::OutcomeKind::SupportCase,
    }
}
