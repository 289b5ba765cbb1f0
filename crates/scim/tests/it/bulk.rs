use arki_scim::bulk::{Done, Limits, REQUEST_SCHEMA, Request, Run, Task};
use arki_scim::{Error, ScimType};
use proptest::prelude::*;
use serde_json::{Value, json};

const LIMITS: Limits = Limits { most_operations: 100, largest_payload: 10_000 };

fn request(fail_on_errors: u64, operations: Value) -> Request {
    let body = json!({"schemas": [REQUEST_SCHEMA], "failOnErrors": fail_on_errors, "Operations": operations});
    Request::parse(&body, 1, LIMITS).unwrap()
}

/// Carries everything out: a POST of a resource named `x` gets the id `id-x`, one named `bad` is taken.
fn carried_out(request: Request) -> (Vec<Task>, Value) {
    let mut run = Run::new(request, "https://arki.example/scim/v2");
    let mut tasks = Vec::new();
    while let Some(task) = run.next_task() {
        let name = task.data["displayName"].as_str().unwrap_or_default().to_owned();
        let outcome = if name == "bad" {
            Err(Error::uniqueness("displayName"))
        } else {
            let id = task.id.clone().unwrap_or(format!("id-{name}"));
            let location = format!("https://arki.example/scim/v2{}/{id}", task.endpoint);
            Ok(Done { status: 201, id, location: Some(location), version: Some("W/\"1\"".to_owned()) })
        };
        run.record(task.index, outcome);
        tasks.push(task);
    }
    (tasks, run.response())
}

fn post(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> =
        members.iter().map(|member| json!({"value": format!("bulkId:{member}")})).collect();
    json!({
        "method": "POST", "path": "/Groups", "bulkId": bulk_id,
        "data": {"displayName": bulk_id, "members": members},
    })
}

