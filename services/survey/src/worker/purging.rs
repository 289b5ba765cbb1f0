//! Letting go what was kept long enough, in parts. What was counted of it was told, and stays.

use arki_database::{Error, Tx};
use arki_ids::TenantId;
use arki_privacy::{Cutoffs, MOST, Purged, Purger, Rows, add};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::storage::purges::{self, Kind};

/// How many rows a wave counts for at least: one with hardly any takes its statements too.
const A_WAVE: usize = 20;

/// Lets go of links, answers, who was asked, and own words.
pub struct Purging;

#[async_trait]
impl Purger for Purging {
    fn service(&self) -> &'static str {
        "survey"
    }

    fn consumer(&self) -> &'static str {
        "survey.purges"
    }

    async fn purge(&self, tx: &Tx, tenant: TenantId, cutoffs: &Cutoffs, _: &str) -> Result<Purged, Error> {
        let Cutoffs { link, answer, comment, contact: _, delivery: _ } = cutoffs;
        let mut part = Part { tenant, rows: Vec::new(), left: MOST };
        part.closed_waves(tx, Kind::Links, *link).await?;
        let gone = purges::delete_responses(tx, tenant, day_before(*answer), part.left).await?;
        part.took("response", gone, gone);
        part.closed_waves(tx, Kind::Invitations, *answer).await?;
        part.closed_waves(tx, Kind::Imported, *answer).await?;
        let gone = purges::delete_comments(tx, tenant, day_before(*comment), part.left).await?;
        part.took("comment", gone, gone);
        let Part { tenant: _, rows, left } = part;
        // Nothing says where the next one begins: what went is not there any more.
        Ok(Purged { rows, next: (left == 0).then(|| "more".to_owned()) })
    }
}

/// What a part has purged, and how many rows it may still touch.
struct Part {
    tenant: TenantId,
    rows: Vec<Rows>,
    left: usize,
}

impl Part {
    async fn closed_waves(&mut self, tx: &Tx, kind: Kind, before: DateTime<Utc>) -> Result<(), Error> {
        while self.left > 0 {
            let Some(wave) = purges::next_closed(tx, self.tenant, kind, before).await? else { return Ok(()) };
            let (tenant, most) = (self.tenant, self.left);
            let (name, gone) = match kind {
                Kind::Links if wave.anonymity.is_linked() => {
                    ("link", purges::destroy_links(tx, tenant, wave.id, most).await?)
                }
                Kind::Links | Kind::Invitations => {
                    ("invitation", purges::delete_invitations(tx, tenant, &wave, most).await?)
                }
                Kind::Imported => ("imported", purges::delete_imported(tx, tenant, wave.id, most).await?),
            };
            self.took(name, gone, gone.max(A_WAVE));
            // As many as were asked for: there may be more.
            if gone < most {
                purges::set_done(tx, tenant, wave.id, kind).await?;
            }
        }
        Ok(())
    }

    fn took(&mut self, kind: &str, rows: usize, cost: usize) {
        add(&mut self.rows, kind, rows as u64);
        self.left = self.left.saturating_sub(cost);
    }
}

/// The day before which every answer is older than a time, wherever it was given: a day ends last in the zone that is
/// twelve hours behind.
fn day_before(time: DateTime<Utc>) -> NaiveDate {
    (time - TimeDelta::hours(12)).date_naive()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_answer_of_an_earlier_day_is_newer_than_the_time(seconds in 0_i64..4_000_000_000) {
            let time = DateTime::from_timestamp(seconds, 0).unwrap();
            let last = day_before(time).pred_opt().unwrap();
            // The end of that day, where it comes last.
            let end = last.succ_opt().unwrap().and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(12);
            prop_assert!(end <= time);
            prop_assert!(time - end < TimeDelta::days(1));
        }
    }
}
