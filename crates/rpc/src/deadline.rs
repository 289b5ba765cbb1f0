//! The time that is left for a call, from the first caller down to the last peer.
//!
//! A deadline is a point in time inside a process, and a duration (`grpc-timeout`) between processes, so that their
//! clocks need not agree. The server stack sets it around the handler; the client stack reads it there, so that no
//! peer is given more time than the caller has left.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tonic::Status;
use tonic::body::Body;

use crate::Failure;

const HEADER: &str = "grpc-timeout";

tokio::task_local! {
    static DEADLINE: Instant;
}

/// The deadline of the call that this task answers.
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// The time left for the call that this task answers.
pub fn remaining() -> Option<Duration> {
    current().map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

/// Runs `work` with a deadline that the calls it makes will inherit. A nested deadline never extends the outer one.
pub async fn within<F: Future>(deadline: Instant, work: F) -> F::Output {
    let deadline = current().map_or(deadline, |outer| outer.min(deadline));
    DEADLINE.scope(deadline, work).await
}

/// The time that a request gives, if it gives one that the standard allows.
pub(crate) fn read(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(HEADER)?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// Gives the request `left` to be answered in, at the finest unit whose number has the eight digits allowed.
pub(crate) fn write(headers: &mut HeaderMap, left: Duration) {
    const LARGEST: u128 = 99_999_999;
    let (count, unit) = if left.as_micros() <= LARGEST {
        (left.as_micros(), 'u')
    } else if left.as_millis() <= LARGEST {
        (left.as_millis(), 'm')
    } else {
        (u128::from(left.as_secs()).min(LARGEST), 'S')
    };
    if let Ok(mut value) = HeaderValue::from_str(&format!("{count}{unit}")) {
        // No secret, but no other call has it: in the table of HTTP/2 it would only push out what comes again.
        value.set_sensitive(true);
        headers.insert(HEADER, value);
    }
}

/// A response body that ends with `DEADLINE_EXCEEDED` when its time is over: a deadline covers the whole answer of a
/// stream, not just its first byte.
pub(crate) struct Limited {
    body: Body,
    deadline: Instant,
    /// Made when the body is first waited for; most are there at once.
    sleep: Option<Pin<Box<Sleep>>>,
    over: bool,
}

impl Limited {
    pub(crate) fn new(body: Body, deadline: Instant) -> Self {
        Self { body, deadline, sleep: None, over: false }
    }
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let deadline = self.deadline;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        std::task::ready!(sleep.as_mut().poll(cx));
        self.over = true;
        // Dropping the rest cancels the work behind it.
        self.body = Body::empty();
        let mut trailers = HeaderMap::new();
        let status = Status::from(Failure::deadline_exceeded());
        Poll::Ready(Some(match status.add_header(&mut trailers) {
            Ok(()) => Ok(Frame::trailers(trailers)),
            Err(status) => Err(status),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(value: &'static str) -> Option<Duration> {
        read(&HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_static(value))]))
    }

    #[test]
    fn a_timeout_is_read_in_every_unit_and_nonsense_is_ignored() {
        assert_eq!(parsed("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(parsed("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parsed("15S"), Some(Duration::from_secs(15)));
        assert_eq!(parsed("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parsed("7u"), Some(Duration::from_micros(7)));
        assert_eq!(parsed("9n"), Some(Duration::from_nanos(9)));
        for nonsense in ["", "S", "1", "123456789S", "-1S", "1.5S", "1d", "+1S"] {
            assert_eq!(parsed(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_written_timeout_reads_back() {
        for left in [0, 1, 999, 99_999_999, 100_000_000, 86_400_000_000_u64].map(Duration::from_micros) {
            let mut headers = HeaderMap::new();
            write(&mut headers, left);
            assert_eq!(read(&headers), Some(left), "{left:?}");
        }
    }

    #[tokio::test]
    async fn a_nested_deadline_never_extends_the_outer_one() {
        let now = Instant::now();
        let outer = now + Duration::from_secs(1);
        within(outer, async {
            within(now + Duration::from_secs(9), async { assert_eq!(current(), Some(outer)) }).await;
            let inner = now + Duration::from_millis(1);
            within(inner, async { assert_eq!(current(), Some(inner)) }).await;
        })
        .await;
        assert_eq!(current(), None);
    }
}
