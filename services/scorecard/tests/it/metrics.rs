//! Metrics: what may be said of one, how it changes, and how it is looked at.

use arki_proto::scorecard::v1 as pb;
use arki_test_support::{TestDatabase, fields, on_each_database, said, text, told};
use chrono::NaiveDate;
use tonic::Code;

use crate::wave::{date, march, question};
use crate::world::World;

on_each_database!(
    a_metric_is_created_read_and_listed_as_it_was_given,
    another_computation_is_another_version_and_another_name_is_not,
    a_lost_update_is_refused,
    an_update_touches_what_its_mask_names,
    faults_of_a_metric_are_all_told_at_once,
    no_more_headlines_than_the_tenant_may_have,
    a_headline_says_why_it_matters_to_the_customer,
    a_review_sets_the_next_one_and_a_retired_metric_stays_as_it_is,
    a_fit_needs_its_profile_and_the_same_question,
    a_retry_gets_the_first_answer_and_the_id_serves_no_other_request,
    metrics_come_in_pages,
);

fn relevance() -> Option<pb::CustomerRelevance> {
    Some(pb::CustomerRelevance { score: 9, evidence: "Named first by 40 of 52 callers".to_owned() })
}

fn headline(world: &World) -> pb::Metric {
    pb::Metric {
        headline: true,
        customer_relevance: relevance(),
        ..world.whole_metric(pb::MetricKind::Nps, "recommend")
    }
}

async fn a_metric_is_created_read_and_listed_as_it_was_given(database: TestDatabase) {
    let world = World::start(database).await;
    let given = pb::Metric {
        meanings: vec![
            pb::BandMeaning { from: -100.0, words: text("fi", "Moni varoittaa meistä") },
            pb::BandMeaning { from: 12.5, words: text("fi", "Moni kertoo meistä") },
        ],
        ..headline(&world)
    };
    let created = world.creates_metric(given.clone()).await.unwrap();
    assert!(created.name.starts_with("metrics/met_"));
    assert_eq!((created.version, created.state.as_str(), created.etag.as_str()), (1, "active", "1"));
    let expected = pb::Metric {
        name: created.name.clone(),
        version: 1,
        state: "active".to_owned(),
        create_time: created.create_time,
        update_time: created.create_time,
        etag: "1".to_owned(),
        ..given
    };
    assert_eq!(created, expected);
    let request = pb::GetMetricRequest { name: created.name.clone() };
    let read = said(world.client().get_metric(world.ask(request)).await).unwrap();
    assert_eq!(read.metric.as_ref(), Some(&created));
    let listed = said(world.client().list_metrics(world.ask(pb::ListMetricsRequest::default())).await);
    assert_eq!(listed.unwrap().metrics, [created]);
}

