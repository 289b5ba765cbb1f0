//! The queue of deliveries: retries, fences, fairness, replay, and what is forgotten.

use std::collections::BTreeSet;

use arki_database::Store;
use arki_directory::domain::webhook::schedule::ATTEMPTS;
use arki_directory::storage::webhooks::sweep::sweep;
use arki_proto::directory::v1 as pb;
use arki_proto::event::v1::WebhookEndpointDisabled;
use arki_rpc::time::timestamp;
use arki_test_support::on_each_database;
use chrono::TimeDelta;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;

use crate::server::Server;
use crate::webhook_user::{WebhookUser, endpoint};

on_each_database!(
    what_fails_is_tried_again_under_the_same_id_and_ends_as_a_dead_letter,
    a_receiver_that_was_away_for_two_hours_gets_everything,
    whoever_comes_back_too_late_counts_for_nothing,
    gone_disables_at_once_and_what_waits_comes_after_enabling,
    five_days_of_failures_disable_and_tell,
    one_endpoint_with_a_backlog_leaves_room_for_others,
    a_rate_is_kept,
    what_is_old_is_forgotten,
    what_is_listed_is_what_was_asked_for,
    an_event_that_comes_again_in_any_order_is_one_delivery,
);

/// An endpoint with deliveries of `count` units that wait.
async fn waiting(server: &Server, user: &WebhookUser, count: usize) -> pb::WebhookEndpoint {
    let (made, _) = user.create(endpoint(&["arki.directory.unit.changed.v1"])).await;
    for number in 0..count {
        server.admin.unit(&format!("Unit {number}"), "").await;
    }
    user.deliveries(&made.name, count).await;
    made
}

async fn what_fails_is_tried_again_under_the_same_id_and_ends_as_a_dead_letter(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let made = waiting(&server, &user, 1).await;
    let mut ids = Vec::new();
    let mut timestamps = Vec::new();
    for attempt in 1..=ATTEMPTS {
        let claimed = gateway.claim(10).await;
        assert_eq!(claimed.len(), 1, "attempt {attempt}");
        ids.push(claimed[0].webhook_id.clone());
        timestamps.push(claimed[0].webhook_timestamp);
        assert!(gateway.report(&claimed[0], 500).await);
        assert!(gateway.claim(10).await.is_empty(), "there is a pause after attempt {attempt}");
        server.wait(TimeDelta::hours(13));
    }
    ids.dedup();
    timestamps.dedup();
    assert_eq!((ids.len(), timestamps.len()), (1, ATTEMPTS as usize), "one id, a timestamp for each attempt");
    assert!(gateway.claim(10).await.is_empty(), "the last attempt was the last");
    let dead = user.deliveries(&made.name, 1).await.remove(0);
    assert_eq!((dead.state(), dead.attempt_count), (pb::WebhookDeliveryState::Dead, ATTEMPTS as i32));

    // One is replayed by name, all by time.
    let replay = pb::ReplayWebhookDeliveryRequest { name: dead.name.clone(), ..Default::default() };
    let again = user.replay_webhook_delivery(replay).await.unwrap().webhook_delivery.unwrap();
    assert_eq!(again.state(), pb::WebhookDeliveryState::Pending);
    let claimed = gateway.claim(10).await;
    assert_eq!(claimed[0].webhook_id, ids[0]);
    assert!(gateway.report(&claimed[0], 410).await);
    let enable = pb::EnableWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
    user.enable_webhook_endpoint(enable).await.unwrap();
    let recover = |since| pb::RecoverWebhookDeliveriesRequest {
        name: made.name.clone(),
        since_time: since,
        request_id: String::new(),
    };
    let later = Some(timestamp(server.now()));
    assert_eq!(user.recover_webhook_deliveries(recover(later)).await.unwrap().deliveries, 0);
    assert_eq!(user.recover_webhook_deliveries(recover(None)).await.unwrap().deliveries, 1);
    let claimed = gateway.claim(10).await;
    assert!(gateway.report(&claimed[0], 200).await);
    let get = pb::GetWebhookDeliveryRequest { name: dead.name };
    let log = user.get_webhook_delivery(get).await.unwrap().webhook_delivery.unwrap().attempts;
    let statuses: Vec<_> = log.iter().map(|attempt| attempt.status_code).collect();
    assert_eq!(statuses[..3], [200, 410, 500]);
    assert_eq!(log.len(), ATTEMPTS as usize + 2);
}

