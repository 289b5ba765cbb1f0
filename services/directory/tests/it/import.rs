use std::collections::BTreeMap;

use arki_proto::directory::v1 as pb;
use arki_proto::event::v1::{OutcomeRecorded, PersonChanged, UnitChanged};
use arki_test_support::{Refused, mask, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::{User, date};

on_each_database!(
    an_hr_file_is_taken_once_and_told_once,
    a_dry_run_reports_the_same_and_writes_nothing,
    a_file_with_faults_changes_nothing,
    a_file_may_hold_later_than_today,
    a_crm_file_is_taken_once_and_told_once,
    a_file_of_ten_thousand_rows_is_taken,
    refuses_what_is_out_of_bounds,
);

const HR: &str =
    "\u{feff}Nro;Nimi;Sähköposti;Yksikkö;Yksikön nimi;Ylempi;Johtaja;Tehtävä;Esihenkilö;Tila;Alku;Paikka\r
;;;G;Konserni;;;;;;;\r
1;Aino Esimerkki;aino@example.com;N;\"Pohjoinen\r
alue\";G;kyllä;johtaja;;aktiivinen;1.1.2020;Oulu\r
2;Bo Exempel;;N;;;;kuljettaja;1;aktiivinen;1.1.2020;\r
3;Cai Keksitty;;S;Etelä;G;;kuljettaja;1;vanhempainvapaalla;1.8.2026;\r
";

fn hr_mapping() -> pb::ColumnMapping {
    let columns = [
        ("Nro", "person_id"),
        ("Nimi", "name"),
        ("Sähköposti", "email"),
        ("Yksikkö", "unit_id"),
        ("Yksikön nimi", "unit_name"),
        ("Ylempi", "parent_unit_id"),
        ("Johtaja", "unit_leader"),
        ("Tehtävä", "role"),
        ("Esihenkilö", "manager_id"),
        ("Tila", "state"),
        ("Alku", "start_date"),
        ("Paikka", "attribute:site"),
    ];
    let columns = columns.map(|(heading, field)| (heading.to_owned(), field.to_owned())).into();
    pb::ColumnMapping { columns, date_format: "%d.%m.%Y".to_owned(), ..Default::default() }
}

const CRM: &str = "\
account_id,account_name,segment,unit_id,person_id,name,email,outcome_id,outcome_kind,outcome_time,amount,currency
A1,Keksitty Oy,retail,N,C1,Eeva Asiakas,eeva@example.com,,,,,
A1,,,,C1,,,O1,purchase,2026-02-01,\"1 234,50\",EUR
A1,,,,,,,O2,churn,2026-03-01T10:00:00Z,,
";

fn crm_mapping() -> pb::ColumnMapping {
    let columns = CRM.lines().next().unwrap().split(',').map(|name| (name.to_owned(), name.to_owned()));
    pb::ColumnMapping { columns: columns.collect(), ..Default::default() }
}

async fn import(user: &User, content: &str, dry_run: bool) -> pb::ImportReport {
    let content = content.to_owned();
    let request =
        pb::ImportHrFileRequest { content, mapping: Some(hr_mapping()), dry_run, ..Default::default() };
    user.import_hr_file(request).await.unwrap().report.unwrap()
}

async fn import_crm(user: &User, content: &str, dry_run: bool) -> pb::ImportReport {
    let content = content.to_owned();
    let request =
        pb::ImportCrmFileRequest { content, mapping: Some(crm_mapping()), dry_run, ..Default::default() };
    user.import_crm_file(request).await.unwrap().report.unwrap()
}

fn counts(report: &pb::ImportReport) -> BTreeMap<&str, (i64, i64, i64)> {
    report
        .counts
        .iter()
        .map(|pb::ImportCount { kind, created, updated, unchanged }| {
            (kind.as_str(), (*created, *updated, *unchanged))
        })
        .collect()
}

async fn people(user: &User) -> Vec<pb::Person> {
    user.list_people(pb::ListPeopleRequest::default()).await.unwrap().people
}

async fn an_hr_file_is_taken_once_and_told_once(server: Server) {
    let user = &server.admin;
    let report = import(user, HR, false).await;
    assert_eq!((report.errors.as_slice(), report.rows, report.dry_run), (&[][..], 4, false));
    let expected =
        [("units", (3, 0, 0)), ("roles", (2, 0, 0)), ("people", (3, 0, 0)), ("memberships", (3, 0, 0))];
    assert_eq!(counts(&report), expected.into());
    let tree = user.get_tree(pb::GetTreeRequest::default()).await.unwrap().units;
    let shown: Vec<_> = tree.iter().map(|unit| (unit.display_name.as_str(), unit.employees)).collect();
    assert_eq!(shown, [("Konserni", 0), ("Etelä", 0), ("Pohjoinen\r\nalue", 2)]);
    let all = people(user).await;
    let aino = all.iter().find(|person| person.external_id == "1").unwrap();
    assert_eq!((aino.source.as_str(), aino.attributes["site"].as_str()), ("hr", "Oulu"));
    assert_eq!(tree[2].leader, aino.name);
    let cai = all.iter().find(|person| person.external_id == "3").unwrap();
    assert_eq!((cai.employment_state(), &cai.manager), (pb::EmploymentState::LongLeave, &aino.name));
    assert_eq!(cai.unit, "", "who starts in August belongs nowhere in June");
    assert_eq!(
        (server.events::<UnitChanged>(3).await.len(), server.events::<PersonChanged>(3).await.len()),
        (3, 3)
    );

    server.wait(chrono::TimeDelta::days(3));
    let again = import(user, HR, false).await;
    assert_eq!((again.errors.as_slice(), again.changes.as_slice()), (&[][..], &[][..]));
    let expected =
        [("units", (0, 0, 3)), ("roles", (0, 0, 2)), ("people", (0, 0, 3)), ("memberships", (0, 0, 3))];
    assert_eq!(counts(&again), expected.into());
    assert_eq!(people(user).await.len(), 3);

    let changed =
        HR.replace("2;Bo Exempel;;N;;;;kuljettaja;1;", "2;Bo Exempel;bo@example.com;S;;;;kuljettaja;1;");
    let report = import(user, &changed, false).await;
    let expected =
        [("units", (0, 0, 3)), ("roles", (0, 0, 2)), ("people", (0, 1, 2)), ("memberships", (0, 1, 2))];
    assert_eq!(counts(&report), expected.into());
    let change = &report.changes[0];
    assert_eq!(
        (change.kind.as_str(), change.external_id.as_str(), change.action.as_str()),
        ("people", "2", "update")
    );
    let field = &change.fields[0];
    assert_eq!(
        (field.field.as_str(), field.before.as_str(), field.after.as_str()),
        ("email", "", "bo@example.com")
    );
    let told = server.events::<PersonChanged>(4).await;
    let changed: Vec<_> = told.iter().filter(|event| event.revision == 2).collect();
    assert_eq!((told.len(), changed.len()), (4, 1), "the second run told nothing");
    assert_eq!(changed[0].memberships[0].valid_to, Some(date(2026, 6, 4)));
}

async fn a_dry_run_reports_the_same_and_writes_nothing(server: Server) {
    let user = &server.admin;
    let dry = import(user, HR, true).await;
    assert!(people(user).await.is_empty());
    assert!(user.get_tree(pb::GetTreeRequest::default()).await.unwrap().units.is_empty());
    let real = import(user, HR, false).await;
    assert_eq!(dry, pb::ImportReport { dry_run: true, ..real });
    let dry = import_crm(user, CRM, true).await;
    assert_eq!(user.list_accounts(pb::ListAccountsRequest::default()).await.unwrap().accounts, []);
    let real = import_crm(user, CRM, false).await;
    assert_eq!(dry, pb::ImportReport { dry_run: true, ..real });
}

async fn a_file_with_faults_changes_nothing(server: Server) {
    let user = &server.admin;
    import(user, HR, false).await;
    let before = people(user).await;
    let row = "4;Dia Uusi;;N;;;;kuljettaja;1;;;\r\n";
    for (good, bad, line, column) in [
        ("1.1.2020;Oulu", "31.2.2020;Oulu", 3, "Alku"),
        ("aino@example.com", "aino at example", 3, "Sähköposti"),
        ("Bo Exempel", "", 5, "Nimi"),
        ("2;Bo", "1;Bo", 5, "Nro"),
        ("johtaja;;akt", "johtaja;3;akt", 3, "Esihenkilö"),
        ("S;Etelä", "N;Etelä", 6, "Yksikön nimi"),
        ("Konserni;;", "Konserni;S;", 2, "Ylempi"),
        ("vanhempainvapaalla", "kuussa", 6, "Tila"),
    ] {
        assert!(HR.contains(good), "{good}");
        let report = import(user, &(HR.replacen(good, bad, 1) + row), false).await;
        assert_eq!(report.error_count, 1, "{bad}: {:?}", report.errors);
        let error = &report.errors[0];
        assert_eq!((error.line, error.column.as_str()), (line, column), "{bad}: {error:?}");
        assert!(!error.problem.is_empty() && report.counts.is_empty() && report.changes.is_empty());
        assert_eq!(people(user).await, before, "{bad}");
    }
    let report = import(user, "Nro;Nimi\n1;Aino\n", false).await;
    assert_eq!(report.error_count, 10, "every mapped column that the file lacks");
    assert!(report.errors.iter().any(|error| error.column == "Yksikkö"));
    let report = import(user, &HR.replace("2;Bo Exempel;;N", "2;Bo Exempel;;N;too;many"), false).await;
    assert_eq!((report.errors[0].line, report.error_count), (5, 1));
    // A mapping with a field that there is not.
    let mut mapping = hr_mapping();
    mapping.columns.insert("Nimi".to_owned(), "nickname".to_owned());
    let request =
        pb::ImportHrFileRequest { content: HR.to_owned(), mapping: Some(mapping), ..Default::default() };
    let report = user.import_hr_file(request).await.unwrap().report.unwrap();
    assert_eq!((report.errors[0].column.as_str(), report.errors[0].value.as_str()), ("Nimi", "nickname"));
}

async fn a_file_may_hold_later_than_today(server: Server) {
    let user = &server.admin;
    import(user, HR, false).await;
    let request = pb::ImportHrFileRequest {
        content: HR.replace("S;Etelä;G", "S;Etelä;N"),
        mapping: Some(hr_mapping()),
        effective: Some(date(2026, 9, 1)),
        ..Default::default()
    };
    let report = user.import_hr_file(request).await.unwrap().report.unwrap();
    assert_eq!((report.errors.as_slice(), report.changes.len()), (&[][..], 1));
    for (as_of, depth) in [(None, 1), (Some(date(2026, 8, 31)), 1), (Some(date(2026, 9, 1)), 2)] {
        let units = user.get_tree(pb::GetTreeRequest { as_of }).await.unwrap().units;
        assert_eq!(units.iter().find(|unit| unit.display_name == "Etelä").unwrap().depth, depth);
    }
}

async fn a_crm_file_is_taken_once_and_told_once(server: Server) {
    let user = &server.admin;
    let report = import_crm(user, CRM, false).await;
    assert_eq!(
        (report.errors[0].line, report.errors[0].column.as_str()),
        (2, "unit_id"),
        "the unit is not known yet"
    );
    import(user, HR, false).await;
    let report = import_crm(user, CRM, false).await;
    assert_eq!(report.errors, []);
    assert_eq!(
        counts(&report),
        [("accounts", (1, 0, 0)), ("people", (1, 0, 0)), ("outcomes", (2, 0, 0))].into()
    );
    let account = user.list_accounts(pb::ListAccountsRequest::default()).await.unwrap().accounts.remove(0);
    let customers = pb::ListPeopleRequest { kind: pb::PersonKind::Customer.into(), ..Default::default() };
    let customer = user.list_people(customers).await.unwrap().people.remove(0);
    assert_eq!((customer.account, customer.source.as_str()), (account.name.clone(), "crm"));
    let outcomes = user.list_outcomes(pb::ListOutcomesRequest::default()).await.unwrap().outcomes;
    assert_eq!((outcomes[0].amount_minor, &outcomes[0].unit), (123_450, &account.unit));

    let again = import_crm(user, CRM, false).await;
    assert_eq!(again.changes, []);
    assert_eq!(
        counts(&again),
        [("accounts", (0, 0, 1)), ("people", (0, 0, 1)), ("outcomes", (0, 0, 2))].into()
    );
    let report = import_crm(user, &CRM.replace("1 234,50", "1 234,60"), false).await;
    assert_eq!(report.changes.len(), 1);
    let told = server.events::<OutcomeRecorded>(3).await;
    let corrected = outcomes[0].name.as_str();
    let told = told.iter().filter(|event| event.outcome == corrected).map(|event| event.amount_minor);
    assert_eq!(told.collect::<Vec<_>>(), [123_450, 123_460], "in order for one outcome, in any between two");
}

async fn a_file_of_ten_thousand_rows_is_taken(server: Server) {
    let user = &server.admin;
    let mut content = "person_id,name,email,unit_path,role,manager_id\n".to_owned();
    for number in 0..10_000 {
        let manager = if number == 0 { String::new() } else { (number / 12).to_string() };
        let unit = format!("Group > Region {} > Site {}", number % 10, number % 100);
        let role = number % 17;
        content += &format!("{number},Person {number},p{number}@example.com,{unit},Role {role},{manager}\n");
    }
    let columns = ["person_id", "name", "email", "unit_path", "role", "manager_id"];
    let columns = columns.map(|name| (name.to_owned(), name.to_owned())).into();
    let mapping = Some(pb::ColumnMapping { columns, ..Default::default() });
    let request = pb::ImportHrFileRequest { content, mapping, ..Default::default() };
    let report = user.import_hr_file(request.clone()).await.unwrap().report.unwrap();
    assert_eq!(report.errors, []);
    assert_eq!(counts(&report)["people"], (10_000, 0, 0));
    assert_eq!(report.changes.len(), 1_000, "the first thousand");
    let again = user.import_hr_file(request).await.unwrap().report.unwrap();
    assert_eq!((again.changes.len(), counts(&again)["people"]), (0, (0, 0, 10_000)));
}

async fn refuses_what_is_out_of_bounds(server: Server) {
    let user = &server.admin;
    let request = pb::ImportHrFileRequest {
        mapping: Some(pb::ColumnMapping { delimiter: "#".to_owned(), ..hr_mapping() }),
        ..Default::default()
    };
    assert_eq!(user.import_hr_file(request).await.fields(), ["content", "mapping.delimiter"]);
    let reader = server.user(&["directory.read"]);
    let request = pb::ImportCrmFileRequest {
        content: CRM.to_owned(),
        mapping: Some(crm_mapping()),
        ..Default::default()
    };
    let missing = arki_proto::r#type::v1::ErrorReason::ScopeMissing;
    reader.import_crm_file(request).await.refused(Code::PermissionDenied, missing);
    let unchanged = pb::UpdateTenantRequest {
        tenant: Some(pb::Tenant { name: user.caller.tenant.name(), ..Default::default() }),
        update_mask: mask(&["name"]),
        ..Default::default()
    };
    assert_eq!(user.update_tenant(unchanged).await.unwrap().tenant.unwrap().etag, "1");
}
