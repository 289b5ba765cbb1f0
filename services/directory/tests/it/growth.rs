//! That lookups stay lookups when there are many: which plans PostgreSQL makes of the statements that are really sent,
//! and that pages lose and repeat nobody while people come and go.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use arki_database::Store;
use arki_database::page::PageRequest;
use arki_directory::domain::audience::{Audience, Segment};
use arki_directory::domain::person::{ExternalId, Kind};
use arki_directory::storage::people::{self, Filter, UnitFilter};
use arki_directory::storage::{employments, identities, merges, outcomes, units};
use arki_ids::{AccountId, Id, PersonId, TenantId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_test_support::{OnDatabase as _, TestDatabase, on_each_database};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::server::{Server, day};
use crate::user::employee;

on_each_database!(pages_hold_each_person_once_while_others_come_and_go);

/// A connection that notes how PostgreSQL would carry out what it is asked.
struct Explained<'a> {
    inner: &'a DatabaseConnection,
    plans: Mutex<Vec<String>>,
}

impl Explained<'_> {
    async fn note(&self, statement: &Statement) -> Result<(), DbErr> {
        let explain = Statement { sql: format!("EXPLAIN {}", statement.sql), ..statement.clone() };
        for row in self.inner.query_all_raw(explain).await? {
            self.plans.lock().unwrap().push(row.try_get_by_index(0)?);
        }
        Ok(())
    }

    /// The lines of what was asked since the last time.
    fn taken(&self) -> String {
        self.plans.lock().unwrap().drain(..).collect::<Vec<_>>().join("\n")
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Explained<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.note(&statement).await?;
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.note(&statement).await?;
        self.inner.query_all_raw(statement).await
    }
}

fn nth<K: arki_ids::Kind>(number: u32) -> Id<K> {
    format!("{}_{number:026}", K::PREFIX).parse().unwrap()
}

