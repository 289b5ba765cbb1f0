//! Who is let in besides by keys, and what they may do.

use arki_ids::{IdentityProviderId, PersonId, RoleBindingId, ScimGroupId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::directory::v1::access_service_client::AccessServiceClient;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::client::with_caller;
use arki_rpc::time::timestamp;
use arki_rpc::{Caller, Failure, Peer};
use arki_test_support::{Refused, mask, on_each_database, said};
use chrono::TimeDelta;
use serde_json::json;
use tonic::Code;

use crate::audit::listed;
use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    providers_are_made_changed_and_taken_away,
    bindings_are_made_changed_and_taken_away,
    nobody_gives_takes_or_changes_a_role_beyond_their_own,
    whoever_a_provider_vouches_for_gets_what_is_bound_to_them,
    whoever_is_in_a_group_of_scim_gets_what_is_bound_to_it,
    a_leader_of_the_directory_is_one_without_a_binding,
    another_tenant_finds_neither_provider_nor_binding,
);

fn client(server: &Server) -> AccessServiceClient<Peer> {
    AccessServiceClient::new(server.peer())
}

fn provider() -> pb::IdentityProvider {
    pb::IdentityProvider {
        display_name: "Keksitty".to_owned(),
        issuer: "https://id.example.com".to_owned(),
        audiences: vec!["arki".to_owned()],
        ..Default::default()
    }
}

async fn creates_provider(
    server: &Server,
    user: &User,
    provider: pb::IdentityProvider,
) -> Result<pb::IdentityProvider, Failure> {
    let request =
        pb::CreateIdentityProviderRequest { identity_provider: Some(provider), request_id: String::new() };
    let created = client(server).create_identity_provider(with_caller(request, &user.caller)).await;
    said(created).map(|created| created.identity_provider.unwrap())
}

fn binding(role: pb::AccessRole, kind: pb::MemberKind, member: &str) -> pb::RoleBinding {
    pb::RoleBinding {
        role: role.into(),
        member_kind: kind.into(),
        member: member.to_owned(),
        ..Default::default()
    }
}

async fn binds(server: &Server, user: &User, binding: pb::RoleBinding) -> Result<pb::RoleBinding, Failure> {
    let request = pb::CreateRoleBindingRequest { role_binding: Some(binding), request_id: String::new() };
    let created = client(server).create_role_binding(with_caller(request, &user.caller)).await;
    said(created).map(|created| created.role_binding.unwrap())
}

async fn resolves(
    server: &Server,
    provider: &str,
    subject: &str,
    email: &str,
    groups: &[&str],
) -> Result<pb::ResolveSubjectResponse, Failure> {
    let request = pb::ResolveSubjectRequest {
        identity_provider: provider.to_owned(),
        subject: subject.to_owned(),
        email: email.to_owned(),
        groups: groups.iter().map(ToString::to_string).collect(),
    };
    let gateway = Caller::service("gateway", server.admin.caller.tenant);
    said(client(server).resolve_subject(with_caller(request, &gateway)).await)
}

