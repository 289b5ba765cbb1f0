//! What the rooms ask of the services, on behalf of the visitor.

use std::future::Future;

use arki_proto::communication::v1::communication_service_client::CommunicationServiceClient;
use arki_proto::communication::v1::{self as communication, Message, Occurrence};
use arki_proto::directory::v1 as directory;
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_proto::goal::v1::goal_service_client::GoalServiceClient;
use arki_proto::goal::v1::{self as goal, Goal, Vision};
use arki_proto::scorecard::v1::scorecard_service_client::ScorecardServiceClient;
use arki_proto::scorecard::v1::{self as scorecard, EmotionGap, Metric, Reading, TargetProfile};
use arki_proto::survey::v1 as survey;
use arki_proto::survey::v1::survey_service_client::SurveyServiceClient;
use arki_rpc::{Caller, Peer, client, time};
use chrono::NaiveDate;
use tonic::{Code, Request, Status};

use super::{Organisation, session::Visitor};
use crate::{pages::State, wiring::Peers};

/// The most that one page of a list holds.
const PAGE_SIZE: i32 = 1000;

/// No list that a page shows is longer; what comes after would be read by nobody.
const MOST_PAGES: usize = 20;

/// How many calls one page makes at once.
pub(super) const AT_ONCE: usize = 8;

/// The services, asked for one visitor.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    peers: &'a Peers,
    caller: &'a Caller,
    language: &'static str,
}

impl<'a> Ask<'a> {
    pub(super) fn new(state: &'a State, visitor: &'a Visitor) -> Self {
        Self { peers: &state.peers, caller: &visitor.caller, language: visitor.words.language() }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        client::with_caller(Request::new(message), self.caller)
    }

    /// The organisation. Whoever may not read the directory sees the whole without its name and its units.
    pub(super) async fn organisation(&self) -> Result<Organisation, Status> {
        if !self.caller.allows("directory.read") {
            return Ok(Organisation::default());
        }
        let (mut one, mut two) = (self.directory(), self.directory());
        let tenant = self.request(directory::GetTenantRequest { name: self.caller.tenant.name() });
        let tree = self.request(directory::GetTreeRequest { as_of: None });
        let (tenant, tree) = futures::try_join!(one.get_tenant(tenant), two.get_tree(tree))?;
        Ok(Organisation::new(there(tenant.into_inner().tenant)?, tree.into_inner()))
    }

    /// What the roles are called, by resource name.
    pub(super) async fn roles(&self) -> Result<Vec<directory::Role>, Status> {
        if !self.caller.allows("directory.read") {
            return Ok(Vec::new());
        }
        every(|page_token| async move {
            let request = self.request(directory::ListRolesRequest { page_size: PAGE_SIZE, page_token });
            let reply = self.directory().list_roles(request).await?.into_inner();
            Ok((reply.roles, reply.next_page_token))
        })
        .await
    }

    /// Whom a wave asked, where the visitor may read waves.
    pub(super) async fn audience(&self, wave: &str) -> Option<survey::WaveAudience> {
        if wave.is_empty() || !self.caller.allows("survey.read") {
            return None;
        }
        let request = self.request(survey::GetWaveRequest { name: wave.to_owned() });
        // Only a label hangs on it: without it the page is no less true.
        let reply = SurveyServiceClient::new(self.peers.survey.clone()).get_wave(request).await.ok()?;
        reply.into_inner().wave.map(|wave| wave.audience())
    }

    /// Every metric that has not ended.
    pub(super) async fn metrics(&self) -> Result<Vec<Metric>, Status> {
        let metrics = every(|page_token| async move {
            let request = self.request(scorecard::ListMetricsRequest { page_size: PAGE_SIZE, page_token });
            let reply = self.scorecard().list_metrics(request).await?.into_inner();
            Ok((reply.metrics, reply.next_page_token))
        });
        Ok(metrics.await?.into_iter().filter(|metric| metric.state == "active").collect())
    }

    /// One metric.
    pub(super) async fn metric(&self, name: String) -> Result<Metric, Status> {
        let request = self.request(scorecard::GetMetricRequest { name });
        there(self.scorecard().get_metric(request).await?.into_inner().metric)
    }

    /// The readings of a metric at a unit and below; none where it was not asked there.
    pub(super) async fn readings(&self, metric: &str, unit: &str) -> Result<Vec<Reading>, Status> {
        let readings = every(|page_token| async move {
            let request = self.request(scorecard::ListReadingsRequest {
                metric: metric.to_owned(),
                wave: String::new(),
                unit: unit.to_owned(),
                language: self.language.to_owned(),
                page_size: PAGE_SIZE,
                page_token,
            });
            let reply = self.scorecard().list_readings(request).await?.into_inner();
            Ok((reply.readings, reply.next_page_token))
        });
        readings.await.or_else(none_is_empty)
    }

