//! A mail as RFC 5322 wants it.
//!
//! Every header is made of a type of the library that encodes what is not plain text, so words and names with line
//! ends in them become odd words, never further headers. There is no picture and no tracking. Mails to customers and
//! prospects say how to get no more of them with one click (RFC 8058); those to employees don't, since an organisation may
//! tell them things.

use std::time::{Duration, SystemTime};

use arki_ids::DeliveryId;
use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::{Address, Message};

use crate::config::Unusable;
use crate::domain::Letter;
use crate::peers::Recipient;

/// A mail that is ready to be handed over.
pub(crate) struct Mail {
    pub(crate) delivery: DeliveryId,
    pub(crate) envelope: Envelope,
    pub(crate) bytes: Vec<u8>,
}

/// What goes to whom.
pub(crate) struct Addressed<'a> {
    pub(crate) delivery: DeliveryId,
    pub(crate) recipient: &'a Recipient,
    pub(crate) letter: &'a Letter,
    /// Where the recipient gets no more of it, of those who may choose.
    pub(crate) unsubscribe: Option<&'a str>,
    pub(crate) now: DateTime<Utc>,
}

/// What all mails have in common.
#[derive(Clone, Debug)]
pub(crate) struct Letterhead {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

impl Letterhead {
    pub(crate) fn new(from: &str, reply_to: Option<&str>) -> Result<Self, Unusable> {
        let read = |text: &str, key: &str| {
            text.parse().map_err(|_| Unusable(format!("communication.mail.{key} is not an address")))
        };
        let reply_to = reply_to.map(|reply_to| read(reply_to, "reply_to")).transpose()?;
        Ok(Self { from: read(from, "from")?, reply_to })
    }

    /// Makes the mail, or tells why it can't be sent to that recipient.
    pub(crate) fn write(&self, addressed: &Addressed<'_>) -> Result<Mail, String> {
        let Addressed { delivery, recipient, letter, unsubscribe, now } = addressed;
        let address: Address = recipient
            .address
            .parse()
            .map_err(|_| "the address is not one that mail can be sent to".to_owned())?;
        let name = one_line(&recipient.display_name);
        let to = Mailbox::new((!name.is_empty()).then_some(name), address);
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(one_line(&letter.subject))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            // The same for every try, so that a server or a reader that sees two of them can tell.
            .message_id(Some(format!("<{delivery}@{}>", self.from.email.domain())))
            // Holiday notices and other machines must not answer a machine (RFC 3834).
            .header(AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if let Some(link) = unsubscribe {
            builder = builder.header(ListUnsubscribe(format!("<{link}>")));
            // One click is for https alone (RFC 8058, section 3.1); without it, a laptop shows the page.
            if link.starts_with("https://") {
                builder = builder.header(OneClick);
            }
        }
        let part = SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.trim_end().replace('\n', "\r\n"));
        let message = builder.singlepart(part).map_err(|error| format!("the mail can't be made: {error}"))?;
        Ok(Mail { delivery: *delivery, envelope: message.envelope().clone(), bytes: message.formatted() })
    }
}

/// Names come from the directory, where nobody forbids line ends; the library panics over some of them.
fn one_line(text: &str) -> String {
    let words = text.split(|character: char| character.is_control() || character.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `Auto-Submitted: auto-generated`.
#[derive(Clone, Copy, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// `List-Unsubscribe: <link>`.
#[derive(Clone, Debug)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        // As it is: encoded or folded, it would be no address to the programs that look for it.
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.0.clone())
    }
}

