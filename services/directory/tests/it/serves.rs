use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, on_each_database, text};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    an_edge_is_created_read_changed_and_deleted,
    everybody_finds_the_way_to_the_customer,
    refuses_edges_that_say_nothing,
    another_tenant_sees_no_edge,
);

fn edge(from: &str, to: &str, words: &str) -> pb::CreateServesEdgeRequest {
    let edge = pb::ServesEdge {
        from: from.to_owned(),
        to: to.to_owned(),
        words: text("en", words),
        ..Default::default()
    };
    pb::CreateServesEdgeRequest { serves_edge: Some(edge), ..Default::default() }
}

async fn serves(user: &User, from: &str, to: &str, words: &str) -> pb::ServesEdge {
    user.create_serves_edge(edge(from, to, words)).await.unwrap().serves_edge.unwrap()
}

async fn path(user: &User, from: &str) -> Vec<pb::ServesStep> {
    let request = pb::GetPathToCustomerRequest { from: from.to_owned() };
    user.get_path_to_customer(request).await.unwrap().steps
}

async fn without_path(user: &User) -> Vec<String> {
    user.list_roles_without_path(pb::ListRolesWithoutPathRequest::default()).await.unwrap().roles
}

async fn an_edge_is_created_read_changed_and_deleted(server: Server) {
    let user = &server.admin;
    let (clerk, shop) = (user.role("Payroll clerk").await.name, user.unit("Shop", "").await.name);
    let created = serves(user, &clerk, &shop, "pays the right wage on the right day").await;
    let get = pb::GetServesEdgeRequest { name: created.name.clone() };
    assert_eq!(user.get_serves_edge(get.clone()).await.unwrap().serves_edge, Some(created.clone()));
    let twice = user.create_serves_edge(edge(&clerk, &shop, "again")).await;
    twice.refused(Code::AlreadyExists, ErrorReason::ServesEdgeExists);
    let change = pb::ServesEdge { words: text("en", "pays on time"), ..created.clone() };
    let update = pb::UpdateServesEdgeRequest { serves_edge: Some(change.clone()), ..Default::default() };
    let updated = user.update_serves_edge(update.clone()).await.unwrap().serves_edge.unwrap();
    assert_eq!((&updated.words, updated.etag.as_str()), (&change.words, "2"));
    user.update_serves_edge(update).await.refused(Code::Aborted, HouseReason::EtagMismatch);
    let listed = user.list_serves_edges(pb::ListServesEdgesRequest::default()).await.unwrap();
    assert_eq!(listed.serves_edges, [updated]);
    let delete = pb::DeleteServesEdgeRequest { name: created.name, ..Default::default() };
    user.delete_serves_edge(delete.clone()).await.unwrap();
    user.delete_serves_edge(delete).await.refused(Code::NotFound, ErrorReason::ServesEdgeNotFound);
    user.get_serves_edge(get).await.refused(Code::NotFound, ErrorReason::ServesEdgeNotFound);
}

async fn everybody_finds_the_way_to_the_customer(server: Server) {
    let user = &server.admin;
    let clerk = user.role("Payroll clerk").await.name;
    let driver = user.role("Driver").await.name;
    let guard = user.role("Guard").await.name;
    let shop = user.unit("Shop", "").await.name;
    assert_eq!(without_path(user).await, [clerk.clone(), driver.clone(), guard.clone()]);
    serves(user, &clerk, &driver, "pays the right wage").await;
    serves(user, &driver, &clerk, "tells the hours").await;
    serves(user, &driver, &shop, "brings the goods").await;
    assert_eq!(path(user, &clerk).await, []);
    serves(user, &shop, "segments/small firms", "has it on the shelf").await;
    let steps = path(user, &clerk).await;
    let shown: Vec<_> = steps.iter().map(|step| (step.from.as_str(), step.to.as_str())).collect();
    let expected = [(&*clerk, &*driver), (&*driver, &*shop), (&*shop, "segments/small firms")];
    assert_eq!(shown, expected);
    assert_eq!(steps[1].words, text("en", "brings the goods"));
    // A guard serves nobody in words, but stands in the shop.
    assert_eq!(without_path(user).await, std::slice::from_ref(&guard));
    let person = pb::Person { unit: shop.clone(), role: guard.clone(), ..employee("Aino Esimerkki") };
    user.person(person).await.unwrap();
    let steps = path(user, &guard).await;
    assert_eq!((steps.len(), steps[0].is_membership, steps[0].to.as_str()), (2, true, shop.as_str()));
    assert!(without_path(user).await.is_empty());
}

async fn refuses_edges_that_say_nothing(server: Server) {
    let user = &server.admin;
    let (clerk, shop) = (user.role("Payroll clerk").await.name, user.unit("Shop", "").await.name);
    assert_eq!(user.create_serves_edge(edge(&clerk, &clerk, "")).await.fields(), ["serves_edge.to"]);
    let from_customers = user.create_serves_edge(edge("segments/retail", &shop, "")).await;
    assert_eq!(from_customers.fields(), ["serves_edge.from"]);
    let no_unit = arki_ids::UnitId::generate().name();
    let missing = user.create_serves_edge(edge(&clerk, &no_unit, "")).await;
    missing.refused(Code::NotFound, ErrorReason::UnitNotFound);
    let no_role = arki_ids::RoleId::generate().name();
    let missing = user.create_serves_edge(edge(&no_role, &shop, "")).await;
    missing.refused(Code::NotFound, ErrorReason::RoleNotFound);
    let request = pb::GetPathToCustomerRequest { from: no_role };
    user.get_path_to_customer(request).await.refused(Code::NotFound, ErrorReason::RoleNotFound);
}

async fn another_tenant_sees_no_edge(server: Server) {
    let (owner, stranger) = (&server.admin, server.stranger().await);
    let (clerk, shop) = (owner.role("Clerk").await.name, owner.unit("Shop", "").await.name);
    let created = serves(owner, &clerk, &shop, "helps").await;
    let missing = (Code::NotFound, ErrorReason::ServesEdgeNotFound);
    let get = pb::GetServesEdgeRequest { name: created.name.clone() };
    stranger.get_serves_edge(get).await.refused(missing.0, missing.1);
    let update = pb::UpdateServesEdgeRequest { serves_edge: Some(created.clone()), ..Default::default() };
    stranger.update_serves_edge(update).await.refused(missing.0, missing.1);
    let delete = pb::DeleteServesEdgeRequest { name: created.name, ..Default::default() };
    stranger.delete_serves_edge(delete).await.refused(missing.0, missing.1);
    assert!(stranger.list_serves_edges(Default::default()).await.unwrap().serves_edges.is_empty());
    let foreign = stranger.create_serves_edge(edge(&clerk, "segments/retail", "")).await;
    foreign.refused(Code::NotFound, ErrorReason::RoleNotFound);
    assert!(without_path(&stranger).await.is_empty());
}
