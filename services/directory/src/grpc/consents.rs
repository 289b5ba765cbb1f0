//! What people agreed to, on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::consent_service_server::ConsentService;
use arki_rpc::{Failure, Input, time::timestamp};

use super::contact_words::{channel, given, purpose, write_channel, write_purpose};
use super::convert::{id, required};
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::consent::{Consent, State};
use crate::service::Said;

methods! {
    ConsentService;
    record_consent: RecordConsentRequest -> RecordConsentResponse = record;
    batch_record_consents: BatchRecordConsentsRequest -> BatchRecordConsentsResponse = batch_record;
    list_consents: ListConsentsRequest -> ListConsentsResponse = list;
}

async fn record(
    grpc: &Grpc,
    mut call: Call<pb::RecordConsentRequest>,
) -> Result<pb::RecordConsentResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let said = read("consent", required("consent", call.body.consent)?)?;
    let holds = grpc.directory.record_consent(&asked, said).await;
    let holds = holds.map_err(|error| failure(error, "consent"))?;
    Ok(pb::RecordConsentResponse { consent: Some(render(holds)) })
}

async fn batch_record(
    grpc: &Grpc,
    mut call: Call<pb::BatchRecordConsentsRequest>,
) -> Result<pb::BatchRecordConsentsResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let said = call.body.consents.into_iter().enumerate();
    let said = said.map(|(at, consent)| read(&format!("consents[{at}]"), consent));
    let said = said.collect::<Result<Vec<_>, _>>()?;
    let recorded = grpc.directory.batch_record_consents(&asked, said).await;
    let recorded = recorded.map_err(|error| failure(error, ""))?;
    Ok(pb::BatchRecordConsentsResponse { recorded: i32::try_from(recorded).unwrap_or(i32::MAX) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListConsentsRequest>,
) -> Result<pb::ListConsentsResponse, Failure> {
    let paging = grpc.paging("consents", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let person = id("parent", &call.body.parent)?;
    let page = grpc.directory.list_consents(&call.caller, person, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListConsentsResponse {
        consents: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn read(field: &str, consent: pb::Consent) -> Result<Said, Failure> {
    let said = |name: &str| format!("{field}.{name}");
    let state = match consent.state() {
        pb::ConsentState::Unspecified => None,
        pb::ConsentState::Granted => Some(State::Granted),
        pb::ConsentState::Withdrawn => Some(State::Withdrawn),
    };
    let purpose = given(&said("purpose"), purpose(consent.purpose()))?;
    let channel = given(&said("channel"), channel(consent.channel()))?;
    let pb::Consent { person, purpose: _, channel: _, state: _, source, time, text_version } = consent;
    let mut input = Input::default();
    let time = input.optional_time(&said("time"), time);
    input.done()?;
    Ok(Said {
        person: id(&said("person"), &person)?,
        purpose,
        channel,
        state: given(&said("state"), state)?,
        source,
        time,
        text_version,
    })
}

fn render(consent: Consent) -> pb::Consent {
    let Consent { person, purpose, channel, state, source, time, text_version } = consent;
    let state = match state {
        State::Granted => pb::ConsentState::Granted,
        State::Withdrawn => pb::ConsentState::Withdrawn,
    };
    pb::Consent {
        person: person.name(),
        purpose: write_purpose(purpose).into(),
        channel: write_channel(channel).into(),
        state: state.into(),
        source,
        time: Some(timestamp(time)),
        text_version,
    }
}
