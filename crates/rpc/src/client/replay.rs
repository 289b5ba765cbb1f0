//! A request that can be sent again.

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::Request;
use http::request::Parts;
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use tonic::Status;
use tonic::body::Body;

/// Largest body that is kept for a second try, in bytes. A larger one is sent once.
const LARGEST: usize = 64 * 1024;

/// A request, and its body as long as that is kept.
pub(super) enum Replay {
    /// Not kept: there is one try.
    Once(Option<Request<Body>>),
    /// Kept whole.
    Kept(Parts, Bytes),
}

impl Replay {
    /// A request that is sent once.
    pub(super) fn once(request: Request<Body>) -> Self {
        Self::Once(Some(request))
    }

    /// Keeps the body of `request` if it is small. What was read of a larger one is put back in front of the rest.
    pub(super) async fn record(request: Request<Body>) -> Self {
        let (parts, mut body) = request.into_parts();
        let mut frames: Vec<Result<Frame<Bytes>, Status>> = Vec::new();
        let mut kept = Vec::new();
        // Most requests are one message, which came whole.
        let Some(first) = body.frame().await else { return Self::Kept(parts, Bytes::new()) };
        match first.map(Frame::into_data) {
            Ok(Ok(data)) if data.len() > LARGEST => {
                return Self::large(parts, vec![Ok(Frame::data(data))], body);
            }
            Ok(Ok(data)) if http_body::Body::is_end_stream(&body) => return Self::Kept(parts, data),
            Ok(Ok(data)) => {
                kept.extend_from_slice(&data);
                frames.push(Ok(Frame::data(data)));
            }
            Ok(Err(frame)) => return Self::large(parts, vec![Ok(frame)], body),
            Err(status) => return Self::large(parts, vec![Err(status)], body),
        }
        while let Some(frame) = body.frame().await {
            let data = frame.as_ref().ok().and_then(Frame::data_ref);
            let fits = data.is_some_and(|data| kept.len() + data.len() <= LARGEST);
            if let (true, Some(data)) = (fits, data) {
                kept.extend_from_slice(data);
                frames.push(frame);
                continue;
            }
            frames.push(frame);
            return Self::large(parts, frames, body);
        }
        Self::Kept(parts, kept.into())
    }

    fn large(parts: Parts, frames: Vec<Result<Frame<Bytes>, Status>>, rest: Body) -> Self {
        let whole = stream::iter(frames).chain(BodyStream::new(rest));
        Self::once(Request::from_parts(parts, Body::new(StreamBody::new(whole))))
    }

    /// The request for the next try.
    pub(super) fn next(&mut self) -> Option<Request<Body>> {
        match self {
            Self::Once(request) => request.take(),
            Self::Kept(parts, bytes) => {
                Some(Request::from_parts(parts.clone(), Body::new(Full::new(bytes.clone()))))
            }
        }
    }

    /// Whether there can be another try.
    pub(super) fn can_repeat(&self) -> bool {
        matches!(self, Self::Kept(..))
    }
}
