//! Calls with bytes that no encoder of ours makes.

use framme_demo::world::SenderNode;
use tonic::transport::Channel;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::{Ascii, MetadataValue},
};

/// The bytes of a message in which the first letter of this text is no UTF-8 any more.
pub(super) fn not_utf_8(mut message: Vec<u8>, text: &str) -> Vec<u8> {
    let at = message
        .windows(text.len())
        .position(|window| window == text.as_bytes())
        .unwrap();
    message[at] = 0xff;
    message
}

/// Calls the sender as its desk does.
pub(super) async fn call(sender: &SenderNode, method: &'static str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut client: Grpc<Channel> = Grpc::new(sender.local.channel().unwrap());
    client.ready().await.unwrap();
    let mut request = Request::new(message);
    let token: MetadataValue<Ascii> = format!("Bearer {}", sender.desk_token).parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    let answer = client
        .unary(request, http::uri::PathAndQuery::from_static(method), Bytes)
        .await?;
    Ok(answer.into_inner())
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
        bytes::BufMut::put_slice(to, &item);
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
        let length = bytes::Buf::remaining(from);
        let mut item = vec![0; length];
        bytes::Buf::copy_to_slice(from, &mut item);
        Ok(Some(item))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}
