//! How large a body may be.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::{Response, Step, Target, Ticket};
use crate::contract::Method;
use crate::refusal::Refusal;

/// A body turned out larger than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is larger than {0} bytes")]
pub(crate) struct TooLarge(pub(crate) usize);

/// Refuses large bodies: at once when their length is announced, else as soon as they pass the limit.
pub(crate) struct LimitBody<N> {
    pub(crate) usual: usize,
    pub(crate) import: usize,
    pub(crate) next: N,
}

/// What is announced larger than allowed but not larger than this is read and dropped before it is refused: a client
/// that is cut off while it still sends may never read why.
const STILL_READ: u64 = 64 * 1024 * 1024;

/// For how long it is read.
const STILL_WAITED: std::time::Duration = std::time::Duration::from_secs(5);

async fn drain(mut body: Body) {
    while let Some(Ok(_)) = http_body_util::BodyExt::frame(&mut body).await {}
}

impl<N> LimitBody<N> {
    fn limit(&self, target: &Target) -> Option<usize> {
        match target {
            // A gRPC stream has no end to measure; each of its messages is limited by the service.
            Target::Grpc(Some(method)) if method.descriptor.is_client_streaming() => None,
            Target::Plumbing => None,
            Target::Rest(route, _) if is_import(&route.method) => Some(self.import),
            Target::Grpc(Some(method)) if is_import(method) => Some(self.import),
            _ => Some(self.usual),
        }
    }
}

/// Imports bring whole files, and streams of lines are imports in all but name.
pub(super) fn is_import(method: &Method) -> bool {
    method.descriptor.is_client_streaming() || method.descriptor.name().starts_with("Import")
}

impl<N: Step> Step for LimitBody<N> {
    async fn run(&self, mut ticket: Ticket) -> Response {
        let Some(limit) = self.limit(&ticket.target) else { return self.next.run(ticket).await };
        if http_body::Body::is_end_stream(ticket.request.body()) {
            return self.next.run(ticket).await;
        }
        let announced = http_body::Body::size_hint(ticket.request.body()).lower();
        if announced > u64::try_from(limit).unwrap_or(u64::MAX) {
            if announced <= STILL_READ {
                let body = std::mem::take(ticket.request.body_mut());
                let _ = tokio::time::timeout(STILL_WAITED, drain(body)).await;
            }
            return ticket.tongue.refuse(Refusal::body_too_large(limit));
        }
        ticket.body_limit = limit;
        let too_large = Arc::clone(&ticket.too_large);
        ticket.request =
            ticket.request.map(|body| Body::new(Limited { body, limit, left: limit, too_large }));
        self.next.run(ticket).await
    }
}

/// A body that fails once it passes its limit.
struct Limited {
    body: Body,
    limit: usize,
    left: usize,
    too_large: Arc<AtomicBool>,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else { return Poll::Ready(None) };
        let frame = frame?;
        let length = frame.data_ref().map_or(0, Bytes::len);
        Poll::Ready(Some(match self.left.checked_sub(length) {
            Some(left) => {
                self.left = left;
                Ok(frame)
            }
            None => {
                self.too_large.store(true, Ordering::Relaxed);
                self.body = Body::empty();
                Err(TooLarge(self.limit).into())
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use http_body_util::BodyExt;

    use super::*;

    fn body(chunks: &'static [&'static str], limit: usize) -> Limited {
        let chunks = stream::iter(chunks.iter().map(|chunk| Ok::<_, std::convert::Infallible>(*chunk)));
        Limited { body: Body::from_stream(chunks), limit, left: limit, too_large: Arc::default() }
    }

    #[tokio::test]
    async fn a_body_within_its_limit_passes_whole() {
        assert_eq!(body(&["ab", "cd"], 4).collect().await.unwrap().to_bytes(), "abcd");
    }

    #[tokio::test]
    async fn a_body_past_its_limit_fails_and_says_so() {
        let body = body(&["ab", "cd"], 3);
        let too_large = Arc::clone(&body.too_large);
        let error = body.collect().await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&TooLarge(3)));
        assert!(too_large.load(Ordering::Relaxed));
    }
}
