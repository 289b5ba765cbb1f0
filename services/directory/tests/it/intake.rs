//! What CRM systems tell by webhook.

use arki_directory::storage::intake::{deliveries, queue};
use arki_directory::storage::{crm, people};
use arki_ids::{IntakeEndpointId, PersonId};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::directory::v1::intake_service_client::IntakeServiceClient;
use arki_rpc::client::with_caller;
use arki_rpc::{Caller, Failure, Peer};
use arki_test_support::{Refused, eventually, mask, on_each_database, said};
use chrono::TimeDelta;
use tonic::Code;

use crate::server::Server;
use crate::user::User;

on_each_database!(
    an_endpoint_is_made_changed_and_removed_and_its_secret_shown_once,
    what_can_not_be_applied_becomes_a_dead_letter_and_holds_up_nobody,
    what_refers_to_what_comes_later_is_applied_then,
    what_must_be_read_again_is_listed_until_it_is_sent,
    whoever_comes_back_after_the_lease_applies_nothing,
    what_is_known_of_somebody_is_forgotten,
    another_tenant_sees_and_hears_nothing_of_it
);

const SECRET: &str = "a-client-secret-of-nobody";

#[derive(Clone)]
struct Hooks {
    client: IntakeServiceClient<Peer>,
    caller: Caller,
}

macro_rules! calls {
    ($($method:ident: $request:ident -> $response:ident;)*) => {
        impl Hooks {
            $(async fn $method(&self, request: pb::$request) -> Result<pb::$response, Failure> {
                said(self.client.clone().$method(with_caller(request, &self.caller)).await)
            })*
        }
    };
}

calls! {
    create_intake_endpoint: CreateIntakeEndpointRequest -> CreateIntakeEndpointResponse;
    get_intake_endpoint: GetIntakeEndpointRequest -> GetIntakeEndpointResponse;
    list_intake_endpoints: ListIntakeEndpointsRequest -> ListIntakeEndpointsResponse;
    update_intake_endpoint: UpdateIntakeEndpointRequest -> UpdateIntakeEndpointResponse;
    delete_intake_endpoint: DeleteIntakeEndpointRequest -> DeleteIntakeEndpointResponse;
    rotate_intake_secret: RotateIntakeSecretRequest -> RotateIntakeSecretResponse;
    list_intake_deliveries: ListIntakeDeliveriesRequest -> ListIntakeDeliveriesResponse;
    replay_intake_delivery: ReplayIntakeDeliveryRequest -> ReplayIntakeDeliveryResponse;
    recover_intake_deliveries: RecoverIntakeDeliveriesRequest -> RecoverIntakeDeliveriesResponse;
    receive_intake: ReceiveIntakeRequest -> ReceiveIntakeResponse;
}

impl Hooks {
    fn of(server: &Server, user: &User) -> Self {
        Self { client: IntakeServiceClient::new(server.peer()), caller: user.caller.clone() }
    }

    /// An endpoint for change events of contacts.
    async fn endpoint(&self) -> pb::IntakeEndpoint {
        let fields = [("display_name", "LastName"), ("email", "Email"), ("account_external_id", "AccountId")];
        let endpoint = pb::IntakeEndpoint {
            provider: pb::IntakeProvider::SalesforceCdc.into(),
            source: "salesforce".to_owned(),
            mappings: vec![pb::IntakeMapping {
                object: "Contact".to_owned(),
                kind: pb::CrmRecordKind::Person.into(),
                fields: fields.map(|(field, name)| (field.to_owned(), name.to_owned())).into(),
            }],
            ..Default::default()
        };
        let request = pb::CreateIntakeEndpointRequest {
            intake_endpoint: Some(endpoint),
            secret: SECRET.to_owned(),
            ..Default::default()
        };
        self.create_intake_endpoint(request).await.unwrap().intake_endpoint.unwrap()
    }

    /// What became of what was told.
    async fn states(&self) -> Vec<(String, i32)> {
        let listed = self.list_intake_deliveries(pb::ListIntakeDeliveriesRequest::default()).await.unwrap();
        let mut states: Vec<_> =
            listed.intake_deliveries.into_iter().map(|one| (one.external_id, one.state)).collect();
        states.sort();
        states
    }
}

const PENDING: i32 = pb::IntakeDeliveryState::Pending as i32;
const DONE: i32 = pb::IntakeDeliveryState::Done as i32;
const DEAD: i32 = pb::IntakeDeliveryState::Dead as i32;

