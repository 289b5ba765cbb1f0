use arki_test_support::TestDatabase;
use arki_words::Words;
use chrono::TimeDelta;

use super::*;
use crate::domain::{
    Audience, AudienceKind, Campaign, Home, LocalTime, MessageContent, MessageKind, NewCampaign, Schedule,
};
use crate::storage::deliveries::{self, Planned};
use crate::storage::{Migrator, campaigns};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn terms(minutes: i64, repeatable: bool) -> Terms {
    let now = now() + TimeDelta::minutes(minutes);
    Terms { now, lease_end: now + TimeDelta::minutes(10), limit: 100, repeatable }
}

/// A store on each database. The database goes with it.
async fn stores() -> Vec<(Store, TestDatabase)> {
    let mut stores = Vec::new();
    for database in TestDatabase::each() {
        let store = Store::connect(&database.config).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        stores.push((store, database));
    }
    stores
}

struct Case {
    tenant: TenantId,
    campaign: Campaign,
    time: LocalTime,
}

/// A running campaign with so many deliveries that are due.
async fn due(store: &Store, count: usize) -> Case {
    let tenant = TenantId::generate();
    let content = MessageContent {
        kind: MessageKind::Focus,
        subject: Words::new("en", "Subject"),
        body: Words::new("en", "Body"),
        why: Words::default(),
        what_stays: Words::default(),
        where_to_get_help: Words::default(),
        comprehension: None,
    };
    let message = Message::new(MessageId::generate(), content, now()).unwrap();
    let new = NewCampaign {
        display_name: "Autumn".to_owned(),
        message: message.id,
        audience: Audience { kind: AudienceKind::Employee, units: Vec::new(), roles: Vec::new() },
        schedule: Schedule::parse("2027-01-15T10:00", "", "schedule").unwrap(),
        missed_policy: MissedPolicy::Send,
        is_critical: false,
    };
    let home = Home { zone: chrono_tz::UTC, language: "en".to_owned() };
    let campaign = Campaign::new(CampaignId::generate(), new, now()).activate(home, now()).unwrap();
    let time = campaign.schedule.start();
    let (owner, told) = (campaign.clone(), message.clone());
    store
        .write("Prepare", move |tx| {
            let (campaign, message) = (owner.clone(), told.clone());
            Box::pin(async move {
                messages::insert(tx, tenant, &message).await?;
                campaigns::insert(tx, tenant, &campaign).await?;
                let lease = now() + TimeDelta::minutes(1);
                occurrences::claim(tx, tenant, campaign.id, message.id, time, now(), lease).await?;
                let planned: Vec<_> = (0..count)
                    .map(|_| Planned {
                        id: DeliveryId::generate(),
                        person: PersonId::generate(),
                        unit: None,
                        language: "en".to_owned(),
                        due_time: now(),
                        skipped: None,
                        token: PageToken::new(tenant, rand::random()),
                    })
                    .collect();
                deliveries::insert(tx, tenant, campaign.id, message.id, time, &planned).await
            })
        })
        .await
        .unwrap();
    Case { tenant, campaign, time }
}

fn all(batch: &Batch, outcome: &Outcome) -> Vec<(Key, Outcome)> {
    batch.deliveries.iter().map(|delivery| (delivery.key.clone(), outcome.clone())).collect()
}

impl Case {
    async fn states(&self, store: &Store) -> Vec<DeliveryState> {
        let page = arki_database::page::PageRequest::default();
        let found =
            deliveries::list(store.reader(), self.tenant, self.campaign.id, None, &page).await.unwrap();
        found.items.into_iter().map(|delivery| delivery.state).collect()
    }

    async fn sent(&self, store: &Store) -> i64 {
        let to = LocalTime::new(self.time.naive() + TimeDelta::seconds(1));
        occurrences::list_between(store.reader(), self.tenant, self.time, to, 10).await.unwrap()[0].sent
    }
}

