//! The contract: parse, call, render. The only place here that knows the messages of the wire.

mod convert;
mod preferences;
mod privacy;
mod request;
mod status;

pub(crate) use privacy::PrivacyGrpc;

use std::sync::Arc;

use arki_ids::{CampaignId, MessageId};
use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::communication_service_server::CommunicationService;
use arki_rpc::time::from_date;
use arki_rpc::{Failure, admit, check, fingerprint};
use tonic::{Request, Response, Status};

use crate::service::{CampaignView, Error, Service};
use convert::{CAMPAIGN_PATHS, MESSAGE_PATHS};
use request::{asked, open_update, wanted};
use status::failure;

/// The methods of the contract.
#[derive(Clone)]
pub(crate) struct Grpc {
    pub(crate) service: Arc<Service>,
}

type Answer<T> = Result<Response<T>, Status>;

/// What a use case said, as an answer or a refusal.
fn answer<T, U>(result: Result<T, Error>, request_id: &str, render: impl FnOnce(T) -> U) -> Answer<U> {
    match result {
        Ok(value) => Ok(Response::new(render(value))),
        Err(error) => Err(failure(error, request_id).into()),
    }
}

fn missing(field: &str) -> Failure {
    Failure::invalid_field(field, "must be set")
}

fn rendered(view: &CampaignView) -> Option<pb::Campaign> {
    Some(convert::campaign(view))
}

#[tonic::async_trait]
impl CommunicationService for Grpc {
    async fn create_message(
        &self,
        request: Request<pb::CreateMessageRequest>,
    ) -> Answer<pb::CreateMessageResponse> {
        let (caller, mut request) = admit(request)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let message = request.message.ok_or_else(|| missing("message"))?;
        let content = convert::message_content(message)?;
        let id = asked.request_id.clone();
        answer(self.service.create_message(asked, content).await, &id, |message| pb::CreateMessageResponse {
            message: Some(convert::message(&message)),
        })
    }

    async fn get_message(&self, request: Request<pb::GetMessageRequest>) -> Answer<pb::GetMessageResponse> {
        let (caller, request) = admit(request)?;
        let id: MessageId = convert::id(&request.name, "name")?;
        answer(self.service.get_message(caller.tenant, id).await, "", |message| pb::GetMessageResponse {
            message: Some(convert::message(&message)),
        })
    }

    async fn list_messages(
        &self,
        request: Request<pb::ListMessagesRequest>,
    ) -> Answer<pb::ListMessagesResponse> {
        let (caller, request) = admit(request)?;
        let wanted = wanted(request.page_size, request.page_token);
        answer(self.service.list_messages(caller.tenant, &wanted).await, "", |listed| {
            pb::ListMessagesResponse {
                messages: listed.items.iter().map(convert::message).collect(),
                next_page_token: listed.next_token,
            }
        })
    }

    async fn update_message(
        &self,
        request: Request<pb::UpdateMessageRequest>,
    ) -> Answer<pb::UpdateMessageResponse> {
        let mask = request.get_ref().update_mask.clone();
        let (caller, mut request, paths) = open_update(request, "message", mask, &MESSAGE_PATHS)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let message = request.message.ok_or_else(|| missing("message"))?;
        let id: MessageId = convert::id(&message.name, "message.name")?;
        let etag = message.etag.clone();
        let change = convert::message_change(message, &paths)?;
        let request_id = asked.request_id.clone();
        answer(self.service.update_message(asked, id, etag, change).await, &request_id, |message| {
            pb::UpdateMessageResponse { message: Some(convert::message(&message)) }
        })
    }

    async fn create_campaign(
        &self,
        request: Request<pb::CreateCampaignRequest>,
    ) -> Answer<pb::CreateCampaignResponse> {
        let (caller, mut request) = admit(request)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let campaign = request.campaign.ok_or_else(|| missing("campaign"))?;
        let new = convert::new_campaign(campaign)?;
        let id = asked.request_id.clone();
        answer(self.service.create_campaign(asked, new).await, &id, |view| pb::CreateCampaignResponse {
            campaign: rendered(&view),
        })
    }

    async fn get_campaign(
        &self,
        request: Request<pb::GetCampaignRequest>,
    ) -> Answer<pb::GetCampaignResponse> {
        let (caller, request) = admit(request)?;
        let id: CampaignId = convert::id(&request.name, "name")?;
        answer(self.service.get_campaign(caller.tenant, id).await, "", |view| pb::GetCampaignResponse {
            campaign: rendered(&view),
        })
    }

    async fn list_campaigns(
        &self,
        request: Request<pb::ListCampaignsRequest>,
    ) -> Answer<pb::ListCampaignsResponse> {
        let (caller, request) = admit(request)?;
        let wanted = wanted(request.page_size, request.page_token);
        answer(self.service.list_campaigns(caller.tenant, &wanted).await, "", |listed| {
            pb::ListCampaignsResponse {
                campaigns: listed.items.iter().map(convert::campaign).collect(),
                next_page_token: listed.next_token,
            }
        })
    }

    async fn update_campaign(
        &self,
        request: Request<pb::UpdateCampaignRequest>,
    ) -> Answer<pb::UpdateCampaignResponse> {
        let mask = request.get_ref().update_mask.clone();
        let (caller, mut request, paths) = open_update(request, "campaign", mask, &CAMPAIGN_PATHS)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let campaign = request.campaign.ok_or_else(|| missing("campaign"))?;
        let id: CampaignId = convert::id(&campaign.name, "campaign.name")?;
        let etag = campaign.etag.clone();
        let change = convert::campaign_change(campaign, &paths)?;
        let request_id = asked.request_id.clone();
        answer(self.service.update_campaign(asked, id, etag, change).await, &request_id, |view| {
            pb::UpdateCampaignResponse { campaign: rendered(&view) }
        })
    }

