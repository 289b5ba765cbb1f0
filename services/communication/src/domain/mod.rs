//! What the words of this service mean: pure functions over values, with times, ids and random bytes as arguments.

mod campaign;
mod delivery;
mod error;
mod letter;
mod message;
mod preference;
mod recurrence;
mod schedule;
mod token;
mod understanding;
mod zone;

pub(crate) use campaign::{
    Audience, AudienceKind, Campaign, CampaignChange, Home, MissedPolicy, NewCampaign, State,
};
pub(crate) use delivery::{
    Delivery, DeliveryState, Fate, GIVE_UP_AFTER, LATE, MAX_ATTEMPTS, Occurrence, fate, pause_after,
};
pub(crate) use error::{Error, Violation};
pub(crate) use letter::{Letter, Page, letter, page};
pub(crate) use message::{Comprehension, Message, MessageChange, MessageContent, MessageKind, OptionOf};
pub(crate) use preference::{Preference, Preferences, Purpose};
pub(crate) use schedule::{LocalTime, Schedule};
pub(crate) use token::PageToken;
pub(crate) use understanding::{BATCH, Count, TreeUnit, UnitUnderstanding, understanding};
pub(crate) use zone::{earliest, instant, latest, zone};