#[tokio::test]
async fn a_claim_is_for_one_and_what_came_of_it_is_written_once() {
    for (store, _database) in stores().await {
        let case = due(&store, 5).await;
        let batch = exchange(&store, &[], terms(0, true)).await.unwrap();
        assert_eq!((batch.deliveries.len(), batch.messages.len()), (5, 1));
        assert_eq!(exchange(&store, &[], terms(1, true)).await.unwrap().seen, 0);
        let settled = all(&batch, &Outcome::Sent);
        for _ in 0..2 {
            exchange(&store, &settled, terms(2, true)).await.unwrap();
        }
        assert_eq!(case.states(&store).await, [DeliveryState::Sent; 5]);
        assert_eq!(case.sent(&store).await, 5);
    }
}

#[tokio::test]
async fn whoever_comes_back_after_the_lease_settles_nothing() {
    for (store, _database) in stores().await {
        let case = due(&store, 2).await;
        let stale = exchange(&store, &[], terms(0, true)).await.unwrap();
        let fresh = exchange(&store, &[], terms(10, true)).await.unwrap();
        assert_eq!(fresh.deliveries.len(), 2);
        exchange(&store, &all(&stale, &Outcome::Failed("stale".to_owned())), terms(11, true)).await.unwrap();
        assert_eq!(case.states(&store).await, [DeliveryState::Sending; 2]);
        exchange(&store, &all(&fresh, &Outcome::Sent), terms(12, true)).await.unwrap();
        exchange(&store, &all(&stale, &Outcome::Sent), terms(13, true)).await.unwrap();
        assert_eq!(case.states(&store).await, [DeliveryState::Sent; 2]);
        assert_eq!(case.sent(&store).await, 2);
    }
}

#[tokio::test]
async fn a_lease_that_ended_is_of_unknown_outcome_where_sending_twice_is_twice() {
    for (store, _database) in stores().await {
        let case = due(&store, 1).await;
        let lost = exchange(&store, &[], terms(0, false)).await.unwrap();
        let next = exchange(&store, &[], terms(10, false)).await.unwrap();
        assert_eq!((next.seen, next.deliveries.len()), (1, 0));
        assert_eq!(case.states(&store).await, [DeliveryState::Unknown]);
        exchange(&store, &all(&lost, &Outcome::Sent), terms(11, false)).await.unwrap();
        assert_eq!(case.states(&store).await, [DeliveryState::Unknown]);
        assert_eq!(case.sent(&store).await, 0);
    }
}

#[tokio::test]
async fn what_is_put_off_comes_back_when_it_is_time() {
    for (store, _database) in stores().await {
        due(&store, 1).await;
        let batch = exchange(&store, &[], terms(0, true)).await.unwrap();
        let later = Outcome::Later { at: now() + TimeDelta::minutes(5), problem: "later".to_owned() };
        assert_eq!(exchange(&store, &all(&batch, &later), terms(1, true)).await.unwrap().seen, 0);
        assert_eq!(exchange(&store, &[], terms(4, true)).await.unwrap().seen, 0);
        let again = exchange(&store, &[], terms(5, true)).await.unwrap();
        assert_eq!(again.deliveries[0].attempts, 2);
        let back = Outcome::Back { at: now() + TimeDelta::minutes(6), problem: "away".to_owned() };
        exchange(&store, &all(&again, &back), terms(5, true)).await.unwrap();
        let third = exchange(&store, &[], terms(6, true)).await.unwrap();
        assert_eq!(third.deliveries[0].attempts, 2, "what was not tried does not count");
    }
}

#[tokio::test]
async fn a_delivery_that_can_not_be_read_does_not_stop_the_others() {
    for (store, _database) in stores().await {
        let case = due(&store, 3).await;
        store
            .write("Spoil", |tx| {
                Box::pin(async move {
                    use sea_orm::ConnectionTrait;
                    tx.execute_unprepared(
                        "UPDATE delivery SET token_secret = NULL \
                         WHERE delivery_id = (SELECT min(delivery_id) FROM delivery)",
                    )
                    .await?;
                    Ok::<_, Error>(())
                })
            })
            .await
            .unwrap();
        let batch = exchange(&store, &[], terms(0, true)).await.unwrap();
        assert_eq!(batch.deliveries.len(), 2);
        assert_eq!(
            case.states(&store).await,
            [DeliveryState::Failed, DeliveryState::Sending, DeliveryState::Sending]
        );
    }
}
