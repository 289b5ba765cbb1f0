//! Who is let in besides by keys, on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::access_service_server::{AccessService, AccessServiceServer};
use tonic::{Request, Response, Status};

use super::{Call, Grpc, identity_providers, role_bindings};

/// The gRPC face of providers and bindings.
#[derive(Clone)]
pub(crate) struct AccessGrpc(Grpc);

impl AccessGrpc {
    /// What is served.
    pub(crate) fn server(grpc: Grpc) -> AccessServiceServer<Self> {
        AccessServiceServer::new(Self(grpc))
    }
}

/// Every method: check, call, answer.
macro_rules! methods {
    ($($method:ident: $request:ident -> $response:ident = $handler:path;)*) => {
        #[tonic::async_trait]
        impl AccessService for AccessGrpc {
            $(async fn $method(
                &self,
                request: Request<pb::$request>,
            ) -> Result<Response<pb::$response>, Status> {
                let call = Call::of(request)?;
                Ok(Response::new($handler(&self.0, call).await?))
            })*
        }
    };
}

methods! {
    create_identity_provider: CreateIdentityProviderRequest -> CreateIdentityProviderResponse =
        identity_providers::create;
    get_identity_provider: GetIdentityProviderRequest -> GetIdentityProviderResponse = identity_providers::get;
    list_identity_providers: ListIdentityProvidersRequest -> ListIdentityProvidersResponse =
        identity_providers::list;
    update_identity_provider: UpdateIdentityProviderRequest -> UpdateIdentityProviderResponse =
        identity_providers::update;
    delete_identity_provider: DeleteIdentityProviderRequest -> DeleteIdentityProviderResponse =
        identity_providers::delete;
    create_role_binding: CreateRoleBindingRequest -> CreateRoleBindingResponse = role_bindings::create;
    get_role_binding: GetRoleBindingRequest -> GetRoleBindingResponse = role_bindings::get;
    list_role_bindings: ListRoleBindingsRequest -> ListRoleBindingsResponse = role_bindings::list;
    update_role_binding: UpdateRoleBindingRequest -> UpdateRoleBindingResponse = role_bindings::update;
    delete_role_binding: DeleteRoleBindingRequest -> DeleteRoleBindingResponse = role_bindings::delete;
    find_identity_providers: FindIdentityProvidersRequest -> FindIdentityProvidersResponse =
        identity_providers::find;
    resolve_subject: ResolveSubjectRequest -> ResolveSubjectResponse = role_bindings::resolve;
}
