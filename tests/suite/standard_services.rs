//! Health and reflection, as clients in other languages use them.

use tonic_health::pb::health_check_response::ServingStatus;

use crate::listening::{Listening, check};

/// Lists the services by one version of reflection.
macro_rules! listed {
    ($version:ident, $channel:expr) => {{
        use tonic_reflection::pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut answers = ServerReflectionClient::new($channel)
            .server_reflection_info(futures::stream::once(async { request }))
            .await
            .unwrap()
            .into_inner();
        match answers.message().await.unwrap().unwrap().message_response.unwrap() {
            MessageResponse::ListServicesResponse(list) => {
                list.service.into_iter().map(|service| service.name).collect::<Vec<_>>()
            }
            _ => panic!("another answer than asked for"),
        }
    }};
}

#[tokio::test]
async fn the_process_says_that_it_serves() {
    let listening = Listening::exchange().await;
    let health = check(listening.listed()).await.unwrap();
    assert_eq!(health.status(), ServingStatus::Serving);
}

#[tokio::test]
async fn both_versions_of_reflection_know_the_contract() {
    let listening = Listening::exchange().await;
    for services in [listed!(v1, listening.listed()), listed!(v1alpha, listening.listed())] {
        for name in ["framme.exchange.v1.ExchangeService", "grpc.health.v1.Health"] {
            assert!(services.iter().any(|service| service == name), "{name} in {services:?}");
        }
    }
}