/// An event of Salesforce about a contact.
fn event(record: &str, number: i64, fields: &str) -> String {
    format!(
        "{{\"ChangeEventHeader\":{{\"entityName\":\"Contact\",\"recordIds\":[\"{record}\"],\"changeType\":\"UPDATE\",\
         \"commitTimestamp\":{},\"commitNumber\":{number},\"transactionKey\":\"t{number}\",\"sequenceNumber\":1}},\
         {fields}}}",
        1_780_000_000_000 + number
    )
}

async fn tell(server: &Server, endpoint: &pb::IntakeEndpoint, body: &str) -> Result<i32, Failure> {
    let gateway = Hooks::of(server, &server.user(&["internal"]));
    let request = pb::ReceiveIntakeRequest {
        endpoint: endpoint.name.trim_start_matches("intakeEndpoints/").to_owned(),
        method: "POST".to_owned(),
        uri: "http://127.0.0.1/hooks/x".to_owned(),
        headers: vec![pb::IntakeHeader { name: "x-arki-intake-key".to_owned(), value: SECRET.to_owned() }],
        body: body.to_owned().into(),
    };
    gateway.receive_intake(request).await.map(|received| received.accepted)
}

async fn an_endpoint_is_made_changed_and_removed_and_its_secret_shown_once(server: Server) {
    let hooks = Hooks::of(&server, &server.admin);
    let given = hooks.endpoint().await;
    let mut request = pb::CreateIntakeEndpointRequest {
        intake_endpoint: Some(pb::IntakeEndpoint {
            provider: pb::IntakeProvider::Dynamics.into(),
            ..given.clone()
        }),
        request_id: "r-1".to_owned(),
        ..Default::default()
    };
    let made = hooks.create_intake_endpoint(request.clone()).await.unwrap();
    assert!(made.secret.len() >= 40);
    let again = hooks.create_intake_endpoint(request.clone()).await.unwrap();
    assert_eq!((again.intake_endpoint, again.secret.as_str()), (made.intake_endpoint.clone(), ""));
    let made = made.intake_endpoint.unwrap();
    let get = pb::GetIntakeEndpointRequest { name: made.name.clone() };
    assert_eq!(hooks.get_intake_endpoint(get.clone()).await.unwrap().intake_endpoint, Some(made.clone()));
    let listed = hooks.list_intake_endpoints(pb::ListIntakeEndpointsRequest::default()).await.unwrap();
    assert_eq!(listed.intake_endpoints, [given, made.clone()]);

    let change = pb::IntakeEndpoint { description: "Myynti".to_owned(), disabled: true, ..made.clone() };
    let update = pb::UpdateIntakeEndpointRequest {
        intake_endpoint: Some(change.clone()),
        update_mask: mask(&["description", "disabled"]),
        ..Default::default()
    };
    let updated = hooks.update_intake_endpoint(update.clone()).await.unwrap().intake_endpoint.unwrap();
    assert_eq!(updated, pb::IntakeEndpoint { etag: "2".to_owned(), ..change });
    let mismatch = arki_proto::r#type::v1::ErrorReason::EtagMismatch;
    hooks.update_intake_endpoint(update).await.refused(Code::Aborted, mismatch);
    let rotate = pb::RotateIntakeSecretRequest { name: made.name.clone(), ..Default::default() };
    let rotated = hooks.rotate_intake_secret(rotate).await.unwrap();
    assert!(rotated.secret.len() >= 40);
    assert!(rotated.intake_endpoint.unwrap().previous_secret_expire_time.is_some());

    let invalid = arki_proto::r#type::v1::ErrorReason::InvalidFields;
    if let Some(endpoint) = &mut request.intake_endpoint {
        endpoint.mappings[0].fields.insert("nothing".to_owned(), "x".to_owned());
    }
    request.request_id = String::new();
    hooks.create_intake_endpoint(request).await.refused(Code::InvalidArgument, invalid);
    let delete = pb::DeleteIntakeEndpointRequest { name: made.name, ..Default::default() };
    hooks.delete_intake_endpoint(delete.clone()).await.unwrap();
    let missing = ErrorReason::IntakeEndpointNotFound;
    hooks.delete_intake_endpoint(delete).await.refused(Code::NotFound, missing);
    hooks.get_intake_endpoint(get).await.refused(Code::NotFound, missing);
}

