//! The service with everything around it, and what a test does with it, as verbs.

use std::sync::Arc;

use arki_database::Store;
use arki_events::{Bus, Envelope, InProcess, Payload};
use arki_ids::{EventId, PersonId, QuestionnaireId, TenantId, UnitId};
use arki_process::{Clock, Context};
use arki_proto::directory::v1::Tenant;
use arki_proto::scorecard::v1 as pb;
use arki_rpc::{Failure, Peer, client};
use arki_scorecard::{Config, Peers};
use arki_test_support::{FakeClock, FakeDirectory, Recorder, TestDatabase, ask, mask, said, text};
use chrono::NaiveDate;
use pb::scorecard_service_client::ScorecardServiceClient;
use tonic::Request;

use crate::wave::{Answers, Wave, counted, date, question, unit_changed};

pub(crate) struct World {
    pub(crate) directory: FakeDirectory,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) bus: Arc<InProcess>,
    /// The service's own state, seen past the service.
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) questionnaire: QuestionnaireId,
    peer: Peer,
    heard: Arc<Recorder>,
    _database: TestDatabase,
}

impl World {
    pub(crate) async fn start(database: TestDatabase) -> Self {
        let config = Config { database: database.config.clone() };
        arki_scorecard::migrate(config.clone()).await.unwrap();
        let store = Store::connect(&database.config).await.unwrap();

        let clock = FakeClock::at("2026-03-21T12:00:00Z");
        let ctx = Context::alone(clock.clone());
        let assertion = ctx.assertion.clone();

        let directory = FakeDirectory::of("scorecard");
        let once = client::Options { tries: 1, ..client::Options::default() };
        let peers =
            Peers { directory: client::stack_with(directory.peer(&assertion), assertion.clone(), once) };

        let bus = Arc::new(InProcess::new());
        let heard =
            Recorder::on(&*bus, &["arki.scorecard.>", "arki.directory.erasure.*", "arki.directory.purge.*"])
                .await;

        let running = arki_scorecard::build(config, peers, bus.clone(), ctx).await.unwrap();
        running.readiness.ready().await.unwrap();
        let peer = client::stack(running.peer(&assertion).unwrap(), assertion);
        let world = Self {
            directory,
            clock,
            bus,
            store,
            tenant: TenantId::generate(),
            questionnaire: QuestionnaireId::generate(),
            peer,
            heard,
            _database: database,
        };
        world.house_rules("en", 2);
        world
    }

    pub(crate) fn house_rules(&self, language: &str, headlines: i32) {
        let rules = Tenant {
            default_language: language.to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            headline_metric_cap: headlines,
            ..Tenant::default()
        };
        self.directory.change(self.tenant, |known| known.rules = rules);
    }

    pub(crate) fn client(&self) -> ScorecardServiceClient<Peer> {
        ScorecardServiceClient::new(self.peer.clone())
    }

    /// A request of this tenant's editor.
    pub(crate) fn ask<T>(&self, request: T) -> Request<T> {
        ask(self.tenant, "scorecard.write", request)
    }

    /// The events of one kind that were told, once there are `count`.
    pub(crate) async fn told<P: Payload>(&self, count: usize) -> Vec<P> {
        self.heard.of_kind(count).await
    }

    /// Hands an event to whoever consumes it, and waits until they are done with it.
    pub(crate) async fn hears<P: Payload>(&self, payload: &P) -> Envelope {
        let event = self.envelope(payload);
        self.bus.publish(event.clone()).await.unwrap();
        event
    }

    pub(crate) fn envelope<P: Payload>(&self, payload: &P) -> Envelope {
        Envelope {
            id: EventId::generate().to_string(),
            tenant: self.tenant,
            subject: P::SUBJECT.to_owned(),
            aggregate: "tests".to_owned(),
            time: self.clock.now(),
            traceparent: None,
            payload: payload.encode_to_vec().into(),
            replay: false,
        }
    }

    /// A unit that this tenant has since the beginning of the year.
    pub(crate) async fn unit(&self, display_name: &str, parent: Option<UnitId>) -> UnitId {
        let unit = UnitId::generate();
        self.hears(&unit_changed(unit, parent, display_name, 1)).await;
        unit
    }

    pub(crate) async fn opens(&self, audience: &'static str) -> Wave {
        let wave = Wave::of(audience, self.questionnaire);
        self.hears(&wave.opened()).await;
        wave
    }

    /// Answers of a unit on the second of March.
    pub(crate) async fn answers(&self, wave: &Wave, unit: Option<UnitId>, answers: Vec<Answers>) {
        self.answers_on(wave, unit, crate::wave::march(2), answers).await;
    }

