//! When a delivery that failed is tried again.

use chrono::TimeDelta;

/// Before which further attempts at most to wait, in seconds: 10 s, 1 min, 10 min, 1 h, 4 h, 8 h, 12 h.
const STEPS: [i64; 7] = [10, 60, 600, 3_600, 14_400, 28_800, 43_200];

/// How often a delivery is tried: at once, and after each pause.
pub const ATTEMPTS: u32 = 8;

/// The most that an endpoint can ask to wait by `Retry-After`.
pub const LONGEST_RETRY_AFTER: TimeDelta = TimeDelta::hours(24);

/// How long every attempt may fail before an endpoint is disabled.
pub const GIVES_UP: TimeDelta = TimeDelta::days(5);

/// The pause after `tries` attempts that failed, or none when that was the last. `part` is chance, from 0 to 1: the
/// pause is drawn from the whole width between two steps, so that deliveries that failed together don't come together
/// again, and still no receiver that is away for two hours is given up.
pub fn pause(tries: u32, part: f64) -> Option<TimeDelta> {
    let place = usize::try_from(tries).ok()?.checked_sub(1)?;
    let longest = *STEPS.get(place)?;
    let shortest = if place == 0 { 1 } else { STEPS[place - 1] };
    let milliseconds = ((longest - shortest) as f64 * 1_000.0 * part.clamp(0.0, 1.0)) as i64;
    Some(TimeDelta::seconds(shortest) + TimeDelta::milliseconds(milliseconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_all(part: f64) -> TimeDelta {
        (1..ATTEMPTS).filter_map(|tries| pause(tries, part)).sum()
    }

    #[test]
    fn it_is_tried_for_about_a_day() {
        assert_eq!(pause(0, 0.5), None);
        assert_eq!(pause(ATTEMPTS, 0.5), None);
        assert_eq!(in_all(0.0), TimeDelta::seconds(1 + 10 + 60 + 600 + 3_600 + 14_400 + 28_800));
        assert_eq!(in_all(1.0), TimeDelta::seconds(STEPS.iter().sum()));
        assert!(in_all(0.5) > TimeDelta::hours(18) && in_all(0.5) < TimeDelta::hours(26));
    }

    proptest! {
        #[test]
        fn pauses_grow_and_never_leave_their_step(parts in prop::collection::vec(0.0_f64..=1.0, 7)) {
            let pauses: Vec<_> = (1..ATTEMPTS).zip(&parts).map(|(tries, part)| pause(tries, *part).unwrap()).collect();
            for (place, pause) in pauses.iter().enumerate() {
                prop_assert!(*pause <= TimeDelta::seconds(STEPS[place]));
                prop_assert!(place == 0 || *pause >= pauses[place - 1]);
            }
            // A receiver that is away for two hours is found again, whatever chance says.
            let until_the_last: TimeDelta = pauses.iter().sum();
            prop_assert!(until_the_last > TimeDelta::hours(13));
        }
    }
}
