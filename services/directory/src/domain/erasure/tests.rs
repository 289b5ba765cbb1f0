use super::*;

fn confirmation(service: &str, rows: u64) -> Confirmation {
    Confirmation {
        service: service.to_owned(),
        confirm_time: "2026-06-01T08:00:01.25Z".parse().unwrap(),
        counts: BTreeMap::from([("person".to_owned(), rows)]),
        limits: BTreeSet::new(),
    }
}

fn erasure(services: &[&str]) -> Erasure {
    Erasure {
        id: "ers_01k00000000000000000000000".parse().unwrap(),
        person: "per_01k00000000000000000000000".parse().unwrap(),
        merged: Vec::new(),
        create_time: "2026-06-01T08:00:00Z".parse().unwrap(),
        complete_time: None,
        report_hash: None,
        reason: Reason::Request,
        lift_time: None,
        confirmations: services.iter().map(|service| confirmation(service, 1)).collect(),
    }
}

#[test]
fn an_erasure_is_confirmed_by_every_service_and_by_no_fewer() {
    for left_out in SERVICES {
        let others: Vec<_> = SERVICES.into_iter().filter(|service| *service != left_out).collect();
        assert!(!erasure(&others).is_confirmed(), "without {left_out}");
    }
    assert!(erasure(&SERVICES).is_confirmed());
}

#[test]
fn the_report_is_what_the_guide_says() {
    let tenant = "ten_01k00000000000000000000000".parse().unwrap();
    let mut erasure = erasure(&["survey", "directory"]);
    erasure.confirmations[0].limits.insert(Limit::AnonymousResponses);
    assert_eq!(
        erasure.report(tenant),
        "{\"confirmations\":{\
         \"directory\":{\"confirm_time\":\"2026-06-01T08:00:01.250000Z\",\"counts\":{\"person\":1}},\
         \"survey\":{\"confirm_time\":\"2026-06-01T08:00:01.250000Z\",\"counts\":{\"person\":1}}},\
         \"create_time\":\"2026-06-01T08:00:00.000000Z\",\
         \"erasure\":\"erasures/ers_01k00000000000000000000000\",\
         \"limits\":[\"anonymous_responses\"],\
         \"person\":\"people/per_01k00000000000000000000000\",\
         \"tenant\":\"tenants/ten_01k00000000000000000000000\"}"
    );
    let before = erasure.report_hash(tenant);
    erasure.confirmations[1].counts.insert("person".to_owned(), 2);
    assert_ne!(erasure.report_hash(tenant), before, "another number is another report");
}

#[test]
fn keys_differ_by_secret_kind_source_and_value() {
    let external = |source: &str, id: &str| {
        Key::ExternalId(ExternalId { source: source.to_owned(), external_id: id.to_owned() })
    };
    let keys = [
        external("hr", "1"),
        external("h", "r1"),
        external("crm", "1"),
        Key::OfStaff("1".to_owned()),
        Key::Email("1".to_owned()),
        Key::Outcome("1".to_owned()),
    ];
    let hashes: BTreeSet<_> =
        keys.iter().flat_map(|key| [key.hash(b"one secret"), key.hash(b"another")]).collect();
    assert_eq!(hashes.len(), keys.len() * 2);
    assert_eq!(keys[0].hash(b"one secret"), keys[0].hash(b"one secret"));
    assert!(hashes.iter().all(|hash| hash.len() == 64));
}
