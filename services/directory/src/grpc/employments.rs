//! Employment and reporting lines on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::employment_service_server::EmploymentService;
use arki_rpc::time::date;
use arki_rpc::{Failure, Input};

use super::convert::{id, optional_name, required};
use super::methods::methods;
use super::people::{all_shown, read_employment, shown, write_employment};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::Person;
use crate::domain::history::Period;
use crate::domain::person::{Employment, Employments};

methods! {
    EmploymentService;
    change_employment: ChangeEmploymentRequest -> ChangeEmploymentResponse = change;
    list_employments: ListEmploymentsRequest -> ListEmploymentsResponse = list;
    list_reports: ListReportsRequest -> ListReportsResponse = reports;
    get_manager_chain: GetManagerChainRequest -> GetManagerChainResponse = managers;
}

async fn change(
    grpc: &Grpc,
    mut call: Call<pb::ChangeEmploymentRequest>,
) -> Result<pb::ChangeEmploymentResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let pb::ChangeEmploymentRequest { name, state, valid_from, etag, request_id: _ } = call.body;
    let mut input = Input::default();
    let valid_from = input.optional_day("valid_from", valid_from);
    input.done()?;
    let state = required("state", read_employment(state))?;
    let changed = grpc.directory.change_employment(&asked, id("name", &name)?, state, valid_from, etag).await;
    let (employments, person) = changed.map_err(|error| failure(error, ""))?;
    Ok(pb::ChangeEmploymentResponse {
        employments: render(&employments),
        person: Some(shown(grpc, &asked.caller, person).await?),
    })
}

async fn list(
    grpc: &Grpc,
    call: Call<pb::ListEmploymentsRequest>,
) -> Result<pb::ListEmploymentsResponse, Failure> {
    let found = grpc.directory.list_employments(&call.caller, id("name", &call.body.name)?).await;
    let employments = render(&found.map_err(|error| failure(error, ""))?);
    Ok(pb::ListEmploymentsResponse { employments })
}

async fn reports(
    grpc: &Grpc,
    mut call: Call<pb::ListReportsRequest>,
) -> Result<pb::ListReportsResponse, Failure> {
    let paging = grpc.paging("reports", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let (manager, transitive) = (id("name", &call.body.name)?, call.body.transitive);
    let found = grpc.directory.list_reports(&call.caller, manager, transitive, &paging.page).await;
    let (page, day) = found.map_err(|error| failure(error, ""))?;
    Ok(pb::ListReportsResponse {
        people: all_shown(grpc, &call.caller, page.items, day).await?,
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn managers(
    grpc: &Grpc,
    call: Call<pb::GetManagerChainRequest>,
) -> Result<pb::GetManagerChainResponse, Failure> {
    let found = grpc.directory.managers_of(&call.caller, id("name", &call.body.name)?).await;
    let chain = found.map_err(|error| failure(error, ""))?;
    let effective = chain.iter().find(|manager| manager.profile.is_active()).map(|manager| manager.id);
    let link = |manager: Person| pb::ManagerLink {
        person: manager.id.name(),
        is_active: manager.profile.is_active(),
        display_name: manager.profile.display_name,
    };
    Ok(pb::GetManagerChainResponse {
        managers: chain.into_iter().map(link).collect(),
        effective_manager: optional_name(effective),
    })
}

fn render(employments: &Employments) -> Vec<pb::Employment> {
    let employment = |Period { from, to, value }: Period<Employment>| pb::Employment {
        state: write_employment(Some(value)).into(),
        valid_from: (from != Employments::EVER).then(|| date(from)),
        valid_to: to.map(date),
    };
    employments.periods().into_iter().map(employment).collect()
}