    /// Every target profile.
    pub(super) async fn profiles(&self) -> Result<Vec<TargetProfile>, Status> {
        every(|page_token| async move {
            let request =
                self.request(scorecard::ListTargetProfilesRequest { page_size: PAGE_SIZE, page_token });
            let reply = self.scorecard().list_target_profiles(request).await?.into_inner();
            Ok((reply.target_profiles, reply.next_page_token))
        })
        .await
    }

    /// One target profile.
    pub(super) async fn profile(&self, name: String) -> Result<TargetProfile, Status> {
        let request = self.request(scorecard::GetTargetProfileRequest { name });
        there(self.scorecard().get_target_profile(request).await?.into_inner().target_profile)
    }

    /// The gap of a profile at a unit; none where its question was not asked there.
    pub(super) async fn gap(&self, profile: &str, unit: &str) -> Result<Option<EmotionGap>, Status> {
        let request = self.request(scorecard::GetEmotionGapRequest {
            target_profile: profile.to_owned(),
            wave: String::new(),
            unit: unit.to_owned(),
            language: self.language.to_owned(),
        });
        let reply = self.scorecard().get_emotion_gap(request).await;
        reply.map(|reply| reply.into_inner().gap).or_else(none_is_empty)
    }

    /// The vision in force.
    pub(super) async fn vision(&self) -> Result<Option<Vision>, Status> {
        let visions = every(|page_token| async move {
            let request = self.request(goal::ListVisionsRequest { page_size: PAGE_SIZE, page_token });
            let reply = self.goal().list_visions(request).await?.into_inner();
            Ok((reply.visions, reply.next_page_token))
        });
        Ok(visions.await?.into_iter().rfind(|vision| vision.state == "active"))
    }

    /// Every goal of a vision, parents and children alike.
    pub(super) async fn goals(&self, vision: &str) -> Result<Vec<Goal>, Status> {
        every(|page_token| async move {
            let request = self.request(goal::ListGoalsRequest {
                page_size: PAGE_SIZE,
                page_token,
                unit: String::new(),
                parent: String::new(),
                vision: vision.to_owned(),
            });
            let reply = self.goal().list_goals(request).await?.into_inner();
            Ok((reply.goals, reply.next_page_token))
        })
        .await
    }

    /// Whom the vision has reached, at a unit and below.
    pub(super) async fn coverage(
        &self,
        vision: &str,
        unit: &str,
    ) -> Result<goal::GetCoverageResponse, Status> {
        let request = goal::GetCoverageRequest { vision: vision.to_owned(), unit: unit.to_owned() };
        Ok(self.goal().get_coverage(self.request(request)).await?.into_inner())
    }

    /// What goes out from one day until before another, in the days of a time zone.
    pub(super) async fn occurrences(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        time_zone: &str,
    ) -> Result<Vec<Occurrence>, Status> {
        let request = self.request(communication::ListOccurrencesRequest {
            from: Some(time::date(from)),
            to: Some(time::date(to)),
            time_zone: time_zone.to_owned(),
        });
        Ok(self.communication().list_occurrences(request).await?.into_inner().occurrences)
    }

    /// A message, and how it was understood where that was asked.
    pub(super) async fn understanding(
        &self,
        message: String,
    ) -> Result<(Message, Option<communication::GetUnderstandingResponse>), Status> {
        let mut peer = self.communication();
        let request = self.request(communication::GetMessageRequest { name: message.clone() });
        let told = there(peer.get_message(request).await?.into_inner().message)?;
        if told.comprehension.is_none() {
            return Ok((told, None));
        }
        let request = self.request(communication::GetUnderstandingRequest { message });
        let understood = peer.get_understanding(request).await?.into_inner();
        Ok((told, Some(understood)))
    }

    fn directory(&self) -> DirectoryServiceClient<Peer> {
        DirectoryServiceClient::new(self.peers.directory.clone())
    }

    fn scorecard(&self) -> ScorecardServiceClient<Peer> {
        ScorecardServiceClient::new(self.peers.scorecard.clone())
    }

    fn goal(&self) -> GoalServiceClient<Peer> {
        GoalServiceClient::new(self.peers.goal.clone())
    }

    fn communication(&self) -> CommunicationServiceClient<Peer> {
        CommunicationServiceClient::new(self.peers.communication.clone())
    }
}

/// Every page of a list.
async fn every<T, F>(mut page: impl FnMut(String) -> F) -> Result<Vec<T>, Status>
where
    F: Future<Output = Result<(Vec<T>, String), Status>>,
{
    let mut all = Vec::new();
    let mut token = String::new();
    for _ in 0..MOST_PAGES {
        let (items, next) = page(token).await?;
        all.extend(items);
        if next.is_empty() {
            break;
        }
        token = next;
    }
    Ok(all)
}

/// That nothing was asked yet, or not of this unit, is an empty page and no error.
fn none_is_empty<T: Default>(status: Status) -> Result<T, Status> {
    if status.code() == Code::NotFound { Ok(T::default()) } else { Err(status) }
}

fn there<T>(part: Option<T>) -> Result<T, Status> {
    part.ok_or_else(|| Status::internal("the reply is empty"))
}
