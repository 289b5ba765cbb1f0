use arki_gateway::Config;
use arki_process::Tasks;
#[tokio::test]
async fn tmp_serve() {
    if std::env::var("ARKI_TMP").is_err() { return; }
    let house = crate::house::House::with(Config::default()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:18490").await.unwrap();
    let tasks = Tasks::new();
    tasks.spawn("port", arki_gateway::serve(listener, house.gateway.clone(), tasks.clone()));
    tokio::time::sleep(std::time::Duration::from_secs(400)).await;
}
