use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

/// The section `communication`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where messages, campaigns and deliveries are kept.
    pub database: arki_database::Config,
    /// What links in messages begin with, without a slash at the end. Default `http://localhost:8080`.
    pub public_url: String,
    /// Whether this process plans and sends, or only answers calls. Default true.
    pub workers: bool,
    /// How occurrences become deliveries.
    pub planner: PlannerConfig,
    /// How deliveries are sent.
    pub sender: SenderConfig,
    /// As whom and through what mail is sent.
    pub mail: MailConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: arki_database::Config::default(),
            public_url: "http://localhost:8080".to_owned(),
            workers: true,
            planner: PlannerConfig::default(),
            sender: SenderConfig::default(),
            mail: MailConfig::default(),
        }
    }
}

/// The section `communication.planner`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlannerConfig {
    /// How long before it is first due anywhere an occurrence is planned, in minutes. Default 15.
    pub horizon_minutes: u32,
    /// Time between two looks for something to plan, in seconds. Default 5.
    pub poll_seconds: u32,
}

impl Default for PlannerConfig {
    fn default() -> Self {
        Self { horizon_minutes: 15, poll_seconds: 5 }
    }
}

/// The section `communication.sender`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SenderConfig {
    /// Lanes that claim and send beside each other. Default 2.
    pub lanes: u32,
    /// Deliveries that a lane claims at once, 1 to 500; as many are of unknown outcome when the process is killed.
    /// Default 100.
    pub batch: u32,
    /// Mails that a lane sends at the same time, each over a session of its own. Default 10.
    pub sessions: u32,
    /// How long a claim holds, in seconds; more than one mail can take. Default: 60 for a folder, and for a server five
    /// minutes more than one mail can take.
    pub lease_seconds: Option<u32>,
    /// Time between two looks for something to send, in milliseconds. Default 1,000.
    pub poll_milliseconds: u32,
}

impl Default for SenderConfig {
    fn default() -> Self {
        Self { lanes: 2, batch: 100, sessions: 10, lease_seconds: None, poll_milliseconds: 1_000 }
    }
}

/// The section `communication.mail`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The sender, as in `Example Oy <messages@example.org>`. Default `Arki <arki@localhost>`.
    pub from: String,
    /// Where answers go. Default: to the sender.
    pub reply_to: Option<String>,
    /// Through what mail goes. Default: a folder.
    pub channel: ChannelKind,
    /// The folder of the channel `folder`; it is made where it is missing. No default.
    pub folder: PathBuf,
    /// The server of the channel `smtp`.
    pub smtp: SmtpConfig,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            from: "Arki <arki@localhost>".to_owned(),
            reply_to: None,
            channel: ChannelKind::Folder,
            folder: PathBuf::new(),
            smtp: SmtpConfig::default(),
        }
    }
}

/// Through what mail goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Files `<delivery>.eml` in a folder, for a laptop, a test, or a program that takes them from there.
    Folder,
    /// A mail server.
    Smtp,
}

/// The section `communication.mail.smtp`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Name or address of the server. Default `localhost`.
    pub host: String,
    /// Its port. Default 587.
    pub port: u16,
    /// How the connection is protected. Default `starttls`.
    pub tls: TlsMode,
    /// PEM file of an authority that signed the server's certificate, beside the public ones. Default: none.
    pub ca_file: Option<PathBuf>,
    /// Whom to log in as. Default: nobody.
    pub username: Option<String>,
    /// The file that holds the password. Default: none.
    pub password_file: Option<PathBuf>,
    /// What the client calls itself. Default: the name of the machine.
    pub hello_name: Option<String>,
    /// How long to wait for a connection and for each answer but the last, in seconds. Default 60.
    pub command_timeout_seconds: u32,
    /// How long to wait for the answer to a whole message, in seconds. RFC 5321 asks for 600, because giving up
    /// earlier leaves it open whether the mail was taken. Default 600.
    pub message_timeout_seconds: u32,
    /// Messages over one session. Default 100.
    pub messages_per_session: u32,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 587,
            tls: TlsMode::Starttls,
            ca_file: None,
            username: None,
            password_file: None,
            hello_name: None,
            command_timeout_seconds: 60,
            message_timeout_seconds: 600,
            messages_per_session: 100,
        }
    }
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// Not at all: for a relay on the same machine.
    None,
    /// TLS is asked for in the clear (port 587); a server that has none is refused.
    Starttls,
    /// TLS from the first byte (port 465).
    Tls,
}

