//! One method for each RPC.

use std::mem::take;
use std::sync::Arc;

use arki_database::Once;
use arki_proto::event::v1 as event;
use arki_proto::survey::v1 as pb;
use arki_proto::survey::v1::survey_service_server::SurveyService;
use arki_rpc::{Caller, Failure, admit};
use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use super::asked::{Listing, fields, once};
use super::status::{refuse, refusing};
use super::words::{id, id_or_none};
use super::{answers, form, import, questionnaire, wave};
use crate::domain::VersionKey;
use crate::service::{Accepted, Surveys};
use crate::storage::invitations::Filter;

/// The survey service on the wire.
pub struct Grpc {
    surveys: Arc<Surveys>,
}

type Answer<T> = Result<Response<T>, Status>;

impl Grpc {
    pub fn new(surveys: Arc<Surveys>) -> Self {
        Self { surveys }
    }

    fn once<R: Message>(
        &self,
        caller: &Caller,
        method: &'static str,
        request_id: String,
        request: &R,
    ) -> Once {
        once(caller, method, request_id, request, self.surveys.now())
    }

    async fn listing<R: Message>(
        &self,
        caller: &Caller,
        method: &'static str,
        request: &R,
        page_size: i32,
        page_token: &str,
    ) -> Result<Listing, Status> {
        let key = self.surveys.page_key().await.map_err(refuse)?;
        Ok(Listing::of(key, caller, method, request, page_size, page_token)?)
    }
}

#[tonic::async_trait]
impl SurveyService for Grpc {
    async fn create_questionnaire(
        &self,
        request: Request<pb::CreateQuestionnaireRequest>,
    ) -> Answer<pb::CreateQuestionnaireResponse> {
        let (caller, mut request) = admit(request)?;
        let once = self.once(&caller, "CreateQuestionnaire", take(&mut request.request_id), &request);
        let refuse = refusing(&once.request_id);
        let (display_name, content) = questionnaire::read(request.questionnaire.unwrap_or_default())?;
        let created = self.surveys.create_questionnaire(caller.tenant, display_name, content, once).await;
        let questionnaire = Some(questionnaire::render(created.map_err(refuse)?));
        Ok(Response::new(pb::CreateQuestionnaireResponse { questionnaire }))
    }

    async fn get_questionnaire(
        &self,
        request: Request<pb::GetQuestionnaireRequest>,
    ) -> Answer<pb::GetQuestionnaireResponse> {
        let (caller, request) = admit(request)?;
        let found = self.surveys.questionnaire(caller.tenant, id(&request.name, "name")?).await;
        let questionnaire = Some(questionnaire::render(found.map_err(refuse)?));
        Ok(Response::new(pb::GetQuestionnaireResponse { questionnaire }))
    }

    async fn list_questionnaires(
        &self,
        request: Request<pb::ListQuestionnairesRequest>,
    ) -> Answer<pb::ListQuestionnairesResponse> {
        let (caller, mut request) = admit(request)?;
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let listing = self.listing(&caller, "ListQuestionnaires", &request, size, &token).await?;
        let page = self.surveys.questionnaires(caller.tenant, &listing.page).await.map_err(refuse)?;
        let (questionnaires, next_page_token) = listing.render(page, questionnaire::render);
        Ok(Response::new(pb::ListQuestionnairesResponse { questionnaires, next_page_token }))
    }

    async fn update_questionnaire(
        &self,
        request: Request<pb::UpdateQuestionnaireRequest>,
    ) -> Answer<pb::UpdateQuestionnaireResponse> {
        let (caller, mut request) = admit(request)?;
        let once = self.once(&caller, "UpdateQuestionnaire", take(&mut request.request_id), &request);
        let refuse = refusing(&once.request_id);
        let fields = fields(request.update_mask.as_ref(), &questionnaire::CHANGEABLE)?;
        let given = request.questionnaire.unwrap_or_default();
        let (name, etag) = (id(&given.name, "questionnaire.name")?, given.etag.clone());
        let change = questionnaire::read_change(given, &fields)?;
        let updated = self.surveys.update_questionnaire(caller.tenant, name, &etag, change, once).await;
        let questionnaire = Some(questionnaire::render(updated.map_err(refuse)?));
        Ok(Response::new(pb::UpdateQuestionnaireResponse { questionnaire }))
    }

