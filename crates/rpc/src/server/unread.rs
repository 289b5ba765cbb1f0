//! Requests that were refused before any handler saw them, because their message can't be read.
//!
//! tonic reads messages, and calls it `INTERNAL` when it can't: a fault of the server, for what is a fault of the
//! caller. Whatever a handler here refuses carries details, so a status without any is tonic's own, and gets the code
//! and the reason that the contract knows. tonic says `INTERNAL` of replies too; only its words tell which it is about.

use arki_proto::r#type::v1::ErrorReason;
use http::{HeaderName, Response};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::Failure;

/// Tells a caller which compressions it may use instead.
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// The answer, in the words of the contract if it is tonic's own refusal of a message.
pub(super) fn in_our_words(mut response: Response<Body>) -> Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    let Some(failure) = refused(&status) else { return response };
    let accepted = response.headers_mut().remove(ACCEPT_ENCODING);
    let mut response = Status::from(failure).into_http();
    if let Some(accepted) = accepted {
        response.headers_mut().insert(ACCEPT_ENCODING, accepted);
    }
    response
}

/// The same for a message of a stream, which tonic refuses to the handler that reads it.
pub fn unread_message(status: Status) -> Status {
    refused(&status).map_or(status, Status::from)
}

/// How tonic, and prost under it, begin to say that a message from outside can't be read.
const UNREADABLE: [&str; 5] = [
    "failed to decode Protobuf message",
    "protocol error: received message with ",
    "Error decompressing: ",
    "Unexpected EOF decoding stream.",
    "Missing request message.",
];

/// How tonic begins to say that a message from outside is too large to be read.
const TOO_LARGE: &str = "Error, decoded message length too large";

/// How it says, anywhere, that the message came from a peer that was called.
const FROM_A_PEER: &str = "while receiving response";

fn is_about_request(said: &str, begins: &[&str]) -> bool {
    begins.iter().any(|begin| said.starts_with(begin)) && !said.contains(FROM_A_PEER)
}

fn refused(status: &Status) -> Option<Failure> {
    if !status.details().is_empty() {
        return None;
    }
    // What tonic says names the message, the field and the fault; none of it is ours to hide.
    let message = format!("the message can't be read: {}", status.message());
    match status.code() {
        Code::Internal if is_about_request(status.message(), &UNREADABLE) => {
            Some(Failure::invalid_argument(ErrorReason::MalformedRequest, message))
        }
        Code::OutOfRange if is_about_request(status.message(), &[TOO_LARGE]) => {
            let mut failure = Failure::resource_exhausted(ErrorReason::BodyTooLarge, message);
            // Waiting doesn't make it smaller.
            failure.retry_after = None;
            Some(failure)
        }
        // The code that the protocol gives to a compression that isn't known.
        Code::Unimplemented => {
            Some(Failure::new(Code::Unimplemented, ErrorReason::UnsupportedMediaType, message))
        }
        _ => None,
    }
}
