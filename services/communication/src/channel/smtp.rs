//! Mails over SMTP, through sessions that are kept open.
//!
//! The steps of a mail are taken one by one, because what a failure means depends on where it came: until the final
//! dot was sent nothing can have been taken; after it, a lost answer means that nobody can know (RFC 1047).

use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Code;
use tokio::fs;

use super::{Channel, Handover, Mail};
use crate::config::{SmtpConfig, TlsMode, Unusable};

/// A session that was idle for longer is not used again: servers hang up after some minutes.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// "The service shuts down the connection", in answer to any command.
const SHUTTING_DOWN: u16 = 421;

/// A mail server, and the sessions with it that are free.
pub(crate) struct Smtp {
    host: String,
    port: u16,
    mode: TlsMode,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    command_timeout: Duration,
    message_timeout: Duration,
    messages_per_session: u32,
    free: Mutex<Vec<Session>>,
}

struct Session {
    connection: AsyncSmtpConnection,
    messages: u32,
    since: Instant,
}

/// How far a mail came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Sender,
    Recipient,
    Data,
    /// The final dot was sent, or may have been.
    Message,
}

/// Why a step failed.
enum Trouble {
    Server(Error),
    Late,
    /// The address has letters that the server can't take.
    Unable,
}

impl Smtp {
    pub(crate) async fn new(config: &SmtpConfig) -> Result<Self, Unusable> {
        let SmtpConfig {
            host,
            port,
            tls,
            ca_file,
            username,
            password_file,
            hello_name,
            command_timeout_seconds,
            message_timeout_seconds,
            messages_per_session,
        } = config;
        let mut parameters = TlsParameters::builder(host.clone());
        if let Some(path) = ca_file {
            let pem = fs::read(path).await.map_err(|error| unreadable(path, "ca_file", &error))?;
            let certificate = Certificate::from_pem(&pem)
                .map_err(|_| Unusable("communication.mail.smtp.ca_file is not PEM".to_owned()))?;
            parameters = parameters.add_root_certificate(certificate);
        }
        let parameters = match tls {
            TlsMode::None => None,
            TlsMode::Starttls | TlsMode::Tls => {
                let built = parameters.build_rustls();
                Some(built.map_err(|error| {
                    Unusable(format!("communication.mail.smtp.tls can't be used: {error}"))
                })?)
            }
        };
        let credentials = match (username, password_file) {
            (Some(username), Some(path)) => {
                let password = fs::read_to_string(path).await;
                let password = password.map_err(|error| unreadable(path, "password_file", &error))?;
                Some(Credentials::new(username.clone(), password.trim_end_matches(['\r', '\n']).to_owned()))
            }
            _ => None,
        };
        let hello = hello_name.clone().map_or_else(ClientId::default, ClientId::Domain);
        Ok(Self {
            host: host.clone(),
            port: *port,
            mode: *tls,
            tls: parameters,
            credentials,
            hello,
            command_timeout: Duration::from_secs(u64::from(*command_timeout_seconds)),
            message_timeout: Duration::from_secs(u64::from(*message_timeout_seconds)),
            messages_per_session: *messages_per_session,
            free: Mutex::default(),
        })
    }

    /// A session that was used before, if one is free.
    fn kept(&self) -> Option<Session> {
        let mut free = self.free();
        while let Some(session) = free.pop() {
            if session.since.elapsed() < LONGEST_IDLE {
                return Some(session);
            }
        }
        None
    }

    fn free(&self) -> MutexGuard<'_, Vec<Session>> {
        // No code panics while it holds the lock, so what is inside is whole.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<Session, Handover> {
        let connection = tokio::time::timeout(self.command_timeout * 4, self.greet()).await;
        match connection {
            Ok(Ok(connection)) => Ok(Session { connection, messages: 0, since: Instant::now() }),
            Ok(Err(error)) => {
                // Whoever runs this must hear of a wrong password or certificate; the delivery only knows the kind.
                tracing::warn!(%error, "no session with the mail server");
                Err(Handover::Unreachable(said("the mail server can't be used", error.status())))
            }
            Err(_) => Err(Handover::Unreachable("the mail server does not answer".to_owned())),
        }
    }

    async fn greet(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapped = if self.mode == TlsMode::Tls { self.tls.clone() } else { None };
        let server = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            server,
            Some(self.command_timeout),
            &self.hello,
            wrapped,
            None,
        )
        .await?;
        if let (TlsMode::Starttls, Some(parameters)) = (self.mode, &self.tls) {
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// Takes the steps of a mail.
    async fn walk(&self, session: &mut Session, mail: &Mail) -> Result<(), (Step, Trouble)> {
        let connection = &mut session.connection;
        let mut parameters = Vec::new();
        let is_ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
        if !mail.envelope.from().into_iter().chain(mail.envelope.to()).all(is_ascii) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err((Step::Recipient, Trouble::Unable));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.bytes.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = MailFrom::new(mail.envelope.from().cloned(), parameters);
        self.within(connection.command(from)).await.map_err(|trouble| (Step::Sender, trouble))?;
        for to in mail.envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            self.within(connection.command(to)).await.map_err(|trouble| (Step::Recipient, trouble))?;
        }
        self.within(connection.command(Data)).await.map_err(|trouble| (Step::Data, trouble))?;
        match tokio::time::timeout(self.message_timeout, connection.message(&mail.bytes)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err((Step::Message, Trouble::Server(error))),
            Err(_) => Err((Step::Message, Trouble::Late)),
        }
    }

    async fn within<T>(&self, command: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        match tokio::time::timeout(self.command_timeout, command).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Trouble::Server(error)),
            Err(_) => Err(Trouble::Late),
        }
    }

    /// Keeps a session for the next mail, if it is good for one.
    async fn keep(&self, mut session: Session, is_clean: bool) {
        if session.messages >= self.messages_per_session {
            let _ = self.within(session.connection.quit()).await;
            return;
        }
        if !is_clean && self.within(session.connection.command(Rset)).await.is_err() {
            return;
        }
        session.since = Instant::now();
        self.free().push(session);
    }
}

