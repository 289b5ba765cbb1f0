use arki_ids::{IntakeDeliveryId, IntakeEndpointId};
use chrono::TimeDelta;

use super::delivery::State;
use super::endpoint::{Change as Changed, Secrets, Terms};
use super::*;
use crate::domain::crm::{Kind, Object, RereadReason};

const SECRET: &str = "a-client-secret-of-nobody";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn mapping(object: &str, kind: Kind, properties: &str) -> Mapping {
    let fields = [("display_name".to_owned(), properties.to_owned())].into();
    Mapping(vec![Object { object: object.to_owned(), kind, fields }])
}

fn endpoint(provider: Provider, organisation: &str, mapping: Mapping) -> Endpoint {
    let terms = Terms { organisation_id: organisation.to_owned(), mapping, ..Terms::default() };
    Endpoint::create(IntakeEndpointId::generate(), provider, "crm".to_owned(), terms, now())
}

fn request(uri: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Request { method: "POST".to_owned(), uri: uri.to_owned(), headers, body: body.as_bytes().to_vec() }
}

fn proven(provider: Provider, secrets: &[&str], request: &Request, now: DateTime<Utc>) -> bool {
    proof::is_proven(provider, secrets.iter().copied(), request, now)
}

#[test]
fn hubspot_signs_method_address_body_and_time() {
    // Computed with Python's hmac.
    let headers = [
        ("x-hubspot-signature-v3", "1MWmAs4OrmwUBYGCDnWvWtWtJlvhQoDjVBxqY3muLL8="),
        ("x-hubspot-request-timestamp", "1780000000000"),
    ];
    let good = request("https://arki.example.org/hooks/ink_x?a=b", &headers, "[{\"eventId\":1}]");
    let is_good = |request: &Request, now| proven(Provider::Hubspot, &[SECRET], request, now);
    assert!(is_good(&good, now()));
    assert!(proven(Provider::Hubspot, &["another", SECRET], &good, now()), "each live secret proves");
    assert!(!proven(Provider::Hubspot, &["another"], &good, now()));
    assert!(!proven(Provider::Hubspot, &[], &good, now()));
    assert!(is_good(&good, now() + TimeDelta::minutes(5)));
    assert!(!is_good(&good, now() + TimeDelta::milliseconds(300_001)));
    assert!(!is_good(&good, now() - TimeDelta::milliseconds(300_001)));
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        is_good(&request, now())
    };
    assert!(!with(&|request| request.method = "PUT".to_owned()));
    assert!(!with(&|request| request.uri.push('c')));
    assert!(!with(&|request| request.body.push(b' ')));
    assert!(!with(&|request| drop(request.headers.remove("x-hubspot-signature-v3"))));
    assert!(!with(&|request| drop(request.headers.remove("x-hubspot-request-timestamp"))));
    for (header, value) in [
        ("x-hubspot-request-timestamp", "1780000000001"),
        ("x-hubspot-request-timestamp", "9999999999999999999"),
        ("x-hubspot-request-timestamp", "soon"),
        ("x-hubspot-signature-v3", ""),
        ("x-hubspot-signature-v3", "%%%"),
    ] {
        assert!(
            !with(&|request| drop(request.headers.insert(header.to_owned(), value.to_owned()))),
            "{value}"
        );
    }
}

#[test]
fn others_prove_with_a_secret_in_the_places_that_they_can_fill() {
    let code = request("http://a/hooks/x?b=1&code=a%2Db%2B%25+c", &[], "");
    let header = request("http://a/hooks/x", &[("x-arki-intake-key", "a-b+%+c")], "");
    // "relay:a-b+%+c"
    let basic = request("http://a/hooks/x", &[("authorization", "Basic cmVsYXk6YS1iKyUrYw==")], "");
    let nothing = request("http://a/hooks/x?code", &[("authorization", "Basic !!")], "");
    use Provider::{Dynamics, SalesforceCdc, SalesforceOutbound};
    for (provider, request, wanted) in [
        (SalesforceOutbound, &code, true),
        (SalesforceOutbound, &header, false),
        (SalesforceOutbound, &basic, false),
        (SalesforceCdc, &code, true),
        (SalesforceCdc, &header, true),
        (SalesforceCdc, &basic, true),
        (Dynamics, &code, true),
        (Dynamics, &header, true),
        (Dynamics, &basic, false),
        (SalesforceCdc, &nothing, false),
    ] {
        assert_eq!(proven(provider, &["a-b+%+c"], request, now()), wanted, "{provider:?} {request:?}");
        assert!(!proven(provider, &["a-b"], request, now()));
    }
}

