//! A mail server that does what a test tells it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How the server answers a step: `250 …` and the like, or by hanging up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Say(&'static str),
    HangUp,
}

/// What it does at each step of a mail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    pub(crate) sender: Answer,
    pub(crate) recipient: Answer,
    pub(crate) data: Answer,
    pub(crate) message: Answer,
}

pub(crate) const POLITE: Manners = Manners {
    sender: Answer::Say("250 ok"),
    recipient: Answer::Say("250 ok"),
    data: Answer::Say("354 go on"),
    message: Answer::Say("250 taken"),
};

#[derive(Debug, Default)]
struct Seen {
    sessions: usize,
    /// Every mail whose final dot arrived, whatever was answered.
    mails: Vec<String>,
}

pub(crate) struct MailServer {
    pub(crate) port: u16,
    manners: Arc<Mutex<Manners>>,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let manners = Arc::new(Mutex::new(POLITE));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (how, what) = (Arc::clone(&manners), Arc::clone(&seen));
        #[expect(clippy::disallowed_methods, reason = "the test owns the task and aborts it")]
        let task = tokio::spawn(async move {
            let mut sessions = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(session(stream, Arc::clone(&how), Arc::clone(&what)));
            }
        });
        Self { port, manners, seen, task }
    }

    pub(crate) fn behaves(&self, manners: Manners) {
        *locked(&self.manners) = manners;
    }

    /// The mails whose final dot arrived.
    pub(crate) fn mails(&self) -> Vec<String> {
        locked(&self.seen).mails.clone()
    }

    pub(crate) fn sessions(&self) -> usize {
        locked(&self.seen).sessions
    }
}

async fn session(
    stream: TcpStream,
    manners: Arc<Mutex<Manners>>,
    seen: Arc<Mutex<Seen>>,
) -> std::io::Result<()> {
    locked(&seen).sessions += 1;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.example.org\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let manners = *locked(&manners);
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => Answer::Say("250 mail.example.org"),
            "MAIL" => manners.sender,
            "RCPT" => manners.recipient,
            "DATA" if manners.data == POLITE.data => {
                stream.write_all(b"354 go on\r\n").await?;
                let mail = read_mail(&mut stream).await?;
                locked(&seen).mails.push(mail);
                manners.message
            }
            "DATA" => manners.data,
            "QUIT" => Answer::HangUp,
            _ => Answer::Say("250 ok"),
        };
        match answer {
            Answer::Say(answer) => stream.write_all(format!("{answer}\r\n").as_bytes()).await?,
            Answer::HangUp => return Ok(()),
        }
    }
}

async fn read_mail(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(mail);
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
