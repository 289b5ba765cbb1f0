//! How often one address may come with a key that is not good.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Most addresses that are remembered. When there are more, those go that have their tries back.
const MOST: usize = 100_000;

/// Tries by address. Each comes back with time.
pub(super) struct Throttle {
    per_minute: u32,
    addresses: Mutex<HashMap<IpAddr, (f64, DateTime<Utc>)>>,
}

impl Throttle {
    /// So many tries a minute; 0 for any number.
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute, addresses: Mutex::default() }
    }

    /// How long an address has to wait; none when it may try.
    pub(super) fn wait(&self, address: IpAddr, now: DateTime<Utc>) -> Option<Duration> {
        if self.per_minute == 0 {
            return None;
        }
        let left = self.left(*self.addresses().get(&address)?, now);
        (left < 1.0).then(|| Duration::from_secs_f64((1.0 - left) * 60.0 / f64::from(self.per_minute)))
    }

    /// Notes that a try failed.
    pub(super) fn failed(&self, address: IpAddr, now: DateTime<Utc>) {
        if self.per_minute == 0 {
            return;
        }
        let mut addresses = self.addresses();
        if addresses.len() >= MOST && !addresses.contains_key(&address) {
            addresses.retain(|_, entry| self.left(*entry, now) < f64::from(self.per_minute));
            if addresses.len() >= MOST {
                return;
            }
        }
        let entry = addresses.entry(address).or_insert((f64::from(self.per_minute), now));
        *entry = ((self.left(*entry, now) - 1.0).max(0.0), now);
    }

    fn left(&self, (left, at): (f64, DateTime<Utc>), now: DateTime<Utc>) -> f64 {
        let most = f64::from(self.per_minute);
        let minutes = (now - at).as_seconds_f64().max(0.0) / 60.0;
        (left + minutes * most).min(most)
    }

    fn addresses(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, (f64, DateTime<Utc>)>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn tries_run_out_for_one_address_and_come_back_with_time() {
        let throttle = Throttle::new(3);
        let (one, other): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        for _ in 0..3 {
            assert_eq!(throttle.wait(one, now), None);
            throttle.failed(one, now);
        }
        assert_eq!(throttle.wait(one, now), Some(Duration::from_secs(20)));
        assert_eq!(throttle.wait(other, now), None);
        assert_eq!(throttle.wait(one, now + TimeDelta::seconds(20)), None);
        let off = Throttle::new(0);
        (0..100).for_each(|_| off.failed(one, now));
        assert_eq!(off.wait(one, now), None);
    }
}
