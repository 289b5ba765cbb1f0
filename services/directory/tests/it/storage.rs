//! The finders beneath the use cases, and the schema.

use std::collections::BTreeMap;

use arki_database::Store;
use arki_database::page::PageRequest;
use arki_directory::domain::audience::Audience;
use arki_directory::domain::person::{Kind, Person, Place, Profile};
use arki_directory::domain::{Account, Outcome, Role, Unit, account, outcome, unit};
use arki_directory::storage::people::{Filter, UnitFilter};
use arki_directory::storage::{Migrator, accounts, api_keys, outcomes, people, roles, tenants, units};
use arki_ids::{AccountId, OutcomeId, PersonId, RoleId, TenantId, UnitId};
use arki_test_support::on_each_database;
use sea_orm_migration::MigratorTrait;

use crate::server::{Server, day};

on_each_database!(
    no_finder_sees_another_tenant,
    what_is_written_is_read_back,
    the_schema_goes_down_and_up_again
);

struct Written {
    unit: Unit,
    role: Role,
    person: Person,
    account: Account,
    outcome: Outcome,
}

fn things(server: &Server) -> Written {
    let now = server.now();
    let profile = Profile {
        kind: Kind::Employee,
        display_name: "Aino Äimä 'quoted'".to_owned(),
        email: "Aino@Example.com".to_owned(),
        language: Some("fi".to_owned()),
        time_zone: Some(chrono_tz::Tz::Europe__Helsinki),
        employment: None,
        manager: Some(PersonId::generate()),
        account: Some(AccountId::generate()),
        external_id: Some("E-1".to_owned()),
        source: "hr".to_owned(),
        attributes: BTreeMap::from([("site".to_owned(), "Turku \u{1f68d}".to_owned())]),
    };
    let place = unit::Place { parent: None, display_name: "Shop".to_owned(), leader: None };
    let unit = Unit::create(UnitId::generate(), Some("U-1".to_owned()), place, day(2026, 1, 1), now);
    let (mut unit, _) = unit.change_parent(Some(UnitId::generate()), day(2026, 3, 1), now).unwrap();
    unit.history.close(day(2026, 12, 1)).unwrap();
    let role = Role::create(RoleId::generate(), "Driver".to_owned(), Some("R-1".to_owned()), now);
    let place = Place { unit: unit.id, role: Some(role.id) };
    let (person, _) =
        Person::create(PersonId::generate(), profile, now).assign(day(2026, 2, 1), Some(place), now).unwrap();
    let details = account::Details {
        display_name: "Keksitty Oy".to_owned(),
        external_id: Some("A-1".to_owned()),
        source: "crm".to_owned(),
        segment: "retail".to_owned(),
        unit: Some(unit.id),
    };
    let account = Account::create(AccountId::generate(), details, now);
    let facts = outcome::Facts {
        kind: outcome::Kind::SupportCase,
        time: now,
        person: Some(person.id),
        account: Some(account.id),
        unit: Some(unit.id),
        amount_minor: i64::MIN,
        currency: "EUR".to_owned(),
        external_id: Some("O-1".to_owned()),
        source: "crm".to_owned(),
    };
    let outcome = Outcome::create(OutcomeId::generate(), facts, now);
    Written { unit, role, person, account, outcome }
}

async fn write(store: &Store, tenant: TenantId, written: &Written) {
    let Written { unit, role, person, account, outcome } = written;
    let all = (unit.clone(), role.clone(), person.clone(), account.clone(), outcome.clone());
    let done: Result<(), arki_database::Error> = store
        .write("test", move |tx| {
            let (unit, role, person, account, outcome) = all.clone();
            Box::pin(async move {
                units::save(tx, tenant, &[unit]).await?;
                roles::save(tx, tenant, &[role]).await?;
                people::save(tx, tenant, &[person]).await?;
                accounts::save(tx, tenant, &[account]).await?;
                outcomes::save(tx, tenant, &[outcome]).await
            })
        })
        .await;
    done.unwrap();
}

async fn what_is_written_is_read_back(server: Server) {
    let store = Store::connect(&server.config.database).await.unwrap();
    let (db, tenant) = (store.reader(), server.admin.caller.tenant);
    let written = things(&server);
    // Twice, because a second time is an update.
    for _ in 0..2 {
        write(&store, tenant, &written).await;
        let Written { unit, role, person, account, outcome } = &written;
        assert_eq!(units::find(db, tenant, unit.id).await.unwrap().as_ref(), Some(unit));
        assert_eq!(units::all(db, tenant).await.unwrap(), std::slice::from_ref(unit));
        assert_eq!(units::keys(db, tenant).await.unwrap()["U-1"], unit.id);
        assert_eq!(roles::find(db, tenant, role.id).await.unwrap().as_ref(), Some(role));
        assert_eq!(people::find(db, tenant, person.id).await.unwrap().as_ref(), Some(person));
        assert_eq!(people::of_source(db, tenant, "hr").await.unwrap(), std::slice::from_ref(person));
        assert_eq!(
            people::with_keys(db, tenant, "hr", &["E-1"]).await.unwrap(),
            std::slice::from_ref(person)
        );
        assert_eq!(people::with_keys(db, tenant, "crm", &["E-1"]).await.unwrap(), []);
        assert_eq!(people::managers(db, tenant).await.unwrap()[&person.id], person.profile.manager.unwrap());
        assert_eq!(accounts::find(db, tenant, account.id).await.unwrap().as_ref(), Some(account));
        assert_eq!(
            accounts::with_keys(db, tenant, "crm", &["A-1"]).await.unwrap(),
            std::slice::from_ref(account)
        );
        assert_eq!(outcomes::find(db, tenant, outcome.id).await.unwrap().as_ref(), Some(outcome));
        assert_eq!(
            outcomes::with_keys(db, tenant, "crm", &["O-1"]).await.unwrap(),
            std::slice::from_ref(outcome)
        );
        assert_eq!(people::employees_in(db, tenant, unit.id, day(2026, 5, 1)).await.unwrap().len(), 1);
        let parent = unit.history.nearest(day(2026, 5, 1)).value.parent.unwrap();
        assert_eq!(units::below(db, tenant, parent, day(2026, 1, 1)).await.unwrap().len(), 1);
        assert_eq!(units::below(db, tenant, parent, day(2026, 12, 1)).await.unwrap().len(), 0);
    }
}

