//! Calling a running Arki through its public API, as any client would.

use std::time::Duration;

use anyhow::{Context as _, Result};
use arki_proto::{
    communication::v1::communication_service_client::CommunicationServiceClient,
    directory::v1::{
        crm_service_client::CrmServiceClient, directory_service_client::DirectoryServiceClient,
        import_service_client::ImportServiceClient,
    },
    goal::v1::goal_service_client::GoalServiceClient,
    scorecard::v1::scorecard_service_client::ScorecardServiceClient,
    survey::v1::survey_service_client::SurveyServiceClient,
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

/// A reply may hold a page of a thousand resources, or the report of a large import.
const LARGEST_REPLY: usize = 64 * 1024 * 1024;

/// A connection to a gateway, with the key that it carries.
#[derive(Clone)]
pub struct Server {
    channel: Channel,
    bearer: Bearer,
}

/// Puts the key on every call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// A channel that carries the key.
pub type Api = InterceptedService<Channel, Bearer>;

impl Server {
    /// Connects to the gateway at `uri`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When the address cannot be read, nothing answers there, or the key has characters that no key has.
    pub async fn connect(uri: &str, key: &str) -> Result<Self> {
        let channel = Endpoint::from_shared(uri.to_owned())
            .with_context(|| format!("{uri} is no address; give one such as http://127.0.0.1:8080"))?
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(300))
            .connect()
            .await
            .with_context(|| format!("nothing answers at {uri}; start it with `arki serve`"))?;
        let bearer =
            format!("Bearer {}", key.trim()).parse().context("the key has characters that no key has")?;
        Ok(Self { channel, bearer: Bearer(bearer) })
    }

    fn api(&self) -> Api {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    /// The directory.
    pub fn directory(&self) -> DirectoryServiceClient<Api> {
        DirectoryServiceClient::new(self.api()).max_decoding_message_size(LARGEST_REPLY)
    }

    /// What a CRM tells in batches.
    pub fn crm(&self) -> CrmServiceClient<Api> {
        CrmServiceClient::new(self.api()).max_decoding_message_size(LARGEST_REPLY)
    }

    /// Imports of HR files of any size.
    pub fn imports(&self) -> ImportServiceClient<Api> {
        ImportServiceClient::new(self.api()).max_decoding_message_size(LARGEST_REPLY)
    }

    /// The survey service.
    pub fn survey(&self) -> SurveyServiceClient<Api> {
        SurveyServiceClient::new(self.api()).max_decoding_message_size(LARGEST_REPLY)
    }

    /// The scorecard.
    pub fn scorecard(&self) -> ScorecardServiceClient<Api> {
        ScorecardServiceClient::new(self.api()).max_decoding_message_size(LARGEST_REPLY)
    }

    /// The goal service.
    pub fn goal(&self) -> GoalServiceClient<Api> {
        GoalServiceClient::new(self.api()).max_decoding_message_size(LARGEST_REPLY)
    }

    /// The communication service.
    pub fn communication(&self) -> CommunicationServiceClient<Api> {
        CommunicationServiceClient::new(self.api()).max_decoding_message_size(LARGEST_REPLY)
    }
}