async fn another_computation_is_another_version_and_another_name_is_not(database: TestDatabase) {
    let world = World::start(database).await;
    let first = world.creates_metric(world.whole_metric(pb::MetricKind::Favourable, "heard")).await.unwrap();
    let renamed = pb::Metric { display_name: "Heard".to_owned(), ..first.clone() };
    let renamed = world.updates_metric(renamed, &["display_name"]).await.unwrap();
    assert_eq!((renamed.version, renamed.etag.as_str()), (1, "2"));
    let turned = pb::Metric { reversed: true, ..renamed };
    let turned = world.updates_metric(turned, &["*"]).await.unwrap();
    assert_eq!((turned.version, turned.reversed, turned.etag.as_str()), (2, true, "3"));
    // Back to the first computation is a third series, and no gap is left in between.
    let back = pb::Metric { reversed: false, ..turned };
    assert_eq!(world.updates_metric(back, &[]).await.unwrap().version, 3);
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let world = World::start(database).await;
    let metric = world.creates_metric(world.whole_metric(pb::MetricKind::Csat, "pleased")).await.unwrap();
    let mine = pb::Metric { display_name: "Mine".to_owned(), ..metric.clone() };
    world.updates_metric(mine, &["display_name"]).await.unwrap();
    let theirs = pb::Metric { display_name: "Theirs".to_owned(), ..metric };
    let refusal = world.updates_metric(theirs, &["display_name"]).await.unwrap_err();
    assert_eq!((refusal.code, &*refusal.reason), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(refusal.metadata["etag"], "2");
}

async fn an_update_touches_what_its_mask_names(database: TestDatabase) {
    let world = World::start(database).await;
    let metric = world.creates_metric(world.whole_metric(pb::MetricKind::Csat, "pleased")).await.unwrap();
    let bare =
        pb::Metric { name: metric.name.clone(), customer_relevance: relevance(), ..pb::Metric::default() };
    let updated = world.updates_metric(bare.clone(), &["customer_relevance"]).await.unwrap();
    assert_eq!((updated.customer_relevance, updated.display_name), (relevance(), metric.display_name));
    let refusal = world.updates_metric(bare.clone(), &["colour"]).await.unwrap_err();
    assert_eq!((&*refusal.reason, refusal.metadata["path"].as_str()), ("UPDATE_MASK_INVALID", "colour"));
    let nowhere = pb::Metric { name: "metrics/met_00000000000000000000000001".to_owned(), ..bare };
    let refusal = world.updates_metric(nowhere, &["customer_relevance"]).await;
    assert_eq!(told(refusal), (Code::NotFound, "METRIC_NOT_FOUND".to_owned()));
}

async fn faults_of_a_metric_are_all_told_at_once(database: TestDatabase) {
    let world = World::start(database).await;
    let wrong = pb::Metric {
        reversed: true,
        target_profile: "targetProfiles/tpr_00000000000000000000000001".to_owned(),
        meanings: vec![
            pb::BandMeaning { from: 50.0, words: text("en", "Good") },
            pb::BandMeaning { from: 50.0, words: text("en", "Better") },
        ],
        ..world.whole_metric(pb::MetricKind::Csat, "pleased")
    };
    let refusal = world.creates_metric(wrong).await.unwrap_err();
    assert_eq!((refusal.code, &*refusal.reason), (Code::InvalidArgument, "METRIC_INVALID"));
    let fields: Vec<_> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["metric.reversed", "metric.target_profile", "metric.meanings[1].from"]);
    let empty = world.creates_metric(pb::Metric::default()).await.unwrap_err();
    assert_eq!((empty.code, &*empty.reason), (Code::InvalidArgument, "INVALID_FIELDS"));
    assert!(empty.violations.iter().any(|violation| violation.field == "metric.review_day"));
}

async fn no_more_headlines_than_the_tenant_may_have(database: TestDatabase) {
    let world = World::start(database).await;
    let first = world.creates_metric(headline(&world)).await.unwrap();
    world.creates_metric(headline(&world)).await.unwrap();
    let refusal = world.creates_metric(headline(&world)).await.unwrap_err();
    assert_eq!((refusal.code, &*refusal.reason), (Code::FailedPrecondition, "TOO_MANY_HEADLINES"));
    assert_eq!(refusal.metadata["cap"], "2");
    let ordinary = pb::Metric { headline: false, ..headline(&world) };
    let ordinary = world.creates_metric(ordinary).await.unwrap();
    let raised = pb::Metric { headline: true, ..ordinary.clone() };
    assert_eq!(told(world.updates_metric(raised.clone(), &["headline"]).await).1, "TOO_MANY_HEADLINES");
    // A lower cap takes nobody's place away, and a retired metric leaves one.
    world.house_rules("en", 1);
    let still = pb::Metric { display_name: "Still at the top".to_owned(), ..first };
    world.updates_metric(still, &["display_name", "headline"]).await.unwrap();
    world.house_rules("en", 3);
    world.updates_metric(raised, &["headline"]).await.unwrap();
}

async fn a_headline_says_why_it_matters_to_the_customer(database: TestDatabase) {
    let world = World::start(database).await;
    let bare = pb::Metric { customer_relevance: None, ..headline(&world) };
    let refusal = world.creates_metric(bare).await;
    assert_eq!(fields(Err::<(), _>(refusal.unwrap_err())), ["metric.customer_relevance"]);
    let metric = world.creates_metric(headline(&world)).await.unwrap();
    let bare = pb::Metric { customer_relevance: None, ..metric };
    let refusal = world.updates_metric(bare, &["customer_relevance"]).await;
    assert_eq!(told(refusal), (Code::FailedPrecondition, "CUSTOMER_RELEVANCE_MISSING".to_owned()));
}