async fn what_can_not_be_applied_becomes_a_dead_letter_and_holds_up_nobody(server: Server) {
    let hooks = Hooks::of(&server, &server.admin);
    let endpoint = hooks.endpoint().await;
    let bad = event("003A", 1, "\"LastName\":\"Aino\",\"Email\":\"nowhere\"");
    let good = event("003B", 2, "\"LastName\":\"Eero Esimerkki\"");
    assert_eq!(tell(&server, &endpoint, &format!("[{bad},{good}]")).await.unwrap(), 2);
    assert_eq!(
        tell(&server, &endpoint, &format!("[{good},{bad},{good}]")).await.unwrap(),
        0,
        "known already"
    );
    eventually("the good one is applied", || async {
        hooks.states().await == [("003A".to_owned(), PENDING), ("003B".to_owned(), DONE)]
    })
    .await;
    eventually("the bad one is given up", || async {
        server.wait(TimeDelta::hours(5));
        hooks.states().await.contains(&("003A".to_owned(), DEAD))
    })
    .await;
    let dead =
        pb::ListIntakeDeliveriesRequest { state: pb::IntakeDeliveryState::Dead.into(), ..Default::default() };
    let letter = hooks.list_intake_deliveries(dead).await.unwrap().intake_deliveries.remove(0);
    assert_eq!((letter.tries, letter.reason.as_str()), (8, "INVALID_FIELDS"));
    assert!(letter.description.starts_with("email: "), "{}", letter.description);
    // What is wrong stays wrong until the mapping leaves it out; then it can be replayed.
    let mut change = endpoint.clone();
    change.mappings[0].fields.remove("email");
    let update = pb::UpdateIntakeEndpointRequest { intake_endpoint: Some(change), ..Default::default() };
    hooks.update_intake_endpoint(update).await.unwrap();
    let replay = pb::ReplayIntakeDeliveryRequest { name: letter.name, ..Default::default() };
    hooks.replay_intake_delivery(replay.clone()).await.unwrap();
    eventually("the replay is applied", || async {
        hooks.states().await.contains(&("003A".to_owned(), DONE))
    })
    .await;
    assert_eq!(server.admin.list_people(pb::ListPeopleRequest::default()).await.unwrap().people.len(), 2);
    let again = hooks.replay_intake_delivery(replay).await.unwrap().intake_delivery.unwrap();
    assert_eq!(again.state, DONE, "what is done stays so");
}

async fn what_refers_to_what_comes_later_is_applied_then(server: Server) {
    let hooks = Hooks::of(&server, &server.admin);
    let endpoint = hooks.endpoint().await;
    let early = event("003A", 1, "\"LastName\":\"Aino Esimerkki\",\"AccountId\":\"001A\"");
    tell(&server, &endpoint, &early).await.unwrap();
    eventually("it was tried", || async {
        let listed = hooks.list_intake_deliveries(pb::ListIntakeDeliveriesRequest::default()).await.unwrap();
        listed.intake_deliveries[0].reason == "ACCOUNT_NOT_FOUND"
    })
    .await;
    let accounts = pb::BatchUpsertAccountsRequest {
        source: "salesforce".to_owned(),
        accounts: vec![pb::CrmAccount { external_id: "001A".to_owned(), ..Default::default() }],
        ..Default::default()
    };
    server.admin.batch_upsert_accounts(accounts).await.unwrap();
    server.wait(TimeDelta::minutes(5));
    eventually("it is applied", || async { hooks.states().await == [("003A".to_owned(), DONE)] }).await;
    let recover = pb::RecoverIntakeDeliveriesRequest { name: endpoint.name, ..Default::default() };
    assert_eq!(hooks.recover_intake_deliveries(recover).await.unwrap().deliveries, 0);
}