    async fn publish_questionnaire(
        &self,
        request: Request<pb::PublishQuestionnaireRequest>,
    ) -> Answer<pb::PublishQuestionnaireResponse> {
        let (caller, mut request) = admit(request)?;
        let once = self.once(&caller, "PublishQuestionnaire", take(&mut request.request_id), &request);
        let refuse = refusing(&once.request_id);
        let name = id(&request.name, "name")?;
        let published = self.surveys.publish_questionnaire(caller.tenant, name, &request.etag, once).await;
        let version = Some(questionnaire::render_version(published.map_err(refuse)?));
        Ok(Response::new(pb::PublishQuestionnaireResponse { version }))
    }

    async fn get_questionnaire_version(
        &self,
        request: Request<pb::GetQuestionnaireVersionRequest>,
    ) -> Answer<pb::GetQuestionnaireVersionResponse> {
        let (caller, request) = admit(request)?;
        let key = VersionKey::from_name(&request.name)
            .ok_or_else(|| Failure::invalid_field("name", "must be questionnaires/qst_…/versions/NUMBER"))?;
        let version = self.surveys.version(caller.tenant, key).await.map_err(refuse)?;
        let version = Some(questionnaire::render_version(version));
        Ok(Response::new(pb::GetQuestionnaireVersionResponse { version }))
    }

    async fn list_questionnaire_versions(
        &self,
        request: Request<pb::ListQuestionnaireVersionsRequest>,
    ) -> Answer<pb::ListQuestionnaireVersionsResponse> {
        let (caller, mut request) = admit(request)?;
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let listing = self.listing(&caller, "ListQuestionnaireVersions", &request, size, &token).await?;
        let parent = id(&request.parent, "parent")?;
        let page = self.surveys.versions(caller.tenant, parent, &listing.page).await.map_err(refuse)?;
        let (versions, next_page_token) = listing.render(page, questionnaire::render_version);
        Ok(Response::new(pb::ListQuestionnaireVersionsResponse { versions, next_page_token }))
    }

    async fn create_wave(&self, request: Request<pb::CreateWaveRequest>) -> Answer<pb::CreateWaveResponse> {
        let (caller, mut request) = admit(request)?;
        let once = self.once(&caller, "CreateWave", take(&mut request.request_id), &request);
        let refuse = refusing(&once.request_id);
        let draft = wave::read(request.wave.unwrap_or_default())?;
        let created = self.surveys.create_wave(caller.tenant, draft, once).await.map_err(refuse)?;
        Ok(Response::new(pb::CreateWaveResponse { wave: Some(wave::render(created)) }))
    }

    async fn get_wave(&self, request: Request<pb::GetWaveRequest>) -> Answer<pb::GetWaveResponse> {
        let (caller, request) = admit(request)?;
        let found = self.surveys.wave(caller.tenant, id(&request.name, "name")?).await.map_err(refuse)?;
        Ok(Response::new(pb::GetWaveResponse { wave: Some(wave::render(found)) }))
    }

    async fn list_waves(&self, request: Request<pb::ListWavesRequest>) -> Answer<pb::ListWavesResponse> {
        let (caller, mut request) = admit(request)?;
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let listing = self.listing(&caller, "ListWaves", &request, size, &token).await?;
        let page = self.surveys.waves(caller.tenant, &listing.page).await.map_err(refuse)?;
        let (waves, next_page_token) = listing.render(page, wave::render);
        Ok(Response::new(pb::ListWavesResponse { waves, next_page_token }))
    }

    async fn update_wave(&self, request: Request<pb::UpdateWaveRequest>) -> Answer<pb::UpdateWaveResponse> {
        let (caller, mut request) = admit(request)?;
        let once = self.once(&caller, "UpdateWave", take(&mut request.request_id), &request);
        let refuse = refusing(&once.request_id);
        let fields = fields(request.update_mask.as_ref(), &wave::CHANGEABLE)?;
        let given = request.wave.unwrap_or_default();
        let (name, etag) = (id(&given.name, "wave.name")?, given.etag.clone());
        let change = wave::read_change(given, &fields)?;
        let updated =
            self.surveys.update_wave(caller.tenant, name, &etag, change, once).await.map_err(refuse)?;
        Ok(Response::new(pb::UpdateWaveResponse { wave: Some(wave::render(updated)) }))
    }