    async fn activate_campaign(
        &self,
        request: Request<pb::ActivateCampaignRequest>,
    ) -> Answer<pb::ActivateCampaignResponse> {
        let (caller, mut request) = admit(request)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let id: CampaignId = convert::id(&request.name, "name")?;
        let request_id = asked.request_id.clone();
        answer(self.service.activate_campaign(asked, id, request.etag).await, &request_id, |view| {
            pb::ActivateCampaignResponse { campaign: rendered(&view) }
        })
    }

    async fn pause_campaign(
        &self,
        request: Request<pb::PauseCampaignRequest>,
    ) -> Answer<pb::PauseCampaignResponse> {
        let (caller, mut request) = admit(request)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let id: CampaignId = convert::id(&request.name, "name")?;
        let request_id = asked.request_id.clone();
        answer(self.service.pause_campaign(asked, id, request.etag).await, &request_id, |view| {
            pb::PauseCampaignResponse { campaign: rendered(&view) }
        })
    }

    async fn end_campaign(
        &self,
        request: Request<pb::EndCampaignRequest>,
    ) -> Answer<pb::EndCampaignResponse> {
        let (caller, mut request) = admit(request)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let id: CampaignId = convert::id(&request.name, "name")?;
        let request_id = asked.request_id.clone();
        answer(self.service.end_campaign(asked, id, request.etag).await, &request_id, |view| {
            pb::EndCampaignResponse { campaign: rendered(&view) }
        })
    }

    async fn list_occurrences(
        &self,
        request: Request<pb::ListOccurrencesRequest>,
    ) -> Answer<pb::ListOccurrencesResponse> {
        let (caller, request) = admit(request)?;
        let from = from_date(request.from.ok_or_else(|| missing("from"))?, "from")?;
        let to = from_date(request.to.ok_or_else(|| missing("to"))?, "to")?;
        let found = self.service.list_occurrences(caller.tenant, from, to, &request.time_zone).await;
        answer(found, "", |found| pb::ListOccurrencesResponse {
            occurrences: found.iter().map(|(time, found)| convert::occurrence(*time, found)).collect(),
        })
    }

    async fn list_deliveries(
        &self,
        request: Request<pb::ListDeliveriesRequest>,
    ) -> Answer<pb::ListDeliveriesResponse> {
        let (caller, request) = admit(request)?;
        let campaign: CampaignId = convert::id(&request.parent, "parent")?;
        let state = convert::delivery_state(request.state());
        let wanted = wanted(request.page_size, request.page_token);
        let listed = self.service.list_deliveries(caller.tenant, campaign, state, &wanted).await;
        answer(listed, "", |listed| pb::ListDeliveriesResponse {
            deliveries: listed.items.iter().map(convert::delivery).collect(),
            next_page_token: listed.next_token,
        })
    }

    async fn get_message_page(
        &self,
        request: Request<pb::GetMessagePageRequest>,
    ) -> Answer<pb::GetMessagePageResponse> {
        let request = request.into_inner();
        check(&request)?;
        answer(self.service.get_page(&request.token, &request.language).await, "", |page| {
            pb::GetMessagePageResponse { page: Some(convert::page(page)) }
        })
    }

    async fn answer_comprehension(
        &self,
        request: Request<pb::AnswerComprehensionRequest>,
    ) -> Answer<pb::AnswerComprehensionResponse> {
        let mut request = request.into_inner();
        check(&request)?;
        let request_id = std::mem::take(&mut request.request_id);
        let fingerprint = fingerprint(&request);
        let pb::AnswerComprehensionRequest { token, option, request_id: _ } = request;
        let answered = self.service.answer(&token, option, request_id.clone(), fingerprint).await;
        answer(answered, &request_id, |replayed| pb::AnswerComprehensionResponse { replayed })
    }

    async fn get_understanding(
        &self,
        request: Request<pb::GetUnderstandingRequest>,
    ) -> Answer<pb::GetUnderstandingResponse> {
        let (caller, request) = admit(request)?;
        let message: MessageId = convert::id(&request.message, "message")?;
        answer(self.service.understanding(&caller, message).await, "", |units| {
            let (whole, units): (Vec<_>, Vec<_>) = units.into_iter().partition(|one| one.unit.is_none());
            pb::GetUnderstandingResponse {
                total: whole.into_iter().next().map(convert::unit_understanding),
                units: units.into_iter().map(convert::unit_understanding).collect(),
            }
        })
    }

    async fn list_dead_letters(
        &self,
        request: Request<pb::ListDeadLettersRequest>,
    ) -> Answer<pb::ListDeadLettersResponse> {
        let (caller, request) = admit(request)?;
        let wanted = wanted(request.page_size, request.page_token);
        answer(self.service.list_dead_letters(caller.tenant, &wanted).await, "", |listed| {
            pb::ListDeadLettersResponse {
                dead_letters: listed.items.into_iter().map(Into::into).collect(),
                next_page_token: listed.next_token,
            }
        })
    }

    async fn replay_dead_letter(
        &self,
        request: Request<pb::ReplayDeadLetterRequest>,
    ) -> Answer<pb::ReplayDeadLetterResponse> {
        let (caller, mut request) = admit(request)?;
        let asked = asked(&caller, &mut request, |it| &mut it.request_id);
        let request_id = asked.request_id.clone();
        let replayed = self.service.replay_dead_letter(asked, &request.dead_letter).await;
        answer(replayed, &request_id, |letter| pb::ReplayDeadLetterResponse {
            dead_letter: Some(letter.into()),
        })
    }
}
