//! Imports that run for a while.

use std::collections::HashMap;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::{ErrorReason, HrFileMode, ImportState};
use arki_proto::event::v1::PersonChanged;
use arki_test_support::{Refused, mask, on_each_database};
use sea_orm::{ConnectionTrait, Statement};
use tonic::Code;

use crate::import_user::{HEADING, ImportUser, file, line, pieces};
use crate::server::Server;
use crate::user::employee;

on_each_database!(
    a_file_is_planned_shown_and_carried_out_once,
    only_what_changed_is_written_and_told,
    a_file_with_errors_tells_each_by_line_and_column,
    half_a_file_is_stopped_until_somebody_confirms,
    a_tenant_decides_how_much_may_change,
    a_plan_that_was_overtaken_is_made_anew_and_confirmed_again,
    an_upload_that_broke_off_goes_on_where_it_ended,
    a_cancelled_import_writes_nothing_and_leaves_nothing,
    a_manager_who_comes_later_is_the_manager_then,
    people_who_wait_for_each_other_never_make_a_circle,
    another_tenant_finds_no_import,
    what_is_staged_can_be_erased,
);

async fn people(server: &Server) -> Vec<pb::Person> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListPeopleRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = server.admin.list_people(request).await.unwrap();
        all.extend(page.people);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// Rows that are staged, over all tables.
async fn staged(server: &Server) -> i64 {
    let store = server.store().await;
    let mut rows = 0;
    for table in ["import_piece", "import_write", "import_change", "import_error"] {
        let backend = store.reader().get_database_backend();
        let statement = Statement::from_string(backend, format!("SELECT count(*) AS many FROM {table}"));
        let row = store.reader().query_one_raw(statement).await.unwrap().unwrap();
        rows += row.try_get::<i64>("", "many").unwrap();
    }
    rows
}

async fn a_file_is_planned_shown_and_carried_out_once(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    let import = user.load(&file(0..100), HrFileMode::Full, false).await;
    assert_eq!(import.state(), ImportState::Planned);
    let report = import.report.clone().unwrap();
    assert_eq!((report.rows, report.error_count), (100, 0));
    let changes = user.changes(&import.name, "").await;
    let of = |kind: &str| changes.iter().filter(|change| change.kind == kind).count();
    assert_eq!((of("units"), of("roles"), of("people"), of("memberships")), (13, 1, 100, 100));
    assert_eq!(user.changes(&import.name, "create").await.len(), changes.len());
    assert!(people(&server).await.is_empty(), "a plan writes nothing");

    let wrong = pb::ConfirmImportRequest {
        name: import.name.clone(),
        plan: "another".to_owned(),
        request_id: String::new(),
    };
    user.confirm_import(wrong).await.refused(Code::FailedPrecondition, ErrorReason::ImportPlanChanged);
    let applied = user.confirm(&import).await;
    assert_eq!(applied.state(), ImportState::Applied);
    assert_eq!((applied.done_changes, applied.total_changes), (114, 114));
    let all = people(&server).await;
    assert_eq!(all.len(), 100);
    let of_key = |key: &str| all.iter().find(|person| person.external_id == key).unwrap();
    assert_eq!(of_key("E10").manager, of_key("E1").name);
    assert_eq!(of_key("E10").attributes["location"], "Oulu");
    assert_eq!(server.events::<PersonChanged>(100).await.len(), 100);
    assert_eq!(staged(&server).await, 0, "what was uploaded is removed");
    let again = pb::ConfirmImportRequest {
        name: import.name.clone(),
        plan: import.report.unwrap().plan,
        request_id: String::new(),
    };
    user.confirm_import(again).await.refused(Code::FailedPrecondition, ErrorReason::ImportStateWrong);
}