async fn what_must_be_read_again_is_listed_until_it_is_sent(server: Server) {
    let hooks = Hooks::of(&server, &server.admin);
    let endpoint = hooks.endpoint().await;
    for (number, record) in ["003A", "003B", "003C"].into_iter().enumerate() {
        let gap = event(record, i64::try_from(number).unwrap(), "\"x\":1").replace("UPDATE", "GAP_UPDATE");
        tell(&server, &endpoint, &gap).await.unwrap();
    }
    let listed = async |source: &str, page_size: i32, page_token: String| {
        let source = source.to_owned();
        let request = pb::ListCrmRecordsToRereadRequest { source, page_size, page_token };
        server.admin.list_crm_records_to_reread(request).await.unwrap()
    };
    eventually("all are listed", || async { listed("", 0, String::new()).await.records.len() == 3 }).await;
    let first = listed("salesforce", 2, String::new()).await;
    let second = listed("salesforce", 2, first.next_page_token).await;
    let records: Vec<_> = first.records.iter().chain(&second.records).collect();
    assert_eq!(
        records.iter().map(|one| one.external_id.as_str()).collect::<Vec<_>>(),
        ["003A", "003B", "003C"]
    );
    assert!(records.iter().all(|one| one.reason == pb::RereadReason::Gap as i32));
    assert!(second.next_page_token.is_empty());
    assert!(listed("hubspot", 0, String::new()).await.records.is_empty());
    // What was read before the gap doesn't end it.
    let since = records[1].since_time.unwrap();
    let before = prost_types::Timestamp { seconds: since.seconds - 1, ..since };
    let read = |key: &str, source_time| pb::CrmPerson {
        external_id: key.to_owned(),
        display_name: Some("Aino Esimerkki".to_owned()),
        source_time,
        ..Default::default()
    };
    let request = pb::BatchUpsertPeopleRequest {
        source: "salesforce".to_owned(),
        people: vec![read("003A", None), read("003B", Some(before)), read("003C", records[2].since_time)],
        ..Default::default()
    };
    server.admin.batch_upsert_people(request).await.unwrap();
    let left = listed("", 0, String::new()).await.records;
    assert_eq!(left.iter().map(|one| one.external_id.as_str()).collect::<Vec<_>>(), ["003B"]);
}

async fn whoever_comes_back_after_the_lease_applies_nothing(server: Server) {
    let hooks = Hooks::of(&server, &server.admin);
    let endpoint = hooks.endpoint().await;
    let store = server.store().await;
    // Not due yet, so that only this test claims it.
    let tenant = server.admin.caller.tenant;
    let endpoint_id = IntakeEndpointId::from_name(&endpoint.name).unwrap();
    let now = server.now() + TimeDelta::days(1);
    let told = event("003A", 1, "\"LastName\":\"Aino Esimerkki\"");
    let terms = arki_directory::domain::intake::endpoint::Terms {
        mapping: arki_directory::domain::crm::Mapping(vec![arki_directory::domain::crm::Object {
            object: "Contact".to_owned(),
            kind: arki_directory::domain::crm::Kind::Person,
            fields: [("display_name".to_owned(), "LastName".to_owned())].into(),
        }]),
        ..Default::default()
    };
    let of = arki_directory::domain::intake::Endpoint::create(
        endpoint_id,
        arki_directory::domain::intake::Provider::SalesforceCdc,
        "salesforce".to_owned(),
        terms,
        now,
    );
    let request = arki_directory::domain::intake::Request {
        method: String::new(),
        uri: String::new(),
        headers: Default::default(),
        body: told.into_bytes(),
    };
    let mut heard = arki_directory::domain::intake::read(&of, &request, now).unwrap();
    let delivery = arki_directory::domain::intake::Delivery::new(
        arki_ids::IntakeDeliveryId::generate(),
        endpoint_id,
        heard.events.remove(0),
        now,
    );
    let lease = TimeDelta::seconds(60);
    let claim = async |at| {
        let claimed: Result<_, arki_database::Error> = store
            .claim("test", move |tx| Box::pin(async move { queue::claim(tx, at, lease, 10).await }))
            .await;
        claimed.unwrap()
    };
    let held = async |claimed: &queue::Claimed| {
        let fence = [(claimed.delivery, claimed.fence)];
        deliveries::held(store.reader(), tenant, &fence).await.unwrap().len()
    };
    let kept = delivery;
    let inserted: Result<u64, arki_database::Error> = store
        .claim("test", move |tx| {
            let kept = kept.clone();
            Box::pin(async move { deliveries::insert(tx, tenant, &[kept]).await })
        })
        .await;
    assert_eq!(inserted.unwrap(), 1);
    assert!(claim(now - lease).await.is_empty(), "it is not due");
    let first = claim(now).await.remove(0);
    assert_eq!(held(&first).await, 1);
    assert!(claim(now).await.is_empty(), "it is somebody's");
    let second = claim(now + lease).await.remove(0);
    assert_eq!((held(&first).await, held(&second).await), (0, 1), "the first one came back too late");
}