/// A setting that can't be meant, and what to set instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub(crate) String);

fn ensure(holds: bool, otherwise: impl Into<String>) -> Result<(), Unusable> {
    if holds { Ok(()) } else { Err(Unusable(otherwise.into())) }
}

impl Config {
    /// # Errors
    /// Names the first key that can't be meant.
    pub fn validate(&self) -> Result<(), Unusable> {
        let Self { database: _, public_url, workers: _, planner, sender, mail } = self;
        let is_url = public_url.starts_with("https://") || public_url.starts_with("http://");
        ensure(
            is_url
                && !public_url.ends_with('/')
                && !public_url.chars().any(|c| c.is_whitespace() || c.is_control()),
            "communication.public_url must be like https://arki.example.org, without a slash at its end",
        )?;
        let PlannerConfig { horizon_minutes, poll_seconds } = planner;
        ensure(
            *horizon_minutes <= 24 * 60,
            "communication.planner.horizon_minutes must be at most a day, 1440",
        )?;
        ensure((1..=3_600).contains(poll_seconds), "communication.planner.poll_seconds must be 1 to 3600")?;
        let SenderConfig { lanes, batch, sessions, lease_seconds, poll_milliseconds } = sender;
        ensure((1..=64).contains(lanes), "communication.sender.lanes must be 1 to 64")?;
        ensure((1..=500).contains(batch), "communication.sender.batch must be 1 to 500")?;
        ensure((1..=500).contains(sessions), "communication.sender.sessions must be 1 to 500")?;
        ensure(
            (10..=60_000).contains(poll_milliseconds),
            "communication.sender.poll_milliseconds must be 10 to 60000",
        )?;
        let MailConfig { from, reply_to, channel, folder, smtp } = mail;
        ensure(
            from.parse::<Mailbox>().is_ok(),
            "communication.mail.from must be like Example Oy <messages@example.org>",
        )?;
        if let Some(reply_to) = reply_to {
            ensure(reply_to.parse::<Mailbox>().is_ok(), "communication.mail.reply_to must be an address")?;
        }
        match channel {
            ChannelKind::Folder => {
                ensure(
                    !folder.as_os_str().is_empty(),
                    "communication.mail.folder is empty, name a folder for mail",
                )?;
            }
            ChannelKind::Smtp => {
                ensure(
                    smtp.username.is_some() == smtp.password_file.is_some(),
                    "communication.mail.smtp needs both username and password_file, or neither",
                )?;
                ensure(
                    smtp.messages_per_session > 0,
                    "communication.mail.smtp.messages_per_session must be at least 1",
                )?;
            }
        }
        let longest = self.longest_mail().as_secs();
        ensure(
            lease_seconds.is_none_or(|lease| u64::from(lease) > longest),
            format!("communication.sender.lease_seconds must be more than one mail can take, {longest}"),
        )?;
        Ok(())
    }

    /// How long one mail can take at worst.
    pub(crate) fn longest_mail(&self) -> Duration {
        match self.mail.channel {
            // A disk that takes longer is as good as gone.
            ChannelKind::Folder => Duration::from_secs(30),
            ChannelKind::Smtp => {
                let SmtpConfig { command_timeout_seconds, message_timeout_seconds, .. } = self.mail.smtp;
                // A kept session that is dead, a new one, and the steps of the mail.
                let commands = u64::from(command_timeout_seconds) * 9;
                Duration::from_secs(commands + u64::from(message_timeout_seconds))
            }
        }
    }

    /// How long a claim holds.
    pub(crate) fn lease(&self) -> Duration {
        let usual = match self.mail.channel {
            ChannelKind::Folder => Duration::from_secs(60),
            ChannelKind::Smtp => self.longest_mail() + Duration::from_secs(300),
        };
        self.sender.lease_seconds.map_or(usual, |seconds| Duration::from_secs(seconds.into()))
    }
}
