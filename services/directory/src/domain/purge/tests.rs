use super::super::retention::Policy;
use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn purge() -> Purge {
    let now = at("2026-11-28T10:00:00Z");
    Purge {
        id: PurgeId::generate(),
        cutoffs: Policy::default().cutoffs(now),
        create_time: now,
        complete_time: None,
        report_hash: None,
        parts: Vec::new(),
    }
}

fn part(service: &str, part: i32, rows: u64, is_done: bool) -> Part {
    Part {
        service: service.to_owned(),
        part,
        counts: BTreeMap::from([("response".to_owned(), rows)]),
        is_done,
        confirm_time: at("2026-11-28T10:00:00Z") + TimeDelta::seconds(part.into()),
    }
}

#[test]
fn a_service_has_confirmed_when_all_its_parts_are_there_in_any_order() {
    let mut purge = purge();
    purge.parts = vec![part("survey", 2, 5, true), part("survey", 0, 2_000, false)];
    assert_eq!(purge.confirmation("survey").confirm_time, None);
    purge.parts.push(part("survey", 1, 2_000, false));
    let said = purge.confirmation("survey");
    assert_eq!((said.parts, said.counts["response"]), (3, 4_005));
    assert_eq!(said.confirm_time, Some(at("2026-11-28T10:00:02Z")));
    assert!(!purge.is_confirmed());
    for service in SERVICES.into_iter().filter(|service| *service != "survey") {
        purge.parts.push(part(service, 0, 0, true));
    }
    assert!(purge.is_confirmed());
}

#[test]
fn the_report_names_every_service_and_its_hash_follows_it() {
    let mut purge = purge();
    let tenant = TenantId::generate();
    purge.parts = SERVICES.into_iter().map(|service| part(service, 0, 1, true)).collect();
    let report = purge.report(tenant);
    assert!(
        report.starts_with(
            r#"{"confirmations":{"communication":{"confirm_time":"2026-11-28T10:00:00.000000Z""#
        )
    );
    let read: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(read["confirmations"].as_object().unwrap().len(), SERVICES.len());
    assert_eq!(read["cutoffs"]["link_time"], "2026-10-29T10:00:00.000000Z");
    let hash = purge.report_hash(tenant);
    assert_eq!(hash.len(), 64);
    purge.parts[0].counts.insert("person".to_owned(), 1);
    assert_ne!(purge.report_hash(tenant), hash);
}

#[test]
fn one_begins_a_day_after_the_one_before() {
    let made = at("2026-11-01T00:00:00Z");
    assert!(!is_due(made, None, at("2026-11-01T23:59:59Z")));
    assert!(is_due(made, None, at("2026-11-02T00:00:00Z")));
    let mut newest = purge();
    let next = newest.create_time + EVERY;
    assert!(!is_due(made, Some(&newest), next), "it runs");
    assert!(is_stuck(&newest, next) && !is_stuck(&newest, next - TimeDelta::seconds(1)));
    newest.complete_time = Some(newest.create_time);
    assert!(is_due(made, Some(&newest), next) && !is_stuck(&newest, next));
    assert!(!is_due(made, Some(&newest), next - TimeDelta::seconds(1)));
}
