use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;

on_each_database!(is_created_read_listed_and_updated, refuses_what_is_not_there_or_taken);

async fn is_created_read_listed_and_updated(server: Server) {
    let user = &server.admin;
    let unit = user.unit("Shop", "").await.name;
    let account = pb::Account {
        display_name: "Keksitty Oy".to_owned(),
        external_id: "A-1".to_owned(),
        segment: "retail".to_owned(),
        unit,
        ..Default::default()
    };
    let request = pb::CreateAccountRequest { account: Some(account.clone()), request_id: String::new() };
    let created = user.create_account(request).await.unwrap().account.unwrap();
    assert_eq!((&created.display_name, &created.unit), (&account.display_name, &account.unit));
    let get = pb::GetAccountRequest { name: created.name.clone() };
    assert_eq!(user.get_account(get).await.unwrap().account, Some(created.clone()));
    let other = user.account("Toinen Oy", "").await;
    let listed = user.list_accounts(pb::ListAccountsRequest::default()).await.unwrap().accounts;
    assert_eq!(listed, [created.clone(), other]);
    let change = pb::Account { segment: "wholesale".to_owned(), ..created.clone() };
    let request = pb::UpdateAccountRequest {
        account: Some(change),
        update_mask: mask(&["segment", "unit"]),
        ..Default::default()
    };
    let updated = user.update_account(request.clone()).await.unwrap().account.unwrap();
    assert_eq!(updated, pb::Account { segment: "wholesale".to_owned(), etag: "2".to_owned(), ..created });
    user.update_account(request).await.refused(Code::Aborted, HouseReason::EtagMismatch);
}

async fn refuses_what_is_not_there_or_taken(server: Server) {
    let user = &server.admin;
    let name = arki_ids::AccountId::generate().name();
    let get = pb::GetAccountRequest { name: name.clone() };
    user.get_account(get).await.refused(Code::NotFound, ErrorReason::AccountNotFound);
    let account = pb::Account {
        name,
        display_name: "Oy".to_owned(),
        external_id: "A".to_owned(),
        ..Default::default()
    };
    let update = pb::UpdateAccountRequest { account: Some(account.clone()), ..Default::default() };
    user.update_account(update).await.refused(Code::NotFound, ErrorReason::AccountNotFound);
    let create =
        |account: pb::Account| pb::CreateAccountRequest { account: Some(account), request_id: String::new() };
    user.create_account(create(account.clone())).await.unwrap();
    user.create_account(create(account.clone()))
        .await
        .refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    let nowhere =
        pb::Account { unit: arki_ids::UnitId::generate().name(), external_id: String::new(), ..account };
    user.create_account(create(nowhere)).await.refused(Code::NotFound, ErrorReason::UnitNotFound);
}
