//! Emotion palettes: how far the feelings people chose are from the feelings aimed at.
//!
//! Two different objects are easily confused. A **prevalence** is the share of respondents who chose a feeling; a
//! respondent may choose several, so prevalences do not sum to one. A [`Composition`] is the share of each feeling
//! among all choices and does sum to one. [`gap`](mod@gap) compares prevalences with target bands, feeling by
//! feeling; [`distance`] condenses two compositions into one number; [`null`] says how large that number becomes by
//! chance alone; [`balance`] weighs wanted against unwanted feelings.

pub mod balance;
pub mod distance;
pub mod gap;
pub mod null;

use crate::Error;

/// Shares of the feelings of a palette, in its order: each in `[0, 1]`, summing to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition(Vec<f64>);

impl Composition {
    /// Scales weights to sum to one.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a weight that is negative or not finite, [`Error::Empty`] when all are zero.
    pub fn from_weights(weights: &[f64]) -> Result<Self, Error> {
        for weight in weights {
            if !(weight.is_finite() && *weight >= 0.0) {
                return Err(Error::out_of_range("weight of a feeling", weight, "0 and above, finite"));
            }
        }
        // Divided by the largest first, so that the sum of huge weights stays finite.
        let largest = weights.iter().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            return Err(Error::Empty);
        }
        let sum: f64 = weights.iter().map(|weight| weight / largest).sum();
        Ok(Self(weights.iter().map(|weight| weight / largest / sum).collect()))
    }

    /// The shares of counted choices.
    ///
    /// # Errors
    /// [`Error::Empty`] when nothing was chosen.
    pub fn from_picks(picks: &[u64]) -> Result<Self, Error> {
        let weights: Vec<f64> = picks.iter().map(|picks| *picks as f64).collect();
        Self::from_weights(&weights)
    }

    /// The shares, in the order of the palette.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.0
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> Result<impl Iterator<Item = (f64, f64)> + 'a, Error> {
        if self.0.len() == other.0.len() {
            Ok(self.0.iter().copied().zip(other.0.iter().copied()))
        } else {
            Err(Error::LengthMismatch { what: "compositions", left: self.0.len(), right: other.0.len() })
        }
    }
}