async fn a_receiver_that_was_away_for_two_hours_gets_everything(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let made = waiting(&server, &user, 30).await;
    let back = server.now() + TimeDelta::hours(2);
    while server.now() < back {
        for claimed in gateway.claim(100).await {
            assert!(gateway.report(&claimed, 0).await);
        }
        server.wait(TimeDelta::minutes(3));
    }
    for _ in 0..200 {
        let claimed = gateway.claim(100).await;
        gateway.report_all(&claimed, 200).await;
        server.wait(TimeDelta::minutes(30));
    }
    let after = user.deliveries(&made.name, 30).await;
    assert!(after.iter().all(|one| one.state() == pb::WebhookDeliveryState::Delivered), "{after:?}");
    assert!(after.iter().all(|one| one.attempt_count > 1));
    assert!(user.endpoint(&made.name).await.failing_since_time.is_none());
}

async fn whoever_comes_back_too_late_counts_for_nothing(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let made = waiting(&server, &user, 1).await;
    let stale = gateway.claim(10).await.remove(0);
    server.wait(TimeDelta::seconds(61));
    // The process that had it is gone, or only slow: somebody else gets it, with a higher fence.
    let fresh = gateway.claim(10).await.remove(0);
    assert_eq!(fresh.webhook_id, stale.webhook_id);
    assert!(fresh.fence > stale.fence);
    assert!(!gateway.report(&stale, 500).await, "the fence");
    assert!(gateway.report(&fresh, 200).await);
    assert!(!gateway.report(&fresh, 200).await, "once");
    assert!(!gateway.report(&stale, 410).await);
    let after = user.deliveries(&made.name, 1).await.remove(0);
    assert_eq!((after.state(), after.attempt_count), (pb::WebhookDeliveryState::Delivered, 1));
    assert!(user.endpoint(&made.name).await.enabled, "the late 410 disabled nothing");
}

async fn gone_disables_at_once_and_what_waits_comes_after_enabling(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let made = waiting(&server, &user, 3).await;
    let claimed = gateway.claim(1).await;
    assert!(gateway.report(&claimed[0], 410).await);
    let gone = user.endpoint(&made.name).await;
    assert_eq!((gone.enabled, gone.disabled_reason()), (false, pb::WebhookDisabledReason::Gone));
    let told: Vec<WebhookEndpointDisabled> = server.events(1).await;
    assert_eq!((told[0].webhook_endpoint.as_str(), told[0].reason.as_str()), (made.name.as_str(), "gone"));
    server.wait(TimeDelta::days(2));
    assert!(gateway.claim(10).await.is_empty());
    server.admin.unit("Meanwhile", "").await;
    user.deliveries(&made.name, 4).await;
    assert!(gateway.claim(10).await.is_empty());
    let enable = pb::EnableWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
    user.enable_webhook_endpoint(enable).await.unwrap();
    assert_eq!(gateway.claim(10).await.len(), 2, "a quarter of what is asked for is one endpoint's");
    assert_eq!(gateway.claim(100).await.len(), 1);
}

async fn five_days_of_failures_disable_and_tell(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let made = waiting(&server, &user, 1).await;
    let began = server.now();
    let mut days = 0;
    while user.endpoint(&made.name).await.enabled {
        assert!(days < 12, "it is still enabled");
        server.admin.unit(&format!("Half a day later {days}"), "").await;
        user.deliveries(&made.name, days + 2).await;
        loop {
            let claimed = gateway.claim(100).await;
            if claimed.is_empty() {
                break;
            }
            gateway.report_all(&claimed, 503).await;
        }
        days += 1;
        server.wait(TimeDelta::hours(12));
    }
    assert!(server.now() - began >= TimeDelta::days(5), "{}", server.now());
    let failing = user.endpoint(&made.name).await;
    assert_eq!(failing.disabled_reason(), pb::WebhookDisabledReason::Failing);
    let told: Vec<WebhookEndpointDisabled> = server.events(1).await;
    assert_eq!(told[0].reason, "failing");
}

async fn one_endpoint_with_a_backlog_leaves_room_for_others(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let slow = waiting(&server, &user, 60).await;
    // The slow one has all that it may have under way, and answers nothing.
    let mut held = 0;
    loop {
        let claimed = gateway.claim(100).await;
        if claimed.is_empty() {
            break;
        }
        held += claimed.len();
    }
    assert_eq!(held, 32);
    let (other, _) = user.create(endpoint(&["*"])).await;
    server.admin.unit("News", "").await;
    user.deliveries(&other.name, 1).await;
    user.deliveries(&slow.name, 61).await;
    let claimed = gateway.claim(4).await;
    assert_eq!(claimed.len(), 1, "the other one is served at once");
    // One that fails has two at a time, so that those that only fail leave room too.
    server.wait(TimeDelta::seconds(61));
    let mut dead = gateway.claim(1).await;
    assert!(gateway.report(&dead.remove(0), 500).await);
    server.wait(TimeDelta::seconds(61));
    let claimed = gateway.claim(1_000).await;
    assert_eq!(claimed.len(), 2 + 1, "two of the one that fails, and the other's");
}