async fn only_what_changed_is_written_and_told(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    let content = file(0..300);
    assert_eq!(user.load(&content, HrFileMode::Full, true).await.state(), ImportState::Applied);
    let before = people(&server).await;
    server.wait(chrono::TimeDelta::hours(1));
    let same = user.load(&content, HrFileMode::Full, true).await;
    assert_eq!((same.state(), same.total_changes), (ImportState::Applied, 0));
    assert_eq!(people(&server).await, before);

    let changed = content.replace("E7,\"Henkilö, 7\"", "E7,\"Henkilö, seitsemän\"");
    let changed = changed.replace("E8,\"Henkilö, 8\",e8@", "E8,\"Henkilö, 8\",kahdeksan@");
    let import = user.load(&changed, HrFileMode::Full, true).await;
    assert_eq!((import.state(), import.total_changes), (ImportState::Applied, 2));
    let after = people(&server).await;
    let differ = before.iter().zip(&after).filter(|(one, other)| one != other).count();
    assert_eq!(differ, 2);
    assert_eq!(server.events::<PersonChanged>(302).await.len(), 302);

    // A file and the old call for whole files find the same.
    let request = pb::ImportHrFileRequest {
        content: changed,
        profile: "workday".to_owned(),
        mode: HrFileMode::Full.into(),
        ..Default::default()
    };
    let report = server.admin.import_hr_file(request).await.unwrap().report.unwrap();
    assert_eq!(
        (report.changes.as_slice(), report.counts),
        (&[][..], {
            let unchanged = user.load(&content, HrFileMode::Delta, false).await.report.unwrap();
            let mut counts = unchanged.counts;
            for count in &mut counts {
                (count.unchanged, count.updated) = (count.unchanged + count.updated, 0);
            }
            counts
        })
    );
}

async fn a_file_with_errors_tells_each_by_line_and_column(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    let mut content = file(0..5);
    content += "E1,Toinen,x@example.com,U1,,,,\n";
    content += "E90,,e90@example.com,U1,,,,\n";
    content += "E91,Nimi,no-address,U1,,,,\n";
    content += "E92,Nimi,e92@example.com\n";
    let import = user.load(&content, HrFileMode::Full, true).await;
    assert_eq!(import.state(), ImportState::Failed);
    assert_eq!((import.problem.as_str(), import.report.unwrap().error_count), ("IMPORT_FILE_ERRORS", 4));
    let errors = user.errors(&import.name).await;
    let places: Vec<_> = errors.iter().map(|(line, column, _)| (*line, column.as_str())).collect();
    assert_eq!(places, [(7, "Employee ID"), (8, "Worker"), (9, "Email"), (10, "")]);
    assert!(people(&server).await.is_empty());
    // Only its errors stay.
    assert_eq!(staged(&server).await, 4);
    let circle = format!("{HEADING}{}{}", line(1, "x", "E2"), line(2, "x", "E1"));
    let import = user.load(&circle, HrFileMode::Delta, true).await;
    let errors = user.errors(&import.name).await;
    assert_eq!((errors.len(), errors[0].0, errors[0].1.as_str()), (1, 2, "Manager ID"));
    let wrong = user.load("Name\nx\n", HrFileMode::Delta, true).await;
    assert_eq!(wrong.state(), ImportState::Failed);
    server.wait(chrono::TimeDelta::days(8));
}

async fn half_a_file_is_stopped_until_somebody_confirms(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    user.load(&file(0..60), HrFileMode::Full, true).await;
    let half = user.load(&file(0..30), HrFileMode::Full, true).await;
    assert_eq!(half.state(), ImportState::Braked);
    let report = half.report.clone().unwrap();
    assert_eq!((report.employees, report.leavers), (60, 30));
    assert!(report.brake.contains("30 of the source's 60 employees"), "{}", report.brake);
    let left = user.changes(&half.name, "leave").await;
    assert_eq!(left.iter().filter(|change| change.kind == "people").count(), 30);
    let employees =
        |all: &[pb::Person]| all.iter().filter(|person| person.kind() == pb::PersonKind::Employee).count();
    assert_eq!(employees(&people(&server).await), 60);
    assert_eq!(user.confirm(&half).await.state(), ImportState::Applied);
    assert_eq!(employees(&people(&server).await), 30);
}

async fn a_tenant_decides_how_much_may_change(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    user.load(&file(0..60), HrFileMode::Full, true).await;
    let tenant = pb::Tenant {
        name: server.admin.caller.tenant.name(),
        import_leavers_percent: 10,
        ..Default::default()
    };
    let request = pb::UpdateTenantRequest {
        tenant: Some(tenant),
        update_mask: mask(&["import_leavers_percent"]),
        ..Default::default()
    };
    let tenant = server.admin.update_tenant(request).await.unwrap().tenant.unwrap();
    assert_eq!((tenant.import_leavers_percent, tenant.import_changed_ids_percent), (10, 5));
    let import = user.load(&file(0..50), HrFileMode::Full, true).await;
    assert_eq!(import.state(), ImportState::Braked);
    assert!(import.report.unwrap().brake.contains("more than 10 %"));
}