/// A group of 101 units, one of them small, with 20,000 employees, and 40,000 customers with an outcome each.
async fn seed(db: &DatabaseConnection, tenant: TenantId) {
    let columns = "kind, display_name, name_key, email, email_key, employment, manager_id, account_id, external_id, \
                   source, attributes, revision, create_time, update_time";
    let of = |prefix: &str, number: &str| format!("'{prefix}_' || lpad(({number})::text, 26, '0')");
    let (person, unit) = (of("per", "n"), of("unt", "CASE WHEN n < 60 THEN 100 ELSE n % 100 END"));
    for sql in [
        format!(
            "INSERT INTO unit (tenant_id, id, revision, create_time, update_time) \
             SELECT '{tenant}', {}, 1, now(), now() FROM generate_series(0, 100) n",
            of("unt", "n")
        ),
        format!(
            "INSERT INTO unit_version (tenant_id, unit_id, valid_from, parent_id, display_name, leader_id) \
             SELECT '{tenant}', {}, '2026-01-01', CASE WHEN n > 0 THEN {} END, 'Unit ' || n, {} \
             FROM generate_series(0, 100) n",
            of("unt", "n"),
            of("unt", "n / 10"),
            of("per", "n")
        ),
        format!(
            "INSERT INTO person (tenant_id, id, {columns}) \
             SELECT '{tenant}', {person}, CASE WHEN n % 3 = 0 THEN 'employee' ELSE 'customer' END, 'Name ' || n, \
             'name ' || n, n || '@example.com', n || '@example.com', CASE WHEN n % 3 = 0 THEN 'active' END, \
             CASE WHEN n % 3 = 0 AND n > 0 THEN {} END, CASE WHEN n % 3 > 0 THEN {} END, 'K-' || n, 'hr', \
             '{{}}', 1, now(), now() FROM generate_series(0, 59999) n",
            of("per", "n / 30 * 3"),
            of("acc", "n / 10")
        ),
        format!(
            "INSERT INTO membership (tenant_id, person_id, valid_from, unit_id) \
             SELECT '{tenant}', {person}, '2026-01-01', {unit} FROM generate_series(0, 59999, 3) n"
        ),
        format!(
            "INSERT INTO employment (tenant_id, person_id, valid_from, state, is_planned) \
             SELECT '{tenant}', {person}, '0001-01-01', 'active', false FROM generate_series(0, 59999, 3) n"
        ),
        format!(
            "INSERT INTO person_identity (tenant_id, person_id, source, external_id, is_primary) \
             SELECT '{tenant}', {person}, 'hr', 'K-' || n, true FROM generate_series(0, 59999) n"
        ),
        format!(
            "INSERT INTO person_attribute (tenant_id, person_id, key, value) \
             SELECT '{tenant}', {person}, 'site', 'Site ' || n % 500 FROM generate_series(0, 59999) n"
        ),
        format!(
            "INSERT INTO outcome (tenant_id, id, kind, time, person_id, account_id, amount_minor, currency, revision, \
             create_time, update_time) SELECT '{tenant}', {}, 'purchase', now(), {person}, {}, 100, 'EUR', 1, now(), \
             now() FROM generate_series(0, 39999) n",
            of("out", "n"),
            of("acc", "n / 10")
        ),
        "ANALYZE unit_version, person, membership, employment, person_identity, person_attribute, outcome"
            .to_owned(),
    ] {
        db.execute_unprepared(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn no_lookup_reads_everybody() {
    let Some(database) = TestDatabase::postgres() else { return };
    let server = Server::on(database).await;
    let tenant = server.admin.caller.tenant;
    let store = Store::connect(&server.config.database).await.unwrap();
    seed(store.reader(), tenant).await;
    let db = Explained { inner: store.reader(), plans: Mutex::default() };
    let today = day(2026, 6, 1);
    let page = PageRequest { size: 50, after: None };
    let later =
        PageRequest { size: 50, after: Some(vec![nth::<arki_ids::kinds::Person>(30_000).to_string()]) };
    let (person, unit): (PersonId, UnitId) = (nth(300), nth(50));
    // Of so few that reading all would not be the shorter way in a database of this size either.
    let small: UnitId = nth(100);
    let below = |include_descendants| Some(UnitFilter { unit, include_descendants, day: today });
    let site = Segment { key: "site".to_owned(), values: vec!["Site 3".to_owned()] };
    let mut plans: HashMap<&str, String> = HashMap::new();
    macro_rules! look {
        ($($what:literal: $look:expr;)*) => {
            $($look.await.unwrap();
            plans.insert($what, db.taken());)*
        };
    }
    let audience = |kind, units: Vec<UnitId>, attributes: Vec<Segment>| Audience {
        kind,
        leads: false,
        units,
        roles: Vec::new(),
        attributes,
    };
    let (staff, customers) =
        (audience(Kind::Employee, Vec::new(), Vec::new()), audience(Kind::Customer, Vec::new(), Vec::new()));
    let (of_unit, of_site) = (
        audience(Kind::Employee, vec![unit], Vec::new()),
        audience(Kind::Customer, Vec::new(), vec![site.clone()]),
    );
    let pair = ExternalId { source: "hr".to_owned(), external_id: "K-77".to_owned() };
    let account: AccountId = nth(17);
    look! {
        "a person": people::find(&db, tenant, person);
        "a list": people::list(&db, tenant, &Filter::default(), &later);
        "a kind": people::list(&db, tenant, &Filter { kind: Some(Kind::Customer), ..Filter::default() }, &later);
        "a unit": people::list(&db, tenant, &Filter { unit: below(false), ..Filter::default() }, &page);
        "a tree": people::list(&db, tenant, &Filter { unit: below(true), ..Filter::default() }, &page);
        "an address": people::list(
            &db, tenant, &Filter { email: Some("7@example.com".to_owned()), ..Filter::default() }, &page
        );
        "a key without its source": people::list(
            &db, tenant, &Filter { external_id: Some("K-7".to_owned()), ..Filter::default() }, &page
        );
        "a segment": people::list(&db, tenant, &Filter { attributes: vec![site], ..Filter::default() }, &page);
        "leaders": people::list(&db, tenant, &Filter { leads_on: Some(today), ..Filter::default() }, &page);
        "keys of a file": people::with_keys(&db, tenant, "hr", &["K-1", "K-2"]);
        "a pair": identities::find(&db, tenant, &pair);
        "further pairs": identities::further(&db, tenant, person);
        "reports": people::reports(&db, tenant, person, false, &page);
        "reports of reports": people::reports(&db, tenant, person, true, &page);
        "managers": people::above(&db, tenant, person);
        "staff": people::audience(&db, tenant, &staff, today, &page);
        "staff, later": people::audience(&db, tenant, &staff, today, &later);
        "staff of a unit": people::audience(&db, tenant, &of_unit, today, &page);
        "customers": people::audience(&db, tenant, &customers, today, &page);
        "customers, later": people::audience(&db, tenant, &customers, today, &later);
        "customers of a segment": people::audience(&db, tenant, &of_site, today, &page);
        "members to move": people::employees_in(&db, tenant, unit, today);
        "members of units": people::in_units(&db, tenant, &BTreeSet::from([small]), today);
        "what is led": units::led_by(&db, tenant, &[person], today);
        "employment": employments::find(&db, tenant, person);
        "what is due": employments::due(&db, tenant, today, 100);
        "outcomes of an account": outcomes::list(&db, tenant, Some(account), &page);
        "outcomes to move": merges::count_outcomes(&db, tenant, &[person]);
    }
    let page = PageRequest { size: 2, after: None };
    let people = people::list(store.reader(), tenant, &Filter::default(), &page).await.unwrap().items;
    merges::alike(&db, tenant, &people, 20).await.unwrap();
    plans.insert("duplicates", db.taken());
    for (what, plan) in plans {
        assert!(!plan.is_empty(), "{what} was not asked");
        for table in ["person", "membership", "employment", "person_identity", "person_attribute", "outcome"]
        {
            let reads_all = plan.lines().any(|line| {
                line.contains(&format!("Seq Scan on {table}")) && {
                    let rest = line.split(&format!("Seq Scan on {table}")).nth(1).unwrap();
                    rest.starts_with(' ') || rest.is_empty()
                }
            });
            assert!(!reads_all, "{what} reads all of {table}:\n{plan}");
        }
    }
}

async fn pages_hold_each_person_once_while_others_come_and_go(server: Server) {
    let user = &server.admin;
    let shop = user.unit("Shop", "").await.name;
    let mut there = BTreeSet::new();
    for number in 0..60 {
        there.insert(user.employee(&format!("Person {number}"), &shop).await.name);
    }
    let kind = pb::PersonKind::Employee.into();
    let mut list = pb::ListPeopleRequest { page_size: 7, kind, ..Default::default() };
    let mut audience = pb::ResolveAudienceRequest {
        audience: Some(pb::Audience { kind, units: vec![shop.clone()], ..Default::default() }),
        page_size: 7,
        ..Default::default()
    };
    let (mut listed, mut resolved) = (Vec::new(), Vec::new());
    let mut round = 0;
    loop {
        let page = user.list_people(list.clone()).await.unwrap();
        listed.extend(page.people.into_iter().map(|person| person.name));
        let members = user.resolve_audience(audience.clone()).await.unwrap();
        resolved.extend(members.members.into_iter().map(|member| member.person));
        list.page_token = page.next_page_token;
        audience.page_token = members.next_page_token;
        if list.page_token.is_empty() || audience.page_token.is_empty() {
            break;
        }
        // Somebody comes, and somebody of a page that was read goes.
        round += 1;
        user.person(employee(&format!("Newcomer {round}"))).await.unwrap();
        let gone = listed[round].clone();
        let left = pb::ChangeEmploymentRequest {
            name: gone,
            state: pb::EmploymentState::Left.into(),
            ..Default::default()
        };
        user.change_employment(left).await.unwrap();
    }
    while !list.page_token.is_empty() {
        let page = user.list_people(list.clone()).await.unwrap();
        listed.extend(page.people.into_iter().map(|person| person.name));
        list.page_token = page.next_page_token;
    }
    for found in [&listed, &resolved] {
        let once: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(once.len(), found.len(), "somebody is there twice");
        assert!(once.is_superset(&there), "somebody is missing");
    }
}
