//! Many who reserve at once, in two replicas.

use arki_database::Store;
use arki_directory::domain::consent::{Channel, Purpose};
use arki_directory::service::{Directory, Reserve};
use arki_directory::storage::contacts;
use arki_ids::PersonId;
use arki_proto::directory::v1 as pb;
use arki_test_support::{mask, on_each_database};
use chrono::{DateTime, TimeDelta, Utc};

use crate::consents::customer;
use crate::server::Server;

on_each_database!(however_many_reserve_at_once_nobody_has_more_contacts_than_allowed);

const CALLERS: i64 = 16;
const MOST: i32 = 3;
const WINDOW: TimeDelta = TimeDelta::days(30);

async fn however_many_reserve_at_once_nobody_has_more_contacts_than_allowed(server: Server) {
    let user = &server.admin;
    let tenant = user.caller.tenant;
    let rules = pb::ContactRules {
        customers: Some(pb::KindContactRules { max_contacts: MOST, window_days: 30, ..Default::default() }),
        ..Default::default()
    };
    let update = pb::UpdateContactRulesRequest {
        contact_rules: Some(rules),
        update_mask: mask(&["customers"]),
        ..Default::default()
    };
    user.update_contact_rules(update).await.unwrap();
    let mut people = Vec::new();
    for number in 0..8 {
        let name = customer(user, &format!("Customer {number}"), &format!("c{number}@example.com")).await;
        people.push(PersonId::from_name(&name).unwrap());
    }
    let now = server.now();
    let mut replicas = Vec::new();
    for _ in 0..2 {
        let store = Store::connect(&server.config.database).await.unwrap();
        let sealer = arki_directory::sealing::Sealer::read(&server.config.sealing_key_files).unwrap();
        replicas.push(Directory::new(store, server.clock()).with_sealer(sealer));
    }
    let calls = (0..CALLERS).map(|caller| {
        let directory = replicas[usize::try_from(caller).unwrap() % 2].clone();
        let mut wanted: Vec<(PersonId, Option<DateTime<Utc>>)> = people
            .iter()
            .zip(0_i64..)
            // Days on both sides of now, for each caller others.
            .map(|(person, at)| (*person, Some(now + TimeDelta::days((caller * 7 + at * 5) % 45 - 20))))
            .collect();
        let turn = usize::try_from(caller).unwrap() % wanted.len();
        wanted.rotate_left(turn);
        async move {
            let reserve = Reserve {
                reservation: format!("caller/{caller}"),
                purpose: if caller % 2 == 0 { Purpose::Survey } else { Purpose::Communication },
                channel: Channel::Email,
                people: wanted,
                lease: TimeDelta::hours(1),
                is_relational: false,
                is_critical: false,
                asks_leavers: false,
                confirm: caller % 3 == 0,
            };
            directory.reserve_contacts(tenant, reserve).await.unwrap()
        }
    });
    let answers = futures::future::join_all(calls).await;
    let allowed = answers.iter().flat_map(|answer| answer.values()).filter(|one| one.is_none()).count();

    let store = server.store().await;
    let places = contacts::of_people(store.reader(), tenant, &people).await.unwrap();
    assert_eq!(places.values().map(Vec::len).sum::<usize>(), allowed, "who was allowed has a place");
    for (person, places) in places {
        let mut times: Vec<_> = places.iter().map(|place| place.contact.time).collect();
        times.sort_unstable();
        let most = usize::try_from(MOST).unwrap();
        assert!(times.len() >= most, "{person} could have had {most}: {times:?}");
        for run in times.windows(most + 1) {
            assert!(run[most] - run[0] >= WINDOW, "{person} has more than {most} in a window: {times:?}");
        }
    }
}