#[test]
fn two_secrets_are_live_during_a_rotation() {
    let day = TimeDelta::hours(24);
    let secrets = Secrets::default().rotated("one".to_owned(), day, now());
    let secrets = secrets.rotated("two".to_owned(), day, now()).rotated("three".to_owned(), day, now());
    assert_eq!(secrets.live(now()).collect::<Vec<_>>(), ["three", "two"]);
    assert_eq!(secrets.live(now() + day).collect::<Vec<_>>(), ["three"]);
    let at_once = secrets.rotated("four".to_owned(), TimeDelta::zero(), now());
    assert_eq!(at_once.live(now()).collect::<Vec<_>>(), ["four"]);
}

#[test]
fn an_endpoint_is_of_one_organisation() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let outbound =
        |organisation: &str| endpoint(Provider::SalesforceOutbound, organisation, Mapping::default());
    assert_eq!(outbound("").refused().len(), 1);
    let salesforce = outbound("00D000000000001EAA");
    assert!(salesforce.is_of(&names(&["00D000000000001EAA"])));
    assert!(salesforce.is_of(&names(&["00D000000000001"])));
    assert!(!salesforce.is_of(&names(&["00d000000000001"])), "15 characters tell case apart");
    assert!(!salesforce.is_of(&names(&["00D000000000001EAA", "00D000000000002EAA"])));
    assert!(!salesforce.is_of(&[]));
    let hubspot = endpoint(Provider::Hubspot, "62515", Mapping::default());
    assert!(hubspot.is_of(&[]) && hubspot.is_of(&names(&["62515"])) && !hubspot.is_of(&names(&["1"])));
    let changed = hubspot.change(Changed { is_disabled: Some(true), ..Changed::default() }, now());
    assert_eq!((changed.revision, hubspot.change(Changed::default(), now()).revision), (2, 1));
}

fn message(record: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='utf-8'?><!-- x --><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>\
         <s:Body><notifications><OrganizationId>00D</OrganizationId><Notification><Id>04l</Id>{record}</Notification>\
         </notifications></s:Body></s:Envelope>"
    )
}

fn heard(provider: Provider, mapping: Mapping, body: &str) -> Result<Heard, Malformed> {
    read(&endpoint(provider, "", mapping), &request("http://a/hooks/x", &[], body), now())
}

#[test]
fn outbound_messages_are_read_as_xml_without_anything_that_grows() {
    let contacts = || mapping("Contact", Kind::Person, "Name");
    let good = message(
        "<sObject xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='sf:Contact'><sf:Id>003</sf:Id>\
         <sf:Name>A &amp; B &#x41;<![CDATA[ <c> ]]></sf:Name><sf:Other>x</sf:Other>\
         <sf:SystemModstamp>2026-03-01T09:30:00.000Z</sf:SystemModstamp></sObject>",
    );
    let read = heard(Provider::SalesforceOutbound, contacts(), &good).unwrap();
    assert_eq!(read.organisations, ["00D"]);
    let [Event { id, change }] = read.events.as_slice() else { panic!("{read:?}") };
    assert_eq!((id.as_str(), change.external_id.as_str(), change.reread), ("04l", "003", None));
    assert_eq!(change.properties, [("Name".to_owned(), "A & B A <c>".to_owned())].into());
    // Without a time it can't be put in order, so that it is to be read.
    let timeless = good.replace("SystemModstamp", "Modstamp");
    let read = heard(Provider::SalesforceOutbound, contacts(), &timeless).unwrap();
    assert_eq!(read.events[0].change.reread, Some(RereadReason::NoValues));
    assert!(read.events[0].change.properties.is_empty());
    let leads = heard(Provider::SalesforceOutbound, mapping("Lead", Kind::Person, "Name"), &good).unwrap();
    assert!(leads.events.is_empty(), "what is not mapped is of no interest");
    let many = "<Notification><Id>x</Id></Notification>".repeat(101);
    for (broken, why) in [
        (good.replace("<!-- x -->", "<!DOCTYPE s [<!ENTITY a 'b'>]>"), "document type"),
        (good.replace("<!-- x -->", "<?php x?>"), "instruction"),
        (good.replace("&amp;", "&bomb;"), "entity"),
        (good.replace("&#x41;", "&#0;"), "a character that is none"),
        (good.replace("utf-8", "utf-16"), "encoding"),
        (good.replace("i:type='sf:Contact'", ""), "type"),
        (good.replace("<sf:Id>003</sf:Id>", ""), "id"),
        (good.replace("</s:Body>", ""), "an end"),
        (good.replace("</s:Envelope>", ""), "the last end"),
        (message("").replace("<Notification>", &format!("{many}<Notification>")), "too many"),
        ("<a>".repeat(20), "too deep"),
        ("<s:Envelope xmlns:s='x'/>".to_owned(), "nothing"),
        (String::new(), "nothing"),
    ] {
        assert!(heard(Provider::SalesforceOutbound, contacts(), &broken).is_err(), "{why}: {broken:.200}");
    }
}

