//! Calls of the exchange whose answers are the bytes that came, so that they can be compared byte for byte, fields that
//! nobody knows included.

use framme_tests::raw;
use tonic::{Status, codegen::Bytes, transport::Channel};

/// The first message of the answer, or the refusal.
pub(crate) async fn call(channel: &Channel, method: &str, messages: Vec<Bytes>) -> Result<Bytes, Status> {
    let service = match method {
        "ExchangeStatement" => "StatementService",
        _ => "ExchangeService",
    };
    let path = format!("/framme.exchange.v1.{service}/{method}");
    let messages = messages.iter().map(|message| message.to_vec()).collect();
    let mut answers = raw::call(channel.clone(), None, &path, messages).await?;
    let answer = answers.message().await?;
    answer
        .map(Bytes::from)
        .ok_or_else(|| Status::internal("no answer and no failure"))
}
