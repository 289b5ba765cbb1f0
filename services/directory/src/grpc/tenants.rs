//! Tenants on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input, time::timestamp};

use super::convert::{Mask, ReadFields, id, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::tenant::{self, HouseRules};
use crate::domain::{Tenant, etag};

const FIELD: &str = "tenant";

/// What an update may change.
const CHANGEABLE: [&str; 8] = [
    "display_name",
    "default_language",
    "time_zone",
    "minimum_group_employees",
    "minimum_group_comments",
    "headline_metric_cap",
    "import_leavers_percent",
    "import_changed_ids_percent",
];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateTenantRequest>,
) -> Result<pb::CreateTenantResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let change = change(&required(FIELD, call.body.tenant)?, &Mask::read(None, &CHANGEABLE)?)?;
    let default = HouseRules::named("");
    let tenant::Change {
        display_name,
        default_language,
        time_zone,
        minimum_group_employees,
        minimum_group_comments,
        headline_metric_cap,
        import_leavers_percent,
        import_changed_ids_percent,
    } = change;
    let rules = HouseRules {
        display_name: display_name.unwrap_or(default.display_name),
        default_language: default_language.unwrap_or(default.default_language),
        time_zone: time_zone.unwrap_or(default.time_zone),
        minimum_group_employees: minimum_group_employees.unwrap_or(default.minimum_group_employees),
        minimum_group_comments: minimum_group_comments.unwrap_or(default.minimum_group_comments),
        headline_metric_cap: headline_metric_cap.unwrap_or(default.headline_metric_cap),
        import_leavers_percent: import_leavers_percent.unwrap_or(default.import_leavers_percent),
        import_changed_ids_percent: import_changed_ids_percent.unwrap_or(default.import_changed_ids_percent),
    };
    let (tenant, secret) =
        grpc.directory.create_tenant(&asked, rules).await.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateTenantResponse {
        tenant: Some(render(tenant)),
        admin_secret: secret.map(|secret| secret.reveal().to_owned()).unwrap_or_default(),
    })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetTenantRequest>,
) -> Result<pb::GetTenantResponse, Failure> {
    let tenant = id("name", &call.body.name)?;
    let tenant = grpc.directory.get_tenant(&call.caller, tenant).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetTenantResponse { tenant: Some(render(tenant)) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListTenantsRequest>,
) -> Result<pb::ListTenantsResponse, Failure> {
    let paging = grpc.paging("tenants", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_tenants(&paging.page).await.map_err(|error| failure(error, ""))?;
    Ok(pb::ListTenantsResponse {
        tenants: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateTenantRequest>,
) -> Result<pb::UpdateTenantResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let tenant = required(FIELD, call.body.tenant)?;
    let change = change(&tenant, &mask)?;
    let id = id("tenant.name", &tenant.name)?;
    let tenant = grpc
        .directory
        .update_tenant(&asked, id, change, tenant.etag)
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateTenantResponse { tenant: Some(render(tenant)) })
}

/// What a tenant in a request changes. Empty and 0 take the default where there is one.
fn change(tenant: &pb::Tenant, mask: &Mask) -> Result<tenant::Change, Failure> {
    let pb::Tenant {
        name: _,
        display_name,
        default_language,
        time_zone,
        minimum_group_employees,
        minimum_group_comments,
        headline_metric_cap,
        create_time: _,
        update_time: _,
        etag: _,
        import_leavers_percent,
        import_changed_ids_percent,
    } = tenant;
    let or =
        |given: i32, default: u32| u32::try_from(given).ok().filter(|given| *given > 0).unwrap_or(default);
    let mut input = Input::default();
    let zone = if mask.has("time_zone") { input.time_zone("tenant.time_zone", time_zone) } else { None };
    let language =
        if default_language.is_empty() { tenant::LANGUAGE.to_owned() } else { default_language.clone() };
    input.done()?;
    Ok(tenant::Change {
        display_name: mask.pick("display_name", || display_name.clone()),
        default_language: mask.pick("default_language", || language),
        time_zone: mask.pick("time_zone", || zone.unwrap_or(chrono_tz::Tz::UTC)),
        minimum_group_employees: mask
            .pick("minimum_group_employees", || or(*minimum_group_employees, tenant::LEAST_EMPLOYEES)),
        minimum_group_comments: mask
            .pick("minimum_group_comments", || or(*minimum_group_comments, tenant::LEAST_COMMENTS)),
        headline_metric_cap: mask
            .pick("headline_metric_cap", || or(*headline_metric_cap, tenant::HEADLINE_METRICS)),
        import_leavers_percent: mask
            .pick("import_leavers_percent", || or(*import_leavers_percent, tenant::IMPORT_LEAVERS)),
        import_changed_ids_percent: mask.pick("import_changed_ids_percent", || {
            or(*import_changed_ids_percent, tenant::IMPORT_CHANGED_IDS)
        }),
    })
}

fn render(tenant: Tenant) -> pb::Tenant {
    let Tenant { id, rules, revision, create_time, update_time } = tenant;
    let HouseRules {
        display_name,
        default_language,
        time_zone,
        minimum_group_employees,
        minimum_group_comments,
        headline_metric_cap,
        import_leavers_percent,
        import_changed_ids_percent,
    } = rules;
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    pb::Tenant {
        name: id.name(),
        display_name,
        default_language,
        time_zone: time_zone.name().to_owned(),
        minimum_group_employees: number(minimum_group_employees),
        minimum_group_comments: number(minimum_group_comments),
        headline_metric_cap: number(headline_metric_cap),
        import_leavers_percent: number(import_leavers_percent),
        import_changed_ids_percent: number(import_changed_ids_percent),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}
