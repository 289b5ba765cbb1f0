//! The id under which callers and logs speak of one request.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName};

/// The header that carries it, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// Runs what answers the request of this id.
pub(crate) async fn within<T>(id: Arc<str>, answer: impl Future<Output = T>) -> T {
    CURRENT.scope(id, answer).await
}

/// The id of the request that is being answered; empty where none is.
pub(crate) fn current() -> String {
    CURRENT.try_with(|id| id.to_string()).unwrap_or_default()
}

/// Longer ids of callers are replaced by ours.
const LONGEST: usize = 64;

/// An odd number whose multiples scatter over 64 bits and repeat only after all of them.
const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes ids: 32 hexadecimal digits, unique to the process by its random first half and within it by the second.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u64,
    count: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let (process, count) = uuid::Uuid::new_v4().as_u64_pair();
        Self { process, count: AtomicU64::new(count) }
    }

    /// A new id.
    pub(crate) fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}{:016x}", self.process, count.wrapping_mul(SCATTER))
    }

    /// The id that the caller gave, if it is fit to be logged and sent back, else a new one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Arc<str> {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_sane(id));
        given.map_or_else(|| self.next().into(), Into::into)
    }
}

fn is_sane(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(is_plain)
}

/// Whether an id has the form of a trace id.
pub(crate) fn is_trace_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn ids_have_the_form_of_trace_ids_and_differ() {
        let ids = RequestIds::new();
        let made: std::collections::BTreeSet<_> = (0..1000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 1000);
        assert!(made.iter().all(|id| is_trace_id(id)));
    }

    #[test]
    fn a_sane_id_of_the_caller_is_kept_and_any_other_replaced() {
        let ids = RequestIds::new();
        for (given, kept) in [
            ("order-17_a.b", true),
            ("", false),
            ("with space", false),
            ("<script>", false),
            ("a23456789b23456789c23456789d23456789e23456789f23456789g23456789hX", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::try_from(given).unwrap());
            assert_eq!(&*ids.of(&headers) == given, kept, "{given}");
        }
    }
}
