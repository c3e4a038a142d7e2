//! Which methods of the contract are streams, read from the descriptors.

use std::{collections::HashSet, sync::Arc};

use prost::Message as _;
use prost_types::FileDescriptorSet;

/// The HTTP/2 paths of all methods that stream in either direction.
#[derive(Clone, Debug, Default)]
pub struct StreamingMethods(Arc<HashSet<String>>);

impl StreamingMethods {
    /// Reads encoded descriptor sets.
    ///
    /// # Errors
    /// One of them is no descriptor set.
    pub fn from_descriptors(sets: &[&[u8]]) -> Result<Self, prost::DecodeError> {
        let mut paths = HashSet::new();
        for set in sets {
            for file in FileDescriptorSet::decode(*set)?.file {
                for service in &file.service {
                    let streams = service
                        .method
                        .iter()
                        .filter(|method| method.client_streaming() || method.server_streaming());
                    paths.extend(
                        streams.map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name())),
                    );
                }
            }
        }
        Ok(Self(Arc::new(paths)))
    }

    /// Adds a method that stands in no descriptor, as `/package.Service/Method`.
    #[must_use]
    pub fn with(mut self, path: &str) -> Self {
        Arc::make_mut(&mut self.0).insert(path.to_owned());
        self
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_from_unary_methods() {
        let methods = StreamingMethods::from_descriptors(&[tonic_health::pb::FILE_DESCRIPTOR_SET]).unwrap();
        assert!(methods.contains("/grpc.health.v1.Health/Watch"));
        assert!(!methods.contains("/grpc.health.v1.Health/Check"));
    }
}
