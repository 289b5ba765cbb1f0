use arki_proto::directory::v1 as pb;
use arki_test_support::{Refused, on_each_database};
use tonic::Code;

use crate::server::Server;
use crate::user::User;

on_each_database!(
    half_a_file_is_stopped_until_its_plan_is_confirmed,
    a_plan_does_not_hold_when_somebody_changed_since,
    an_unknown_profile_is_named_with_those_there_are,
    a_second_run_with_one_change_writes_that_one,
    a_re_org_moves_units_people_and_managers,
);

/// A report in the shape of Workday's.
fn workday(people: impl IntoIterator<Item = u32>, name: impl Fn(u32) -> String) -> String {
    let mut content =
        "Employee ID,Worker,Supervisory Organization ID,Supervisory Organization,Manager ID,Worker \
                       Status,Hire Date\n"
            .to_owned();
    for person in people {
        let manager = if person == 0 { String::new() } else { "W0".to_owned() };
        content += &format!("W{person},{},SUP-1,Fiction,{manager},Active,2020-01-15\n", name(person));
    }
    content
}

fn request(content: String) -> pb::ImportHrFileRequest {
    let mode = pb::HrFileMode::Full.into();
    pb::ImportHrFileRequest { content, profile: "workday".to_owned(), mode, ..Default::default() }
}

async fn taken(user: &User, request: pb::ImportHrFileRequest) -> pb::ImportReport {
    let report = user.import_hr_file(request).await.unwrap().report.unwrap();
    assert_eq!(report.errors, []);
    report
}

async fn employees(user: &User) -> Vec<pb::Person> {
    let wanted =
        pb::ListPeopleRequest { kind: pb::PersonKind::Employee.into(), page_size: 500, ..Default::default() };
    user.list_people(wanted).await.unwrap().people
}

async fn half_a_file_is_stopped_until_its_plan_is_confirmed(server: Server) {
    let user = &server.admin;
    let named = |person| format!("Keksitty {person}");
    taken(user, request(workday(0..40, named))).await;
    let half = request(workday(0..20, named));
    user.import_hr_file(half.clone()).await.refused(Code::FailedPrecondition, pb::ErrorReason::ImportBraked);
    assert_eq!(employees(user).await.len(), 40, "nothing was written");

    let shown = taken(user, pb::ImportHrFileRequest { dry_run: true, ..half.clone() }).await;
    assert_eq!((shown.employees, shown.leavers), (40, 20));
    assert!(!shown.brake.is_empty());
    let other = pb::ImportHrFileRequest { confirm: shown.plan.clone(), ..request(workday(0..10, named)) };
    user.import_hr_file(other).await.refused(Code::FailedPrecondition, pb::ErrorReason::ImportPlanChanged);
    let confirmed = pb::ImportHrFileRequest { confirm: shown.plan.clone(), ..half.clone() };
    let done = taken(user, confirmed).await;
    assert_eq!(done, pb::ImportReport { dry_run: false, ..shown });
    assert_eq!(employees(user).await.len(), 20);
    assert_eq!(taken(user, half).await.changes, [], "a second run changes nothing and needs no word");
}

async fn a_plan_does_not_hold_when_somebody_changed_since(server: Server) {
    let user = &server.admin;
    let named = |person| format!("Keksitty {person}");
    taken(user, request(workday(0..40, named))).await;
    let half = request(workday(0..20, named));
    let shown = taken(user, pb::ImportHrFileRequest { dry_run: true, ..half.clone() }).await;
    let renamed = |person| if person == 39 { "Other Name".to_owned() } else { named(person) };
    taken(user, request(workday(0..40, renamed))).await;
    let confirmed = pb::ImportHrFileRequest { confirm: shown.plan, ..half.clone() };
    user.import_hr_file(confirmed.clone())
        .await
        .refused(Code::FailedPrecondition, pb::ErrorReason::ImportPlanChanged);
    let shown = taken(user, pb::ImportHrFileRequest { dry_run: true, ..half.clone() }).await;
    server.wait(chrono::TimeDelta::days(1));
    let late = pb::ImportHrFileRequest { confirm: shown.plan, ..half };
    user.import_hr_file(late).await.refused(Code::FailedPrecondition, pb::ErrorReason::ImportPlanChanged);
    assert_eq!(employees(user).await.len(), 40);
}

async fn an_unknown_profile_is_named_with_those_there_are(server: Server) {
    let user = &server.admin;
    let unknown = pb::ImportHrFileRequest { profile: "ledger".to_owned(), ..request("a\n1\n".to_owned()) };
    assert_eq!(user.import_hr_file(unknown).await.fields(), ["profile"]);
    let neither = pb::ImportHrFileRequest { profile: String::new(), ..request("a\n1\n".to_owned()) };
    assert_eq!(user.import_hr_file(neither).await.fields(), ["mapping"]);
}

async fn a_second_run_with_one_change_writes_that_one(server: Server) {
    let user = &server.admin;
    let named = |person| format!("Keksitty {person}");
    taken(user, request(workday(0..300, named))).await;
    let renamed = |person| if person % 100 == 7 { format!("Uusi {person}") } else { named(person) };
    let report = taken(user, request(workday(0..300, renamed))).await;
    assert_eq!(report.changes.len(), 3);
    let people = employees(user).await;
    let changed = people.iter().filter(|person| person.etag != "1").count();
    assert_eq!((people.len(), changed), (300, 3), "only what changed has a new revision");
    let told = server.events::<arki_proto::event::v1::PersonChanged>(303).await;
    assert_eq!(told.iter().filter(|event| event.revision == 2).count(), 3);
}

async fn a_re_org_moves_units_people_and_managers(server: Server) {
    let user = &server.admin;
    let heading = "Employee ID,Worker,Supervisory Organization ID,Supervisory Organization,Superior Organization \
                   ID,Manager ID\n";
    let before = "W1,Aino Esimerkki,G,Group,,\nW2,Bo Exempel,N,North,G,W1\nW3,Cai Keksitty,T,Team,N,W2\n\
                  W4,Dia Uusi,S,South,G,W1\n";
    let after = "W3,Cai Keksitty,T,Team,S,W4\nW1,Aino Esimerkki,G,Group,,\nW2,Bo Exempel,N,North,G,W1\n\
                 W4,Dia Uusi,S,South,G,W1\n";
    taken(user, request(heading.to_owned() + before)).await;
    server.wait(chrono::TimeDelta::days(5));
    let report = taken(user, request(heading.to_owned() + after)).await;
    let told: Vec<_> =
        report.changes.iter().map(|change| (change.kind.as_str(), change.external_id.as_str())).collect();
    assert_eq!(told, [("units", "T"), ("people", "W3")]);
    let tree = user.get_tree(pb::GetTreeRequest::default()).await.unwrap().units;
    let unit = |name: &str| tree.iter().find(|unit| unit.display_name == name).unwrap();
    assert_eq!((&unit("Team").parent, unit("Team").depth), (&unit("South").name, 2));
    let people = employees(user).await;
    let of = |key: &str| people.iter().find(|person| person.external_id == key).unwrap();
    assert_eq!(of("W3").manager, of("W4").name);
    assert_eq!(of("W3").unit, unit("Team").name);
}
