//! A tenant sees what is its own, and a caller what its key is for.

use arki_ids::TenantId;
use arki_proto::scorecard::v1 as pb;
use arki_test_support::{TestDatabase, ask, on_each_database, said, told};
use tonic::{Code, Request};

use crate::wave::{felt, recommend};
use crate::world::World;

on_each_database!(a_second_tenant_sees_and_changes_nothing, a_request_id_belongs_to_its_tenant);

async fn a_second_tenant_sees_and_changes_nothing(database: TestDatabase) {
    let mut world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.creates_metric(world.whole_metric(pb::MetricKind::Nps, "recommend")).await.unwrap();
    let given =
        pb::TargetProfile { audience: pb::ProfileAudience::Customers.into(), ..world.whole_profile() };
    let profile = world.creates_profile(given.clone()).await.unwrap();
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(root), recommend(&[10])).await;
    world.answers(&wave, Some(root), felt(&[&[0]])).await;

    world.tenant = TenantId::generate();
    let mut client = world.client();
    let no_metric = (Code::NotFound, "METRIC_NOT_FOUND".to_owned());
    let no_profile = (Code::NotFound, "TARGET_PROFILE_NOT_FOUND".to_owned());
    let no_readings = (Code::NotFound, "NO_READINGS".to_owned());

    let request = pb::GetMetricRequest { name: metric.name.clone() };
    assert_eq!(told(said(client.get_metric(world.ask(request)).await)), no_metric);
    let listed = said(client.list_metrics(world.ask(pb::ListMetricsRequest::default())).await).unwrap();
    assert!(listed.metrics.is_empty());
    assert_eq!(told(world.updates_metric(metric.clone(), &["display_name"]).await), no_metric);
    let request = pb::ReviewMetricRequest {
        name: metric.name.clone(),
        verdict: pb::ReviewVerdict::Retire.into(),
        reason: "It is not mine".to_owned(),
        ..Default::default()
    };
    assert_eq!(told(said(client.review_metric(world.ask(request)).await)), no_metric);
    assert_eq!(told(world.readings(&metric.name).await), no_metric);

    let request = pb::GetTargetProfileRequest { name: profile.name.clone() };
    assert_eq!(told(said(client.get_target_profile(world.ask(request)).await)), no_profile);
    let request = pb::ListTargetProfilesRequest::default();
    let listed = said(client.list_target_profiles(world.ask(request)).await).unwrap();
    assert!(listed.target_profiles.is_empty());
    let request =
        pb::UpdateTargetProfileRequest { target_profile: Some(profile.clone()), ..Default::default() };
    assert_eq!(told(said(client.update_target_profile(world.ask(request)).await)), no_profile);
    let request = pb::GetEmotionGapRequest { target_profile: profile.name.clone(), ..Default::default() };
    assert_eq!(told(world.gap(request).await), no_profile);
    let theirs = pb::Metric {
        target_profile: profile.name.clone(),
        ..world.whole_metric(pb::MetricKind::EmotionFit, "felt")
    };
    assert_eq!(told(world.creates_metric(theirs).await), no_profile);

    // The same question asked by the same questionnaire is another tenant's answer.
    let own = world.metric(pb::MetricKind::Nps, "recommend").await;
    assert_eq!(told(world.readings(&own).await), no_readings);
    let named = pb::ListReadingsRequest { metric: own, wave: wave.id.name(), ..Default::default() };
    assert_eq!(told(world.reads(named.clone()).await), no_readings);
    let own_profile = world.creates_profile(given).await.unwrap().name;
    let request =
        pb::GetEmotionGapRequest { target_profile: own_profile, wave: wave.id.name(), ..Default::default() };
    assert_eq!(told(world.gap(request).await), no_readings);

    // A wave of the same name has neither the units nor the answers of the other tenant's.
    world.hears(&wave.opened()).await;
    assert_eq!(world.reads(named.clone()).await.unwrap().readings, []);
    world.answers(&wave, Some(root), recommend(&[0])).await;
    let readings = world.reads(named).await.unwrap().readings;
    assert_eq!((readings.len(), readings[0].unit.as_str()), (1, ""));
    assert_eq!(readings[0].figure.as_ref().unwrap().value, -100.0);
    let request = pb::ListDeadLettersRequest::default();
    let letters = client.list_dead_letters(ask(world.tenant, "scorecard.admin", request)).await;
    assert!(said(letters).unwrap().dead_letters.is_empty());
}

async fn a_request_id_belongs_to_its_tenant(database: TestDatabase) {
    let mut world = World::start(database).await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let request = pb::CreateMetricRequest {
            metric: Some(world.whole_metric(pb::MetricKind::Nps, "recommend")),
            request_id: "1".to_owned(),
        };
        let created = said(world.client().create_metric(world.ask(request)).await).unwrap();
        names.push(created.metric.unwrap().name);
        world.tenant = TenantId::generate();
    }
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn an_rpc_is_open_to_callers_with_its_scope_alone() {
    let world = World::start(TestDatabase::sqlite()).await;
    let mut client = world.client();
    let request = pb::CreateMetricRequest {
        metric: Some(world.whole_metric(pb::MetricKind::Nps, "recommend")),
        ..Default::default()
    };
    let answer = said(client.create_metric(ask(world.tenant, "scorecard.read", request.clone())).await);
    assert_eq!(answer.as_ref().unwrap_err().metadata["scope"], "scorecard.write");
    assert_eq!(told(answer), (Code::PermissionDenied, "SCOPE_MISSING".to_owned()));
    let answer = said(client.create_metric(Request::new(request)).await);
    assert_eq!(told(answer), (Code::Unauthenticated, "UNAUTHENTICATED".to_owned()));
    let letters = said(client.list_dead_letters(world.ask(pb::ListDeadLettersRequest::default())).await);
    assert_eq!(told(letters), (Code::PermissionDenied, "SCOPE_MISSING".to_owned()));
    let metrics = pb::ListMetricsRequest::default();
    assert!(client.list_metrics(ask(world.tenant, "scorecard.read", metrics)).await.is_ok());
}
