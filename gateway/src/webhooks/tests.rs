//! Attempts against receivers of this machine, and against what must not be reached.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arki_process::SystemClock;
use arki_proto::directory::v1 as pb;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::dial::{Dial, Lookup, system};
use super::send::Sender;

/// A receiver that answers every request with the same words, and counts connections.
struct Receiver {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    async fn answering(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, said) = (connections.clone(), heard.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut bytes = vec![0; 64 * 1024];
                let mut text = String::new();
                while !text.ends_with('}') {
                    match stream.read(&mut bytes).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => text.push_str(&String::from_utf8_lossy(&bytes[..read])),
                    }
                }
                said.lock().unwrap().push(text);
                if answer.is_empty() {
                    // Silence: the connection stays open until the other end gives up.
                    let _ = stream.read(&mut bytes).await;
                } else {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        });
        Self { address, connections, heard, _tasks: tasks }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn sender(allow_private: bool, lookup: Lookup, timeout: Duration) -> Sender {
    Sender::new(Dial::new(allow_private, lookup, None).unwrap(), timeout, Arc::new(SystemClock))
}

fn delivery(url: impl Into<String>) -> pb::ClaimedWebhookDelivery {
    pb::ClaimedWebhookDelivery {
        tenant: "tenants/ten_1".to_owned(),
        delivery: "webhookDeliveries/whd_1".to_owned(),
        fence: 3,
        url: url.into(),
        headers: [("x-team".to_owned(), "reports".to_owned())].into(),
        webhook_id: "evt_1".to_owned(),
        webhook_timestamp: 1_700_000_000,
        webhook_signature: "v1,abc v1,def".to_owned(),
        body: "{\"id\":\"evt_1\"}".into(),
    }
}

async fn outcome(sender: &Sender, url: impl Into<String>) -> (i32, String) {
    let attempt = sender.send(delivery(url)).await.attempt.unwrap();
    (attempt.status_code, attempt.outcome)
}