async fn a_plan_that_was_overtaken_is_made_anew_and_confirmed_again(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    user.load(&file(0..20), HrFileMode::Full, true).await;
    let changed = file(0..20).replace("Oulu", "Vaasa");
    let import = user.load(&changed, HrFileMode::Full, false).await;
    let person = people(&server).await.remove(3);
    let change =
        pb::Person { name: person.name.clone(), email: "uusi@example.com".to_owned(), ..Default::default() };
    let request =
        pb::UpdatePersonRequest { person: Some(change), update_mask: mask(&["email"]), ..Default::default() };
    server.admin.update_person(request).await.unwrap();
    let import = user.confirm(&import).await;
    assert_eq!((import.state(), import.problem.as_str()), (ImportState::Planned, "IMPORT_PLAN_CHANGED"));
    assert!(people(&server).await.iter().all(|person| person.attributes["location"] == "Oulu"));
    assert_eq!(user.confirm(&import).await.state(), ImportState::Applied);
    assert!(people(&server).await.iter().all(|person| person.attributes["location"] == "Vaasa"));
}

async fn an_upload_that_broke_off_goes_on_where_it_ended(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    let name = user.make(HrFileMode::Full, true).await;
    let content = file(0..200);
    let all = pieces(&name, &content, 1_000);
    let half = user.upload(all[..5].to_vec()).await.unwrap().import.unwrap();
    assert_eq!((half.state(), half.received_bytes), (ImportState::Uploading, all[5].offset));
    let gap = user.upload(all[7..8].to_vec()).await;
    let gap = gap.refused(Code::FailedPrecondition, ErrorReason::ImportOffset);
    assert_eq!(gap.metadata["received_bytes"], all[5].offset.to_string());
    // What is there already may come again, cut in another way.
    let others = pieces(&name, &content, 777);
    let sent = user.upload(others.clone()).await.unwrap().import.unwrap();
    assert_eq!(sent.received_bytes, i64::try_from(content.len()).unwrap());
    user.settled(&name).await;
    let late = user.upload(all[..1].to_vec()).await;
    late.refused(Code::FailedPrecondition, ErrorReason::ImportStateWrong);
    assert_eq!(people(&server).await.len(), 200);
    assert_eq!(user.upload(Vec::new()).await.fields(), ["content"]);
}

async fn a_cancelled_import_writes_nothing_and_leaves_nothing(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    let import = user.load(&file(0..20), HrFileMode::Full, false).await;
    let request = pb::CancelImportRequest { name: import.name.clone(), request_id: "once".to_owned() };
    let cancelled = user.cancel_import(request.clone()).await.unwrap().import.unwrap();
    assert_eq!(cancelled.state(), ImportState::Cancelled);
    assert_eq!(user.cancel_import(request).await.unwrap().import.unwrap(), cancelled);
    assert_eq!((staged(&server).await, people(&server).await.len()), (0, 0));
    let listed = user.list_imports(pb::ListImportsRequest::default()).await.unwrap().imports;
    assert_eq!(listed.len(), 1);
    for _ in 0..10 {
        user.make(HrFileMode::Full, false).await;
    }
    let one = pb::Import { profile: "workday".to_owned(), ..Default::default() };
    let request = pb::CreateImportRequest { import: Some(one), request_id: String::new() };
    user.create_import(request).await.refused(Code::FailedPrecondition, ErrorReason::TooManyImports);
}

async fn a_manager_who_comes_later_is_the_manager_then(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    let content = format!("{HEADING}{}{}{}", line(1, "x", "E9"), line(2, "x", "E9"), line(3, "x", "E8"));
    let import = user.load(&content, HrFileMode::Delta, true).await;
    assert_eq!((import.state(), import.report.unwrap().pending_manager_count), (ImportState::Applied, 3));
    let waiting = user.list_pending_managers(pb::ListPendingManagersRequest::default()).await.unwrap();
    let mut keys: Vec<_> = waiting
        .pending_managers
        .iter()
        .map(|one| (one.external_id.as_str(), one.manager_external_id.as_str()))
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, [("E1", "E9"), ("E2", "E9"), ("E3", "E8")]);
    let again = user.load(&content, HrFileMode::Delta, true).await;
    assert_eq!((again.state(), again.total_changes), (ImportState::Applied, 0), "waiting on is no change");

    // One comes by the API, with a key of another system; the other in the next file.
    let person = pb::Person {
        external_id: "E9".to_owned(),
        source: "scim".to_owned(),
        ..employee("Esihenkilö Esimerkki")
    };
    let ninth = server.admin.person(person).await.unwrap().name;
    let managers = |all: &[pb::Person]| -> Vec<(String, String)> {
        let mut managers: Vec<_> = all
            .iter()
            .filter(|person| person.source == "workday")
            .map(|person| (person.external_id.clone(), person.manager.clone()))
            .collect();
        managers.sort_unstable();
        managers
    };
    let pair = |key: &str, manager: &str| (key.to_owned(), manager.to_owned());
    let found = managers(&people(&server).await);
    assert_eq!(found, [pair("E1", &ninth), pair("E2", &ninth), pair("E3", "")]);
    let more = format!("{content}{}", line(8, "x", ""));
    let import = user.load(&more, HrFileMode::Full, true).await;
    assert_eq!((import.state(), import.report.unwrap().pending_manager_count), (ImportState::Applied, 0));
    let all = people(&server).await;
    let eighth = all.iter().find(|person| person.external_id == "E8").unwrap().name.clone();
    let found = managers(&all);
    assert_eq!(found[..3], [pair("E1", &ninth), pair("E2", &ninth), pair("E3", &eighth)]);
    let waiting = user.list_pending_managers(pb::ListPendingManagersRequest::default()).await.unwrap();
    assert!(waiting.pending_managers.is_empty());
}