    pub(crate) async fn answers_on(
        &self,
        wave: &Wave,
        unit: Option<UnitId>,
        day: NaiveDate,
        answers: Vec<Answers>,
    ) {
        let rows: Vec<_> = answers.into_iter().map(|given| (unit, day, given)).collect();
        self.hears(&counted(wave, &rows)).await;
    }

    pub(crate) async fn closes(&self, wave: &Wave, invited: &[(Option<UnitId>, i64)]) {
        self.hears(&wave.closed(invited)).await;
    }

    /// A metric of a kind on a question of the tests, without anything that it need not have.
    pub(crate) fn whole_metric(&self, kind: pb::MetricKind, key: &str) -> pb::Metric {
        pb::Metric {
            display_name: "Being heard".to_owned(),
            kind: kind.into(),
            role: pb::MetricRole::Cause.into(),
            question: question(self.questionnaire, key),
            owner: PersonId::generate().name(),
            review_day: date(NaiveDate::from_ymd_opt(2026, 12, 31).unwrap()),
            ..pb::Metric::default()
        }
    }

    pub(crate) async fn creates_metric(&self, metric: pb::Metric) -> Result<pb::Metric, Failure> {
        let request = pb::CreateMetricRequest { metric: Some(metric), ..Default::default() };
        said(self.client().create_metric(self.ask(request)).await).map(|response| response.metric.unwrap())
    }

    /// The name of a new metric.
    pub(crate) async fn metric(&self, kind: pb::MetricKind, key: &str) -> String {
        self.creates_metric(self.whole_metric(kind, key)).await.unwrap().name
    }

    pub(crate) async fn updates_metric(
        &self,
        metric: pb::Metric,
        paths: &[&str],
    ) -> Result<pb::Metric, Failure> {
        let update_mask = mask(paths);
        let request = pb::UpdateMetricRequest { metric: Some(metric), update_mask, ..Default::default() };
        said(self.client().update_metric(self.ask(request)).await).map(|response| response.metric.unwrap())
    }

    pub(crate) fn whole_profile(&self) -> pb::TargetProfile {
        let term = |key: &str, role: pb::TermRole, low: f64, high: f64| pb::TargetTerm {
            term: key.to_owned(),
            label: text("en", key),
            role: role.into(),
            low_percent: low,
            high_percent: high,
        };
        pb::TargetProfile {
            display_name: "How it should feel".to_owned(),
            audience: pb::ProfileAudience::Employees.into(),
            question: question(self.questionnaire, "felt"),
            terms: vec![
                term("calm", pb::TermRole::Wanted, 60.0, 100.0),
                term("glad", pb::TermRole::Wanted, 40.0, 80.0),
                term("lost", pb::TermRole::Unwanted, 0.0, 10.0),
            ],
            ..pb::TargetProfile::default()
        }
    }

    pub(crate) async fn creates_profile(
        &self,
        profile: pb::TargetProfile,
    ) -> Result<pb::TargetProfile, Failure> {
        let request = pb::CreateTargetProfileRequest { target_profile: Some(profile), ..Default::default() };
        said(self.client().create_target_profile(self.ask(request)).await)
            .map(|response| response.target_profile.unwrap())
    }

    /// All readings of the newest wave.
    pub(crate) async fn readings(&self, metric: &str) -> Result<Vec<pb::Reading>, Failure> {
        let request = pb::ListReadingsRequest { metric: metric.to_owned(), ..Default::default() };
        self.reads(request).await.map(|response| response.readings)
    }

    pub(crate) async fn reads(
        &self,
        request: pb::ListReadingsRequest,
    ) -> Result<pb::ListReadingsResponse, Failure> {
        said(self.client().list_readings(self.ask(request)).await)
    }

    pub(crate) async fn gap(&self, request: pb::GetEmotionGapRequest) -> Result<pb::EmotionGap, Failure> {
        said(self.client().get_emotion_gap(self.ask(request)).await).map(|response| response.gap.unwrap())
    }

    /// The next event of a kind that other services hear, waited for.
    pub(crate) async fn tells<P: Payload>(&self) -> P {
        self.heard.next().await.1
    }
}

/// What is shown of each reading: its unit and its value.
pub(crate) fn values(readings: &[pb::Reading]) -> Vec<(String, Option<f64>)> {
    readings
        .iter()
        .map(|reading| {
            (reading.unit_display_name.clone(), reading.figure.as_ref().map(|figure| figure.value))
        })
        .collect()
}
