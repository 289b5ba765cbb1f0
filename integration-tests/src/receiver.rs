//! Somebody who receives webhooks, on this machine.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
    /// What it was answered with.
    pub answered: u16,
}

impl Heard {
    /// An attribute of the event, such as `type`; empty where it has none.
    pub fn attribute(&self, name: &str) -> String {
        let event: Value = serde_json::from_str(&self.body).unwrap_or(Value::Null);
        event[name].as_str().unwrap_or_default().to_owned()
    }

    /// The header `webhook-id`.
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").map_or("", String::as_str)
    }
}

/// Writes down what comes, and answers with the status that it is told. It ends with the test.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    status: Arc<AtomicU16>,
    _server: JoinSet<()>,
}

impl Receiver {
    /// Listens on a port of its own, and answers 200 until told otherwise.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (heard, status) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU16::new(200)));
        let mut server = JoinSet::new();
        let (notes, answer) = (heard.clone(), status.clone());
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, notes.clone(), answer.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { url, heard, status, _server: server })
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// All that came so far.
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.heard).clone()
    }

    /// How many requests came so far.
    pub fn count(&self) -> usize {
        lock(&self.heard).len()
    }

    /// Waits until what came is enough.
    ///
    /// # Errors
    /// When it is not after a minute.
    pub async fn until(&self, what: &str, enough: impl Fn(&[Heard]) -> bool) -> Result<Vec<Heard>> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let heard = self.heard();
            if enough(&heard) {
                return Ok(heard);
            }
            if Instant::now() > deadline {
                bail!("{what} did not come; {} requests did", heard.len());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What came, for the clients of other languages.
    pub fn recorded(&self, secret: &str) -> Value {
        let request = |heard: &Heard| json!({"headers": heard.headers, "body": heard.body});
        json!({"secret": secret, "requests": self.heard().iter().map(request).collect::<Vec<_>>()})
    }
}

async fn serve(mut stream: TcpStream, heard: Arc<Mutex<Vec<Heard>>>, status: Arc<AtomicU16>) {
    let mut bytes = Vec::new();
    loop {
        let Some((headers, body, length)) = request(&mut stream, &mut bytes).await else { return };
        bytes.drain(..length);
        let answered = status.load(Ordering::SeqCst);
        lock(&heard).push(Heard { headers, body, answered });
        let answer = format!("HTTP/1.1 {answered} Answered\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request of a connection, and how many bytes it had.
async fn request(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
) -> Option<(BTreeMap<String, String>, String, usize)> {
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let headers: BTreeMap<_, _> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            let length: usize = headers.get("content-length")?.parse().ok()?;
            let whole = end + 4 + length;
            if bytes.len() >= whole {
                let body = String::from_utf8_lossy(&bytes[end + 4..whole]).into_owned();
                return Some((headers, body, whole));
            }
        }
        let mut part = [0; 4 * 1024];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&part[..read]),
        }
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
