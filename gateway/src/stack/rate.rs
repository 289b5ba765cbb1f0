//! How often one key, one tenant and one stranger may call.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arki_ids::TenantId;
use arki_proto::r#type::v1::ErrorReason;
use arki_rpc::Failure;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{Response, Step, Ticket};
use crate::config::Config;

/// How often the memory of those who no longer call is given back.
pub(crate) const SWEEP: Duration = Duration::from_secs(60);

/// One limit for each `K`, with bursts of a second's worth.
struct Limit<K: std::hash::Hash + Eq + Clone> {
    per_second: u32,
    limiter: Option<DefaultKeyedRateLimiter<K>>,
}

impl<K: std::hash::Hash + Eq + Clone> Limit<K> {
    fn new(per_second: u32) -> Self {
        let limiter = NonZeroU32::new(per_second).map(|rate| RateLimiter::dashmap(Quota::per_second(rate)));
        Self { per_second, limiter }
    }

    fn check(&self, key: &K, whose: &str) -> Result<(), Failure> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check_key(key).map_err(|until| {
            let limit = self.per_second;
            let wait = until.wait_time_from(DefaultClock::default().now());
            Failure::resource_exhausted(
                ErrorReason::RateLimited,
                format!("{whose} may call {limit} times a second, slow down"),
            )
            .with("limit", limit)
            .retry_after(wait)
        })
    }

    fn sweep(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
        }
    }
}

/// All limits.
pub(crate) struct Limits {
    keys: Limit<String>,
    tenants: Limit<TenantId>,
    strangers: Limit<IpAddr>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            keys: Limit::new(config.key_requests_per_second),
            tenants: Limit::new(config.tenant_requests_per_second),
            strangers: Limit::new(config.anonymous_requests_per_second),
        }
    }

    /// Forgets those who have not called for a while.
    pub(crate) fn sweep(&self) {
        self.keys.sweep();
        self.tenants.sweep();
        self.strangers.sweep();
    }

    fn check(&self, ticket: &Ticket) -> Result<(), Failure> {
        match (&ticket.caller, ticket.from) {
            (Some(caller), _) => {
                self.keys.check(&caller.subject, "this key")?;
                self.tenants.check(&caller.tenant, "this tenant")
            }
            (None, Some(address)) => self.strangers.check(&address, "this address"),
            (None, None) => Ok(()),
        }
    }
}

/// Refuses calls that come too often.
pub(crate) struct LimitRate<N> {
    pub(crate) limits: Arc<Limits>,
    pub(crate) next: N,
}

impl<N: Step> Step for LimitRate<N> {
    async fn run(&self, ticket: Ticket) -> Response {
        match self.limits.check(&ticket) {
            Ok(()) => self.next.run(ticket).await,
            Err(failure) => ticket.tongue.refuse(failure),
        }
    }
}
