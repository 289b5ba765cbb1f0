//! What CRM systems tell, on the wire.

use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::crm_service_server::CrmService;
use arki_rpc::{Failure, Input, time::timestamp};
use chrono::SecondsFormat;

use super::convert::non_empty;
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::crm::{Fault, Fields, Kind, RereadReason, Stamp, State, Told, Verdict};
use crate::domain::{Account, Outcome, Person};
use crate::storage::crm::ToReread;

methods! {
    CrmService;
    batch_upsert_people: BatchUpsertPeopleRequest -> BatchUpsertPeopleResponse = people;
    batch_upsert_accounts: BatchUpsertAccountsRequest -> BatchUpsertAccountsResponse = accounts;
    batch_upsert_outcomes: BatchUpsertOutcomesRequest -> BatchUpsertOutcomesResponse = outcomes;
    list_crm_records_to_reread: ListCrmRecordsToRereadRequest -> ListCrmRecordsToRereadResponse = to_reread;
}

async fn people(
    grpc: &Grpc,
    mut call: Call<pb::BatchUpsertPeopleRequest>,
) -> Result<pb::BatchUpsertPeopleResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::BatchUpsertPeopleRequest { source, people, request_id: _ } = call.body;
    let mut input = Input::default();
    let items = people.into_iter().enumerate().map(|(place, item)| person(&mut input, place, item)).collect();
    input.done()?;
    let done = grpc.directory.batch_upsert::<Person>("BatchUpsertPeople", &asked, source, items).await;
    let verdicts = done.map_err(|error| failure(error, ""))?;
    Ok(pb::BatchUpsertPeopleResponse { results: verdicts.into_iter().map(result).collect() })
}

async fn accounts(
    grpc: &Grpc,
    mut call: Call<pb::BatchUpsertAccountsRequest>,
) -> Result<pb::BatchUpsertAccountsResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::BatchUpsertAccountsRequest { source, accounts, request_id: _ } = call.body;
    let mut input = Input::default();
    let items =
        accounts.into_iter().enumerate().map(|(place, item)| account(&mut input, place, item)).collect();
    input.done()?;
    let done = grpc.directory.batch_upsert::<Account>("BatchUpsertAccounts", &asked, source, items).await;
    let verdicts = done.map_err(|error| failure(error, ""))?;
    Ok(pb::BatchUpsertAccountsResponse { results: verdicts.into_iter().map(result).collect() })
}

async fn outcomes(
    grpc: &Grpc,
    mut call: Call<pb::BatchUpsertOutcomesRequest>,
) -> Result<pb::BatchUpsertOutcomesResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::BatchUpsertOutcomesRequest { source, outcomes, request_id: _ } = call.body;
    let mut input = Input::default();
    let items =
        outcomes.into_iter().enumerate().map(|(place, item)| outcome(&mut input, place, item)).collect();
    input.done()?;
    let done = grpc.directory.batch_upsert::<Outcome>("BatchUpsertOutcomes", &asked, source, items).await;
    let verdicts = done.map_err(|error| failure(error, ""))?;
    Ok(pb::BatchUpsertOutcomesResponse { results: verdicts.into_iter().map(result).collect() })
}

async fn to_reread(
    grpc: &Grpc,
    mut call: Call<pb::ListCrmRecordsToRereadRequest>,
) -> Result<pb::ListCrmRecordsToRereadResponse, Failure> {
    let paging = grpc.paging("crmRecordsToReread", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let source = non_empty(call.body.source);
    let page = grpc.directory.list_crm_records_to_reread(&call.caller, source.as_deref(), &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListCrmRecordsToRereadResponse {
        records: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn person(input: &mut Input, place: usize, item: pb::CrmPerson) -> Told {
    let pb::CrmPerson {
        external_id,
        kind,
        display_name,
        email,
        language,
        time_zone,
        account_external_id,
        attributes,
        source_time,
    } = item;
    let mut fields = told([
        ("kind", kind),
        ("display_name", display_name),
        ("email", email),
        ("language", language),
        ("time_zone", time_zone),
        ("account_external_id", account_external_id),
    ]);
    fields.extend(attributes.into_iter().map(|(key, value)| (format!("attributes.{key}"), value)));
    Told { external_id, fields, stamp: stamp(input, "people", place, source_time) }
}

fn account(input: &mut Input, place: usize, item: pb::CrmAccount) -> Told {
    let pb::CrmAccount { external_id, display_name, segment, unit_external_id, source_time } = item;
    let fields =
        told([("display_name", display_name), ("segment", segment), ("unit_external_id", unit_external_id)]);
    Told { external_id, fields, stamp: stamp(input, "accounts", place, source_time) }
}

fn outcome(input: &mut Input, place: usize, item: pb::CrmOutcome) -> Told {
    let pb::CrmOutcome {
        external_id,
        kind,
        time,
        person_external_id,
        account_external_id,
        unit_external_id,
        amount_minor,
        currency,
        source_time,
    } = item;
    let time = input.optional_time(&format!("outcomes[{place}].time"), time);
    let fields = told([
        ("kind", kind),
        ("time", time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true))),
        ("person_external_id", person_external_id),
        ("account_external_id", account_external_id),
        ("unit_external_id", unit_external_id),
        ("amount_minor", amount_minor.map(|amount| amount.to_string())),
        ("currency", currency),
    ]);
    Told { external_id, fields, stamp: stamp(input, "outcomes", place, source_time) }
}

fn told<const N: usize>(fields: [(&str, Option<String>); N]) -> Fields {
    let given = |(field, value): (&str, Option<String>)| Some((field.to_owned(), value?));
    fields.into_iter().filter_map(given).collect::<BTreeMap<_, _>>()
}

fn stamp(
    input: &mut Input,
    items: &str,
    place: usize,
    time: Option<prost_types::Timestamp>,
) -> Option<Stamp> {
    input.optional_time(&format!("{items}[{place}].source_time"), time).map(Stamp::at)
}

/// What became of an item, on the wire.
pub(super) fn result(verdict: Verdict) -> pb::UpsertResult {
    let Verdict { external_id, state, name, fault } = verdict;
    let state = match state {
        State::Created => pb::UpsertState::Created,
        State::Updated => pb::UpsertState::Updated,
        State::Unchanged => pb::UpsertState::Unchanged,
        State::Stale => pb::UpsertState::Stale,
        State::Failed => pb::UpsertState::Failed,
    };
    let error = fault.map(|Fault { reason, field, problem }| pb::UpsertError {
        reason: reason.word().to_owned(),
        field,
        description: problem,
    });
    pb::UpsertResult { external_id, state: state.into(), name, error }
}

/// The kind of a record on the wire.
pub(super) fn write_kind(kind: Kind) -> pb::CrmRecordKind {
    match kind {
        Kind::Person => pb::CrmRecordKind::Person,
        Kind::Account => pb::CrmRecordKind::Account,
        Kind::Outcome => pb::CrmRecordKind::Outcome,
    }
}

fn render(record: ToReread) -> pb::CrmRecordToReread {
    let ToReread { kind, source, external_id, reason, since } = record;
    let reason = match reason {
        RereadReason::Gap => pb::RereadReason::Gap,
        RereadReason::Truncated => pb::RereadReason::Truncated,
        RereadReason::NoValues => pb::RereadReason::NoValues,
        RereadReason::Incomplete => pb::RereadReason::Incomplete,
        RereadReason::Deleted => pb::RereadReason::Deleted,
    };
    pb::CrmRecordToReread {
        kind: write_kind(kind).into(),
        source,
        external_id,
        reason: reason.into(),
        since_time: Some(timestamp(since)),
    }
}