#[test]
fn bodies_that_are_no_text_or_compressed_are_malformed() {
    let hubspot = endpoint(Provider::Hubspot, "", mapping("contact", Kind::Person, "name"));
    let mut body = request("http://a/hooks/x", &[], "[]");
    assert_eq!(read(&hubspot, &body, now()), Ok(Heard::default()));
    body.headers.insert("content-encoding".to_owned(), "gzip".to_owned());
    assert!(read(&hubspot, &body, now()).is_err());
    body.headers.insert("content-encoding".to_owned(), "identity".to_owned());
    assert!(read(&hubspot, &body, now()).is_ok());
    body.body = vec![0xff, 0xfe, b'[', 0, b']', 0];
    assert!(read(&hubspot, &body, now()).is_err());
    body.body = "\u{feff}[]".into();
    assert!(read(&hubspot, &body, now()).is_ok());
    body.body = "[".repeat(200).into_bytes();
    assert!(read(&hubspot, &body, now()).is_err());
}

#[test]
fn hubspot_tells_what_it_is_about_in_several_ways() {
    let event =
        |rest: &str| format!("[{{\"eventId\":1,\"portalId\":2,\"occurredAt\":1780000000123,{rest}}}]");
    let contacts = || mapping("contact", Kind::Person, "firstname lastname");
    let heard = |rest: &str| heard(Provider::Hubspot, contacts(), &event(rest)).unwrap().events;
    let old = "\"subscriptionType\":\"contact.propertyChange\",\"objectId\":5,\"propertyName\":\"firstname\",\
               \"propertyValue\":\"Aino\"";
    let new = old.replace("contact.", "object.") + ",\"objectTypeId\":\"0-1\"";
    for rest in [old, new.as_str()] {
        let events = heard(rest);
        assert_eq!(events[0].change.properties["firstname"], "Aino", "{rest}");
        assert_eq!(events[0].change.stamp.time.timestamp_millis(), 1_780_000_000_123);
    }
    assert!(heard(&old.replace("firstname", "phone")).is_empty());
    assert!(heard(&old.replace("contact.", "company.")).is_empty());
    let merged = heard(
        "\"subscriptionType\":\"contact.merge\",\"primaryObjectId\":5,\"mergedObjectIds\":[6,7],\"newObjectId\":8",
    );
    let about: Vec<_> = merged.iter().map(|event| event.change.external_id.as_str()).collect();
    assert_eq!(about, ["5", "8", "6", "7"]);
    assert!(merged.iter().all(|event| event.change.reread == Some(RereadReason::NoValues)));
    let gone = heard("\"subscriptionType\":\"contact.privacyDeletion\",\"objectId\":5");
    assert_eq!((gone[0].change.deleted, gone[0].change.reread), (Some(true), None));
}

