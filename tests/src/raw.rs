//! Calls with bytes that no encoder of ours makes.

use bytes::{Buf as _, BufMut as _};
use http::uri::PathAndQuery;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

/// Largest answer that is read: more than any service of ours sends.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Makes a call of any kind, `/package.Service/Method`, with these messages, and returns when the service has begun to
/// answer.
///
/// # Errors
/// The refusal.
pub async fn call(
    channel: Channel,
    token: Option<&str>,
    method: &str,
    messages: Vec<Vec<u8>>,
) -> Result<tonic::Streaming<Vec<u8>>, Status> {
    let mut client = Grpc::new(channel).max_decoding_message_size(MAX_ANSWER);
    client
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(tokio_stream::iter(messages));
    if let Some(token) = token {
        let value: MetadataValue<Ascii> = format!("Bearer {token}").parse().expect("a token is ASCII");
        request.metadata_mut().insert("authorization", value);
    }
    let path: PathAndQuery = method.parse().expect("a method's path");
    let answer = client.streaming(request, path, Bytes).await?;
    Ok(answer.into_inner())
}

/// The same for a call with one message and one answer.
///
/// # Errors
/// The refusal.
pub async fn unary(channel: Channel, token: Option<&str>, method: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut answer = call(channel, token, method, vec![message]).await?;
    Ok(answer.message().await?.unwrap_or_default())
}

/// Messages as they are.
#[derive(Clone, Copy)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; from.remaining()];
        from.copy_to_slice(&mut item);
        Ok(Some(item))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}