const PATIENT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_attempt_is_a_post_with_the_headers_of_the_standard() {
    let receiver = Receiver::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let sender = sender(true, system(), PATIENT);
    let report = sender.send(delivery(format!("http://{}/arki?x=1", receiver.address))).await;
    assert_eq!((report.fence, report.delivery.as_str()), (3, "webhookDeliveries/whd_1"));
    let attempt = report.attempt.unwrap();
    assert_eq!((attempt.status_code, attempt.outcome.as_str()), (204, "answered"));
    let heard = receiver.heard.lock().unwrap()[0].clone();
    assert!(heard.starts_with("POST /arki?x=1 HTTP/1.1\r\n"), "{heard}");
    for line in [
        "webhook-id: evt_1",
        "webhook-timestamp: 1700000000",
        "webhook-signature: v1,abc v1,def",
        "content-type: application/cloudevents+json; charset=utf-8",
        "x-team: reports",
        "content-length: 14",
    ] {
        assert!(heard.contains(&format!("{line}\r\n")), "{line}: {heard}");
    }
    assert!(heard.ends_with("\r\n\r\n{\"id\":\"evt_1\"}"), "{heard}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_waiting_is_asked_for() {
    let inner = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let location =
        format!("HTTP/1.1 307 Go\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", inner.address);
    let outer = Receiver::answering(location.leak()).await;
    let sender = sender(true, system(), PATIENT);
    let said = outcome(&sender, format!("http://{}/", outer.address)).await;
    assert_eq!(said, (307, "redirect not followed".to_owned()));
    assert_eq!((outer.connections(), inner.connections()), (1, 0));
    let busy = Receiver::answering("HTTP/1.1 503 Busy\r\nretry-after: 77\r\ncontent-length: 0\r\n\r\n").await;
    let report = sender.send(delivery(format!("http://{}/", busy.address))).await;
    assert_eq!(report.retry_after_seconds, 77);
}

#[tokio::test]
async fn who_says_nothing_is_given_up_and_what_is_not_there_is_told() {
    let silent = Receiver::answering("").await;
    let hasty = sender(true, system(), Duration::from_millis(100));
    let said = outcome(&hasty, format!("http://{}/", silent.address)).await;
    assert_eq!(said, (0, "timed out".to_owned()));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let patient = sender(true, system(), PATIENT);
    assert_eq!(outcome(&patient, format!("http://{closed}/")).await, (0, "connection refused".to_owned()));
    let babble = Receiver::answering("this is no HTTP\r\n\r\n").await;
    assert_eq!(outcome(&patient, format!("http://{}/", babble.address)).await.0, 0);
    let endless = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\nabc").await;
    let said = outcome(&patient, format!("http://{}/", endless.address)).await;
    assert_eq!(said, (200, "answered".to_owned()), "what follows the status decides nothing");
}

#[tokio::test]
async fn nothing_private_is_connected_to_by_address_or_by_name() {
    let receiver = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let port = receiver.address.port();
    let strict = sender(false, system(), PATIENT);
    let refused = (0, "address not allowed".to_owned());
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("https://localhost:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        format!("https://user@127.0.0.1:{port}/"),
    ] {
        assert_eq!(outcome(&strict, url.as_str()).await, refused, "{url}");
    }
    // A name that is as public as can be, and leads inside.
    for inside in
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1"]
    {
        let lookup: Lookup = Arc::new(move |_, _| {
            Box::pin(async move { Ok(vec![SocketAddr::new(inside.parse().unwrap(), port)]) })
        });
        let said =
            outcome(&sender(false, lookup, PATIENT), format!("https://receiver.example.com:{port}/")).await;
        assert_eq!(said, refused, "{inside}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_looked_up_once_for_each_connection() {
    let receiver = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let (port, asked) = (receiver.address.port(), Arc::new(AtomicUsize::new(0)));
    let count = asked.clone();
    // First nothing, then an address inside.
    let lookup: Lookup = Arc::new(move |_, _| {
        let inside = count.fetch_add(1, Ordering::SeqCst) > 0;
        Box::pin(async move {
            if inside {
                Ok(vec![SocketAddr::new("127.0.0.1".parse().unwrap(), port)])
            } else {
                Err(std::io::ErrorKind::NotFound.into())
            }
        })
    });
    let strict = sender(false, lookup, PATIENT);
    let url = format!("https://receiver.example.com:{port}/");
    assert_eq!(outcome(&strict, url.as_str()).await, (0, "name not found".to_owned()));
    assert_eq!(outcome(&strict, url.as_str()).await, (0, "address not allowed".to_owned()));
    assert_eq!((asked.load(Ordering::SeqCst), receiver.connections()), (2, 0));
    // What was looked up is what is connected to: the one answer is used, and nobody asks again.
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(vec![SocketAddr::new("127.0.0.1".parse().unwrap(), port)]) })
    });
    let said = outcome(&sender(true, lookup, PATIENT), format!("http://localhost:{port}/")).await;
    assert_eq!((said.0, asked.load(Ordering::SeqCst), receiver.connections()), (200, 3, 1));
}

#[tokio::test]
async fn over_tls_the_certificate_must_be_of_a_trusted_authority_and_of_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["receiver.example.com".to_owned()]).unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = vec![0; 64 * 1024];
            let _ = stream.read(&mut bytes).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    let lookup: Lookup = Arc::new(move |_, _| Box::pin(async move { Ok(vec![address]) }));
    let trusting = |ca_file| {
        Sender::new(Dial::new(true, lookup.clone(), ca_file).unwrap(), PATIENT, Arc::new(SystemClock))
    };
    let url = |host: &str| format!("https://{host}:{}/", address.port());
    let said = outcome(&trusting(Some(ca_file.as_path())), url("receiver.example.com")).await;
    assert_eq!(said, (200, "answered".to_owned()));
    let said = outcome(&trusting(None), url("receiver.example.com")).await;
    assert_eq!(said, (0, "tls failed".to_owned()), "nobody knows the authority");
    let said = outcome(&trusting(Some(ca_file.as_path())), url("other.example.com")).await;
    assert_eq!(said, (0, "tls failed".to_owned()), "the certificate is another host's");
}