async fn no_finder_sees_another_tenant(server: Server) {
    let store = Store::connect(&server.config.database).await.unwrap();
    let (db, owner) = (store.reader(), server.admin.caller.tenant);
    let written = things(&server);
    write(&store, owner, &written).await;
    let other = server.stranger().await.caller.tenant;
    let Written { unit, role, person, account, outcome } = &written;
    let (page, today) = (PageRequest::default(), day(2026, 6, 1));

    assert!(units::find(db, other, unit.id).await.unwrap().is_none());
    assert!(units::list(db, other, today, &page).await.unwrap().items.is_empty());
    assert!(units::all(db, other).await.unwrap().is_empty());
    assert!(units::keys(db, other).await.unwrap().is_empty());
    assert!(units::histories(db, other, today).await.unwrap().is_empty());
    assert!(units::on_day(db, other, today).await.unwrap().is_empty());
    let parent = unit.history.nearest(today).value.parent.unwrap();
    assert_eq!(units::below(db, other, parent, today).await.unwrap().len(), 0);
    assert!(roles::find(db, other, role.id).await.unwrap().is_none());
    assert!(roles::list(db, other, &page).await.unwrap().items.is_empty());
    assert!(roles::all(db, other).await.unwrap().is_empty());
    assert!(people::find(db, other, person.id).await.unwrap().is_none());
    assert!(people::find_manager(db, other, person.id).await.unwrap().is_none());
    assert!(people::of_source(db, other, "hr").await.unwrap().is_empty());
    assert!(people::with_keys(db, other, "hr", &["E-1"]).await.unwrap().is_empty());
    assert!(people::managers(db, other).await.unwrap().is_empty());
    assert_eq!(people::employees_in(db, other, unit.id, today).await.unwrap().len(), 0);
    assert!(people::count_active_by_unit(db, other, today).await.unwrap().is_empty());
    let in_unit = UnitFilter { unit: unit.id, include_descendants: true, day: today };
    for filter in [
        Filter::default(),
        Filter { unit: Some(in_unit), ..Filter::default() },
        Filter { email: Some("aino@example.com".to_owned()), ..Filter::default() },
        Filter { external_id: Some("E-1".to_owned()), ..Filter::default() },
    ] {
        assert!(people::list(db, other, &filter, &page).await.unwrap().items.is_empty());
        assert_eq!(people::list(db, owner, &filter, &page).await.unwrap().items.len(), 1);
    }
    let audience = Audience {
        kind: Kind::Employee,
        leads: false,
        units: vec![unit.id],
        roles: vec![role.id],
        attributes: Vec::new(),
    };
    assert!(people::audience(db, other, &audience, today, &page).await.unwrap().items.is_empty());
    assert_eq!(people::audience(db, owner, &audience, today, &page).await.unwrap().items.len(), 1);
    assert!(accounts::find(db, other, account.id).await.unwrap().is_none());
    assert!(accounts::list(db, other, &page).await.unwrap().items.is_empty());
    assert!(accounts::with_keys(db, other, "crm", &["A-1"]).await.unwrap().is_empty());
    assert!(outcomes::find(db, other, outcome.id).await.unwrap().is_none());
    assert!(outcomes::list(db, other, None, &page).await.unwrap().items.is_empty());
    assert!(outcomes::list(db, other, Some(account.id), &page).await.unwrap().items.is_empty());
    assert!(outcomes::with_keys(db, other, "crm", &["O-1"]).await.unwrap().is_empty());
    let key = api_keys::list(db, owner, &page).await.unwrap().items.remove(0);
    assert!(api_keys::find(db, other, key.id).await.unwrap().is_none());
    assert!(!api_keys::list(db, other, &page).await.unwrap().items.contains(&key));
    assert_eq!(tenants::find(db, other).await.unwrap().unwrap().id, other);
}

async fn the_schema_goes_down_and_up_again(server: Server) {
    let store = Store::connect(&server.config.database).await.unwrap();
    assert!(store.migrations_current::<Migrator>().await.unwrap());
    // All of our own; the first three are those of the crates that keep tables beside ours.
    let own = u32::try_from(Migrator::migrations().len() - 3).unwrap();
    store.migrate_down::<Migrator>(own).await.unwrap();
    assert!(!store.migrations_current::<Migrator>().await.unwrap());
    assert!(roles::all(store.reader(), server.admin.caller.tenant).await.is_err());
    store.migrate::<Migrator>().await.unwrap();
    assert!(store.migrations_current::<Migrator>().await.unwrap());
    write(&store, server.admin.caller.tenant, &things(&server)).await;
}
