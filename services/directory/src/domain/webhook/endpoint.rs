//! An address that hears of events.

use std::collections::BTreeMap;

use arki_ids::WebhookEndpointId;
use arki_webhooks::{Catalogue, Destination, Pattern};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::Refused;

/// How many secrets are live at most.
const SECRETS: usize = 5;
/// How many further headers there may be, and how long their names and values.
const HEADERS: usize = 20;
const LONGEST_HEADER_NAME: usize = 100;
const LONGEST_HEADER_VALUE: usize = 2_000;

/// Headers that are the connection's or the standard's, and nobody else's.
const TAKEN: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "proxy-connection",
];

/// Why nothing is sent to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disabled {
    /// Somebody said so.
    Caller,
    /// It answered 410 Gone.
    Gone,
    /// Every attempt failed for too long.
    Failing,
}

impl Disabled {
    /// The word by which it is stored and told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// The reason of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Caller, Self::Gone, Self::Failing].into_iter().find(|reason| reason.word() == word)
    }
}

/// An address that hears of events. Neither its secrets nor the values of its headers are here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub id: WebhookEndpointId,
    pub url: String,
    pub description: String,
    pub event_types: Vec<String>,
    /// In lower case and in the order of the alphabet.
    pub header_names: Vec<String>,
    /// 0 means no limit.
    pub max_per_second: u32,
    /// Why and since when nothing is sent.
    pub disabled: Option<(Disabled, DateTime<Utc>)>,
    pub failing_since: Option<DateTime<Utc>>,
    pub previous_secret_expire_time: Option<DateTime<Utc>>,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What somebody wants of an endpoint; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub url: Option<String>,
    pub description: Option<String>,
    pub event_types: Option<Vec<String>>,
    pub headers: Option<BTreeMap<String, String>>,
    pub max_per_second: Option<u32>,
}

impl Wanted {
    /// What is wrong with it. `allow_private` as the configuration says.
    pub fn refused(&self, allow_private: bool) -> Vec<Refused> {
        let mut refused = Vec::new();
        if let Some(Err(error)) = self.url.as_ref().map(|url| Destination::parse(url, allow_private)) {
            refused.push(Refused::new("url", error.to_string()));
        }
        for (place, text) in self.event_types.iter().flatten().enumerate() {
            if Pattern::parse(text).types(Catalogue::get()).next().is_none() {
                let problem = "fits no type of event, see GET /v1/webhookEventTypes; write one of them, a prefix \
                               such as arki.survey.*, or *";
                refused.push(Refused::new(format!("event_types[{place}]"), problem));
            }
        }
        let headers = self.headers.iter().flatten();
        refused.extend(headers.filter_map(|(name, value)| {
            header_problem(name, value).map(|problem| Refused::new(format!("headers[{name:?}]"), problem))
        }));
        if self.headers.as_ref().is_some_and(|headers| headers.len() > HEADERS) {
            refused.push(Refused::new("headers", format!("must be at most {HEADERS}")));
        }
        refused
    }

    /// The scopes that one needs to read the events that are wanted.
    pub fn scopes(&self) -> Vec<String> {
        let patterns = self.event_types.iter().flatten().map(|text| Pattern::parse(text));
        let mut scopes: Vec<_> = patterns
            .flat_map(|pattern| {
                pattern
                    .types(Catalogue::get())
                    .map(|known| format!("{}.read", known.service()))
                    .collect::<Vec<_>>()
            })
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }
}

fn header_problem(name: &str, value: &str) -> Option<&'static str> {
    // RFC 9110, section 5.6.2.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let lower = name.to_ascii_lowercase();
    if name.is_empty() || name.len() > LONGEST_HEADER_NAME || !name.bytes().all(is_token) {
        Some("has no name of a header: letters, digits and - of at most 100 characters")
    } else if TAKEN.contains(&lower.as_str()) || lower.starts_with("webhook-") || lower.starts_with("ce-") {
        Some("is a header that Arki sets by itself")
    } else if value.len() > LONGEST_HEADER_VALUE
        || !value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        || value.trim() != value
    {
        Some("must have a value of at most 2000 printable ASCII characters, without spaces at its ends")
    } else {
        None
    }
}

impl Endpoint {
    /// A new endpoint.
    pub fn create(id: WebhookEndpointId, wanted: Wanted, now: DateTime<Utc>) -> Self {
        let Wanted { url, description, event_types, headers, max_per_second } = wanted;
        Self {
            id,
            url: url.unwrap_or_default(),
            description: description.unwrap_or_default(),
            event_types: event_types.unwrap_or_default(),
            header_names: headers.map(names).unwrap_or_default(),
            max_per_second: max_per_second.unwrap_or_default(),
            disabled: None,
            failing_since: None,
            previous_secret_expire_time: None,
            revision: 1,
            create_time: now,
            update_time: now,
        }
    }

    /// The endpoint after a change. Headers count as changed whenever they are given: their values are not here to be
    /// compared.
    #[must_use]
    pub fn change(&self, wanted: Wanted, now: DateTime<Utc>) -> Self {
        let Wanted { url, description, event_types, headers, max_per_second } = wanted;
        let has_headers = headers.is_some();
        let changed = Self {
            url: url.unwrap_or_else(|| self.url.clone()),
            description: description.unwrap_or_else(|| self.description.clone()),
            event_types: event_types.unwrap_or_else(|| self.event_types.clone()),
            header_names: headers.map(names).unwrap_or_else(|| self.header_names.clone()),
            max_per_second: max_per_second.unwrap_or(self.max_per_second),
            ..self.clone()
        };
        if changed == *self && !has_headers { changed } else { changed.revised(now) }
    }