#[test]
fn change_events_have_several_envelopes_and_records() {
    let contacts = || mapping("Contact", Kind::Person, "Name.FirstName Name.LastName");
    let event = |kind: &str, rest: &str| {
        format!(
            "{{\"ChangeEventHeader\":{{\"entityName\":\"Contact\",\"recordIds\":[\"1\",\"2\"],\"changeType\":\"{kind}\",\
             \"commitTimestamp\":1780000000000,\"commitNumber\":7,\"transactionKey\":\"t\",\"sequenceNumber\":3{rest}"
        )
    };
    let values = "},\"Name\":{\"FirstName\":\"Aino\",\"LastName\":null},\"Email\":\"x\"}";
    let plain = event("UPDATE", values);
    for body in [
        plain.clone(),
        format!("[{plain}]"),
        format!("{{\"payload\":{plain}}}"),
        format!("{{\"schema\":\"s\",\"data\":{{\"payload\":{plain},\"event\":{{\"replayId\":1}}}}}}"),
    ] {
        let events = heard(Provider::SalesforceCdc, contacts(), &body).unwrap().events;
        assert_eq!(events.len(), 2, "{body}");
        assert_eq!(events[0].id, "t/3/1");
        let wanted = [("Name.FirstName", "Aino"), ("Name.LastName", "")];
        assert_eq!(
            events[1].change.properties,
            wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        );
    }
    // Only what is said to have changed, where it is said.
    let named = event("UPDATE", &format!(",\"changedFields\":[\"Name.FirstName\"]{values}"));
    let events = heard(Provider::SalesforceCdc, contacts(), &named).unwrap().events;
    assert_eq!(events[0].change.properties.len(), 1);
    // Bits of a schema that isn't here: what is null may be or not be taken away.
    let bits = event("UPDATE", &format!(",\"changedFields\":[\"0x400000\"]{values}"));
    let events = heard(Provider::SalesforceCdc, contacts(), &bits).unwrap().events;
    assert_eq!(
        (events[0].change.properties.len(), events[0].change.reread),
        (1, Some(RereadReason::NoValues))
    );
    for (kind, deleted, reread) in [
        ("GAP_UPDATE", None, Some(RereadReason::Gap)),
        ("GAP_OVERFLOW", None, Some(RereadReason::Gap)),
        ("GAP_DELETE", Some(true), None),
        ("DELETE", Some(true), None),
        ("UNDELETE", Some(false), None),
    ] {
        let events = heard(Provider::SalesforceCdc, contacts(), &event(kind, "}}")).unwrap().events;
        assert_eq!((events[0].change.deleted, events[0].change.reread), (deleted, reread), "{kind}");
    }
    let accounts = mapping("Contact", Kind::Account, "Name.LastName");
    let events = heard(Provider::SalesforceCdc, accounts, &event("DELETE", "}}")).unwrap().events;
    assert_eq!(events[0].change.reread, Some(RereadReason::Deleted));
    for broken in ["{}", "[1]", &event("SOMETHING", "}}"), &event("UPDATE", "}}").replace("recordIds", "x")] {
        assert!(heard(Provider::SalesforceCdc, contacts(), broken).is_err(), "{broken}");
    }
}

#[test]
fn a_delivery_is_given_up_after_its_tries_and_can_be_replayed() {
    let body = "[{\"eventId\":1,\"occurredAt\":1780000000123,\"subscriptionType\":\"contact.creation\",\"objectId\":5}]";
    let contacts = mapping("contact", Kind::Person, "name");
    let event = heard(Provider::Hubspot, contacts, body).unwrap().events.remove(0);
    let mut delivery =
        Delivery::new(IntakeDeliveryId::generate(), IntakeEndpointId::generate(), event, now());
    let mut pauses = Vec::new();
    for _ in 0..4 {
        delivery = delivery.failed("INVALID_FIELDS".to_owned(), "email: no".to_owned(), 4, now());
        pauses.push((delivery.due_time - now()).num_seconds());
    }
    assert_eq!(
        (pauses.as_slice(), delivery.state, delivery.tries),
        ([1, 4, 16, 64].as_slice(), State::Dead, 4)
    );
    let again = delivery.replayed(now());
    assert_eq!((again.state, again.tries, again.due_time), (State::Pending, 0, now()));
    let done = again.done(now());
    assert!(done.change.is_none() && done.reason.is_empty());
    assert_eq!(done.clone().replayed(now()), done, "what is done stays so");
}