    async fn open_wave(&self, request: Request<pb::OpenWaveRequest>) -> Answer<pb::OpenWaveResponse> {
        let (caller, mut request) = admit(request)?;
        let once = self.once(&caller, "OpenWave", take(&mut request.request_id), &request);
        let refuse = refusing(&once.request_id);
        let name = id(&request.name, "name")?;
        let opened =
            self.surveys.open_wave(caller.tenant, name, &request.etag, once).await.map_err(refuse)?;
        Ok(Response::new(pb::OpenWaveResponse { wave: Some(wave::render(opened)) }))
    }

    async fn close_wave(&self, request: Request<pb::CloseWaveRequest>) -> Answer<pb::CloseWaveResponse> {
        let (caller, mut request) = admit(request)?;
        let once = self.once(&caller, "CloseWave", take(&mut request.request_id), &request);
        let refuse = refusing(&once.request_id);
        let name = id(&request.name, "name")?;
        let closed =
            self.surveys.close_wave(caller.tenant, name, &request.etag, once).await.map_err(refuse)?;
        Ok(Response::new(pb::CloseWaveResponse { wave: Some(wave::render(closed)) }))
    }

    async fn get_response_rate(
        &self,
        request: Request<pb::GetResponseRateRequest>,
    ) -> Answer<pb::GetResponseRateResponse> {
        let (caller, request) = admit(request)?;
        let rates = self.surveys.response_rates(caller.tenant, id(&request.name, "name")?).await;
        Ok(Response::new(wave::render_rates(rates.map_err(refuse)?)))
    }

    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Answer<pb::ListInvitationsResponse> {
        let (caller, mut request) = admit(request)?;
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let listing = self.listing(&caller, "ListInvitations", &request, size, &token).await?;
        let parent = id(&request.parent, "parent")?;
        let filter = Filter {
            unit: id_or_none(&request.unit, "unit")?,
            person: id_or_none(&request.person, "person")?,
        };
        let found = self.surveys.invitations(caller.tenant, parent, filter, &listing.page).await;
        let (of, page) = found.map_err(refuse)?;
        let (invitations, next_page_token) =
            listing.render(page, |(invitation, token)| wave::render_invitation(&of, invitation, token));
        Ok(Response::new(pb::ListInvitationsResponse { invitations, next_page_token }))
    }

    async fn get_form(&self, request: Request<pb::GetFormRequest>) -> Answer<pb::GetFormResponse> {
        let request = request.into_inner();
        arki_rpc::check(&request)?;
        let (found, of) = self.surveys.form(&request.token, &request.language).await.map_err(refuse)?;
        Ok(Response::new(pb::GetFormResponse { form: Some(form::render(found, &of)) }))
    }

    async fn submit_response(
        &self,
        request: Request<pb::SubmitResponseRequest>,
    ) -> Answer<pb::SubmitResponseResponse> {
        let request = request.into_inner();
        arki_rpc::check(&request)?;
        // The request id is not kept: a row with it and a time would stand beside answers that have no time.
        let pb::SubmitResponseRequest { token, answers: given, language, request_id: _ } = request;
        let answers = answers::read(given).map_err(refuse)?;
        let Accepted { replayed } = self.surveys.submit(&token, answers, language).await.map_err(refuse)?;
        Ok(Response::new(pb::SubmitResponseResponse { replayed }))
    }

    type ImportResponsesStream = import::Results;

    async fn import_responses(
        &self,
        request: Request<Streaming<pb::ImportResponsesRequest>>,
    ) -> Answer<Self::ImportResponsesStream> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(import::run(self.surveys.clone(), caller, request.into_inner())))
    }

    async fn list_dead_letters(
        &self,
        request: Request<pb::ListDeadLettersRequest>,
    ) -> Answer<pb::ListDeadLettersResponse> {
        let (caller, mut request) = admit(request)?;
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let listing = self.listing(&caller, "ListDeadLetters", &request, size, &token).await?;
        let page = self.surveys.dead_letters(caller.tenant, &listing.page).await.map_err(refuse)?;
        let (dead_letters, next_page_token) = listing.render(page, event::DeadLetter::from);
        Ok(Response::new(pb::ListDeadLettersResponse { dead_letters, next_page_token }))
    }

    async fn replay_dead_letter(
        &self,
        request: Request<pb::ReplayDeadLetterRequest>,
    ) -> Answer<pb::ReplayDeadLetterResponse> {
        let (caller, request) = admit(request)?;
        let replayed = self.surveys.replay_dead_letter(caller.tenant, &request.dead_letter).await;
        let dead_letter = Some(replayed.map_err(refuse)?.into());
        Ok(Response::new(pb::ReplayDeadLetterResponse { dead_letter }))
    }
}
