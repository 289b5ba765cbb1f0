//! Many tests at once: adjusted p-values.
//!
//! One look at a screen is one family. Count every test that was computed, not only those displayed; a suppressed
//! cell leaves the family. Holm is for the few chosen metrics of a scorecard, Benjamini-Hochberg for exploring.

use crate::Error;

/// How to adjust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Times the number of tests.
    Bonferroni,
    /// Holm (1979): step-down, controls the chance of any false finding, under any dependence.
    Holm,
    /// Hommel (1988): as Holm with more power, under independence or positive dependence.
    Hommel,
    /// Benjamini and Hochberg (1995): controls the expected share of false findings.
    BenjaminiHochberg,
    /// Benjamini and Yekutieli (2001): the same under any dependence.
    BenjaminiYekutieli,
}

/// The adjusted p-values in the order given, each in `[0, 1]` and at least as large as the raw one. A test is a
/// finding when its adjusted value is at most the chosen level. An empty family gives an empty answer.
///
/// # Errors
/// [`Error::OutOfRange`] for a p-value outside `[0, 1]`.
pub fn adjust(method: Method, p_values: &[f64]) -> Result<Vec<f64>, Error> {
    for p in p_values {
        crate::error::share("p-value", *p)?;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]).then(a.cmp(b)));
    let sorted: Vec<f64> = order.iter().map(|index| p_values[*index]).collect();
    let m = sorted.len() as f64;
    let adjusted = match method {
        Method::Bonferroni => sorted.iter().map(|p| p * m).collect(),
        Method::Holm => {
            let mut largest = 0.0_f64;
            sorted
                .iter()
                .enumerate()
                .map(|(rank, p)| {
                    largest = largest.max(p * (m - rank as f64));
                    largest
                })
                .collect()
        }
        Method::Hommel => hommel(&sorted),
        Method::BenjaminiHochberg => step_up(&sorted, m),
        Method::BenjaminiYekutieli => {
            step_up(&sorted, m * (1..=sorted.len()).map(|i| 1.0 / i as f64).sum::<f64>())
        }
    };
    let mut result = vec![0.0; order.len()];
    for (index, value) in order.into_iter().zip(adjusted) {
        result[index] = value.min(1.0).max(p_values[index]);
    }
    Ok(result)
}

/// `factor * p / rank`, made monotone from the largest p-value down.
fn step_up(sorted: &[f64], factor: f64) -> Vec<f64> {
    let mut smallest = f64::INFINITY;
    let mut adjusted: Vec<f64> = sorted
        .iter()
        .enumerate()
        .rev()
        .map(|(rank, p)| {
            smallest = smallest.min(factor * p / (rank + 1) as f64);
            smallest
        })
        .collect();
    adjusted.reverse();
    adjusted
}

/// Wright's (1992) algorithm for Hommel's procedure, in O(m^2).
fn hommel(sorted: &[f64]) -> Vec<f64> {
    let n = sorted.len();
    if n < 2 {
        return sorted.to_vec();
    }
    let simes = sorted
        .iter()
        .enumerate()
        .map(|(rank, p)| n as f64 * p / (rank + 1) as f64)
        .fold(f64::INFINITY, f64::min);
    let mut adjusted = vec![simes; n];
    for m in (2..n).rev() {
        let split = n - m + 1;
        let smallest = (split..n)
            .map(|index| m as f64 * sorted[index] / (index - split + 2) as f64)
            .fold(f64::INFINITY, f64::min);
        let bound = |index: usize| (m as f64 * sorted[index]).min(smallest);
        for (index, value) in adjusted.iter_mut().enumerate() {
            *value = value.max(if index < split { bound(index) } else { bound(split - 1) });
        }
    }
    adjusted.iter().zip(sorted).map(|(a, p)| a.max(*p)).collect()
}
