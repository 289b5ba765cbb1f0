//! Users and groups of identity providers on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ErrorReason;
use arki_proto::directory::v1::scim_service_server::{ScimService, ScimServiceServer};
use arki_rpc::Failure;
use arki_scim::bulk::Method;
use arki_scim::list::Asked;
use arki_scim::{Error as Refused, ScimType};
use serde_json::Value;
use tonic::{Request, Response, Status};

use super::Call;
use super::convert::non_empty;
use super::status::failure;
use crate::service::scim::{Done, Job, Operation, Scim, Type, View};

/// The largest request that is taken, in bytes: a bulk request with its frame.
const LARGEST: usize = 40 * 1024 * 1024;

/// The gRPC face of SCIM.
#[derive(Clone)]
pub(crate) struct ScimGrpc(Scim);

impl ScimGrpc {
    /// The service over its use cases.
    pub(crate) fn new(scim: Scim) -> Self {
        Self(scim)
    }

    /// What is served.
    pub(crate) fn into_server(self) -> ScimServiceServer<Self> {
        ScimServiceServer::new(self).max_decoding_message_size(LARGEST)
    }

    async fn execute(
        &self,
        call: Call<pb::ExecuteScimOperationsRequest>,
    ) -> Result<pb::ExecuteScimOperationsResponse, Failure> {
        let pb::ExecuteScimOperationsRequest { operations, view, without_resources } = call.body;
        let operations = operations.into_iter().map(operation).collect::<Result<_, _>>()?;
        let job = Job { tenant: call.caller.tenant, operations, view: read_view(view), without_resources };
        let outcomes = self.0.execute(job).await.map_err(|error| failure(error, ""))?;
        Ok(pb::ExecuteScimOperationsResponse { outcomes: outcomes.into_iter().map(outcome).collect() })
    }

    async fn get(
        &self,
        call: Call<pb::GetScimResourceRequest>,
    ) -> Result<pb::GetScimResourceResponse, Failure> {
        let pb::GetScimResourceRequest { r#type, id, view } = call.body;
        let found = self.0.get(&call.caller, read_type(r#type)?, &id, &read_view(view)).await;
        let shown = found.map_err(|error| failure(error, ""))?.map_err(|fault| refused(&fault, &id))?;
        Ok(pb::GetScimResourceResponse {
            resource: bytes(&shown.resource),
            version: shown.version,
            location: shown.location,
        })
    }

    async fn search(
        &self,
        call: Call<pb::SearchScimResourcesRequest>,
    ) -> Result<pb::SearchScimResourcesResponse, Failure> {
        let pb::SearchScimResourcesRequest { types, filter, sort_by, sort_order, start_index, count, view } =
            call.body;
        let types = types.into_iter().map(read_type).collect::<Result<Vec<_>, _>>()?;
        let view = read_view(view);
        let asked = Asked {
            filter: non_empty(filter),
            sort_by: non_empty(sort_by),
            sort_order: non_empty(sort_order),
            start_index,
            count,
            attributes: view.attributes.clone(),
            excluded: view.excluded.clone(),
        };
        let found = self.0.search(&call.caller, &types, &asked, &view).await;
        let found = found.map_err(|error| failure(error, ""))?.map_err(|fault| refused(&fault, ""))?;
        Ok(pb::SearchScimResourcesResponse {
            total: i64::try_from(found.total).unwrap_or(i64::MAX),
            start_index: i64::try_from(found.page.start_index).unwrap_or(i64::MAX),
            resources: found.resources.iter().map(bytes).collect(),
        })
    }
}

#[tonic::async_trait]
impl ScimService for ScimGrpc {
    async fn execute_scim_operations(
        &self,
        request: Request<pb::ExecuteScimOperationsRequest>,
    ) -> Result<Response<pb::ExecuteScimOperationsResponse>, Status> {
        Ok(Response::new(self.execute(Call::of(request)?).await?))
    }

    async fn get_scim_resource(
        &self,
        request: Request<pb::GetScimResourceRequest>,
    ) -> Result<Response<pb::GetScimResourceResponse>, Status> {
        Ok(Response::new(self.get(Call::of(request)?).await?))
    }

    async fn search_scim_resources(
        &self,
        request: Request<pb::SearchScimResourcesRequest>,
    ) -> Result<Response<pb::SearchScimResourcesResponse>, Status> {
        Ok(Response::new(self.search(Call::of(request)?).await?))
    }
}

fn read_type(number: i32) -> Result<Type, Failure> {
    match pb::ScimResourceType::try_from(number) {
        Ok(pb::ScimResourceType::User) => Ok(Type::User),
        Ok(pb::ScimResourceType::Group) => Ok(Type::Group),
        Ok(pb::ScimResourceType::Unspecified) | Err(_) => {
            Err(Failure::invalid_field("type", "must be SCIM_RESOURCE_TYPE_USER or SCIM_RESOURCE_TYPE_GROUP"))
        }
    }
}

fn read_view(view: Option<pb::ScimView>) -> View {
    let pb::ScimView { base, attributes, excluded_attributes } = view.unwrap_or_default();
    View { base, attributes, excluded: excluded_attributes }
}

fn operation(operation: pb::ScimOperation) -> Result<Operation, Failure> {
    let pb::ScimOperation { method, r#type, id, body, if_match } = operation;
    let method = match pb::ScimMethod::try_from(method) {
        Ok(pb::ScimMethod::Post) => Method::Post,
        Ok(pb::ScimMethod::Put) => Method::Put,
        Ok(pb::ScimMethod::Patch) => Method::Patch,
        Ok(pb::ScimMethod::Delete) => Method::Delete,
        Ok(pb::ScimMethod::Unspecified) | Err(_) => {
            return Err(Failure::invalid_field("operations.method", "must say what to do"));
        }
    };
    let body = match method {
        Method::Delete => Ok(Value::Null),
        Method::Post | Method::Put | Method::Patch => serde_json::from_slice(&body).map_err(|fault| {
            let at = format!("line {}, column {}", fault.line(), fault.column());
            Refused::of(ScimType::InvalidSyntax, format!("the body is no JSON ({at})"))
        }),
    };
    Ok(Operation { method, of: read_type(r#type)?, id, body, if_match: non_empty(if_match) })
}

fn outcome(outcome: Result<Done, Refused>) -> pb::ScimOutcome {
    match outcome {
        Ok(Done { status, id, version, location, resource }) => pb::ScimOutcome {
            status: status.into(),
            id,
            version: version.unwrap_or_default(),
            location: location.unwrap_or_default(),
            resource: resource.as_ref().map(bytes).unwrap_or_default(),
            ..pb::ScimOutcome::default()
        },
        Err(Refused { status, scim_type, detail }) => pb::ScimOutcome {
            status: status.into(),
            scim_type: scim_type.map(ScimType::word).unwrap_or_default().to_owned(),
            detail,
            ..pb::ScimOutcome::default()
        },
    }
}

/// What the caller hears of a read that can't be answered.
fn refused(fault: &Refused, id: &str) -> Failure {
    if fault.status == 404 {
        return Failure::not_found(ErrorReason::ScimResourceNotFound, fault.detail.clone()).with("id", id);
    }
    let scim_type = fault.scim_type.map(ScimType::word).unwrap_or_default();
    Failure::invalid_argument(ErrorReason::ScimQueryInvalid, fault.detail.clone())
        .with("scim_type", scim_type)
}

fn bytes(resource: &Value) -> prost::bytes::Bytes {
    // What was read from JSON has a JSON form.
    serde_json::to_vec(resource).unwrap_or_default().into()
}
