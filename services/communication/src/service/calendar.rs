use std::collections::{BTreeMap, BTreeSet};

use arki_ids::{MessageId, TenantId};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::{Error, Service};
use crate::domain::{self, Campaign, LocalTime, MessageKind, Occurrence, Violation, instant};
use crate::storage::{campaigns, messages, occurrences};

/// The longest span, in days: a year and the month before it.
const LONGEST: i64 = 400;

/// The most occurrences of one answer.
const MOST: usize = 2_000;

impl Service {
    /// What went out and what will go out on the days from one to before another, in the order of time. An occurrence
    /// is a local time, so the zone decides when it comes, never on which day.
    pub(crate) async fn list_occurrences(
        &self,
        tenant: TenantId,
        from: NaiveDate,
        to: NaiveDate,
        time_zone: &str,
    ) -> Result<Vec<(DateTime<Utc>, Occurrence)>, Error> {
        check(from, to)?;
        let zone = self.zone(tenant, time_zone).await?;
        let midnight = |day: NaiveDate| LocalTime::new(day.and_time(NaiveTime::MIN));
        let (from, to) = (midnight(from), midnight(to));
        let reader = self.store.reader();
        let mut all = occurrences::list_between(reader, tenant, from, to, MOST as u64).await?;
        let known: BTreeSet<_> =
            occurrences::known_between(reader, tenant, from, to).await?.into_iter().collect();
        let running = campaigns::list_active(reader, tenant).await?;
        let kinds = self.kinds(tenant, &running).await?;
        for campaign in &running {
            let Some(kind) = kinds.get(&campaign.message) else { continue };
            let coming = campaign
                .schedule
                .after(campaign.planned_through)
                .skip_while(|time| *time < from)
                .take_while(|time| *time < to)
                .filter(|time| !known.contains(&(campaign.id, *time)))
                .take(MOST);
            all.extend(coming.map(|time| coming_of(campaign, *kind, time)));
        }
        let mut timed: Vec<_> = all.into_iter().map(|found| (instant(found.time, zone), found)).collect();
        timed.sort_by_key(|(time, found)| (*time, found.campaign));
        timed.truncate(MOST);
        Ok(timed)
    }

    async fn zone(&self, tenant: TenantId, name: &str) -> Result<Tz, Error> {
        if name.is_empty() {
            return Ok(self.directory.tenant(tenant).await?.zone);
        }
        Ok(domain::zone(name).ok_or_else(|| {
            let description = "must be an IANA time zone such as Europe/Helsinki, or empty";
            domain::Error::FieldsInvalid(vec![Violation::new("time_zone", description)])
        })?)
    }

    async fn kinds(
        &self,
        tenant: TenantId,
        campaigns: &[Campaign],
    ) -> Result<BTreeMap<MessageId, MessageKind>, Error> {
        let ids: BTreeSet<_> = campaigns.iter().map(|campaign| campaign.message).collect();
        let mut kinds = BTreeMap::new();
        let ids: Vec<_> = ids.into_iter().collect();
        // A list in a statement has an end on both databases.
        for ids in ids.chunks(1_000) {
            let found = messages::find_all(self.store.reader(), tenant, ids).await?;
            kinds.extend(found.into_iter().map(|message| (message.id, message.content.kind)));
        }
        Ok(kinds)
    }
}

fn coming_of(campaign: &Campaign, kind: MessageKind, time: LocalTime) -> Occurrence {
    Occurrence {
        campaign: campaign.id,
        display_name: campaign.display_name.clone(),
        message: campaign.message,
        kind,
        time,
        recipients: 0,
        sent: 0,
    }
}

fn check(from: NaiveDate, to: NaiveDate) -> Result<(), domain::Error> {
    let days = (to - from).num_days();
    let wrong = if days <= 0 {
        "must be after from".to_owned()
    } else if days > LONGEST {
        format!("must be at most {LONGEST} days after from")
    } else {
        return Ok(());
    };
    Err(domain::Error::FieldsInvalid(vec![Violation::new("to", wrong)]))
}
