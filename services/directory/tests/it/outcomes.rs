use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::event::v1::OutcomeRecorded;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{date, employee};

on_each_database!(
    is_created_read_listed_and_updated,
    is_told_on_the_day_that_it_was_for_the_tenant,
    refuses_what_is_not_there_taken_or_without_currency,
);

fn purchase(server: &Server) -> pb::Outcome {
    pb::Outcome {
        kind: pb::OutcomeKind::Purchase.into(),
        time: Some(timestamp(server.now())),
        amount_minor: 12_950,
        currency: "EUR".to_owned(),
        ..Default::default()
    }
}

async fn is_created_read_listed_and_updated(server: Server) {
    let user = &server.admin;
    let unit = user.unit("Shop", "").await.name;
    let account = user.account("Keksitty Oy", &unit).await.name;
    let person = user.person(employee("Eeva Asiakas")).await.unwrap().name;
    let outcome = pb::Outcome { account: account.clone(), person, ..purchase(&server) };
    let created = user.outcome(outcome).await.unwrap();
    assert_eq!(created.unit, unit, "the account's unit, where none is named");
    let get = pb::GetOutcomeRequest { name: created.name.clone() };
    assert_eq!(user.get_outcome(get).await.unwrap().outcome, Some(created.clone()));
    let other = user.outcome(purchase(&server)).await.unwrap();
    let listed = user.list_outcomes(pb::ListOutcomesRequest::default()).await.unwrap().outcomes;
    assert_eq!(listed, [created.clone(), other]);
    let of_account = pb::ListOutcomesRequest { account, ..Default::default() };
    assert_eq!(user.list_outcomes(of_account).await.unwrap().outcomes, std::slice::from_ref(&created));
    let refund = pb::Outcome { amount_minor: -500, kind: pb::OutcomeKind::Churn.into(), ..created.clone() };
    let request = pb::UpdateOutcomeRequest {
        outcome: Some(refund),
        update_mask: mask(&["amount_minor"]),
        ..Default::default()
    };
    let updated = user.update_outcome(request.clone()).await.unwrap().outcome.unwrap();
    assert_eq!(updated, pb::Outcome { amount_minor: -500, etag: "2".to_owned(), ..created.clone() });
    user.update_outcome(request).await.refused(Code::Aborted, HouseReason::EtagMismatch);
    let told = server.events::<OutcomeRecorded>(3).await;
    let told = told.iter().filter(|event| event.outcome == created.name).map(|event| event.amount_minor);
    assert_eq!(told.collect::<Vec<_>>(), [12_950, -500], "in order for one outcome, in any between two");
}

async fn is_told_on_the_day_that_it_was_for_the_tenant(server: Server) {
    let user = &server.admin;
    let tenant = pb::Tenant {
        name: user.caller.tenant.name(),
        time_zone: "Europe/Helsinki".to_owned(),
        ..Default::default()
    };
    let request = pb::UpdateTenantRequest {
        tenant: Some(tenant),
        update_mask: mask(&["time_zone"]),
        ..Default::default()
    };
    user.update_tenant(request).await.unwrap();
    // Half past ten in the evening of UTC is the next day in Helsinki.
    server.wait(chrono::TimeDelta::minutes(14 * 60 + 30));
    user.outcome(purchase(&server)).await.unwrap();
    let told = &server.events::<OutcomeRecorded>(1).await[0];
    assert_eq!(told.day, Some(date(2026, 6, 2)));
    assert_eq!((told.kind.as_str(), told.currency.as_str()), ("purchase", "EUR"));
}

async fn refuses_what_is_not_there_taken_or_without_currency(server: Server) {
    let user = &server.admin;
    let name = arki_ids::OutcomeId::generate().name();
    let get = pb::GetOutcomeRequest { name: name.clone() };
    user.get_outcome(get).await.refused(Code::NotFound, ErrorReason::OutcomeNotFound);
    let update = pb::UpdateOutcomeRequest {
        outcome: Some(pb::Outcome { name, ..purchase(&server) }),
        ..Default::default()
    };
    user.update_outcome(update).await.refused(Code::NotFound, ErrorReason::OutcomeNotFound);
    let account = pb::Outcome { account: arki_ids::AccountId::generate().name(), ..purchase(&server) };
    user.outcome(account.clone()).await.refused(Code::NotFound, ErrorReason::AccountNotFound);
    let list = pb::ListOutcomesRequest { account: account.account, ..Default::default() };
    user.list_outcomes(list).await.refused(Code::NotFound, ErrorReason::AccountNotFound);
    let person = pb::Outcome { person: arki_ids::PersonId::generate().name(), ..purchase(&server) };
    user.outcome(person).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let unit = pb::Outcome { unit: arki_ids::UnitId::generate().name(), ..purchase(&server) };
    user.outcome(unit).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let known = || pb::Outcome { external_id: "O-1".to_owned(), ..purchase(&server) };
    user.outcome(known()).await.unwrap();
    user.outcome(known()).await.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    let of_nothing = pb::Outcome { currency: String::new(), ..purchase(&server) };
    assert_eq!(user.outcome(of_nothing).await.fields(), ["outcome.currency"]);
}
