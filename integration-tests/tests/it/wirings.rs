//! One body, two wirings.

/// Stamps a test onto `arki` alone on SQLite and onto six processes on PostgreSQL and NATS.
macro_rules! in_both_wirings {
    ($($body:ident),+ $(,)?) => {
        mod alone {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $body() {
                    let suite = arki_integration_tests::Suite::start(arki_integration_tests::Wiring::Alone).await.unwrap();
                    Box::pin(super::$body(suite.unwrap())).await.unwrap();
                }
            )+
        }
        mod six_processes {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $body() {
                    let suite = arki_integration_tests::Suite::start(arki_integration_tests::Wiring::Six).await.unwrap();
                    if let Some(suite) = suite {
                        Box::pin(super::$body(suite)).await.unwrap();
                    }
                }
            )+
        }
    };
}

pub(crate) use in_both_wirings;
