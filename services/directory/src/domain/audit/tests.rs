use proptest::prelude::*;

use super::*;

fn tenant() -> TenantId {
    TenantId::from_uuid(uuid::Uuid::from_u128(7))
}

fn fact(number: u32) -> Fact {
    let time = DateTime::from_timestamp(1_780_000_000 + i64::from(number), 5_000).unwrap();
    Fact {
        time,
        subject: "apiKeys/key_1".to_owned(),
        action: "directory.GetPerson".to_owned(),
        resources: vec![format!("people/{number}")],
        outcome: Outcome::Allowed,
        reason: String::new(),
        request_id: format!("r{number}"),
        trace_id: String::new(),
        count: 1,
    }
}

fn chain(length: u32) -> Vec<Entry> {
    let mut head = BEGINNING;
    (0..length)
        .map(|number| {
            let entry = Entry::after(head, tenant(), fact(number));
            head = entry.head();
            entry
        })
        .collect()
}

fn walked(entries: &[Entry], head: Head) -> Walk {
    let mut walk = Walk::from(BEGINNING);
    entries.iter().for_each(|entry| walk.step(entry));
    walk.end(head)
}

/// What this is must never change, or no log that was written before could be verified any more.
#[test]
fn the_content_and_the_hash_are_what_they_always_were() {
    let entry = Entry::after(BEGINNING, tenant(), fact(0));
    assert_eq!(
        entry.content(),
        "{\"action\":\"directory.GetPerson\",\"count\":1,\"outcome\":\"allowed\",\"reason\":\"\",\
         \"request_id\":\"r0\",\"resources\":[\"people/0\"],\"sequence\":1,\"subject\":\"apiKeys/key_1\",\
         \"tenant\":\"tenants/ten_00000000000000000000000007\",\"time\":\"2026-05-28T20:26:40.000005Z\",\
         \"trace_id\":\"\"}"
    );
    let again: Hash = Sha256::digest([&[0; 32], entry.content().as_bytes()].concat()).into();
    assert_eq!(entry.hash, again);
}

#[test]
fn a_fact_is_cleaned_of_what_is_not_hashed_alike_everywhere() {
    let dirty = Fact { subject: "people/päivi \n".repeat(60), count: 0, ..fact(1) };
    let clean = dirty.clean();
    assert!(clean.subject.starts_with("people/pivi") && clean.subject.len() == LONGEST);
    assert_eq!(clean.count, 1);
}

#[test]
fn an_empty_log_is_whole() {
    assert_eq!(walked(&[], BEGINNING).broken, None);
}

proptest! {
    #[test]
    fn a_log_as_it_was_written_is_whole(length in 0_u32..30) {
        let entries = chain(length);
        let head = entries.last().map_or(BEGINNING, Entry::head);
        let walk = walked(&entries, head);
        prop_assert_eq!((walk.broken, walk.entries), (None, i64::from(length)));
    }

    #[test]
    fn a_change_of_any_entry_is_found_where_it_is(length in 1_u32..30, at in any::<prop::sample::Index>(), what in 0..8) {
        let mut entries = chain(length);
        let head = entries.last().unwrap().head();
        let at = at.index(entries.len());
        let fact = &mut entries[at].fact;
        match what {
            0 => fact.subject.push('x'),
            1 => fact.action.push('x'),
            2 => fact.resources.push("people/x".to_owned()),
            3 => fact.outcome = Outcome::Denied,
            4 => fact.reason.push('x'),
            5 => fact.time += chrono::TimeDelta::microseconds(1),
            6 => fact.count += 1,
            _ => entries[at].hash[0] ^= 1,
        }
        let expected = Some((i64::try_from(at).unwrap() + 1, Problem::Changed));
        prop_assert_eq!(walked(&entries, head).broken, expected);
    }

    #[test]
    fn a_removal_is_found_where_it_is_also_at_the_end(length in 1_u32..30, at in any::<prop::sample::Index>()) {
        let mut entries = chain(length);
        let head = entries.last().unwrap().head();
        let at = at.index(entries.len());
        entries.remove(at);
        prop_assert_eq!(walked(&entries, head).broken, Some((i64::try_from(at).unwrap() + 1, Problem::Missing)));
    }

    #[test]
    fn another_order_is_found_also_with_the_places_swapped(length in 2_u32..30, at in any::<prop::sample::Index>()) {
        let mut entries = chain(length);
        let head = entries.last().unwrap().head();
        let at = at.index(entries.len() - 1);
        entries.swap(at, at + 1);
        prop_assert!(walked(&entries, head).broken.is_some());
        let (first, second) = (entries[at].sequence, entries[at + 1].sequence);
        entries[at].sequence = second;
        entries[at + 1].sequence = first;
        prop_assert_eq!(walked(&entries, head).broken, Some((i64::try_from(at).unwrap() + 1, Problem::Changed)));
    }

    #[test]
    fn an_entry_of_another_tenant_or_behind_the_end_is_found(length in 1_u32..30) {
        let mut entries = chain(length);
        let head = entries.last().unwrap().head();
        let foreign = Entry::after(head, TenantId::from_uuid(uuid::Uuid::from_u128(8)), fact(99));
        entries.push(foreign);
        prop_assert_eq!(walked(&entries, head).broken, Some((head.sequence + 1, Problem::NotTheLast)));
    }
}