async fn providers_are_made_changed_and_taken_away(server: Server) {
    let user = &server.admin;
    let made = creates_provider(&server, user, provider()).await.unwrap();
    assert_eq!(made.algorithms, ["RS256", "ES256"]);
    assert_eq!((made.subject_claim.as_str(), made.groups_claim.as_str()), ("sub", "groups"));
    for (field, wrong) in [
        (
            "identity_provider.algorithms[0]",
            pb::IdentityProvider { algorithms: vec!["none".to_owned()], ..provider() },
        ),
        (
            "identity_provider.algorithms[0]",
            pb::IdentityProvider { algorithms: vec!["HS256".to_owned()], ..provider() },
        ),
        (
            "identity_provider.issuer",
            pb::IdentityProvider { issuer: "id.example.com".to_owned(), ..provider() },
        ),
        ("identity_provider.issuer", pb::IdentityProvider { issuer: "https://a@b".to_owned(), ..provider() }),
        ("identity_provider.audiences", pb::IdentityProvider { audiences: Vec::new(), ..provider() }),
        (
            "identity_provider.tenant_value",
            pb::IdentityProvider { tenant_claim: "tid".to_owned(), ..provider() },
        ),
    ] {
        assert_eq!(creates_provider(&server, user, wrong).await.fields(), [field]);
    }
    let changed = pb::IdentityProvider { display_name: "Uusi".to_owned(), ..made.clone() };
    let request = pb::UpdateIdentityProviderRequest {
        identity_provider: Some(changed),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    };
    let changed = client(&server).update_identity_provider(with_caller(request.clone(), &user.caller)).await;
    let changed = changed.unwrap().into_inner().identity_provider.unwrap();
    assert_eq!((changed.display_name.as_str(), changed.etag.as_str()), ("Uusi", "2"));
    let again = client(&server).update_identity_provider(with_caller(request, &user.caller)).await;
    said(again).refused(Code::Aborted, HouseReason::EtagMismatch);
    let list = pb::ListIdentityProvidersRequest::default();
    let listed_now = said(client(&server).list_identity_providers(with_caller(list, &user.caller)).await);
    assert_eq!(listed_now.unwrap().identity_providers, [changed]);

    let find = pb::FindIdentityProvidersRequest { issuer: "https://id.example.com".to_owned() };
    let gateway = Caller::service("gateway", user.caller.tenant);
    let found =
        said(client(&server).find_identity_providers(with_caller(find.clone(), &gateway)).await).unwrap();
    assert_eq!(found.providers[0].tenant, user.caller.tenant.name());
    let delete = pb::DeleteIdentityProviderRequest { name: made.name.clone(), ..Default::default() };
    said(client(&server).delete_identity_provider(with_caller(delete.clone(), &user.caller)).await).unwrap();
    said(client(&server).delete_identity_provider(with_caller(delete, &user.caller)).await)
        .refused(Code::NotFound, ErrorReason::IdentityProviderNotFound);
    let found = said(client(&server).find_identity_providers(with_caller(find, &gateway)).await).unwrap();
    assert!(found.providers.is_empty());
    let log = pb::ListAuditEntriesRequest { resource: made.name, ..Default::default() };
    let actions: Vec<_> =
        listed(&server, user, log).await.unwrap().into_iter().map(|one| one.action).collect();
    assert_eq!(
        actions,
        [
            "directory.DeleteIdentityProvider",
            "directory.UpdateIdentityProvider",
            "directory.CreateIdentityProvider"
        ]
    );
    // A provider can name anybody: to let one in is to let an administrator in.
    let keeper = server.user(&["directory.admin"]);
    creates_provider(&server, &keeper, provider())
        .await
        .refused(Code::PermissionDenied, HouseReason::ScopeMissing);
}

async fn bindings_are_made_changed_and_taken_away(server: Server) {
    let user = &server.admin;
    let email = binding(pb::AccessRole::Analyst, pb::MemberKind::Email, "Ann@Example.com");
    let made = binds(&server, user, email).await.unwrap();
    assert_eq!(made.member, "ann@example.com");
    let group = || binding(pb::AccessRole::Analyst, pb::MemberKind::Group, "cx");
    assert_eq!(binds(&server, user, group()).await.fields(), ["role_binding.identity_provider"]);
    let nobody = pb::RoleBinding { identity_provider: IdentityProviderId::generate().name(), ..group() };
    binds(&server, user, nobody).await.refused(Code::NotFound, ErrorReason::IdentityProviderNotFound);
    let person = binding(pb::AccessRole::Leader, pb::MemberKind::Person, &PersonId::generate().name());
    binds(&server, user, person).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
    let leader = pb::RoleBinding {
        unit: UnitId::generate().name(),
        ..binding(pb::AccessRole::Leader, pb::MemberKind::Email, "a@example.com")
    };
    binds(&server, user, leader).await.refused(Code::NotFound, ErrorReason::UnitNotFound);

    let wider = pb::RoleBinding { role: pb::AccessRole::Integrator.into(), ..made.clone() };
    let request = pb::UpdateRoleBindingRequest {
        role_binding: Some(wider),
        update_mask: mask(&["role"]),
        ..Default::default()
    };
    let changed =
        said(client(&server).update_role_binding(with_caller(request, &user.caller)).await).unwrap();
    let changed = changed.role_binding.unwrap();
    assert_eq!((changed.role(), changed.member.as_str()), (pb::AccessRole::Integrator, "ann@example.com"));
    let delete = pb::DeleteRoleBindingRequest { name: made.name.clone(), ..Default::default() };
    said(client(&server).delete_role_binding(with_caller(delete, &user.caller)).await).unwrap();
    let get = pb::GetRoleBindingRequest { name: made.name.clone() };
    said(client(&server).get_role_binding(with_caller(get, &user.caller)).await)
        .refused(Code::NotFound, ErrorReason::RoleBindingNotFound);
    let log = pb::ListAuditEntriesRequest { resource: made.name, ..Default::default() };
    let entries = listed(&server, user, log).await.unwrap();
    assert_eq!(entries.len(), 3);
    assert!(!format!("{entries:?}").contains("example.com"));
}

