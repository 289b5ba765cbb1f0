//! Places that are asked for again with another time.

use arki_directory::domain::consent::{Channel, Purpose};
use arki_directory::domain::contact::Refusal;
use arki_directory::service::{Directory, Reserve};
use arki_directory::storage::contacts::{self, Place};
use arki_ids::{PersonId, TenantId};
use arki_proto::directory::v1 as pb;
use arki_test_support::{mask, on_each_database};
use chrono::{DateTime, TimeDelta, Utc};

use crate::consents::{customer, said};
use crate::server::Server;
use crate::user::User;

on_each_database!(
    a_place_moves_only_to_where_there_is_room,
    whatever_moves_no_window_holds_more_than_allowed,
);

const WINDOW: TimeDelta = TimeDelta::days(30);

async fn allow(user: &User, most: i32) {
    let rules = pb::ContactRules {
        customers: Some(pb::KindContactRules { max_contacts: most, window_days: 30, ..Default::default() }),
        ..Default::default()
    };
    let update = pb::UpdateContactRulesRequest {
        contact_rules: Some(rules),
        update_mask: mask(&["customers"]),
        ..Default::default()
    };
    user.update_contact_rules(update).await.unwrap();
}

/// One customer, and the service that keeps the ledger.
struct Ledger {
    directory: Directory,
    store: arki_database::Store,
    tenant: TenantId,
    person: PersonId,
}

impl Ledger {
    async fn of(server: &Server, most: i32) -> Self {
        let user = &server.admin;
        allow(user, most).await;
        let name = customer(user, "Eeva Asiakas", "eeva@example.com").await;
        let store = server.store().await;
        let sealer = arki_directory::sealing::Sealer::read(&server.config.sealing_key_files).unwrap();
        let directory = Directory::new(store.clone(), server.clock()).with_sealer(sealer);
        let person = PersonId::from_name(&name).unwrap();
        Self { directory, store, tenant: user.caller.tenant, person }
    }

    async fn asks(&self, reservation: &str, time: DateTime<Utc>, confirm: bool) -> Option<Refusal> {
        let reserve = Reserve {
            reservation: reservation.to_owned(),
            purpose: Purpose::Survey,
            channel: Channel::Email,
            people: vec![(self.person, Some(time))],
            lease: TimeDelta::days(7),
            is_relational: false,
            is_critical: false,
            asks_leavers: false,
            confirm,
        };
        self.directory.reserve_contacts(self.tenant, reserve).await.unwrap()[&self.person]
    }

    /// The places, in the order of their reservations.
    async fn places(&self) -> Vec<Place> {
        let found = contacts::of_people(self.store.reader(), self.tenant, &[self.person]).await.unwrap();
        let mut places = found.into_values().next().unwrap_or_default();
        places.sort_by(|one, other| one.reservation.cmp(&other.reservation));
        places
    }

    async fn time_of(&self, reservation: &str) -> Option<DateTime<Utc>> {
        let places = self.places().await;
        places.into_iter().find(|place| place.reservation == reservation).map(|place| place.contact.time)
    }
}

async fn a_place_moves_only_to_where_there_is_room(server: Server) {
    let ledger = Ledger::of(&server, 2).await;
    let now = server.now();
    let on = |day| now + TimeDelta::days(day);
    for (reservation, day) in [("a", 0), ("b", 40), ("c", 45)] {
        assert_eq!(ledger.asks(reservation, on(day), false).await, None);
    }
    let before = ledger.places().await;
    // On the 42nd day there would be three: no, and the place on the first day stays as it is.
    assert_eq!(ledger.asks("a", on(42), true).await, Some(Refusal::OverBudget));
    assert_eq!(ledger.places().await, before);
    // Asked for again as it is, it costs nothing; and where there is room it moves.
    assert_eq!(ledger.asks("b", on(40), false).await, None);
    assert_eq!(ledger.asks("a", on(5), true).await, None);
    assert_eq!(ledger.time_of("a").await, Some(on(5)));
    assert!(ledger.places().await[0].lease_end.is_none(), "it was confirmed");
    // Confirmed, it moves by the same rule, and stays confirmed.
    assert_eq!(ledger.asks("a", on(41), false).await, Some(Refusal::OverBudget));
    assert_eq!(ledger.asks("a", on(6), false).await, None);
    assert!(ledger.places().await[0].lease_end.is_none(), "nobody takes a confirmation back");
    // A no of the person is another thing: then there is nothing to keep a place for.
    let withdrawn = pb::RecordConsentRequest {
        consent: Some(said(&ledger.person.name(), pb::ConsentState::Withdrawn)),
        ..Default::default()
    };
    server.admin.record_consent(withdrawn).await.unwrap();
    assert_eq!(ledger.asks("b", on(40), false).await, Some(Refusal::Withdrawn));
    assert_eq!(ledger.time_of("b").await, None);
}

/// The next of a sequence of numbers that is the same in each run (Knuth's MMIX).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

async fn whatever_moves_no_window_holds_more_than_allowed(server: Server) {
    const MOST: usize = 3;
    let ledger = Ledger::of(&server, 3).await;
    let now = server.now();
    let mut state = 2026;
    for step in 0..120 {
        let reservation = format!("reservation/{}", next(&mut state) % 8);
        let before = ledger.places().await;
        if next(&mut state).is_multiple_of(10) {
            ledger.directory.release_contacts(ledger.tenant, reservation).await.unwrap();
            let kept = ledger.places().await;
            let mut confirmed = before.iter().filter(|place| place.lease_end.is_none());
            assert!(confirmed.all(|place| kept.contains(place)), "step {step}");
            continue;
        }
        let hours = i64::try_from(next(&mut state) % (24 * 80)).unwrap();
        let time = now + TimeDelta::hours(hours);
        let refused = ledger.asks(&reservation, time, next(&mut state).is_multiple_of(3)).await;
        let places = ledger.places().await;
        match refused {
            None => assert_eq!(ledger.time_of(&reservation).await, Some(time), "step {step}"),
            Some(refusal) => {
                assert_eq!(refusal, Refusal::OverBudget, "step {step}");
                assert_eq!(places, before, "step {step}: a refusal changes nothing");
            }
        }
        let mut times: Vec<_> = places.iter().map(|place| place.contact.time).collect();
        times.sort_unstable();
        for run in times.windows(MOST + 1) {
            assert!(run[MOST] - run[0] >= WINDOW, "step {step}: more than {MOST} in a window: {times:?}");
        }
    }
}
