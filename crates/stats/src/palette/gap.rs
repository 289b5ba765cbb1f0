//! The prevalence of each feeling against its target band.

use crate::multiplicity::{Method, adjust};
use crate::{Confidence, Error, Interval, proportion};

/// The number of respondents below which no standing is claimed, unless the caller asks for more.
pub const CLEAR_FROM: u64 = 10;

/// The range of prevalences aimed at, within `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    low: f64,
    high: f64,
}

impl Band {
    /// The closed band from `low` to `high`; equal ends make a point target.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `0 <= low <= high <= 1`.
    pub fn new(low: f64, high: f64) -> Result<Self, Error> {
        crate::error::share("lower end of the band", low)?;
        crate::error::share("upper end of the band", high)?;
        if low > high {
            return Err(Error::out_of_range("lower end of the band", low, "0 to the upper end"));
        }
        Ok(Self { low, high })
    }

    /// The lower end.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper end.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }

    /// The middle.
    #[must_use]
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    /// The signed distance outside the band: negative below, zero inside, positive above.
    fn outside(self, prevalence: f64) -> f64 {
        (prevalence - self.high).max(0.0) + (prevalence - self.low).min(0.0)
    }

    /// The share inside the band that lies nearest to the prevalence.
    fn nearest(self, prevalence: f64) -> f64 {
        prevalence.clamp(self.low, self.high)
    }
}

/// Where a prevalence stands against its band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The interval of the prevalence meets the band.
    OnTarget,
    /// The whole interval lies below the band.
    Below,
    /// The whole interval lies above the band.
    Above,
    /// Too few respondents to tell.
    Unclear,
}

/// One feeling of a palette against its band. Prevalences and gaps are shares of respondents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// How many chose the feeling.
    pub picks: u64,
    /// How many answered the palette, those who chose "none of these" included.
    pub respondents: u64,
    /// `picks / respondents`.
    pub prevalence: f64,
    /// The Wilson interval of the prevalence.
    pub interval: Interval,
    /// The signed distance of the prevalence outside the band: negative below, zero inside, positive above.
    pub gap: f64,
    /// The same distance for both ends of the interval.
    pub gap_interval: Interval,
    /// Where it stands.
    pub standing: Standing,
    /// The exact two-sided binomial p-value against the nearest share of the band; 1 inside the band.
    pub p: f64,
}

/// Compares one prevalence with its band; below `clear_from` respondents the standing is [`Standing::Unclear`].
///
/// # Errors
/// [`Error::Empty`] without respondents, [`Error::OutOfRange`] when more picked than answered.
pub fn gap(
    picks: u64,
    respondents: u64,
    band: Band,
    clear_from: u64,
    confidence: Confidence,
) -> Result<Gap, Error> {
    let prevalence = proportion::share(picks, respondents)?;
    let interval = proportion::wilson(picks, respondents, confidence)?;
    let standing = if respondents < clear_from {
        Standing::Unclear
    } else if interval.high < band.low {
        Standing::Below
    } else if interval.low > band.high {
        Standing::Above
    } else {
        Standing::OnTarget
    };
    let nearest = band.nearest(prevalence);
    let inside = band.low < band.high && (band.low..=band.high).contains(&prevalence);
    Ok(Gap {
        picks,
        respondents,
        prevalence,
        interval,
        gap: band.outside(prevalence),
        gap_interval: Interval { low: band.outside(interval.low), high: band.outside(interval.high) },
        standing,
        p: if inside { 1.0 } else { proportion::binomial_test(picks, respondents, nearest)? },
    })
}

/// A palette of gaps with p-values adjusted for looking at all of them, each at the index of its feeling.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaps {
    /// One gap for each feeling.
    pub feelings: Vec<Gap>,
    /// The p-values after Holm's adjustment over the palette.
    pub adjusted_p: Vec<f64>,
}

/// Compares every feeling of a palette: one count and one band each, and the respondents they have in common.
///
/// # Errors
/// As [`gap()`], and [`Error::LengthMismatch`] when counts and bands differ in number.
pub fn gaps(
    picks: &[u64],
    respondents: u64,
    bands: &[Band],
    clear_from: u64,
    confidence: Confidence,
) -> Result<Gaps, Error> {
    if picks.len() != bands.len() {
        return Err(Error::LengthMismatch {
            what: "feelings and bands",
            left: picks.len(),
            right: bands.len(),
        });
    }
    let feelings = picks
        .iter()
        .zip(bands)
        .map(|(picks, band)| gap(*picks, respondents, *band, clear_from, confidence))
        .collect::<Result<Vec<_>, _>>()?;
    let raw: Vec<f64> = feelings.iter().map(|feeling| feeling.p).collect();
    Ok(Gaps { feelings, adjusted_p: adjust(Method::Holm, &raw)? })
}