async fn a_rate_is_kept(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let slow = pb::WebhookEndpoint { max_per_second: 2, ..endpoint(&["arki.directory.unit.changed.v1"]) };
    let (made, _) = user.create(slow).await;
    for number in 0..9 {
        server.admin.unit(&format!("Unit {number}"), "").await;
    }
    user.deliveries(&made.name, 9).await;
    let mut counts = Vec::new();
    for _ in 0..4 {
        let claimed = gateway.claim(1_000).await;
        counts.push(claimed.len());
        gateway.report_all(&claimed, 200).await;
        assert!(gateway.claim(1_000).await.is_empty());
        server.wait(TimeDelta::seconds(1));
    }
    assert_eq!(counts, [2, 2, 2, 2]);
}

async fn an_event_that_comes_again_in_any_order_is_one_delivery(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let made = waiting(&server, &user, 7).await;
    let mut again: Vec<_> = server.told().into_iter().cycle().take(3 * server.told().len()).collect();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    again.shuffle(&mut rand::rngs::StdRng::seed_from_u64(seed));
    for event in again {
        server.tell(event).await;
    }
    let deliveries = user.deliveries(&made.name, 7).await;
    let events: BTreeSet<_> = deliveries.iter().map(|one| one.event_id.as_str()).collect();
    assert_eq!((deliveries.len(), events.len()), (7, 7));
    // A bus that lost its store sends everything again from history: who came later hears nothing of it.
    server.wait(TimeDelta::minutes(1));
    let (late, _) = user.create(endpoint(&["*"])).await;
    for event in server.told() {
        server.tell(arki_events::Envelope { replay: true, ..event }).await;
    }
    assert_eq!(user.deliveries(&made.name, 7).await.len(), 7);
    assert!(user.deliveries(&late.name, 0).await.is_empty());
}

async fn what_is_old_is_forgotten(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let made = waiting(&server, &user, 3).await;
    let claimed = gateway.claim(4).await;
    gateway.report_all(&claimed, 200).await;
    server.wait(TimeDelta::days(31));
    server.admin.unit("New", "").await;
    user.deliveries(&made.name, 4).await;
    let store = Store::connect(&server.config.database).await.unwrap();
    let oldest = server.now() - TimeDelta::days(30);
    let swept: Result<u64, arki_database::Error> =
        store.claim("Sweep", move |tx| Box::pin(sweep(tx, oldest))).await;
    assert_eq!(swept.unwrap(), 3);
    let left = user.deliveries(&made.name, 1).await;
    assert_eq!(left.len(), 1);
    assert_eq!(gateway.claim(10).await.len(), 1, "what is new is there to be sent");
}

async fn what_is_listed_is_what_was_asked_for(server: Server) {
    let user = WebhookUser::of(&server, &server.admin);
    let gateway = WebhookUser::gateway(&server);
    let made = waiting(&server, &user, 3).await;
    let middle = server.now() + TimeDelta::minutes(30);
    server.wait(TimeDelta::hours(1));
    let ping = pb::PingWebhookEndpointRequest { name: made.name.clone(), ..Default::default() };
    user.ping_webhook_endpoint(ping).await.unwrap();
    let claimed = gateway.claim(4).await;
    gateway.report_all(&claimed, 200).await;
    let asked = |change: fn(&mut pb::ListWebhookDeliveriesRequest)| {
        let mut request =
            pb::ListWebhookDeliveriesRequest { endpoint: made.name.clone(), ..Default::default() };
        change(&mut request);
        request
    };
    let count = |request: pb::ListWebhookDeliveriesRequest| {
        let user = user.clone();
        async move { user.list_webhook_deliveries(request).await.unwrap().webhook_deliveries.len() }
    };
    assert_eq!(count(asked(|_| {})).await, 4);
    assert_eq!(count(asked(|request| request.set_state(pb::WebhookDeliveryState::Delivered))).await, 1);
    assert_eq!(count(asked(|request| request.set_state(pb::WebhookDeliveryState::Pending))).await, 3);
    assert_eq!(count(asked(|request| request.event_type = "arki.webhook.ping.v1".to_owned())).await, 1);
    let mut since = asked(|_| {});
    since.start_time = Some(timestamp(middle));
    assert_eq!(count(since).await, 1);
    let mut before = asked(|_| {});
    before.end_time = Some(timestamp(middle));
    assert_eq!(count(before).await, 3);

    let mut names = Vec::new();
    let mut request = asked(|request| request.page_size = 3);
    loop {
        let page = user.list_webhook_deliveries(request.clone()).await.unwrap();
        names.extend(page.webhook_deliveries.into_iter().map(|one| one.name));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let mut sorted = names.clone();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    sorted.dedup();
    assert_eq!((names.len(), &names), (4, &sorted), "each once, newest first");
}
