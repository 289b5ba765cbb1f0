//! Reading the reference vectors and comparing with a tolerance.

use arki_stats::{Confidence, Interval};
use serde_json::Value;

pub(crate) const P95: Confidence = Confidence::P95;

/// One file of `tests/vectors`, parsed.
macro_rules! vectors {
    ($name:literal) => {
        serde_json::from_str::<serde_json::Value>(include_str!(concat!("../vectors/", $name, ".json")))
            .unwrap()
    };
}
pub(crate) use vectors;

/// Fails unless both numbers agree to `tolerance`, relative to the expected one or absolute below one in 1000.
#[track_caller]
pub(crate) fn close(got: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what}: the vector holds no number"));
    let allowed = tolerance * expected.abs().max(1e-3);
    assert!((got - expected).abs() <= allowed, "{what}: {got} is not {expected} to {tolerance}");
}

#[track_caller]
pub(crate) fn close_interval(got: Interval, expected: &Value, tolerance: f64, what: &str) {
    close(got.low, &expected[0], tolerance, what);
    close(got.high, &expected[1], tolerance, what);
}

pub(crate) fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

pub(crate) fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(|x| x.as_f64().unwrap()).collect()
}

pub(crate) fn counts(value: &Value) -> Vec<u64> {
    list(value).iter().map(|x| x.as_u64().unwrap()).collect()
}

pub(crate) fn integers(value: &Value) -> Vec<i32> {
    list(value).iter().map(|x| i32::try_from(x.as_i64().unwrap()).unwrap()).collect()
}
