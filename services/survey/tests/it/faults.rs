//! What holds when the database does not do what it is asked.

use std::sync::Arc;

use arki_proto::survey::v1 as pb;
use arki_rpc::Failure;
use arki_test_support::{on_each_database, told};
use tokio::sync::Notify;
use tonic::Code;

use crate::house::{House, number};

on_each_database!(
    when_the_commit_of_a_group_fails_nobody_is_told_that_it_is_stored,
    when_the_opening_fails_half_way_nobody_is_invited,
);

async fn when_the_commit_of_a_group_fails_nobody_is_told_that_it_is_stored(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let invitations = house.invitations(&wave).await;
    house.executes("ALTER TABLE response RENAME TO response_away").await;
    let all = invitations.iter().map(|one| house.submits(&one.token, vec![number("recommend", 7)]));
    let all = futures::future::join_all(all).await;
    assert!(all.iter().all(Result::is_err), "{all:?}");
    house.executes("ALTER TABLE response_away RENAME TO response").await;
    // Nothing of it has happened, so each can be sent again, and is then new.
    assert_eq!(house.count("response").await, 0);
    for invitation in &invitations {
        assert!(!house.submits(&invitation.token, vec![number("recommend", 7)]).await.unwrap());
    }
    assert_eq!(house.sees(&wave).await.responses, 15);
    assert_eq!(house.closes(&wave).await.unwrap().responses, 16);
}

async fn when_the_opening_fails_half_way_nobody_is_invited(house: House) {
    let version = house.publishes(crate::house::questionnaire()).await;
    let wave = crate::house::wave(&version, pb::WaveAudience::Employees, pb::Anonymity::Confidential);
    let draft = house.creates(wave).await;
    house.executes("ALTER TABLE roster RENAME TO roster_away").await;
    assert!(house.opens(&draft).await.is_err());
    house.executes("ALTER TABLE roster_away RENAME TO roster").await;
    assert_eq!(house.count("invitation").await, 0);
    assert_eq!(house.sees(&draft).await, draft);
    assert_eq!(house.opens(&draft).await.unwrap().invitations, 16);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once_and_loses_nothing_that_it_took() {
    let house = House::with_a_short_queue().await;
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let invitations = house.invitations(&wave).await;
    // Somebody else holds the file, so that no commit gets through until it is let go.
    let (held, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (holding, released) = (held.clone(), release.clone());
    let holder = house.store.write("Hold", move |_| {
        let (holding, released) = (holding.clone(), released.clone());
        Box::pin(async move {
            holding.notify_one();
            released.notified().await;
            Ok::<(), arki_database::Error>(())
        })
    });
    let submitters = async {
        held.notified().await;
        let submit = |one: &pb::Invitation| {
            let (token, house, release) = (one.token.clone(), &house, release.clone());
            async move {
                let result = house.submits(&token, vec![number("recommend", 5)]).await;
                if result.is_err() {
                    // The first refusal shows that the queue was full while nothing moved.
                    release.notify_one();
                }
                result
            }
        };
        futures::future::join_all(invitations.iter().map(submit)).await
    };
    let (held, all) = futures::join!(holder, submitters);
    held.unwrap();
    let (stored, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    for refusal in refused.iter().map(|result| result.as_ref().unwrap_err()) {
        assert_eq!(told(refusal), (Code::ResourceExhausted, "OVERLOADED".to_owned()));
        assert!(Failure::from_status(refusal).retry_after.is_some());
    }
    assert!(!refused.is_empty() && !stored.is_empty(), "{} stored, {} refused", stored.len(), refused.len());
    assert_eq!(house.count("response").await, stored.len());
}
