use std::sync::Mutex;

use super::*;

const PATH: &str = "/arki.goal.v1.GoalService/GetGoal";

/// A clock that the test sets.
fn clock() -> (Arc<Mutex<DateTime<Utc>>>, impl Fn() -> DateTime<Utc> + Send + Sync + Clone + 'static) {
    let now = Arc::new(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
    let hand = now.clone();
    (now, move || *hand.lock().unwrap())
}

fn ann() -> Caller {
    Caller {
        tenant: TenantId::random(),
        subject: "people/ann".into(),
        scopes: Scopes::parse("goal.write survey.read"),
        reach: Reach::Rows(crate::Rows { person: Some(arki_ids::PersonId::random()), ..Default::default() }),
    }
}

#[test]
fn a_verifier_reads_the_caller_that_was_signed() {
    let (_, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let ann = ann();
    assert_eq!(key.verify(&key.sign(&ann, PATH), PATH), Ok(ann));
}

#[test]
fn any_changed_character_is_refused() {
    let (_, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let assertion = key.sign(&ann(), PATH);
    for index in 0..assertion.len() {
        let mut tampered = assertion.clone().into_bytes();
        tampered[index] = if tampered[index] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(tampered).unwrap();
        assert!(key.verify(&tampered, PATH).is_err(), "character {index} changed unnoticed");
    }
}

#[test]
fn a_wider_scope_under_the_old_signature_is_refused() {
    let (_, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let ann = ann();
    let wider = Caller { scopes: Scopes::parse("internal"), ..ann.clone() };
    let (honest, forged) = (key.sign(&ann, PATH), key.sign(&wider, PATH));
    let (payload, signature) = (forged.split_once('.').unwrap().0, honest.split_once('.').unwrap().1);
    assert_eq!(key.verify(&format!("{payload}.{signature}"), PATH), Err(Error::Signature));
}

#[test]
fn an_assertion_is_good_for_its_own_method_only() {
    let (_, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let assertion = key.sign(&ann(), PATH);
    assert_eq!(key.verify(&assertion, "/arki.goal.v1.GoalService/DeleteGoal"), Err(Error::Signature));
}

#[test]
fn an_assertion_expires_after_a_minute_and_what_clocks_may_differ() {
    let (hand, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let assertion = key.sign(&ann(), PATH);
    let signed_at = *hand.lock().unwrap();
    for (seconds, expected) in
        [(70, None), (71, Some(Error::Expired)), (-10, None), (-11, Some(Error::Future))]
    {
        *hand.lock().unwrap() = signed_at + TimeDelta::seconds(seconds);
        assert_eq!(key.verify(&assertion, PATH).err(), expected, "after {seconds} s");
    }
}

#[test]
fn a_rotated_secret_is_still_accepted_but_no_longer_signs() {
    let (_, now) = clock();
    let old = AssertionKey::new(&[[1; 32]], now.clone()).unwrap();
    let new = AssertionKey::new(&[[2; 32]], now.clone()).unwrap();
    let both = AssertionKey::new(&[[2; 32], [1; 32]], now).unwrap();
    let ann = ann();
    assert_eq!(both.verify(&old.sign(&ann, PATH), PATH), Ok(ann.clone()));
    assert_eq!(new.verify(&both.sign(&ann, PATH), PATH), Ok(ann.clone()));
    assert_eq!(old.verify(&both.sign(&ann, PATH), PATH), Err(Error::Signature));
}

#[test]
fn nonsense_is_malformed_or_unsigned_but_never_a_caller() {
    let (_, now) = clock();
    let key = AssertionKey::generate(now);
    for nonsense in ["", ".", "a.b.c", "no-dot", "e30.e30", "***.***", "e30."] {
        assert!(key.verify(nonsense, PATH).is_err(), "{nonsense:?} was accepted");
    }
}

#[test]
fn a_short_secret_is_refused() {
    let (_, now) = clock();
    assert_eq!(AssertionKey::new(&["hunter2"], now.clone()).err(), Some(SecretTooShort { length: 7 }));
    assert_eq!(AssertionKey::new::<&[u8]>(&[], now).err(), Some(SecretTooShort { length: 0 }));
}

#[test]
fn a_key_never_shows_its_secret() {
    let (_, now) = clock();
    let shown = format!("{:?}", AssertionKey::new(&[[b's'; 32]], now).unwrap());
    assert_eq!(shown, "AssertionKey { .. }");
}

#[test]
fn an_assertion_that_was_believed_once_expires_all_the_same() {
    let (hand, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let ann = ann();
    let assertion = key.sign(&ann, PATH);
    for (seconds, expected) in [(0, Ok(ann.clone())), (70, Ok(ann)), (1, Err(Error::Expired))] {
        *hand.lock().unwrap() += TimeDelta::seconds(seconds);
        assert_eq!(key.verify(&assertion, PATH), expected);
    }
}

#[test]
fn an_assertion_that_was_believed_once_is_good_for_no_other_method() {
    let (_, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let assertion = key.sign(&ann(), PATH);
    for _ in 0..2 {
        assert!(key.verify(&assertion, PATH).is_ok());
        assert_eq!(key.verify(&assertion, "/arki.goal.v1.GoalService/DeleteGoal"), Err(Error::Signature));
    }
}

#[test]
fn an_assertion_is_reused_for_the_same_caller_and_method_and_a_short_while() {
    let (hand, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let ann = ann();
    let first = key.header(&ann, PATH);
    assert!(first.is_sensitive());
    assert_eq!(key.header(&ann, PATH), first);
    *hand.lock().unwrap() += TimeDelta::seconds(4);
    assert_eq!(key.header(&ann, PATH), first);
    *hand.lock().unwrap() += TimeDelta::seconds(1);
    assert_ne!(key.header(&ann, PATH), first);
    // A clock that was set back doesn't make it last.
    let latest = key.header(&ann, PATH);
    *hand.lock().unwrap() -= TimeDelta::seconds(30);
    assert_ne!(key.header(&ann, PATH), latest);
}

#[test]
fn nobody_is_sent_with_the_assertion_of_another() {
    let (_, now) = clock();
    let key = AssertionKey::new(&[[7; 32]], now).unwrap();
    let ann = ann();
    let others = [
        Caller { tenant: TenantId::random(), ..ann.clone() },
        Caller { subject: "people/bob".into(), ..ann.clone() },
        Caller { scopes: Scopes::parse("goal.read"), ..ann.clone() },
        Caller { reach: Reach::Tenant, ..ann.clone() },
    ];
    for caller in others.iter().chain([&ann]).chain(&others) {
        for path in [PATH, "/arki.goal.v1.GoalService/DeleteGoal"] {
            let header = key.header(caller, path);
            assert_eq!(key.verify(header.to_str().unwrap(), path).as_ref(), Ok(caller));
        }
    }
}
