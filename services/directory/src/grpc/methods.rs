//! The methods of a service.

/// Every method of a service: check, call, answer. The generated trait must be in scope.
macro_rules! methods {
    ($service:ident; $($method:ident: $request:ident -> $response:ident = $handler:path;)*) => {
        #[tonic::async_trait]
        impl $service for $crate::grpc::Grpc {
            $(async fn $method(
                &self,
                request: tonic::Request<arki_proto::directory::v1::$request>,
            ) -> Result<tonic::Response<arki_proto::directory::v1::$response>, tonic::Status> {
                let call = $crate::grpc::Call::of(request)?;
                Ok(tonic::Response::new($handler(self, call).await?))
            })*
        }
    };
}

pub(super) use methods;
