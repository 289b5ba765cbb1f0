use std::collections::{BTreeMap, BTreeSet, HashMap};

use arki_ids::{AccountId, OutcomeId, PersonId, RoleId, UnitId};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;

use super::*;
use crate::domain::attribute::Schema;
use crate::domain::erasure::Key;
use crate::domain::import::NewIds;
use crate::domain::person::{ExternalId, Kind as PersonKind};
use crate::domain::{Account, Outcome, Person};

const IDS: NewIds = NewIds {
    unit: UnitId::generate,
    role: RoleId::generate,
    person: PersonId::generate,
    account: AccountId::generate,
    outcome: OutcomeId::generate,
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
}

fn known() -> Known {
    let details = crate::domain::account::Details {
        display_name: "Keksitty Oy".to_owned(),
        external_id: Some("A-1".to_owned()),
        source: "crm".to_owned(),
        segment: String::new(),
        unit: None,
    };
    // The same one in every run, so that what refers to it is comparable.
    let account = Account::create(AccountId::from_uuid(uuid::Uuid::from_u128(7)), details, at(0));
    Known {
        source: "crm".to_owned(),
        now: at(0),
        zone: chrono_tz::Tz::Europe__Helsinki,
        ids: IDS,
        units: HashMap::new(),
        accounts: HashMap::from([("A-1".to_owned(), account)]),
        people: HashMap::new(),
        schema: Schema::default(),
        holders: HashMap::new(),
        erased: BTreeSet::new(),
    }
}