/// `List-Unsubscribe-Post: List-Unsubscribe=One-Click`.
#[derive(Clone, Copy, Debug)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(address: &str, name: &str, subject: &str, text: &str) -> Result<String, String> {
        write_with(address, name, subject, text, None)
    }

    fn write_with(
        address: &str,
        name: &str,
        subject: &str,
        text: &str,
        unsubscribe: Option<&str>,
    ) -> Result<String, String> {
        let letterhead =
            Letterhead::new("Example Oy <messages@example.org>", Some("help@example.org")).unwrap();
        let recipient = Recipient { address: address.to_owned(), display_name: name.to_owned() };
        let letter = Letter { language: "fi".to_owned(), subject: subject.to_owned(), text: text.to_owned() };
        let mail = letterhead.write(&Addressed {
            delivery: "dlv_00000000000000000000000001".parse().unwrap(),
            recipient: &recipient,
            letter: &letter,
            unsubscribe,
            now: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        })?;
        Ok(String::from_utf8(mail.bytes).unwrap())
    }

    fn headers(mail: &str) -> Vec<&str> {
        mail.split("\r\n\r\n").next().unwrap().split("\r\n").collect()
    }

    #[test]
    fn a_mail_says_who_to_whom_what_and_that_a_machine_wrote_it() {
        let mail =
            write("ann@example.org", "Ann Example", "Fewer transfers", "Hello.\n\nSee you.\n").unwrap();
        let headers = headers(&mail);
        for expected in [
            "From: \"Example Oy\" <messages@example.org>",
            "Reply-To: help@example.org",
            "To: \"Ann Example\" <ann@example.org>",
            "Subject: Fewer transfers",
            "Message-ID: <dlv_00000000000000000000000001@example.org>",
            "Auto-Submitted: auto-generated",
            "Date: Wed, 18 Nov 2026 11:06:40 +0000",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(headers.contains(&expected), "{expected}\n{mail}");
        }
        assert!(mail.ends_with("\r\n\r\nHello.\r\n\r\nSee you.\r\n"), "{mail}");
    }

    #[test]
    fn one_click_is_one_short_line_and_only_by_https() {
        let link = format!("https://arki.example.org/u/{}", "x".repeat(43));
        let mail = write_with("ann@example.org", "Ann", "s", "t", Some(&link)).unwrap();
        let found = headers(&mail);
        assert!(found.contains(&format!("List-Unsubscribe: <{link}>").as_str()), "{mail}");
        assert!(found.contains(&"List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
        let plain = write_with("ann@example.org", "Ann", "s", "t", Some("http://localhost/u/x")).unwrap();
        assert!(headers(&plain).contains(&"List-Unsubscribe: <http://localhost/u/x>"), "{plain}");
        assert!(!plain.contains("List-Unsubscribe-Post"), "{plain}");
        assert!(!write("ann@example.org", "Ann", "s", "t").unwrap().contains("Unsubscribe"));
    }

    #[test]
    fn letters_beyond_ascii_travel_in_seven_bits() {
        let mail = write(
            "ann@example.org",
            "Änne Öberg",
            "Vähemmän siirtoja",
            "Päivää. One of us sees a case through.\n",
        )
        .unwrap();
        assert!(mail.is_ascii(), "{mail}");
        assert!(mail.contains("Subject: =?utf-8?"), "{mail}");
        assert!(mail.contains("Content-Transfer-Encoding: quoted-printable"), "{mail}");
        assert!(mail.contains("P=C3=A4iv=C3=A4=C3=A4."), "{mail}");
    }

    #[test]
    fn line_ends_in_names_and_subjects_make_no_headers() {
        let evil = "x\r\nBcc: everyone@example.org\r\n\r\nSpam";
        let mail = write("ann@example.org", evil, evil, "Hello.\n").unwrap();
        let starts = |line: &&str| line.to_ascii_lowercase().starts_with("bcc");
        assert!(!headers(&mail).iter().any(starts), "{mail}");
        assert!(write("ann@example.org\r\nBcc: x@example.org", "Ann", "s", "t").is_err());
        assert!(write("ann", "Ann", "s", "t").is_err());
    }

    #[test]
    fn a_refusal_does_not_quote_the_address() {
        assert!(!write("ann@@example.org", "Ann", "s", "t").unwrap_err().contains("ann"));
    }
}
