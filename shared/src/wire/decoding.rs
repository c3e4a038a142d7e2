//! Bytes that are no message: told as a field and a rule, where a decoder alone would make it a fault of the server.

use http::Response;
use tonic::{Code, Status, service::Routes};
use tower::util::MapResponseLayer;

use super::{status::Failure, violations::FieldViolations};

/// How the text of every [`prost::DecodeError`] begins.
const UNDECODED: &str = "failed to decode Protobuf message: ";

/// How the codec says that a message is above the service's limit, and where it names the limit.
const TOO_LONG: &str = "Error, decoded message length too large";
const LIMIT: &str = "the limit is: ";

/// Makes a server answer `INVALID_ARGUMENT` with field and rule to a request that it cannot decode, and `TOO_LARGE` to
/// one above its limit. The codec answers INTERNAL, which would say that the fault is the server's and that the same
/// request may pass later, or `OUT_OF_RANGE` with no reason.
pub fn blame_the_caller(routes: Routes) -> Routes {
    routes.into_axum_router().layer(MapResponseLayer::new(told)).into()
}

fn told<B: Default>(response: Response<B>) -> Response<B> {
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() == Code::Internal && status.message().starts_with(UNDECODED) => {
            Status::from(Failure::from(violation_of(status.message()))).into_http()
        }
        Some(status) if status.code() == Code::OutOfRange && status.message().starts_with(TOO_LONG) => {
            let limit = status
                .message()
                .split_once(LIMIT)
                .map_or("the limit", |(_, limit)| limit);
            Status::from(Failure::TooLarge {
                what: "a message",
                limit: limit.to_owned(),
            })
            .into_http()
        }
        _ => response,
    }
}

/// Reads the text of a [`prost::DecodeError`], which names the way out from the field, `Account.observed: Report.account: `,
/// before what is wrong. It never holds content. The path begins at the report where the field is of one.
pub fn violation_of(error: &str) -> FieldViolations {
    let told = error.strip_prefix(UNDECODED).unwrap_or(error);
    let mut way: Vec<_> = told.split(": ").map_while(step).collect();
    if let Some(report) = way.iter().position(|(message, _)| *message == "Report") {
        way.truncate(report + 1);
    }
    let path: Vec<_> = way.iter().rev().map(|(_, field)| *field).collect();
    let rule = if told.contains("UTF-8") {
        "must be UTF-8"
    } else {
        "must be in the wire format of the contract's message"
    };
    FieldViolations::of(path.join("."), rule)
}

/// `Message.field`, and nothing of a sentence.
fn step(text: &str) -> Option<(&str, &str)> {
    let (message, field) = text.split_once('.')?;
    let is_name =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name(message) && is_name(field)).then_some((message, field))
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };

    use bytes::Bytes;
    use prost::Message as _;
    use tonic::body::Body;
    use tower::ServiceExt as _;

    use super::*;
    use crate::wire::{
        pb::report as pb,
        status::{Cause, Received, reason_of},
    };

    /// A request body of one piece.
    struct Once(Option<Bytes>);

    impl http_body::Body for Once {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.take().map(|piece| Ok(http_body::Frame::data(piece))))
        }
    }

    fn refusal(bytes: &[u8]) -> (String, String) {
        let Err(error) = pb::Report::decode(bytes) else {
            panic!("it decodes")
        };
        let found = violation_of(&error.to_string());
        let violation = found.iter().next().unwrap();
        (violation.field().to_owned(), violation.rule().to_owned())
    }

    #[test]
    fn text_that_is_not_utf_8_is_told_by_its_field() {
        // Field 5 (account), 4 bytes: field 1 (observed), 2 bytes that are not UTF-8.
        assert_eq!(
            refusal(&[0x2a, 4, 0x0a, 2, 0xc3, 0x28]),
            ("account.observed".into(), "must be UTF-8".into())
        );
        assert_eq!(refusal(&[0x0a, 1, 0xff]), ("report_id".into(), "must be UTF-8".into()));
    }

    #[test]
    fn an_answer_of_the_codec_becomes_one_that_names_the_field() {
        let way = "Account.observed: Report.account: SubmitReportRequest.report: invalid string value";
        let codec = Status::internal(format!("{UNDECODED}{way}"));
        let status = Status::from_header_map(told(codec.into_http::<()>()).headers()).unwrap();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(Received::from_status(&status).violations[0].0, "account.observed");
    }

    #[tokio::test]
    async fn a_server_blames_the_caller_for_text_that_is_not_utf_8() {
        let (_reporter, health) = tonic_health::server::health_reporter();
        let server = blame_the_caller(Routes::new(health));
        // One uncompressed message of 3 bytes: field 1 (service), 1 byte that is not UTF-8.
        let frame: &[u8] = &[0, 0, 0, 0, 3, 0x0a, 1, 0xff];
        let request = http::Request::post("/grpc.health.v1.Health/Check")
            .header("content-type", "application/grpc")
            .body(Body::new(Once(Some(Bytes::from_static(frame)))))
            .unwrap();
        let response = server.oneshot(request).await.unwrap();
        let status = Status::from_header_map(response.headers()).unwrap();
        assert_eq!(
            Received::from_status(&status).violations,
            [("service".to_owned(), "must be UTF-8".to_owned())]
        );
    }

    #[tokio::test]
    async fn a_server_tells_a_message_above_its_limit_with_the_limit() {
        let (_reporter, health) = tonic_health::server::health_reporter();
        let server = blame_the_caller(Routes::new(health));
        // The head of one uncompressed message of 2 GiB.
        let frame: &[u8] = &[0, 0x80, 0, 0, 0, 0x0a];
        let request = http::Request::post("/grpc.health.v1.Health/Check")
            .header("content-type", "application/grpc")
            .body(Body::new(Once(Some(Bytes::from_static(frame)))))
            .unwrap();
        let response = server.oneshot(request).await.unwrap();
        let status = Status::from_header_map(response.headers()).unwrap();
        assert_eq!(reason_of(&status), Some(pb::ErrorReason::TooLarge));
        assert_eq!(status.message(), "a message must be at most 4194304 bytes");
    }

    #[test]
    fn an_answer_of_ours_stays_as_it_is() {
        for status in [Status::from(Failure::Internal(Cause::saying("a bug"))), Status::ok("")] {
            let before = status.code();
            let answer = told(status.into_http::<()>());
            assert_eq!(Status::from_header_map(answer.headers()).unwrap().code(), before);
        }
    }

    #[test]
    fn bytes_that_are_no_message_are_told_as_such() {
        let rule = "must be in the wire format of the contract's message";
        assert_eq!(refusal(&[0x0a, 200]), ("report_id".into(), rule.into()));
        assert_eq!(refusal(&[0xff; 12]), (String::new(), rule.into()));
    }
}