async fn people_who_wait_for_each_other_never_make_a_circle(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    user.load(&format!("{HEADING}{}", line(1, "x", "E2")), HrFileMode::Delta, true).await;
    let first = people(&server).await.remove(0);
    let person = pb::Person {
        external_id: "E2".to_owned(),
        source: "workday".to_owned(),
        manager: first.name.clone(),
        ..employee("Kehä Keksitty")
    };
    server.admin.person(person).await.unwrap();
    let all = people(&server).await;
    assert_eq!(all.iter().find(|person| person.name == first.name).unwrap().manager, "");

    // Two who arrive with one file: each alone would close no circle, both together would.
    let waiting = format!("{HEADING}{}{}", line(11, "x", "E13"), line(12, "x", "E14"));
    user.load(&waiting, HrFileMode::Delta, true).await;
    let newcomers = format!("{HEADING}{}{}", line(13, "x", "E12"), line(14, "x", "E11"));
    assert_eq!(user.load(&newcomers, HrFileMode::Delta, true).await.state(), ImportState::Applied);
    let managers: HashMap<String, String> =
        people(&server).await.into_iter().map(|person| (person.name, person.manager)).collect();
    for start in managers.keys() {
        let steps = std::iter::successors(Some(start), |at| managers.get(*at)).take(10);
        assert!(steps.count() < 10, "a circle above {start}");
    }
    let waiting = user.list_pending_managers(pb::ListPendingManagersRequest::default()).await.unwrap();
    assert_eq!(waiting.pending_managers.len(), 2, "one of the first two, and the one before");
}

async fn another_tenant_finds_no_import(server: Server) {
    let owner = ImportUser::of(&server, &server.admin);
    let import = owner.load(&file(0..3), HrFileMode::Full, false).await;
    let stranger = ImportUser::of(&server, &server.stranger().await);
    let name = || import.name.clone();
    let (code, reason) = (Code::NotFound, ErrorReason::ImportNotFound);
    stranger.get_import(pb::GetImportRequest { name: name() }).await.refused(code, reason);
    let request = pb::ConfirmImportRequest { name: name(), plan: "x".to_owned(), request_id: String::new() };
    stranger.confirm_import(request).await.refused(code, reason);
    let request = pb::CancelImportRequest { name: name(), request_id: String::new() };
    stranger.cancel_import(request).await.refused(code, reason);
    let request = pb::ListImportChangesRequest { name: name(), ..Default::default() };
    stranger.list_import_changes(request).await.refused(code, reason);
    let request = pb::ListImportErrorsRequest { name: name(), ..Default::default() };
    stranger.list_import_errors(request).await.refused(code, reason);
    stranger.upload(pieces(&name(), "x", 9)).await.refused(code, reason);
    assert!(stranger.list_imports(pb::ListImportsRequest::default()).await.unwrap().imports.is_empty());
    assert_eq!(owner.import(&name()).await.state(), ImportState::Planned);
}

async fn what_is_staged_can_be_erased(server: Server) {
    let user = ImportUser::of(&server, &server.admin);
    let import = user.load(&file(0..3), HrFileMode::Full, false).await;
    let person = server.admin.person(employee("Unto Unohdettava")).await.unwrap().name;
    let erasure = pb::Erasure { person, ..Default::default() };
    let request = pb::CreateErasureRequest { erasure: Some(erasure), request_id: String::new() };
    server.admin.create_erasure(request).await.unwrap();
    assert_eq!(staged(&server).await, 0);
    assert_eq!(user.import(&import.name).await.state(), ImportState::Cancelled);
}
