//! Whether a person may be contacted, now, for this purpose: from what the person said, where nothing is sent, and how
//! often the person hears of the tenant.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::consent::{Purpose, State};
use super::person::{Employment, Kind};

mod rules;

pub use rules::{Basis, BasisRefused, Change, KindRules, Rules};

/// Why a person is not contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is nobody by this name.
    Unknown,
    Left,
    OnLeave,
    Suppressed,
    Withdrawn,
    NoConsent,
    Quarantined,
    OverBudget,
}

impl Refusal {
    /// Whether other contacts stand against this one, and nothing that the person said or is.
    pub fn is_of_others(self) -> bool {
        matches!(self, Self::Quarantined | Self::OverBudget)
    }
}

/// A contact that took or takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    pub time: DateTime<Utc>,
    pub purpose: Purpose,
    /// Of a survey: whether it asks about the whole relationship.
    pub is_relational: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub contact: Contact,
    /// People must hear of it.
    pub is_critical: bool,
    /// People are asked because they have left.
    pub asks_leavers: bool,
}

/// What is known of a person.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    pub kind: Kind,
    pub employment: Option<Employment>,
    /// What the person said about the purpose and channel.
    pub said: Option<State>,
    /// Whether nothing is sent to the address for the purpose.
    pub is_suppressed: bool,
    /// The other contacts, in any order.
    pub contacts: &'k [Contact],
}

/// Whether a person may be contacted; of several reasons why not, the one that lasts longest.
///
/// What is critical passes over budget and quarantine, and over the objection of an employee: an employer must be able to
/// tell of a danger at work. It never passes over the withdrawal of anybody else (Act 917/2014, section 200), nor over an
/// address to which nothing is sent.
pub fn judge(rules: &Rules, known: &Known<'_>, wanted: &Wanted) -> Result<(), Refusal> {
    let Known { kind, employment, said, is_suppressed, contacts } = *known;
    let Wanted { contact, is_critical, asks_leavers } = *wanted;
    match (kind, employment) {
        (Kind::Leaver, _) if asks_leavers => {}
        (Kind::Leaver, _) | (Kind::Employee, Some(Employment::Left)) => return Err(Refusal::Left),
        (Kind::Employee, Some(Employment::LongLeave)) => return Err(Refusal::OnLeave),
        _ => {}
    }
    if is_suppressed {
        return Err(Refusal::Suppressed);
    }
    let is_duty = is_critical && kind == Kind::Employee;
    if said == Some(State::Withdrawn) && !is_duty {
        return Err(Refusal::Withdrawn);
    }
    let rules = rules.of(kind);
    if rules.basis(contact.purpose) == Basis::Consent && said != Some(State::Granted) {
        return Err(Refusal::NoConsent);
    }
    if is_critical {
        return Ok(());
    }
    if rules.is_quarantined(contacts, contact) {
        return Err(Refusal::Quarantined);
    }
    if !rules.has_room(contacts, contact.time) {
        return Err(Refusal::OverBudget);
    }
    Ok(())
}

/// The same for a contact that may have a place already, which is not among the others.
///
/// One that stays as it was, was counted when it got the place. One that moves is counted again, at its new time: others may
/// have come there meanwhile.
pub fn judge_again(
    rules: &Rules,
    known: &Known<'_>,
    own: Option<Contact>,
    wanted: &Wanted,
) -> Result<(), Refusal> {
    let stays = own == Some(wanted.contact);
    let known = if stays { Known { contacts: &[], ..*known } } else { *known };
    judge(rules, &known, wanted)
}

impl KindRules {
    /// Whether a survey stands too near to another one, before or after it.
    pub fn is_quarantined(&self, contacts: &[Contact], wanted: Contact) -> bool {
        if wanted.purpose != Purpose::Survey {
            return false;
        }
        let is_near = |other: &Contact, days: u32| (other.time - wanted.time).abs() < length(days);
        contacts.iter().filter(|other| other.purpose == Purpose::Survey).any(|other| {
            let both = wanted.is_relational && other.is_relational;
            is_near(other, self.quarantine_days) || (both && is_near(other, self.relational_quarantine_days))
        })
    }

    /// Whether one more contact leaves no window with more than are allowed. A window is half open, so that contacts
    /// exactly its length apart are not in one.
    ///
    /// Contacts may lie on both sides of the new one, since some are planned ahead: so all windows that hold it are looked
    /// at, each by the first and last of one more than are allowed.
    pub fn has_room(&self, contacts: &[Contact], time: DateTime<Utc>) -> bool {
        let Some(most) = usize::try_from(self.max_contacts).ok().filter(|most| *most > 0) else {
            return true;
        };
        let window = length(self.window_days);
        let mut times: Vec<_> = contacts
            .iter()
            .map(|contact| contact.time)
            .filter(|other| (*other - time).abs() < window)
            .chain([time])
            .collect();
        times.sort_unstable();
        times.windows(most + 1).all(|run| match run {
            [first, .., last] => *first > time || *last < time || *last - *first >= window,
            _ => true,
        })
    }
}

fn length(days: u32) -> TimeDelta {
    TimeDelta::days(days.into())
}

#[cfg(test)]
mod tests;