fn statuses(response: &Value) -> Vec<&str> {
    response["Operations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect()
}

#[test]
fn references_are_resolved_also_forward_and_in_paths() {
    let (tasks, response) = carried_out(request(
        0,
        json!([
            post("team", &["ann", "bo"]),
            {"method": "PATCH", "path": "/Users/bulkId:ann", "version": "W/\"3\"", "data": {"note": "bulkId:bo"}},
            post("ann", &[]),
            post("bo", &[]),
        ]),
    ));
    let order: Vec<usize> = tasks.iter().map(|task| task.index).collect();
    assert_eq!(order, [2, 3, 0, 1]);
    assert_eq!(tasks[2].data["members"], json!([{"value": "id-ann"}, {"value": "id-bo"}]));
    assert_eq!(tasks[3].id.as_deref(), Some("id-ann"));
    assert_eq!(tasks[3].version.as_deref(), Some("W/\"3\""));
    assert_eq!(tasks[3].data["note"], json!("id-bo"));
    assert_eq!(statuses(&response), ["201"; 4]);
    assert_eq!(response["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    assert_eq!(
        response["Operations"][2],
        json!({
            "method": "POST", "bulkId": "ann", "status": "201", "version": "W/\"1\"",
            "location": "https://arki.example/scim/v2/Groups/id-ann",
        })
    );
}

#[test]
fn what_waits_for_itself_conflicts_and_the_rest_goes_on() {
    let (tasks, response) = carried_out(request(
        0,
        json!([post("a", &["b"]), post("b", &["a"]), post("c", &[]), post("d", &["d"])]),
    ));
    assert_eq!(tasks.len(), 1);
    assert_eq!(statuses(&response), ["409", "409", "201", "409"]);
}

#[test]
fn what_waits_for_a_failure_or_for_nobody_fails() {
    let (tasks, response) = carried_out(request(
        0,
        json!([post("x", &["bad"]), post("bad", &[]), post("y", &["nobody"]), post("z", &["x"])]),
    ));
    assert_eq!(tasks.len(), 1);
    assert_eq!(statuses(&response), ["409", "409", "400", "409"]);
    assert_eq!(response["Operations"][1]["response"]["scimType"], json!("uniqueness"));
    assert_eq!(response["Operations"][2]["response"]["scimType"], json!("invalidValue"));
}

#[test]
fn stops_after_as_many_failures_as_were_allowed() {
    let operations =
        json!([post("bad", &[]), post("a", &[]), {"method": "DELETE", "path": "/Users"}, post("b", &[])]);
    let (tasks, response) = carried_out(request(2, operations.clone()));
    assert_eq!(tasks.len(), 1, "the broken operation counts as a failure");
    assert_eq!(statuses(&response), ["409", "400"]);
    let (tasks, response) = carried_out(request(0, operations));
    assert_eq!(tasks.len(), 3);
    assert_eq!(statuses(&response), ["409", "201", "400", "201"]);
}

#[test]
fn a_broken_operation_fails_alone() {
    let table = [
        (json!({"method": "GET", "path": "/Users/1"}), ScimType::InvalidSyntax),
        (json!({"path": "/Users/1"}), ScimType::InvalidSyntax),
        (json!({"method": "POST", "path": "/Users", "data": {}}), ScimType::InvalidSyntax),
        (json!({"method": "POST", "path": "/Users", "bulkId": "q"}), ScimType::InvalidSyntax),
        (json!({"method": "POST", "path": "/Users/1", "bulkId": "q", "data": {}}), ScimType::InvalidPath),
        (json!({"method": "PUT", "path": "/Users", "data": {}}), ScimType::InvalidPath),
        (json!({"method": "DELETE", "path": "/Users/1/x"}), ScimType::InvalidPath),
        (json!({"method": "DELETE", "path": "/"}), ScimType::InvalidPath),
        (json!({"method": "DELETE"}), ScimType::InvalidPath),
        (json!("DELETE"), ScimType::InvalidSyntax),
        (post("good", &[]), ScimType::InvalidValue),
    ];
    for (operation, expected) in table {
        let (_, response) = carried_out(request(0, json!([post("good", &[]), operation])));
        assert_eq!(statuses(&response), ["201", "400"], "{operation}");
        assert_eq!(response["Operations"][1]["response"]["scimType"], json!(expected.word()), "{operation}");
    }
    let (_, response) = carried_out(request(0, json!([{"method": "delete", "path": "Users/7/8"}])));
    assert_eq!(response["Operations"][0]["location"], json!("https://arki.example/scim/v2/Users/7/8"));
}

#[test]
fn limits_are_told_by_413_and_nonsense_by_400() {
    let body = |operations: Value| json!({"schemas": [REQUEST_SCHEMA], "Operations": operations});
    assert_eq!(Request::parse(&body(json!([])), 10_001, LIMITS).unwrap_err().status, 413);
    let many: Vec<Value> = (0..101).map(|_| json!({})).collect();
    assert_eq!(Request::parse(&body(many.into()), 1, LIMITS).unwrap_err().status, 413);
    for body in [
        json!([]),
        json!({"Operations": []}),
        body(json!({})),
        json!({"schemas": [REQUEST_SCHEMA], "failOnErrors": -1, "Operations": []}),
    ] {
        assert_eq!(Request::parse(&body, 1, LIMITS).unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
    }
}

proptest! {
    #[test]
    fn each_comes_once_and_after_all_it_waits_for(edges in proptest::collection::vec((0..8_usize, 0..8_usize), 0..16)) {
        let operations: Vec<Value> = (0..8)
            .map(|index| {
                let waits: Vec<String> =
                    edges.iter().filter(|(from, _)| *from == index).map(|(_, to)| format!("n{to}")).collect();
                post(&format!("n{index}"), &waits.iter().map(String::as_str).collect::<Vec<_>>())
            })
            .collect();
        let (tasks, response) = carried_out(request(0, operations.into()));
        let order: Vec<usize> = tasks.iter().map(|task| task.index).collect();
        for (from, to) in &edges {
            if let Some(at) = order.iter().position(|index| index == from) {
                prop_assert!(order[..at].contains(to), "{from} came before {to}: {order:?}");
            }
        }
        prop_assert_eq!(response["Operations"].as_array().unwrap().len(), 8);
        let done = statuses(&response).into_iter().filter(|status| *status == "201").count();
        prop_assert_eq!(done, order.len());
        if edges.iter().all(|(from, to)| from > to) {
            prop_assert_eq!(order, (0..8).collect::<Vec<_>>(), "without forward references the order is kept");
        }
    }
}
