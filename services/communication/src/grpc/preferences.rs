//! What recipients choose, on the wire.

use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::preference_service_server::PreferenceService;
use arki_proto::r#type::v1::ContactPurpose;
use arki_rpc::{Failure, check};
use tonic::Request;

use super::{Answer, Grpc, answer};
use crate::domain::{Preference, Preferences, Purpose};

#[tonic::async_trait]
impl PreferenceService for Grpc {
    async fn get_preferences(
        &self,
        request: Request<pb::GetPreferencesRequest>,
    ) -> Answer<pb::GetPreferencesResponse> {
        let request = request.into_inner();
        check(&request)?;
        answer(self.service.preferences(&request.token).await, "", |Preferences { preferences, language }| {
            pb::GetPreferencesResponse { preferences: render(preferences), language }
        })
    }

    async fn update_preference(
        &self,
        request: Request<pb::UpdatePreferenceRequest>,
    ) -> Answer<pb::UpdatePreferenceResponse> {
        let request = request.into_inner();
        check(&request)?;
        let purpose = match request.purpose() {
            ContactPurpose::Unspecified => {
                return Err(Failure::invalid_field("purpose", "must be given").into());
            }
            ContactPurpose::Survey => Purpose::Survey,
            ContactPurpose::Communication => Purpose::Communication,
            ContactPurpose::Story => Purpose::Story,
        };
        let choice = Preference { purpose, is_subscribed: request.is_subscribed };
        let chosen = self.service.choose(&request.token, choice).await;
        answer(chosen, "", |Preferences { preferences, language }| pb::UpdatePreferenceResponse {
            preferences: render(preferences),
            language,
        })
    }

    async fn unsubscribe(&self, request: Request<pb::UnsubscribeRequest>) -> Answer<pb::UnsubscribeResponse> {
        let request = request.into_inner();
        check(&request)?;
        answer(self.service.unsubscribe(&request.token).await, "", |Preferences { language, .. }| {
            pb::UnsubscribeResponse { language }
        })
    }
}

fn render(preferences: Vec<Preference>) -> Vec<pb::Preference> {
    let one = |Preference { purpose, is_subscribed }| {
        let purpose = match purpose {
            Purpose::Survey => ContactPurpose::Survey,
            Purpose::Communication => ContactPurpose::Communication,
            Purpose::Story => ContactPurpose::Story,
        };
        pb::Preference { purpose: purpose.into(), is_subscribed }
    };
    preferences.into_iter().map(one).collect()
}
