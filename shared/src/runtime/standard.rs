//! Health and reflection, the same on every listener.

use tonic::{
    server::NamedService,
    service::{Routes, RoutesBuilder},
};
pub use tonic_health::server::HealthReporter;

use super::serve::StreamingMethods;

/// A contract whose descriptors cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum StandardError {
    /// Not an encoded descriptor set.
    #[error("the descriptors cannot be decoded")]
    Descriptors(#[from] prost::DecodeError),
    /// Reflection does not take it.
    #[error("the descriptors cannot be served by reflection")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// What [`standard_services`] gives.
pub struct Standard {
    /// Add the listener's own services to it with `add_service`.
    pub routes: Routes,
    /// Says per service whether it serves; `""` is the whole process and serves from the start.
    pub health: HealthReporter,
    /// Which methods are streams, among the contract's and these.
    pub streaming: StreamingMethods,
}

/// Routes with grpc.health.v1 and reflection v1 and v1alpha (Python's client asks for the latter) for the contract's
/// encoded descriptor set.
///
/// # Errors
/// See [`StandardError`].
pub fn standard_services(descriptors: &'static [u8]) -> Result<Standard, StandardError> {
    let (health, health_service) = tonic_health::server::health_reporter();
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut routes = RoutesBuilder::default();
    routes
        .add_service(health_service)
        .add_service(builder().build_v1()?)
        .add_service(builder().build_v1alpha()?);
    let streaming = StreamingMethods::from_descriptors(&[
        descriptors,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ])?;
    Ok(Standard {
        routes: routes.routes(),
        health,
        streaming,
    })
}

/// The full name of a generated server, for [`HealthReporter::set_service_status`].
#[must_use]
pub const fn name_of<S: NamedService>(_service: &S) -> &'static str {
    S::NAME
}