#[async_trait]
impl Channel for Smtp {
    fn is_repeatable(&self) -> bool {
        false
    }

    async fn hand_over(&self, mail: &Mail) -> Handover {
        let kept = self.kept();
        let was_kept = kept.is_some();
        let mut session = match kept {
            Some(session) => session,
            None => match self.connect().await {
                Ok(session) => session,
                Err(unreachable) => return unreachable,
            },
        };
        let mut walked = self.walk(&mut session, mail).await;
        // A server may hang up between two mails. That shows at the first command, before anything was said about
        // this mail, so it may be said again over a session that is sure to be alive.
        if was_kept && matches!(&walked, Err((Step::Sender, trouble)) if is_hangup(trouble)) {
            session = match self.connect().await {
                Ok(session) => session,
                Err(unreachable) => return unreachable,
            };
            walked = self.walk(&mut session, mail).await;
        }
        session.messages += 1;
        match walked {
            Ok(()) => {
                self.keep(session, true).await;
                Handover::Accepted
            }
            Err((step, trouble)) => {
                if can_go_on(&trouble) {
                    self.keep(session, false).await;
                }
                judge(step, &trouble)
            }
        }
    }

    async fn close(&self) {
        let free = std::mem::take(&mut *self.free());
        for mut session in free {
            let _ = self.within(session.connection.quit()).await;
        }
    }
}

fn unreadable(path: &Path, key: &str, error: &io::Error) -> Unusable {
    Unusable(format!("can't read {}, of communication.mail.smtp.{key}: {error}", path.display()))
}

fn is_hangup(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Late => true,
        Trouble::Unable => false,
        Trouble::Server(error) => error.status().is_none_or(|code| u16::from(code) == SHUTTING_DOWN),
    }
}

/// Whether the session is whole: the server said no and waits for more.
fn can_go_on(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Server(error) => error.status().is_some_and(|code| u16::from(code) != SHUTTING_DOWN),
        Trouble::Unable => true,
        Trouble::Late => false,
    }
}

fn judge(step: Step, trouble: &Trouble) -> Handover {
    let code = match trouble {
        Trouble::Server(error) => error.status(),
        Trouble::Late => None,
        Trouble::Unable => {
            return Handover::Refused("the mail server can't take the letters of the address".to_owned());
        }
    };
    let is_permanent = matches!(trouble, Trouble::Server(error) if error.is_permanent());
    match (step, code) {
        (Step::Message, None) => {
            Handover::Unknown("the connection was lost after the message was handed over".to_owned())
        }
        // A sender that is not welcome is a matter of configuration, and would fail every recipient alike.
        (Step::Sender, Some(_)) if is_permanent => {
            Handover::Unreachable(said("the mail server does not take mail of this sender", code))
        }
        (Step::Recipient, Some(_)) if is_permanent && is_of_address(trouble) => {
            Handover::Bounced(said("the mail server refused it", code))
        }
        (_, Some(_)) if is_permanent => Handover::Refused(said("the mail server refused it", code)),
        (_, Some(_)) => Handover::Later(said("the mail server put it off", code)),
        (_, None) => Handover::Later("the connection was lost before the message was handed over".to_owned()),
    }
}

/// Whether a refusal is about the address: not about the policy of the server, nor about a mailbox that is full (enhanced
/// status codes 5.7 and 5.2.2 of RFC 3463), which say nothing against writing there another time.
fn is_of_address(trouble: &Trouble) -> bool {
    let Trouble::Server(error) = trouble else { return false };
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    !words.split_whitespace().take(1).any(|status| status.starts_with("5.7.") || status == "5.2.2")
}

/// What happened, with the server's code. Its words may quote the address.
fn said(what: &str, code: Option<Code>) -> String {
    code.map_or_else(|| what.to_owned(), |code| format!("{what} ({code})"))
}