async fn what_is_known_of_somebody_is_forgotten(server: Server) {
    let hooks = Hooks::of(&server, &server.admin);
    let endpoint = hooks.endpoint().await;
    tell(&server, &endpoint, &event("003A", 1, "\"LastName\":\"Aino Esimerkki\"")).await.unwrap();
    eventually("it is applied", || async { hooks.states().await == [("003A".to_owned(), DONE)] }).await;
    let waiting = event("003A", 2, "\"Email\":\"aino@example.com\",\"AccountId\":\"001A\"");
    tell(&server, &endpoint, &waiting).await.unwrap();
    let store = server.store().await;
    let tenant = server.admin.caller.tenant;
    let person: PersonId =
        people::with_any_key(store.reader(), tenant, &["003A".to_owned()]).await.unwrap()[0].id;
    eventually("it was tried", || async {
        let listed = hooks.list_intake_deliveries(pb::ListIntakeDeliveriesRequest::default()).await.unwrap();
        listed.intake_deliveries[0].reason == "ACCOUNT_NOT_FOUND"
    })
    .await;
    let erased: Result<u64, arki_database::Error> =
        store.write("test", move |tx| Box::pin(async move { crm::erase(tx, tenant, person).await })).await;
    assert_eq!(erased.unwrap(), 3, "the record, and what was told twice");
    assert_eq!(hooks.states().await, [(String::new(), DONE), (String::new(), DONE)]);
    let kind = arki_directory::domain::crm::Kind::Person;
    assert!(crm::records(store.reader(), tenant, kind, "salesforce", &["003A"]).await.unwrap().is_empty());
    // What is told again is known by its event, and makes nobody anew.
    assert_eq!(tell(&server, &endpoint, &waiting).await.unwrap(), 0);
}

async fn another_tenant_sees_and_hears_nothing_of_it(server: Server) {
    let hooks = Hooks::of(&server, &server.admin);
    let stranger = server.stranger().await;
    let other = Hooks::of(&server, &stranger);
    let endpoint = hooks.endpoint().await;
    let theirs = other.endpoint().await;
    tell(&server, &endpoint, &event("003A", 1, "\"LastName\":\"Aino Esimerkki\"")).await.unwrap();
    eventually("it is applied", || async { hooks.states().await == [("003A".to_owned(), DONE)] }).await;
    assert!(other.states().await.is_empty());
    assert!(stranger.list_people(pb::ListPeopleRequest::default()).await.unwrap().people.is_empty());
    let listed = other.list_intake_endpoints(pb::ListIntakeEndpointsRequest::default()).await.unwrap();
    assert_eq!(listed.intake_endpoints, [theirs]);
    let missing = ErrorReason::IntakeEndpointNotFound;
    let get = pb::GetIntakeEndpointRequest { name: endpoint.name.clone() };
    other.get_intake_endpoint(get).await.refused(Code::NotFound, missing);
    let update =
        pb::UpdateIntakeEndpointRequest { intake_endpoint: Some(endpoint.clone()), ..Default::default() };
    other.update_intake_endpoint(update).await.refused(Code::NotFound, missing);
    let rotate = pb::RotateIntakeSecretRequest { name: endpoint.name.clone(), ..Default::default() };
    other.rotate_intake_secret(rotate).await.refused(Code::NotFound, missing);
    let recover = pb::RecoverIntakeDeliveriesRequest { name: endpoint.name.clone(), ..Default::default() };
    other.recover_intake_deliveries(recover).await.refused(Code::NotFound, missing);
    let request = pb::ListIntakeDeliveriesRequest { endpoint: endpoint.name.clone(), ..Default::default() };
    other.list_intake_deliveries(request).await.refused(Code::NotFound, missing);
    let delete = pb::DeleteIntakeEndpointRequest { name: endpoint.name, ..Default::default() };
    other.delete_intake_endpoint(delete).await.refused(Code::NotFound, missing);
    let listed = hooks.list_intake_deliveries(pb::ListIntakeDeliveriesRequest::default()).await.unwrap();
    let name = listed.intake_deliveries[0].name.clone();
    let replay = pb::ReplayIntakeDeliveryRequest { name, ..Default::default() };
    other.replay_intake_delivery(replay).await.refused(Code::NotFound, ErrorReason::IntakeDeliveryNotFound);
}
