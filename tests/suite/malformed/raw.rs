//! Calls with bytes that no encoder of ours makes.

use framme_demo::world::SenderNode;
use framme_tests::raw;
use tonic::Status;

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
    let channel = sender.local.channel().unwrap();
    raw::unary(channel, Some(&sender.desk_token), method, message).await
}
