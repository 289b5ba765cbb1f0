//! Bulk requests (RFC 7644, section 3.7).
//!
//! All operations that wait for no other go to the directory in one call, which carries them out in their order; then
//! those that waited for them, and so on. A request that wants to stop after some failures goes operation by operation,
//! since what comes after the last of them must not have happened.

use arki_proto::directory::v1 as pb;
use arki_rpc::client::with_caller;
use arki_scim::Error;
use arki_scim::bulk::{Done, Limits, Method, Request, Run, Task};
use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::Value;

use super::resources::{succeeded, view};
use super::{Call, Fault, LONGEST_ID, MOST_OPERATIONS, Scim, asked, json, place};

impl Scim {
    pub(super) async fn bulk(
        &self,
        call: &Call<'_>,
        body: &Value,
        payload: usize,
    ) -> Result<Response<Body>, Fault> {
        let limits = Limits { most_operations: MOST_OPERATIONS, largest_payload: self.largest_payload };
        let request = Request::parse(body, payload, limits)?;
        let at_once = if request.fail_on_errors.is_some() { 1 } else { MOST_OPERATIONS };
        let mut run = Run::new(request, &call.base);
        loop {
            let mut tasks = Vec::new();
            while tasks.len() < at_once
                && let Some(task) = run.next_task()
            {
                tasks.push(task);
            }
            if tasks.is_empty() {
                return Ok(json(StatusCode::OK, &run.response()));
            }
            self.carry_out(call, &mut run, tasks).await?;
        }
    }

    async fn carry_out(&self, call: &Call<'_>, run: &mut Run, tasks: Vec<Task>) -> Result<(), Fault> {
        let (mut places, mut operations) = (Vec::with_capacity(tasks.len()), Vec::with_capacity(tasks.len()));
        for task in tasks {
            let index = task.index;
            match operation(task) {
                Ok(operation) => {
                    places.push(index);
                    operations.push(operation);
                }
                Err(error) => run.record(index, Err(error)),
            }
        }
        if operations.is_empty() {
            return Ok(());
        }
        let request = pb::ExecuteScimOperationsRequest {
            operations,
            view: Some(view(call, &asked(call)?)),
            without_resources: true,
        };
        let request = with_caller(request, call.caller);
        let outcomes = self.directory.clone().execute_scim_operations(request).await?.into_inner().outcomes;
        for (index, outcome) in places.into_iter().zip(outcomes) {
            run.record(index, succeeded(outcome).map(done));
        }
        Ok(())
    }
}

fn operation(task: Task) -> Result<pb::ScimOperation, Error> {
    let Task { index: _, method, endpoint, id, version, data } = task;
    let of = place::type_at(endpoint.trim_start_matches('/'))
        .ok_or_else(|| Error::plain(404, format!("nothing is at {endpoint}")))?;
    let id = id.unwrap_or_default();
    if id.len() > LONGEST_ID {
        return Err(Error::plain(404, "there is no such resource"));
    }
    let method = match method {
        Method::Post => pb::ScimMethod::Post,
        Method::Put => pb::ScimMethod::Put,
        Method::Patch => pb::ScimMethod::Patch,
        Method::Delete => pb::ScimMethod::Delete,
    };
    Ok(pb::ScimOperation {
        method: method.into(),
        r#type: of.into(),
        id,
        body: data.to_string().into_bytes().into(),
        if_match: version.unwrap_or_default(),
    })
}

fn done(outcome: pb::ScimOutcome) -> Done {
    let pb::ScimOutcome { status, id, version, location, .. } = outcome;
    let filled = |text: String| (!text.is_empty()).then_some(text);
    Done {
        status: u16::try_from(status).unwrap_or(200),
        id,
        location: filled(location),
        version: filled(version),
    }
}
