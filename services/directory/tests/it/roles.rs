use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;

on_each_database!(is_created_read_listed_and_updated, refuses_what_is_not_there_or_taken);

async fn is_created_read_listed_and_updated(server: Server) {
    let user = &server.admin;
    let driver = user.role("Driver").await;
    let clerk = user.role("Clerk").await;
    let get = pb::GetRoleRequest { name: driver.name.clone() };
    assert_eq!(user.get_role(get).await.unwrap().role, Some(driver.clone()));
    let listed = user.list_roles(pb::ListRolesRequest::default()).await.unwrap();
    assert_eq!((listed.roles, listed.next_page_token.as_str()), (vec![driver.clone(), clerk], ""));
    let role = pb::Role { display_name: "Bus driver".to_owned(), external_id: "D".to_owned(), ..driver };
    let request = pb::UpdateRoleRequest { role: Some(role.clone()), ..Default::default() };
    let updated = user.update_role(request.clone()).await.unwrap().role.unwrap();
    assert_eq!((updated.display_name.as_str(), updated.external_id.as_str()), ("Bus driver", "D"));
    assert_eq!(updated.etag, "2");
    let refused = user.update_role(request).await.refused(Code::Aborted, HouseReason::EtagMismatch);
    assert_eq!(refused.metadata["etag"], "2");
}

async fn refuses_what_is_not_there_or_taken(server: Server) {
    let user = &server.admin;
    let name = arki_ids::RoleId::generate().name();
    let get = pb::GetRoleRequest { name: name.clone() };
    user.get_role(get).await.refused(Code::NotFound, ErrorReason::RoleNotFound);
    let role = pb::Role {
        name,
        display_name: "Driver".to_owned(),
        external_id: "D".to_owned(),
        ..Default::default()
    };
    let update = pb::UpdateRoleRequest { role: Some(role.clone()), ..Default::default() };
    user.update_role(update).await.refused(Code::NotFound, ErrorReason::RoleNotFound);
    let create = pb::CreateRoleRequest { role: Some(role.clone()), request_id: String::new() };
    user.create_role(create.clone()).await.unwrap();
    user.create_role(create).await.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    let other = user.role("Clerk").await;
    let role = pb::Role { name: other.name, etag: String::new(), ..role };
    let update = pb::UpdateRoleRequest {
        role: Some(role.clone()),
        update_mask: mask(&["external_id"]),
        ..Default::default()
    };
    user.update_role(update).await.refused(Code::AlreadyExists, ErrorReason::ExternalIdTaken);
    let update =
        pb::UpdateRoleRequest { role: Some(role), update_mask: mask(&["colour"]), ..Default::default() };
    user.update_role(update).await.refused(Code::InvalidArgument, HouseReason::UpdateMaskInvalid);
}
