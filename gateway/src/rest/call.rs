//! gRPC calls with messages that are already bytes.
//!
//! A generated client would encode and decode typed messages; the edge has neither type, only bytes on their way to
//! and from JSON, so it speaks the framing itself: a flag, a length, the message.

use arki_proto::r#type::v1::ErrorReason;
use arki_rpc::client::Retryable;
use arki_rpc::{Caller, Failure, Peer, deadline};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request, Response, Version, header};
use http_body_util::{BodyExt, Full};
use prost::Message;
use prost_reflect::DynamicMessage;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::contract::Method;

/// A flag and a length.
const HEADER: usize = 5;

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// A timeout has eight digits at most.
const MOST_MILLISECONDS: u128 = 99_999_999;

/// On whose behalf a call is made and whether it may be repeated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The caller; none for public methods.
    pub(crate) caller: Option<Caller>,
    /// The request carries an id by which the service knows a repetition.
    pub(crate) retryable: bool,
}

/// A message with its frame.
pub(crate) fn frame(message: &DynamicMessage) -> Bytes {
    let length = message.encoded_len();
    let mut framed = BytesMut::with_capacity(HEADER + length);
    framed.put_u8(0);
    // Bodies are limited to far less than 4 GiB.
    framed.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    message.encode_raw(&mut framed);
    framed.freeze()
}

/// A body of one message.
pub(crate) fn one(message: &DynamicMessage) -> Body {
    Body::new(Full::new(frame(message)))
}

/// Sends a request and returns the answer once its headers are there.
///
/// # Errors
/// What the peer refuses with, when it refuses before any message.
pub(crate) async fn send(
    peer: &Peer,
    method: &Method,
    origin: Origin,
    body: Body,
) -> Result<Response<Body>, Failure> {
    let mut request = Request::new(body);
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = method.path.clone().into();
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    // Said here, since a client without word of a deadline takes its own default, which is too short for a stream.
    if let Some(left) = deadline::remaining()
        && let Ok(value) = HeaderValue::try_from(format!("{}m", left.as_millis().min(MOST_MILLISECONDS)))
    {
        headers.insert(GRPC_TIMEOUT, value);
    }
    if let Some(caller) = origin.caller {
        request.extensions_mut().insert(caller);
    }
    if origin.retryable {
        request.extensions_mut().insert(Retryable);
    }
    let response = peer.clone().oneshot(request).await.map_err(Failure::away)?;
    check(Status::from_header_map(response.headers()))?;
    if response.status() != http::StatusCode::OK {
        return Err(Failure::away(format!("the peer answered with http status {}", response.status())));
    }
    Ok(response)
}

/// The only message of an answer.
///
/// # Errors
/// What the peer refuses with.
pub(crate) async fn single(response: Response<Body>) -> Result<Bytes, Failure> {
    let collected = response.into_body().collect().await.map_err(|status| Failure::from_status(&status))?;
    check(collected.trailers().and_then(Status::from_header_map))?;
    let mut body = collected.to_bytes();
    let length = read_header(&body)?.ok_or_else(cut)?;
    body.advance(HEADER);
    if body.len() != length {
        return Err(cut());
    }
    Ok(body)
}

fn check(status: Option<Status>) -> Result<(), Failure> {
    match status {
        Some(status) if status.code() != Code::Ok => Err(Failure::from_status(&status)),
        _ => Ok(()),
    }
}

fn cut() -> Failure {
    Failure::internal("the peer's answer is not one whole message")
}

/// The length that a frame announces, once its header is there.
fn read_header(buffer: &[u8]) -> Result<Option<usize>, Failure> {
    let Some((&[flag, a, b, c, d], _)) = buffer.split_first_chunk::<HEADER>() else { return Ok(None) };
    if flag != 0 {
        return Err(Failure::internal("the peer's answer is compressed, which was not asked for"));
    }
    usize::try_from(u32::from_be_bytes([a, b, c, d])).map(Some).map_err(Failure::internal)
}

/// The messages of a streamed answer.
pub(crate) struct Messages {
    body: Option<Body>,
    buffer: BytesMut,
}

impl Messages {
    /// The messages of an answer whose headers are there.
    pub(crate) fn of(response: Response<Body>) -> Self {
        Self { body: Some(response.into_body()), buffer: BytesMut::new() }
    }

    /// The next message, or `None` at the end.
    ///
    /// # Errors
    /// What ended the stream before its end; after that there is nothing more.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        let next = self.read().await;
        if !matches!(next, Ok(Some(_))) {
            self.body = None;
        }
        next.transpose()
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            if let Some(length) = read_header(&self.buffer)?
                && self.buffer.len() >= HEADER + length
            {
                self.buffer.advance(HEADER);
                return Ok(Some(self.buffer.split_to(length).freeze()));
            }
            let Some(body) = &mut self.body else { return Ok(None) };
            match body.frame().await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.buffer.extend_from_slice(&data),
                    Err(frame) => {
                        check(frame.trailers_ref().and_then(Status::from_header_map))?;
                        self.body = None;
                    }
                },
                Some(Err(status)) => return Err(Failure::from_status(&status)),
                None => {
                    return Err(Failure::unavailable(
                        ErrorReason::Unavailable,
                        "the stream ended before its end, read on from the last line",
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(chunks: &[&'static [u8]], trailers: Option<&'static str>) -> Response<Body> {
        let mut frames: Vec<Result<_, Status>> =
            chunks.iter().map(|chunk| Ok(http_body::Frame::data(Bytes::from_static(chunk)))).collect();
        if let Some(code) = trailers {
            let mut map = http::HeaderMap::new();
            map.insert("grpc-status", HeaderValue::from_static(code));
            frames.push(Ok(http_body::Frame::trailers(map)));
        }
        Response::new(Body::new(http_body_util::StreamBody::new(futures::stream::iter(frames))))
    }

    #[tokio::test]
    async fn a_single_message_is_taken_out_of_its_frame() {
        let message = single(answer(&[&[0, 0, 0, 0, 2, 8, 1]], Some("0"))).await.unwrap();
        assert_eq!(&message[..], [8, 1]);
    }

    #[tokio::test]
    async fn broken_answers_are_failures() {
        for (chunks, trailers, code) in [
            (&[][..], Some("0"), Code::Internal),
            (&[&[0, 0, 0, 0, 3, 8][..]][..], Some("0"), Code::Internal),
            (&[&[1, 0, 0, 0, 1, 8][..]][..], Some("0"), Code::Internal),
            (&[][..], Some("5"), Code::NotFound),
        ] {
            assert_eq!(single(answer(chunks, trailers)).await.unwrap_err().code, code);
        }
    }

    #[tokio::test]
    async fn a_stream_is_cut_into_messages_wherever_its_chunks_end() {
        let mut messages = Messages::of(answer(&[&[0, 0, 0], &[0, 2, 8], &[1, 0, 0, 0, 0, 0]], Some("0")));
        assert_eq!(&messages.next().await.unwrap().unwrap()[..], [8, 1]);
        assert_eq!(&messages.next().await.unwrap().unwrap()[..], [0_u8; 0]);
        assert!(messages.next().await.is_none());
    }

    #[tokio::test]
    async fn a_stream_that_fails_says_so_once() {
        for (trailers, code) in [(Some("13"), Code::Internal), (None, Code::Unavailable)] {
            let mut messages = Messages::of(answer(&[&[0, 0, 0, 0, 0]], trailers));
            assert!(messages.next().await.unwrap().is_ok());
            assert_eq!(messages.next().await.unwrap().unwrap_err().code, code);
            assert!(messages.next().await.is_none());
        }
    }
}
