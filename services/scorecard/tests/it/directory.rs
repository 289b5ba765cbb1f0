//! A directory that knows the house rules that a test tells it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arki_ids::TenantId;
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Failure, Peer};
use futures::future::BoxFuture;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

#[derive(Default)]
pub(crate) struct FakeDirectory {
    rules: Mutex<HashMap<TenantId, pb::Tenant>>,
    /// From now on, or no longer, every call finds the directory away.
    pub(crate) is_away: AtomicBool,
    pub(crate) calls: AtomicUsize,
}

impl FakeDirectory {
    pub(crate) fn set(&self, tenant: TenantId, rules: pb::Tenant) {
        self.rules.lock().unwrap().insert(tenant, rules);
    }

    pub(crate) fn peer(self: Arc<Self>) -> Peer {
        Peer::new(tower::service_fn(move |request: http::Request<Body>| {
            let directory = self.clone();
            async move {
                if directory.is_away.load(Ordering::SeqCst) {
                    return Ok(Status::from(Failure::away("the directory is away")).into_http());
                }
                assert_eq!(request.uri().path(), "/arki.directory.v1.DirectoryService/GetTenant");
                let mut grpc: Grpc<ProstCodec<pb::GetTenantResponse, pb::GetTenantRequest>> =
                    Grpc::new(ProstCodec::default());
                Ok(grpc.unary(GetTenant(directory), request).await)
            }
        }))
    }
}

struct GetTenant(Arc<FakeDirectory>);

impl UnaryService<pb::GetTenantRequest> for GetTenant {
    type Response = pb::GetTenantResponse;
    type Future = BoxFuture<'static, Result<Response<pb::GetTenantResponse>, Status>>;

    fn call(&mut self, request: Request<pb::GetTenantRequest>) -> Self::Future {
        let directory = self.0.clone();
        Box::pin(async move {
            let caller = Caller::of(&request)?;
            assert_eq!(caller.subject, "services/scorecard");
            assert_eq!(request.get_ref().name, caller.tenant.name());
            directory.calls.fetch_add(1, Ordering::SeqCst);
            let rules = directory.rules.lock().unwrap().get(&caller.tenant).cloned().unwrap_or_default();
            Ok(Response::new(pb::GetTenantResponse { tenant: Some(rules) }))
        })
    }
}
