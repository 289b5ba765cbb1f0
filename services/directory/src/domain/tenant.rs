//! The organisation and its house rules.

use arki_ids::TenantId;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The smallest group of employees that the product itself allows to be shown: below it one answer can be told from
/// the others by people who know the group.
pub const LEAST_EMPLOYEES: u32 = 5;
/// The smallest group whose comments the product itself allows to be shown: words give away more than numbers.
pub const LEAST_COMMENTS: u32 = 10;
/// How many headline metrics a tenant has unless it says otherwise.
pub const HEADLINE_METRICS: u32 = 5;
/// How many of a hundred employees of a source may leave with one HR file unless the tenant says otherwise.
pub const IMPORT_LEAVERS: u32 = 40;
/// How many of a hundred employees of a source may come back under another key with one HR file unless the tenant says
/// otherwise.
pub const IMPORT_CHANGED_IDS: u32 = 5;
/// The language of a tenant that names none.
pub const LANGUAGE: &str = "en";

/// An organisation that uses Arki.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    pub rules: HouseRules,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What a tenant decides for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseRules {
    pub display_name: String,
    /// BCP 47 tag of the language for people who have chosen none.
    pub default_language: String,
    /// Days are counted in it.
    pub time_zone: Tz,
    /// The smallest group of employees whose numbers may be shown.
    pub minimum_group_employees: u32,
    /// The smallest group whose comments may be shown.
    pub minimum_group_comments: u32,
    /// How many headline metrics the scorecard may have.
    pub headline_metric_cap: u32,
    /// How many of a hundred employees of a source one HR file may make leavers of.
    #[serde(default = "import_leavers")]
    pub import_leavers_percent: u32,
    /// How many of them may come back under another key.
    #[serde(default = "import_changed_ids")]
    pub import_changed_ids_percent: u32,
}

fn import_leavers() -> u32 {
    IMPORT_LEAVERS
}

fn import_changed_ids() -> u32 {
    IMPORT_CHANGED_IDS
}

impl HouseRules {
    /// The rules of a tenant that has only a name.
    pub fn named(display_name: &str) -> Self {
        Self {
            display_name: display_name.to_owned(),
            default_language: LANGUAGE.to_owned(),
            time_zone: Tz::UTC,
            minimum_group_employees: LEAST_EMPLOYEES,
            minimum_group_comments: LEAST_COMMENTS,
            headline_metric_cap: HEADLINE_METRICS,
            import_leavers_percent: IMPORT_LEAVERS,
            import_changed_ids_percent: IMPORT_CHANGED_IDS,
        }
    }
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub display_name: Option<String>,
    pub default_language: Option<String>,
    pub time_zone: Option<Tz>,
    pub minimum_group_employees: Option<u32>,
    pub minimum_group_comments: Option<u32>,
    pub headline_metric_cap: Option<u32>,
    pub import_leavers_percent: Option<u32>,
    pub import_changed_ids_percent: Option<u32>,
}

/// A privacy floor that would be lower than what people were promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} can't be lower than {floor}")]
pub struct FloorLowered {
    pub field: &'static str,
    /// The lowest value that would be taken.
    pub floor: u32,
}

impl Tenant {
    /// A new tenant.
    pub fn create(id: TenantId, rules: HouseRules, now: DateTime<Utc>) -> Result<Self, FloorLowered> {
        let floors = Floors { employees: LEAST_EMPLOYEES, comments: LEAST_COMMENTS };
        floors.check(rules.minimum_group_employees, rules.minimum_group_comments)?;
        Ok(Self { id, rules, revision: 1, create_time: now, update_time: now })
    }

    /// The tenant after a change. A floor can be raised, never lowered: answers were given under the old promise.
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Result<Self, FloorLowered> {
        let Change {
            display_name,
            default_language,
            time_zone,
            minimum_group_employees,
            minimum_group_comments,
            headline_metric_cap,
            import_leavers_percent,
            import_changed_ids_percent,
        } = change;
        let old = self.rules.clone();
        let rules = HouseRules {
            display_name: display_name.unwrap_or(old.display_name),
            default_language: default_language.unwrap_or(old.default_language),
            time_zone: time_zone.unwrap_or(old.time_zone),
            minimum_group_employees: minimum_group_employees.unwrap_or(old.minimum_group_employees),
            minimum_group_comments: minimum_group_comments.unwrap_or(old.minimum_group_comments),
            headline_metric_cap: headline_metric_cap.unwrap_or(old.headline_metric_cap),
            import_leavers_percent: import_leavers_percent.unwrap_or(old.import_leavers_percent),
            import_changed_ids_percent: import_changed_ids_percent.unwrap_or(old.import_changed_ids_percent),
        };
        let floors = Floors { employees: old.minimum_group_employees, comments: old.minimum_group_comments };
        floors.check(rules.minimum_group_employees, rules.minimum_group_comments)?;
        if rules == self.rules {
            return Ok(self.clone());
        }
        Ok(Self { rules, revision: self.revision + 1, update_time: now, ..self.clone() })
    }

    /// The day that it is for this tenant.
    pub fn day_of(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.rules.time_zone).date_naive()
    }
}

struct Floors {
    employees: u32,
    comments: u32,
}

impl Floors {
    fn check(&self, employees: u32, comments: u32) -> Result<(), FloorLowered> {
        if employees < self.employees {
            return Err(FloorLowered { field: "minimum_group_employees", floor: self.employees });
        }
        if comments < self.comments {
            return Err(FloorLowered { field: "minimum_group_comments", floor: self.comments });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(hour: u32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().and_hms_opt(hour, 0, 0).unwrap().and_utc()
    }

    fn tenant() -> Tenant {
        Tenant::create(TenantId::generate(), HouseRules::named("Kuvitteellinen Oy"), time(1)).unwrap()
    }

    #[test]
    fn floors_are_raised_and_never_lowered() {
        let lower = HouseRules { minimum_group_employees: 4, ..HouseRules::named("Pieni Oy") };
        assert_eq!(Tenant::create(TenantId::generate(), lower, time(1)).unwrap_err().floor, 5);

        let raise = Change { minimum_group_employees: Some(8), ..Change::default() };
        let raised = tenant().change(raise, time(2)).unwrap();
        assert_eq!((raised.rules.minimum_group_employees, raised.revision), (8, 2));
        for (employees, comments, floor) in [(Some(7), None, 8), (None, Some(9), 10)] {
            let lower = Change {
                minimum_group_employees: employees,
                minimum_group_comments: comments,
                ..Change::default()
            };
            assert_eq!(raised.change(lower, time(3)).unwrap_err().floor, floor);
        }
    }

    #[test]
    fn a_change_of_nothing_keeps_the_revision() {
        let same = Change { display_name: Some("Kuvitteellinen Oy".to_owned()), ..Change::default() };
        assert_eq!(tenant().change(same, time(2)).unwrap().revision, 1);
    }

    #[test]
    fn the_day_is_counted_where_the_tenant_is() {
        let mut tenant = tenant();
        assert_eq!(tenant.day_of(time(23)).to_string(), "2026-03-01");
        tenant.rules.time_zone = Tz::Europe__Helsinki;
        assert_eq!(tenant.day_of(time(23)).to_string(), "2026-03-02");
    }
}