async fn nobody_gives_takes_or_changes_a_role_beyond_their_own(server: Server) {
    let keeper = server.user(&["directory.admin"]);
    let given = binding(pb::AccessRole::TenantAdmin, pb::MemberKind::Email, "a@example.com");
    for role in [pb::AccessRole::TenantAdmin, pb::AccessRole::Analyst, pb::AccessRole::Integrator] {
        let one = pb::RoleBinding { role: role.into(), ..given.clone() };
        binds(&server, &keeper, one).await.refused(Code::PermissionDenied, ErrorReason::ScopeNotHeld);
    }
    let made = binds(&server, &server.admin, given).await.unwrap();
    let lower = pb::RoleBinding { role: pb::AccessRole::Respondent.into(), ..made.clone() };
    let request = pb::UpdateRoleBindingRequest {
        role_binding: Some(lower),
        update_mask: mask(&["role"]),
        ..Default::default()
    };
    said(client(&server).update_role_binding(with_caller(request, &keeper.caller)).await)
        .refused(Code::PermissionDenied, ErrorReason::ScopeNotHeld);
    let delete = pb::DeleteRoleBindingRequest { name: made.name, ..Default::default() };
    said(client(&server).delete_role_binding(with_caller(delete, &keeper.caller)).await)
        .refused(Code::PermissionDenied, ErrorReason::ScopeNotHeld);
}

async fn whoever_a_provider_vouches_for_gets_what_is_bound_to_them(server: Server) {
    let user = &server.admin;
    let provider = creates_provider(&server, user, provider()).await.unwrap().name;
    resolves(&server, &provider, "ann", "", &["cx"])
        .await
        .refused(Code::PermissionDenied, ErrorReason::NoRole);
    let group = pb::RoleBinding {
        identity_provider: provider.clone(),
        valid_from: Some(timestamp(server.now() + TimeDelta::hours(1))),
        ..binding(pb::AccessRole::Analyst, pb::MemberKind::Group, "cx")
    };
    binds(&server, user, group).await.unwrap();
    resolves(&server, &provider, "ann", "", &["cx"])
        .await
        .refused(Code::PermissionDenied, ErrorReason::NoRole);
    server.wait(TimeDelta::hours(1));
    let ann = resolves(&server, &provider, "ann@example.com", "", &["all", "cx"]).await.unwrap();
    assert!(ann.impersonal && !ann.whole_tenant && ann.units.is_empty());
    assert!(ann.subject.starts_with(&format!("{provider}/subjects/")) && !ann.subject.contains("ann"));
    assert!(ann.scopes.contains(&"scorecard.read".to_owned()));
    let subject = pb::RoleBinding {
        identity_provider: provider.clone(),
        ..binding(pb::AccessRole::TenantAdmin, pb::MemberKind::Subject, "boss")
    };
    binds(&server, user, subject).await.unwrap();
    let boss = resolves(&server, &provider, "boss", "", &[]).await.unwrap();
    assert!(boss.whole_tenant);
    assert_eq!(boss.scopes, ["admin"]);
}

async fn whoever_is_in_a_group_of_scim_gets_what_is_bound_to_it(server: Server) {
    let user = &server.admin;
    let provider = creates_provider(&server, user, provider()).await.unwrap().name;
    let scim = server.provider(user.caller.tenant);
    let ann = json!({"userName": "ann@example.com", "active": true, "emails": [{"value": "ann@example.com", "type": "work"}]});
    let ann = scim.post_user(ann).await.id;
    let (analysts, others) =
        (scim.post_group("Analysts", &[&ann]).await, scim.post_group("Others", &[]).await);
    let of_group = |role, id: &str| binding(role, pb::MemberKind::ScimGroup, &format!("scimGroups/{id}"));
    binds(&server, user, of_group(pb::AccessRole::TenantAdmin, &others.id)).await.unwrap();
    resolves(&server, &provider, "ann", "ann@example.com", &[])
        .await
        .refused(Code::PermissionDenied, ErrorReason::NoRole);
    let bound = binds(&server, user, of_group(pb::AccessRole::Analyst, &analysts.id)).await.unwrap();
    assert_eq!(bound.member, format!("scimGroups/{}", analysts.id));
    let rights = resolves(&server, &provider, "ann", "ann@example.com", &[]).await.unwrap();
    assert!(rights.impersonal && !rights.whole_tenant);
    let leaves = json!([{"op": "remove", "path": format!("members[value eq \"{ann}\"]")}]);
    assert_eq!(scim.patch_group(&analysts.id, leaves).await.status, 200);
    resolves(&server, &provider, "ann", "ann@example.com", &[])
        .await
        .refused(Code::PermissionDenied, ErrorReason::NoRole);
    let unknown = of_group(pb::AccessRole::Analyst, &ScimGroupId::generate().to_string());
    assert_eq!(binds(&server, user, unknown).await.fields(), ["role_binding.member"]);
}

