//! Users and groups: one, many, and a write.

use arki_proto::directory::v1 as pb;
use arki_rpc::client::{retryable, with_caller};
use arki_scim::etag::{Tag, is_unmodified};
use arki_scim::filter::LONGEST;
use arki_scim::list::{Asked, RESPONSE_SCHEMA};
use arki_scim::{Error, ScimType};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Call, Fault, Scim, answer, asked};

impl Scim {
    pub(super) async fn get(
        &self,
        call: &Call<'_>,
        of: pb::ScimResourceType,
        id: &str,
    ) -> Result<Response<Body>, Fault> {
        let request = pb::GetScimResourceRequest {
            r#type: of.into(),
            id: id.to_owned(),
            view: Some(view(call, &asked(call)?)),
        };
        let request = retryable(with_caller(request, call.caller));
        let found = self.directory.clone().get_scim_resource(request).await?.into_inner();
        let pb::GetScimResourceResponse { resource, version, location } = found;
        let known = call.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let current: Tag = version.parse()?;
        let mut response = if is_unmodified(known, &current) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            answer(StatusCode::OK, resource)
        };
        label(&mut response, &version, &location);
        Ok(response)
    }

    pub(super) async fn search(
        &self,
        call: &Call<'_>,
        types: &[pb::ScimResourceType],
        asked: &Asked,
    ) -> Result<Response<Body>, Fault> {
        let filter = asked.filter.clone().unwrap_or_default();
        if filter.len() > LONGEST {
            let detail = format!("a filter has at most {LONGEST} bytes");
            return Err(Error::of(ScimType::InvalidFilter, detail).into());
        }
        let request = pb::SearchScimResourcesRequest {
            types: types.iter().map(|of| (*of).into()).collect(),
            filter,
            sort_by: asked.sort_by.clone().unwrap_or_default(),
            sort_order: asked.sort_order.clone().unwrap_or_default(),
            start_index: asked.start_index,
            count: asked.count,
            view: Some(view(call, asked)),
        };
        let request = retryable(with_caller(request, call.caller));
        let found = self.directory.clone().search_scim_resources(request).await?.into_inner();
        list(&found)
    }

    pub(super) async fn write(
        &self,
        call: &Call<'_>,
        operation: pb::ScimOperation,
    ) -> Result<Response<Body>, Fault> {
        let asked = asked(call)?;
        let request = pb::ExecuteScimOperationsRequest {
            operations: vec![operation],
            view: Some(view(call, &asked)),
            without_resources: false,
        };
        let request = with_caller(request, call.caller);
        let outcomes = self.directory.clone().execute_scim_operations(request).await?.into_inner().outcomes;
        let outcome = outcomes.into_iter().next().unwrap_or_default();
        let pb::ScimOutcome { status, id: _, version, location, resource, .. } = succeeded(outcome)?;
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::OK);
        let mut response = if resource.is_empty() {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            response
        } else {
            answer(status, resource)
        };
        label(&mut response, &version, &location);
        Ok(response)
    }
}

/// The outcome, or why nothing came of the write.
pub(super) fn succeeded(outcome: pb::ScimOutcome) -> Result<pb::ScimOutcome, Error> {
    if (200..400).contains(&outcome.status) {
        return Ok(outcome);
    }
    let status = u16::try_from(outcome.status).ok().filter(|status| *status >= 400).unwrap_or(500);
    let scim_type = ScimType::of_word(&outcome.scim_type);
    Err(Error { status, scim_type, detail: outcome.detail })
}

pub(super) fn view(call: &Call<'_>, asked: &Asked) -> pb::ScimView {
    pb::ScimView {
        base: call.base.clone(),
        attributes: asked.attributes.clone(),
        excluded_attributes: asked.excluded.clone(),
    }
}

fn label(response: &mut Response<Body>, version: &str, location: &str) {
    for (name, text) in [(header::ETAG, version), (header::LOCATION, location)] {
        if let Ok(value) = HeaderValue::try_from(text)
            && !text.is_empty()
        {
            response.headers_mut().insert(name, value);
        }
    }
}

/// The answer of a list (RFC 7644, section 3.4.2), around resources that are JSON already.
#[derive(Serialize)]
struct List<'r> {
    schemas: [&'static str; 1],
    #[serde(rename = "totalResults")]
    total: i64,
    #[serde(rename = "startIndex")]
    start_index: i64,
    #[serde(rename = "itemsPerPage")]
    items: usize,
    #[serde(rename = "Resources")]
    resources: Vec<&'r RawValue>,
}

fn list(found: &pb::SearchScimResourcesResponse) -> Result<Response<Body>, Fault> {
    let raw = |resource: &'_ Bytes| -> Result<Box<RawValue>, serde_json::Error> {
        serde_json::from_slice(resource)
    };
    let resources = found.resources.iter().map(raw).collect::<Result<Vec<_>, _>>();
    let resources = resources.map_err(arki_rpc::Failure::internal)?;
    let list = List {
        schemas: [RESPONSE_SCHEMA],
        total: found.total,
        start_index: found.start_index,
        items: resources.len(),
        resources: resources.iter().map(AsRef::as_ref).collect(),
    };
    let body = serde_json::to_vec(&list).map_err(arki_rpc::Failure::internal)?;
    Ok(answer(StatusCode::OK, body.into()))
}
