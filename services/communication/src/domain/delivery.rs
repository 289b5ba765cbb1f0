//! One message to one recipient at one occurrence, and what becomes of it.

use arki_ids::{CampaignId, DeliveryId, MessageId, PersonId};
use chrono::{DateTime, TimeDelta, Utc};

use super::{LocalTime, MessageKind, MissedPolicy};

/// From when on an occurrence counts as missed rather than as a little late.
pub(crate) const LATE: TimeDelta = TimeDelta::hours(1);

/// How often a delivery is handed to a server that puts it off, before it is given up.
pub(crate) const MAX_ATTEMPTS: i32 = 6;

/// How long a delivery waits for a server that can't be reached at all, before it is given up.
pub(crate) const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(3);

/// The pause after the first attempt, four times as long after each further one: minutes for a greylist, hours for
/// a full disk, 5.7 hours in all.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DeliveryState {
    Pending,
    Sending,
    Sent,
    Failed,
    Unknown,
    Skipped,
}

impl DeliveryState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// A delivery as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) id: DeliveryId,
    pub(crate) campaign: CampaignId,
    pub(crate) person: PersonId,
    pub(crate) due_time: DateTime<Utc>,
    pub(crate) state: DeliveryState,
    pub(crate) attempts: i32,
    pub(crate) sent_time: Option<DateTime<Utc>>,
    /// What went wrong; holds no address.
    pub(crate) problem: String,
}

/// One time at which a message goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) campaign: CampaignId,
    pub(crate) display_name: String,
    pub(crate) message: MessageId,
    pub(crate) kind: MessageKind,
    pub(crate) time: LocalTime,
    pub(crate) recipients: i64,
    pub(crate) sent: i64,
}

/// What is planned for one recipient of an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Send,
    /// Left out, with the reason.
    Skip(&'static str),
}

/// What becomes of an occurrence that is due at `due`, where the next one is due at `next`. What is sent late is
/// sent once: of several that were missed only the newest counts.
pub(crate) fn fate(
    policy: MissedPolicy,
    due: DateTime<Utc>,
    next: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Fate {
    if next.is_some_and(|next| next <= now) {
        return Fate::Skip("missed, and the next one is due already");
    }
    match policy {
        MissedPolicy::Skip if now - due > LATE => Fate::Skip("missed by more than an hour"),
        MissedPolicy::Skip | MissedPolicy::Send => Fate::Send,
    }
}

/// How long to wait after attempt number `attempts`. `chance` is a random number from 0 to 1, by which those that
/// were put off together don't come back together.
pub(crate) fn pause_after(attempts: i32, chance: f64) -> TimeDelta {
    let steps = u32::try_from((attempts - 1).clamp(0, MAX_ATTEMPTS)).unwrap_or_default();
    let longest = FIRST_PAUSE * 4_i32.pow(steps);
    let spread = longest.num_milliseconds() as f64 * (0.75 + chance.clamp(0.0, 1.0) / 2.0);
    TimeDelta::milliseconds(spread as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hour)
    }

    #[test]
    fn what_was_missed_is_sent_once_or_left_out_as_the_policy_says() {
        use Fate::{Send, Skip};
        let newer = Skip("missed, and the next one is due already");
        let missed = Skip("missed by more than an hour");
        let table = [
            (MissedPolicy::Send, 0, Some(24), -2, Send),
            (MissedPolicy::Send, 0, Some(24), 23, Send),
            (MissedPolicy::Send, 0, Some(24), 24, newer),
            (MissedPolicy::Send, 0, None, 999, Send),
            (MissedPolicy::Skip, 0, Some(24), 1, Send),
            (MissedPolicy::Skip, 0, Some(24), 2, missed),
            (MissedPolicy::Skip, 0, None, 2, missed),
        ];
        for (policy, due, next, now, expected) in table {
            assert_eq!(fate(policy, at(due), next.map(at), at(now)), expected, "{policy:?} {next:?} {now}");
        }
    }

    proptest! {
        #[test]
        fn pauses_grow_and_stay_within_a_quarter(attempts in 1..MAX_ATTEMPTS, chance in 0.0..1.0_f64) {
            let pause = pause_after(attempts, chance);
            prop_assert!(pause < pause_after(attempts + 1, 0.0));
            prop_assert!(pause >= pause_after(attempts, 0.0) && pause <= pause_after(attempts, 1.0));
            prop_assert!(pause <= TimeDelta::hours(6));
        }
    }

    #[test]
    fn the_first_pause_is_about_a_minute() {
        assert_eq!(pause_after(1, 0.5), TimeDelta::minutes(1));
        assert_eq!(pause_after(5, 0.5), TimeDelta::minutes(256));
    }
}