async fn a_leader_of_the_directory_is_one_without_a_binding(server: Server) {
    let user = &server.admin;
    let provider = creates_provider(&server, user, provider()).await.unwrap().name;
    let unit = user.unit("Shop", "").await;
    let person =
        pb::Person { email: "ann@example.com".to_owned(), unit: unit.name.clone(), ..employee("Ann") };
    let ann = user.person(person).await.unwrap().name;
    resolves(&server, &provider, "ann", "ann@example.com", &[])
        .await
        .refused(Code::PermissionDenied, ErrorReason::NoRole);
    let led = pb::Unit { leader: ann.clone(), ..unit.clone() };
    let request =
        pb::UpdateUnitRequest { unit: Some(led), update_mask: mask(&["leader"]), ..Default::default() };
    user.update_unit(request).await.unwrap();
    let leader = resolves(&server, &provider, "ann", "ANN@example.com", &[]).await.unwrap();
    assert_eq!((leader.subject.as_str(), leader.person.as_str()), (ann.as_str(), ann.as_str()));
    assert_eq!(leader.units, [unit.name]);
    assert!(!leader.whole_tenant && !leader.impersonal);
    // An address that two share is nobody's, and one that nobody verified is none.
    let twin = pb::Person { email: "ann@example.com".to_owned(), ..employee("Other Ann") };
    user.person(twin).await.unwrap();
    for email in ["ann@example.com", ""] {
        let answer = resolves(&server, &provider, "ann", email, &[]).await;
        answer.refused(Code::PermissionDenied, ErrorReason::NoRole);
    }
}

async fn another_tenant_finds_neither_provider_nor_binding(server: Server) {
    let user = &server.admin;
    let stranger = server.stranger().await;
    let provider = creates_provider(&server, user, provider()).await.unwrap();
    let email = binding(pb::AccessRole::Analyst, pb::MemberKind::Email, "ann@example.com");
    let bound = binds(&server, user, email).await.unwrap();
    let get = pb::GetIdentityProviderRequest { name: provider.name.clone() };
    said(client(&server).get_identity_provider(with_caller(get, &stranger.caller)).await)
        .refused(Code::NotFound, ErrorReason::IdentityProviderNotFound);
    let list = pb::ListIdentityProvidersRequest::default();
    let listed = said(client(&server).list_identity_providers(with_caller(list, &stranger.caller)).await);
    assert!(listed.unwrap().identity_providers.is_empty());
    let delete = pb::DeleteIdentityProviderRequest { name: provider.name.clone(), ..Default::default() };
    said(client(&server).delete_identity_provider(with_caller(delete, &stranger.caller)).await)
        .refused(Code::NotFound, ErrorReason::IdentityProviderNotFound);
    for name in [bound.name.clone(), RoleBindingId::generate().name()] {
        let delete = pb::DeleteRoleBindingRequest { name, ..Default::default() };
        said(client(&server).delete_role_binding(with_caller(delete, &stranger.caller)).await)
            .refused(Code::NotFound, ErrorReason::RoleBindingNotFound);
    }
    let theirs = pb::RoleBinding {
        identity_provider: provider.name,
        ..binding(pb::AccessRole::Analyst, pb::MemberKind::Group, "cx")
    };
    binds(&server, &stranger, theirs).await.refused(Code::NotFound, ErrorReason::IdentityProviderNotFound);
    let list = pb::ListRoleBindingsRequest::default();
    let listed = said(client(&server).list_role_bindings(with_caller(list, &stranger.caller)).await);
    assert!(listed.unwrap().role_bindings.is_empty());
}
