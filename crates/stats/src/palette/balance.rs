//! The balance of wanted against unwanted feelings, in the manner of a net emotional value.
//!
//! For one respondent it is the share of the wanted feelings chosen minus the share of the unwanted ones chosen, on
//! `[-1, 1]`; for a group it is the mean of these, which equals the mean prevalence of the wanted feelings minus
//! that of the unwanted ones. Because the choices of one person hang together, the interval comes from the
//! differences of the persons and not from the prevalences.

use crate::{Confidence, Error, Interval, student};

/// The mergeable sums of a group, for a palette with given numbers of wanted and unwanted feelings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    wanted: u32,
    unwanted: u32,
    respondents: u64,
    /// Sums of `chosen wanted * unwanted - chosen unwanted * wanted`, which are whole numbers; so the order of
    /// adding cannot show.
    sum: i128,
    squares: i128,
}

/// A balance with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number of respondents.
    pub n: u64,
    /// The mean balance, on `[-1, 1]`.
    pub value: f64,
    /// The t interval, clipped to `[-1, 1]`; `None` for a single respondent.
    pub interval: Option<Interval>,
}

impl Balance {
    /// A group of nobody.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless the palette has 1 to 1000 feelings of each sort.
    pub fn new(wanted: u32, unwanted: u32) -> Result<Self, Error> {
        for count in [wanted, unwanted] {
            if !(1..=1000).contains(&count) {
                return Err(Error::out_of_range("number of feelings of a sort", count, "1 to 1000"));
            }
        }
        Ok(Self { wanted, unwanted, respondents: 0, sum: 0, squares: 0 })
    }

    /// Counts a respondent who chose so many of the wanted and so many of the unwanted feelings.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when more were chosen than the palette has.
    pub fn add(&mut self, wanted_chosen: u32, unwanted_chosen: u32) -> Result<(), Error> {
        for (chosen, available) in [(wanted_chosen, self.wanted), (unwanted_chosen, self.unwanted)] {
            if chosen > available {
                return Err(Error::out_of_range(
                    "number of chosen feelings",
                    chosen,
                    "0 to those of the palette",
                ));
            }
        }
        let difference = i128::from(wanted_chosen) * i128::from(self.unwanted)
            - i128::from(unwanted_chosen) * i128::from(self.wanted);
        self.respondents += 1;
        self.sum += difference;
        self.squares += difference * difference;
        Ok(())
    }

    /// Adds a disjoint group that answered the same palette. Associative and commutative.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the palettes differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if (self.wanted, self.unwanted) != (other.wanted, other.unwanted) {
            return Err(Error::out_of_range("palette of the other group", other.wanted, "the same palette"));
        }
        self.respondents += other.respondents;
        self.sum += other.sum;
        self.squares += other.squares;
        Ok(())
    }

    /// The balance of the group.
    ///
    /// # Errors
    /// [`Error::Empty`] without respondents.
    pub fn estimate(&self, confidence: Confidence) -> Result<Estimate, Error> {
        if self.respondents == 0 {
            return Err(Error::Empty);
        }
        let n = self.respondents as f64;
        let unit = f64::from(self.wanted) * f64::from(self.unwanted);
        let value = self.sum as f64 / unit / n;
        let interval = if self.respondents > 1 {
            let squares = (self.squares as f64 / unit / unit - n * value * value).max(0.0);
            let half =
                student::quantile(confidence.upper_tail_point(), n - 1.0)? * (squares / (n - 1.0) / n).sqrt();
            Some(Interval::around(value, half).clipped(-1.0, 1.0))
        } else {
            None
        };
        Ok(Estimate { n: self.respondents, value, interval })
    }
}
