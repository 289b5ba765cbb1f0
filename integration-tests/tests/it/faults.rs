//! A power cut in the middle of the work: what was acknowledged is there once, and nothing twice.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use arki_integration_tests::Suite;
use futures::StreamExt as _;
use serde_json::json;

use crate::{
    faults_load::{Asked, answer, asked},
    wirings::in_both_wirings,
};

in_both_wirings!(every_acknowledged_response_survives_a_power_cut_once);

const PEOPLE: usize = 1500;

async fn every_acknowledged_response_survives_a_power_cut_once(mut suite: Suite) -> Result<()> {
    let Asked { wave, tokens, question: _ } = asked(&suite.api(), PEOPLE).await?;
    assert_eq!(tokens.len(), PEOPLE);
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let cut = Arc::new(AtomicBool::new(false));
    let api = suite.api().with_key("");
    let mut burst = tokio::task::JoinSet::new();
    {
        let (api, acknowledged, cut, tokens) =
            (api.clone(), acknowledged.clone(), cut.clone(), tokens.clone());
        burst.spawn(async move {
            futures::stream::iter(tokens.into_iter().enumerate())
                .for_each_concurrent(64, |(place, token)| {
                    let (api, acknowledged, cut) = (api.clone(), acknowledged.clone(), cut.clone());
                    async move {
                        // After the cut nobody hurries: the rest is for the retry.
                        if cut.load(Ordering::Relaxed) {
                            return;
                        }
                        let reply = api.post(&format!("/v1/forms/{token}:submit"), &answer(place)).await;
                        if reply.is_ok_and(|reply| reply.status.is_success()) {
                            acknowledged.lock().unwrap().insert(place);
                        }
                    }
                })
                .await;
        });
    }
    let enough = rand::random_range(100..900);
    eprintln!("the power is cut after {enough} acknowledged responses");
    tokio::time::timeout(Duration::from_secs(60), async {
        while acknowledged.lock().unwrap().len() < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .context("the burst is too slow")?;
    suite.cut_the_power().await?;
    cut.store(true, Ordering::Relaxed);
    burst.join_all().await;

    // Every one retries with the same answer: those that were acknowledged must say so, and none may count twice.
    let acknowledged = acknowledged.lock().unwrap().clone();
    let api = suite.api().with_key("");
    let failures: Vec<String> = futures::stream::iter(tokens.iter().enumerate())
        .map(|(place, token)| {
            let (api, was) = (api.clone(), acknowledged.contains(&place));
            async move {
                let reply = api.post(&format!("/v1/forms/{token}:submit"), &answer(place)).await.ok()?;
                if !reply.status.is_success() {
                    return Some(format!("{place}: {} {}", reply.status, reply.body));
                }
                (was && reply.body["replayed"] != true)
                    .then(|| format!("{place} was acknowledged and is gone"))
            }
        })
        .buffer_unordered(64)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(failures.is_empty(), "{} of {PEOPLE}: {:?}", failures.len(), failures.first());
    let closed = suite.api().post(&format!("/v1/{wave}:close"), &json!({})).await?.ok()?;
    assert_eq!(closed["responses"], PEOPLE.to_string(), "counted twice or lost");
    Ok(())
}
