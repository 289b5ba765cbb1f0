//! Health and reflection, which the edge answers itself.

use anyhow::Context as _;
use prost::Message;
use prost_types::FileDescriptorSet;
use tonic::service::Routes;
use tonic_health::ServingStatus;

use crate::contract::{Access, Contract};

/// The services that every gRPC server is expected to have.
pub(super) async fn routes(contract: &Contract, reflection: bool) -> anyhow::Result<Routes> {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("", ServingStatus::Serving).await;
    for service in contract.services() {
        reporter.set_service_status(service.full_name(), ServingStatus::Serving).await;
    }
    let routes = Routes::new(health);
    if !reflection {
        return Ok(routes);
    }
    let set = published(contract)?;
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_file_descriptor_set(set.clone())
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Newer tools ask for v1, grpcurl before 1.8.8 and some Python versions for v1alpha.
    let v1 = builder().build_v1().context("reflection v1 can't be built")?;
    let v1alpha = builder().build_v1alpha().context("reflection v1alpha can't be built")?;
    Ok(routes.add_service(v1).add_service(v1alpha))
}

/// The contract as the world may see it: without internal RPCs, and without the comments, which nobody asks
/// reflection for.
fn published(contract: &Contract) -> anyhow::Result<FileDescriptorSet> {
    let encoded = contract.pool.encode_to_vec();
    let mut set = FileDescriptorSet::decode(encoded.as_slice()).context("the contract can't be decoded")?;
    for file in &mut set.file {
        file.source_code_info = None;
        let package = file.package.clone().unwrap_or_default();
        for service in &mut file.service {
            let name = format!("/{package}.{}", service.name());
            service.method.retain(|method| {
                let path = format!("{name}/{}", method.name());
                contract.method(&path).is_none_or(|method| method.access != Access::Internal)
            });
        }
        file.service.retain(|service| !service.method.is_empty());
    }
    Ok(set)
}