fn shelf<T: Noun>() -> Shelf<T> {
    Shelf::new(known(), HashMap::new(), HashMap::new(), HashMap::new())
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn told(key: &str, pairs: &[(&str, &str)], seconds: Option<i64>) -> Told {
    let stamp = seconds.map(|seconds| Stamp::at(at(seconds)));
    Told { external_id: key.to_owned(), fields: fields(pairs), stamp }
}

fn contact() -> Object {
    Object {
        object: "contact".to_owned(),
        kind: Kind::Person,
        fields: fields(&[
            ("display_name", "firstname lastname"),
            ("email", "email"),
            ("language", "=fi"),
            ("attributes.tier", "tier"),
            ("account_external_id", "company"),
        ]),
    }
}

fn deal() -> Object {
    Object {
        object: "deal".to_owned(),
        kind: Kind::Outcome,
        fields: fields(&[
            ("kind", "=purchase"),
            ("time", "closedate"),
            ("amount", "amount"),
            ("currency", "currency"),
        ]),
    }
}

fn change(object: &Object, pairs: &[(&str, &str)], seconds: i64) -> Change {
    Change {
        kind: object.kind,
        object: object.object.clone(),
        external_id: "1".to_owned(),
        properties: fields(pairs),
        deleted: None,
        reread: None,
        stamp: Stamp { time: at(seconds), order: String::new() },
    }
}

/// What is the same whoever it is and however often it was written.
fn said(shelf: &Shelf<Person>) -> Option<crate::domain::person::Profile> {
    shelf.thing("1").map(|person| person.profile.clone())
}

#[test]
fn a_name_of_two_properties_is_put_together_whichever_comes_first() {
    let object = contact();
    let mut shelf = shelf::<Person>();
    assert_eq!(shelf.hear(&change(&object, &[("tier", "gold")], 0), &object).state, State::Unchanged);
    assert!(shelf.thing("1").is_none(), "nobody is called anything yet");
    assert_eq!(shelf.hear(&change(&object, &[("lastname", "Esimerkki")], 2), &object).state, State::Created);
    assert_eq!(shelf.hear(&change(&object, &[("firstname", "Aino")], 1), &object).state, State::Updated);
    let aino = said(&shelf).unwrap();
    assert_eq!(aino.display_name, "Aino Esimerkki");
    assert_eq!((aino.language.as_deref(), aino.attributes["tier"].as_str()), (Some("fi"), "gold"));
    // Taken away, and by what is older not put back.
    shelf.hear(&change(&object, &[("tier", "")], 4), &object);
    assert_eq!(shelf.hear(&change(&object, &[("tier", "silver")], 3), &object).state, State::Stale);
    assert!(said(&shelf).unwrap().attributes.is_empty());
    let changed = shelf.changed();
    assert_eq!(changed.records["1"].reread, None, "it became enough");
}

#[test]
fn what_a_batch_told_later_is_not_undone_by_an_event_that_comes_late() {
    let object = contact();
    let mut shelf = shelf::<Person>();
    let batch = told("1", &[("display_name", "Aino Esimerkki"), ("email", "aino@example.com")], Some(10));
    assert_eq!(shelf.tell(&batch).state, State::Created);
    shelf.hear(&change(&object, &[("email", "old@example.com")], 9), &object);
    assert_eq!(said(&shelf).unwrap().email, "aino@example.com");
    shelf.hear(&change(&object, &[("email", "new@example.com")], 11), &object);
    assert_eq!(said(&shelf).unwrap().email, "new@example.com");
    assert_eq!(shelf.tell(&batch).state, State::Stale);
    // A part of a name doesn't take the place of a whole one, and the whole one does.
    shelf.hear(&change(&object, &[("lastname", "Toinen")], 12), &object);
    assert_eq!(said(&shelf).unwrap().display_name, "Aino Esimerkki");
    shelf.hear(&change(&object, &[("firstname", "Aino")], 13), &object);
    assert_eq!(said(&shelf).unwrap().display_name, "Aino Toinen");
    // Of fields of which the batch said nothing, an older event still has something to say.
    shelf.hear(&change(&object, &[("tier", "gold")], 5), &object);
    assert_eq!(said(&shelf).unwrap().attributes["tier"], "gold");
}

#[test]
fn what_somebody_wrote_stays_when_another_property_changes() {
    let object = contact();
    let mut one = shelf::<Person>();
    one.hear(&change(&object, &[("firstname", "Aino"), ("lastname", "Esimerkki")], 1), &object);
    let mut person = one.thing("1").unwrap().clone();
    person.profile.display_name = "Aino E.".to_owned();
    let records = one.changed().records.into_iter().collect();
    let things = HashMap::from([("1".to_owned(), person)]);
    let mut shelf = Shelf::new(known(), things, HashMap::new(), records);
    shelf.hear(&change(&object, &[("email", "aino@example.com")], 2), &object);
    let aino = said(&shelf).unwrap();
    assert_eq!((aino.display_name.as_str(), aino.email.as_str()), ("Aino E.", "aino@example.com"));
}

#[test]
fn who_is_deleted_in_the_source_is_a_former_customer_also_when_it_comes_first() {
    let object = contact();
    let created = Change { deleted: Some(false), ..change(&object, &[("firstname", "Aino")], 1) };
    let deleted = Change { deleted: Some(true), ..change(&object, &[], 2) };
    for order in [[&created, &deleted], [&deleted, &created]] {
        let mut shelf = shelf::<Person>();
        for change in order {
            shelf.hear(change, &object);
        }
        assert_eq!(said(&shelf).unwrap().kind, PersonKind::FormerCustomer);
        let back = Change { deleted: Some(false), ..change(&object, &[], 3) };
        shelf.hear(&back, &object);
        assert_eq!(said(&shelf).unwrap().kind, PersonKind::Customer);
    }
}

#[test]
fn an_outcome_waits_until_its_time_is_told_and_says_so() {
    let object = deal();
    let mut shelf = shelf::<Outcome>();
    shelf.hear(&change(&object, &[("amount", "1500.50"), ("currency", "EUR")], 1), &object);
    assert!(shelf.thing("1").is_none());
    shelf.hear(&change(&object, &[("closedate", "1780000000000")], 2), &object);
    let sale = shelf.thing("1").unwrap();
    assert_eq!((sale.facts.amount_minor, sale.facts.time), (150_050, at(0)));
    let wrong = shelf.hear(&change(&object, &[("amount", "1.005")], 3), &object);
    assert_eq!(wrong.fault.unwrap().field, "amount");
    assert_eq!(
        shelf.changed().records["1"].properties["amount"].0,
        "1500.50",
        "a failed event leaves nothing"
    );
}

#[test]
fn times_are_read_as_each_source_writes_them() {
    let wanted = DateTime::parse_from_rfc3339("2026-03-01T09:30:00Z").unwrap().to_utc();
    for text in [
        "2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00.000+0000",
        "2026-03-01T11:30:00.000+0200",
        "2026-03-01T11:30:00",
        "1772357400000",
        "/Date(1772357400000)/",
    ] {
        let mut shelf = shelf::<Outcome>();
        let item = told("1", &[("kind", "churn"), ("time", text)], None);
        assert_eq!(shelf.tell(&item).fault, None, "{text}");
        assert_eq!(shelf.thing("1").unwrap().facts.time, wanted, "{text}");
    }
    for text in ["", "yesterday", "17723574", "2026-13-01"] {
        let item = told("1", &[("kind", "churn"), ("time", text)], None);
        assert_eq!(shelf::<Outcome>().tell(&item).fault.unwrap().field, "time", "{text}");
    }
}

#[test]
fn accounts_are_not_made_of_their_deletion() {
    let object = Object {
        object: "company".to_owned(),
        kind: Kind::Account,
        fields: fields(&[("display_name", "name")]),
    };
    let mut shelf = shelf::<Account>();
    let deleted =
        Change { deleted: Some(true), reread: Some(RereadReason::Deleted), ..change(&object, &[], 1) };
    shelf.hear(&deleted, &object);
    assert!(shelf.thing("1").is_none());
    assert_eq!(shelf.changed().records["1"].reread, Some((at(1), RereadReason::Deleted)));
}

#[test]
fn mappings_name_fields_that_there_are() {
    let with =
        |field: &str, value: &str| Mapping(vec![Object { fields: fields(&[(field, value)]), ..contact() }]);
    assert!(Mapping(vec![contact(), deal()]).refused().is_empty());
    for (field, value) in [("name", "x"), ("attributes.", "x"), ("email", " "), ("amount", "x")] {
        assert_eq!(with(field, value).refused().len(), 1, "{field} {value}");
    }
    let twice = Mapping(vec![contact(), Object { object: "Contact".to_owned(), ..contact() }]);
    assert_eq!(twice.refused()[0].field, "mappings[1].object");
}

/// Something that a source may tell of one contact.
fn any_change() -> impl Strategy<Value = Change> {
    let name = prop_oneof![Just("firstname"), Just("lastname"), Just("email"), Just("tier"), Just("company")];
    let value = prop_oneof![Just("aino@example.com"), Just("b@example.com"), Just("A-1"), Just("")];
    let deleted = prop_oneof![4 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    let reread = prop_oneof![4 => Just(None), 1 => Just(Some(RereadReason::Gap))];
    (name, value, deleted, reread, 0..6_i64, 0..3_u8).prop_map(
        |(name, value, deleted, reread, seconds, order)| {
            // What names an account that isn't there fails, which is another law.
            let value = if name == "company" && value != "A-1" { "" } else { value };
            let value = if name == "email" && value == "A-1" { "" } else { value };
            let stamp = Stamp { time: at(seconds), order: order.to_string() };
            Change { deleted, reread, stamp, ..change(&contact(), &[(name, value)], 0) }
        },
    )
}

/// The same events make the same, in whichever order they come and however often.
#[test]
fn shuffled_and_tripled_events_make_one_state() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let mut runner = TestRunner::new(Config { cases: 400, ..Config::default() });
    let object = contact();
    let shuffled = std::cell::RefCell::new(&mut random);
    runner
        .run(&proptest::collection::vec(any_change(), 1..12), |changes| {
            let state = |changes: &[Change]| {
                let mut shelf = shelf::<Person>();
                for change in changes {
                    shelf.hear(change, &object);
                }
                let profile = said(&shelf);
                let record = shelf.changed().records.remove("1");
                let record = record.map(|record| (record.properties, record.deleted, record.stamp));
                (profile, record)
            };
            let wanted = state(&changes);
            let mut tripled = [changes.as_slice(), &changes, &changes].concat();
            tripled.shuffle(&mut **shuffled.borrow_mut());
            prop_assert_eq!(state(&tripled), wanted);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
}

/// The last of a key by its time is what stays of a batch, whatever the order of the items.
#[test]
fn shuffled_items_with_times_end_as_the_newest() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    for _ in 0..200 {
        let mut items: Vec<_> = (0..8)
            .map(|second| told("1", &[("display_name", &format!("Name {second}"))], Some(second)))
            .collect();
        items.extend(items.clone());
        items.shuffle(&mut random);
        let mut shelf = shelf::<Person>();
        for item in &items {
            shelf.tell(item);
        }
        assert_eq!(said(&shelf).unwrap().display_name, "Name 7", "seed {seed}");
        assert_eq!(shelf.changed().records["1"].stamp, Some(Stamp::at(at(7))), "seed {seed}");
    }
}

#[test]
fn nobody_who_was_erased_comes_back_by_key_address_or_deed() {
    let external_id = ExternalId { source: "crm".to_owned(), external_id: "C-1".to_owned() };
    let erased = BTreeSet::from([
        Key::ExternalId(external_id),
        Key::Email("ann@example.com".to_owned()),
        Key::Outcome("O-1".to_owned()),
    ]);
    let known = Known { erased, ..known() };
    let mut people: Shelf<Person> = Shelf::new(known.clone(), HashMap::new(), HashMap::new(), HashMap::new());
    let fault = |verdict: Verdict| verdict.fault.map(|fault| (fault.reason, fault.field));
    let named = |key, email| told(key, &[("display_name", "Ann"), ("email", email)], None);
    let refused = |field: &str| Some((Reason::PersonErased, field.to_owned()));
    assert_eq!(fault(people.tell(&named("C-1", "new@example.com"))), refused("external_id"));
    assert_eq!(fault(people.tell(&named("C-2", "ANN@example.com"))), refused("email"));
    assert_eq!(people.tell(&named("C-2", "ben@example.com")).state, State::Created);
    assert_eq!(fault(people.tell(&named("C-2", "ann@example.com"))), refused("email"));
    let mut outcomes: Shelf<Outcome> = Shelf::new(known, HashMap::new(), HashMap::new(), HashMap::new());
    let bought = [("kind", "purchase"), ("time", "2026-01-01T00:00:00Z"), ("account_external_id", "A-1")];
    assert_eq!(fault(outcomes.tell(&told("O-1", &bought, None))), refused("external_id"));
    assert_eq!(outcomes.tell(&told("O-2", &bought, None)).state, State::Created);
}