async fn a_review_sets_the_next_one_and_a_retired_metric_stays_as_it_is(database: TestDatabase) {
    let world = World::start(database).await;
    let metric = world.creates_metric(world.whole_metric(pb::MetricKind::Csat, "pleased")).await.unwrap();
    let review = |verdict: pb::ReviewVerdict, next| pb::ReviewMetricRequest {
        name: metric.name.clone(),
        verdict: verdict.into(),
        reason: "Looked at by the customer council".to_owned(),
        next_review_day: next,
        ..Default::default()
    };
    let reviews = async |request| {
        said(world.client().review_metric(world.ask(request)).await).map(|response| response.metric.unwrap())
    };
    for wrong in [None, date(march(21)), date(march(1))] {
        assert_eq!(fields(reviews(review(pb::ReviewVerdict::Keep, wrong)).await), ["next_review_day"]);
    }
    let kept = reviews(review(pb::ReviewVerdict::Keep, date(march(22)))).await.unwrap();
    assert_eq!((kept.review_day, kept.etag.as_str()), (date(march(22)), "2"));
    let changed = reviews(review(pb::ReviewVerdict::Change, date(march(30)))).await.unwrap();
    assert_eq!((changed.review_day, changed.version), (date(march(30)), 1));
    let again = pb::ReviewMetricRequest {
        request_id: "r1".to_owned(),
        ..review(pb::ReviewVerdict::Keep, date(march(31)))
    };
    let first = reviews(again.clone()).await.unwrap();
    world.clock.set("2026-03-31T12:00:00Z");
    assert_eq!(reviews(again).await.unwrap(), first, "a retry gets the first answer on a later day too");
    let retired = reviews(review(pb::ReviewVerdict::Retire, None)).await.unwrap();
    assert_eq!(retired.state, "retired");
    let later = date(NaiveDate::from_ymd_opt(2026, 4, 30).unwrap());
    let again = reviews(review(pb::ReviewVerdict::Keep, later)).await;
    assert_eq!(told(again), (Code::FailedPrecondition, "METRIC_RETIRED".to_owned()));
    let renamed =
        world.updates_metric(pb::Metric { etag: String::new(), ..retired }, &["display_name"]).await;
    assert_eq!(told(renamed), (Code::FailedPrecondition, "METRIC_RETIRED".to_owned()));
    let nowhere = pb::ReviewMetricRequest {
        name: "metrics/met_00000000000000000000000001".to_owned(),
        ..review(pb::ReviewVerdict::Retire, None)
    };
    assert_eq!(told(reviews(nowhere).await).1, "METRIC_NOT_FOUND");
}

async fn a_fit_needs_its_profile_and_the_same_question(database: TestDatabase) {
    let world = World::start(database).await;
    let profile = world.creates_profile(world.whole_profile()).await.unwrap();
    let fit = pb::Metric {
        target_profile: profile.name.clone(),
        ..world.whole_metric(pb::MetricKind::EmotionFit, "felt")
    };
    world.creates_metric(fit.clone()).await.unwrap();
    let other = pb::Metric { question: question(world.questionnaire, "feels"), ..fit.clone() };
    let refusal = world.creates_metric(other).await.unwrap_err();
    assert_eq!(
        (&*refusal.reason, refusal.violations[0].field.as_str()),
        ("METRIC_INVALID", "metric.question")
    );
    let unknown =
        pb::Metric { target_profile: "targetProfiles/tpr_00000000000000000000000001".to_owned(), ..fit };
    let refusal = world.creates_metric(unknown).await;
    assert_eq!(told(refusal), (Code::NotFound, "TARGET_PROFILE_NOT_FOUND".to_owned()));
}

async fn a_retry_gets_the_first_answer_and_the_id_serves_no_other_request(database: TestDatabase) {
    let world = World::start(database).await;
    let request = pb::CreateMetricRequest {
        metric: Some(world.whole_metric(pb::MetricKind::Nps, "recommend")),
        request_id: "r1".to_owned(),
    };
    let create = async |request| said(world.client().create_metric(world.ask(request)).await);
    let first = create(request.clone()).await.unwrap();
    assert_eq!(create(request.clone()).await.unwrap(), first);
    let listed = said(world.client().list_metrics(world.ask(pb::ListMetricsRequest::default())).await);
    assert_eq!(listed.unwrap().metrics.len(), 1);
    let other = pb::CreateMetricRequest {
        metric: Some(world.whole_metric(pb::MetricKind::Csat, "pleased")),
        ..request
    };
    assert_eq!(told(create(other).await), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
}

async fn metrics_come_in_pages(database: TestDatabase) {
    let world = World::start(database).await;
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(world.metric(pb::MetricKind::Nps, "recommend").await);
    }
    let mut request = pb::ListMetricsRequest { page_size: 2, page_token: String::new() };
    let mut seen = Vec::new();
    loop {
        let page = said(world.client().list_metrics(world.ask(request.clone())).await).unwrap();
        seen.extend(page.metrics.into_iter().map(|metric| metric.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, names);
    let forged = pb::ListMetricsRequest { page_token: "x".to_owned(), ..request };
    let refusal = said(world.client().list_metrics(world.ask(forged)).await);
    assert_eq!(told(refusal), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
}
