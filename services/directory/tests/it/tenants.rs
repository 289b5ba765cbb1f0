use std::sync::Arc;

use arki_directory::{Config, Peers, build, first_start};
use arki_events::InProcess;
use arki_process::{Context, SystemClock};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;

on_each_database!(
    the_first_start_makes_one_tenant_and_one_key,
    an_operator_makes_tenants_and_sees_all,
    raises_floors_and_lowers_none,
);

fn named(display_name: &str) -> pb::Tenant {
    pb::Tenant { display_name: display_name.to_owned(), ..Default::default() }
}

async fn the_first_start_makes_one_tenant_and_one_key(server: Server) {
    let get = pb::GetTenantRequest { name: server.admin.caller.tenant.name() };
    let tenant = server.admin.get_tenant(get).await.unwrap().tenant.unwrap();
    let expected = pb::Tenant {
        display_name: "default".to_owned(),
        default_language: "en".to_owned(),
        time_zone: "UTC".to_owned(),
        minimum_group_employees: 5,
        minimum_group_comments: 10,
        headline_metric_cap: 5,
        import_leavers_percent: 40,
        import_changed_ids_percent: 5,
        etag: "1".to_owned(),
        name: tenant.name.clone(),
        create_time: tenant.create_time,
        update_time: tenant.update_time,
    };
    assert_eq!(tenant, expected);
    assert_eq!(server.admin.caller.scopes.to_string(), "admin directory.operate");

    let file = server.config.admin_key_file.clone().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // A second start leaves tenant and key alone, and writes no other file.
    let config = Config { admin_key_file: Some(file.with_extension("second")), ..server.config.clone() };
    let context = Context::alone(Arc::new(SystemClock));
    build(config.clone(), Peers, Arc::new(InProcess::new()), context.clone()).await.unwrap();
    assert!(!config.admin_key_file.unwrap().exists());
    let store = arki_database::Store::connect(&config.database).await.unwrap();
    assert!(first_start(&store, Arc::new(SystemClock)).await.unwrap().is_none());
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    context.tasks.shutdown(deadline).await.unwrap();
}

async fn an_operator_makes_tenants_and_sees_all(server: Server) {
    let operator = &server.admin;
    let request = pb::CreateTenantRequest { tenant: Some(named("Toinen Oy")), request_id: "r-1".to_owned() };
    let created = operator.create_tenant(request.clone()).await.unwrap();
    let tenant = created.tenant.clone().unwrap();
    let again = operator.create_tenant(request).await.unwrap();
    assert_eq!((again.tenant, again.admin_secret.as_str()), (Some(tenant.clone()), ""));

    let other = server.who_has(&created.admin_secret).await;
    assert_eq!(other.caller.tenant.name(), tenant.name);
    let get = pb::GetTenantRequest { name: tenant.name.clone() };
    assert_eq!(other.get_tenant(get.clone()).await.unwrap().tenant, Some(tenant.clone()));
    assert_eq!(operator.get_tenant(get).await.unwrap().tenant, Some(tenant.clone()));
    let listed = operator.list_tenants(pb::ListTenantsRequest { page_size: 1, ..Default::default() });
    let listed = listed.await.unwrap();
    assert_eq!(listed.tenants[0].display_name, "default");
    let page_token = listed.next_page_token;
    let rest = operator.list_tenants(pb::ListTenantsRequest { page_size: 1, page_token }).await.unwrap();
    assert_eq!((rest.tenants, rest.next_page_token.as_str()), (vec![tenant], ""));

    let first = pb::GetTenantRequest { name: operator.caller.tenant.name() };
    other.get_tenant(first).await.refused(Code::NotFound, ErrorReason::TenantNotFound);
    let list = pb::ListTenantsRequest::default();
    other.list_tenants(list).await.refused(Code::PermissionDenied, HouseReason::ScopeMissing);
    let create = pb::CreateTenantRequest { tenant: Some(named("Kolmas Oy")), request_id: String::new() };
    other.create_tenant(create).await.refused(Code::PermissionDenied, HouseReason::ScopeMissing);
}

async fn raises_floors_and_lowers_none(server: Server) {
    let user = server.user(&["directory.admin"]);
    let update = |employees, comments, etag: &str| {
        let tenant = pb::Tenant {
            name: user.caller.tenant.name(),
            minimum_group_employees: employees,
            minimum_group_comments: comments,
            etag: etag.to_owned(),
            ..Default::default()
        };
        pb::UpdateTenantRequest {
            tenant: Some(tenant),
            update_mask: mask(&["minimum_group_employees", "minimum_group_comments"]),
            ..Default::default()
        }
    };
    let raised = user.update_tenant(update(8, 20, "1")).await.unwrap().tenant.unwrap();
    assert_eq!((raised.minimum_group_employees, raised.minimum_group_comments), (8, 20));
    for (employees, comments, floor) in [(7, 20, "8"), (8, 10, "20"), (0, 20, "8")] {
        let refused = user
            .update_tenant(update(employees, comments, ""))
            .await
            .refused(Code::FailedPrecondition, ErrorReason::PrivacyFloorLowered);
        assert_eq!(refused.metadata["floor"], floor);
    }
    user.update_tenant(update(9, 21, "1")).await.refused(Code::Aborted, HouseReason::EtagMismatch);
    let tenant = pb::Tenant { minimum_group_employees: 4, ..named("Pieni Oy") };
    let create = pb::CreateTenantRequest { tenant: Some(tenant), request_id: String::new() };
    server
        .admin
        .create_tenant(create)
        .await
        .refused(Code::FailedPrecondition, ErrorReason::PrivacyFloorLowered);
    let tenant = pb::Tenant { time_zone: "Europe/Atlantis".to_owned(), ..named("Kadonnut Oy") };
    let create = pb::CreateTenantRequest { tenant: Some(tenant), request_id: String::new() };
    assert_eq!(server.admin.create_tenant(create).await.fields(), ["tenant.time_zone"]);
}