    /// The endpoint with or without a reason to send nothing.
    #[must_use]
    pub fn with_disabled(&self, disabled: Option<Disabled>, now: DateTime<Utc>) -> Self {
        if self.disabled.is_some() == disabled.is_some() {
            return self.clone();
        }
        Self { disabled: disabled.map(|reason| (reason, now)), ..self.clone() }.revised(now)
    }

    /// The endpoint with a new secret.
    #[must_use]
    pub fn with_secrets(&self, secrets: &Secrets, now: DateTime<Utc>) -> Self {
        let previous = secrets.0.iter().filter_map(|secret| secret.expire_time).max();
        Self { previous_secret_expire_time: previous, ..self.clone() }.revised(now)
    }

    fn revised(self, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision + 1, update_time: now, ..self }
    }

    /// Whether it wants to hear of a type of event.
    pub fn wants(&self, event_type: &str) -> bool {
        self.event_types.iter().any(|text| Pattern::parse(text).fits(event_type))
    }
}

fn names(headers: BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<_> = headers.into_keys().map(|name| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The secrets of an endpoint, newest first. Only what is sealed of it is stored.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Secrets(pub Vec<LiveSecret>);

/// A secret and its end.
#[derive(Clone, Serialize, Deserialize)]
pub struct LiveSecret {
    pub bytes: [u8; 32],
    /// None for the newest.
    pub expire_time: Option<DateTime<Utc>>,
}

impl Secrets {
    /// A new secret before those that are live, which end after `overlap`, or when they would have anyway.
    #[must_use]
    pub fn rotated(self, bytes: [u8; 32], overlap: TimeDelta, now: DateTime<Utc>) -> Self {
        let end = now + overlap;
        let before = self.live(now).map(|secret| LiveSecret {
            expire_time: Some(secret.expire_time.unwrap_or(end).min(end)),
            ..secret.clone()
        });
        let newest = LiveSecret { bytes, expire_time: None };
        Self(
            std::iter::once(newest)
                .chain(before)
                .filter(|secret| secret.is_live(now))
                .take(SECRETS)
                .collect(),
        )
    }

    /// Those that sign now, newest first.
    pub fn live(&self, now: DateTime<Utc>) -> impl Iterator<Item = &LiveSecret> {
        self.0.iter().filter(move |secret| secret.is_live(now))
    }
}

impl LiveSecret {
    fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.expire_time.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(wanted: &Wanted) -> Vec<String> {
        wanted.refused(false).into_iter().map(|refused| refused.field).collect()
    }

    fn headers(pairs: &[(&str, &str)]) -> Wanted {
        let headers = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Wanted { headers: Some(headers), ..Wanted::default() }
    }

    #[test]
    fn headers_of_the_connection_and_of_the_standard_are_nobodys() {
        assert!(fields(&headers(&[("Authorization", "Bearer x"), ("X-Team", "a b")])).is_empty());
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("ä", "x"),
            ("Host", "x"),
            ("webhook-id", "x"),
            ("Webhook-Signature", "x"),
            ("Content-Type", "x"),
            ("x", "a\r\nb: c"),
            ("x", " a"),
            ("x", "ä"),
        ] {
            assert_eq!(fields(&headers(&[(name, value)])).len(), 1, "{name:?}: {value:?}");
        }
    }

    #[test]
    fn types_must_exist_and_need_the_scopes_of_their_services() {
        let wanted = |types: &[&str]| Wanted {
            event_types: Some(types.iter().map(|text| (*text).to_owned()).collect()),
            ..Wanted::default()
        };
        let good = wanted(&["arki.survey.*", "arki.goal.goal.changed.v1"]);
        assert!(fields(&good).is_empty());
        assert_eq!(good.scopes(), ["goal.read", "survey.read"]);
        assert_eq!(wanted(&["*"]).scopes(), ["directory.read", "goal.read", "scorecard.read", "survey.read"]);
        // One that stays inside is as unknown as one that isn't there.
        let bad = wanted(&["arki.survey.wave.closed", "arki.survey.responses.counted.v1", "arki.nothing.*"]);
        assert_eq!(fields(&bad), ["event_types[0]", "event_types[1]", "event_types[2]"]);
    }

    #[test]
    fn a_rotation_leaves_the_old_secret_for_the_overlap_and_no_more_than_five() {
        let now = DateTime::UNIX_EPOCH;
        let day = TimeDelta::hours(24);
        let live = |secrets: &Secrets, at| secrets.live(at).map(|secret| secret.bytes[0]).collect::<Vec<_>>();
        let secrets = Secrets::default().rotated([1; 32], day, now).rotated([2; 32], day, now);
        assert_eq!(live(&secrets, now), [2, 1]);
        assert_eq!(live(&secrets, now + day), [2]);
        // A second rotation does not make the first secret live longer.
        let later = now + TimeDelta::hours(20);
        let secrets = secrets.rotated([3; 32], day, later);
        assert_eq!(live(&secrets, later), [3, 2, 1]);
        assert_eq!(live(&secrets, now + day), [3, 2]);
        let at_once = secrets.clone().rotated([4; 32], TimeDelta::zero(), later);
        assert_eq!(live(&at_once, later), [4]);
        let many = (0..9).fold(secrets, |secrets, byte| secrets.rotated([byte; 32], day, later));
        assert_eq!(live(&many, later).len(), 5);
    }
}
