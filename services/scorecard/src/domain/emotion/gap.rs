//! The gap between lived and chosen feelings, exact and as the gate permits.

use arki_stats::palette::gap::{self, Band, Standing};
use arki_stats::palette::null;
use arki_stats::{Confidence, Error};
use serde::{Deserialize, Serialize};

use super::profile::{Palette, TargetProfile, Term, TermRole};
use crate::domain::metric::words_in;
use crate::domain::reading::{Figure, FigureUnit, IntervalMethod};
use crate::domain::release::{Detail, PaletteClearance, rounded_percent, shown_people};

const CONFIDENCE: Confidence = Confidence::P95;

/// Where a feeling stands against its band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapState {
    OnTarget,
    Below,
    Above,
    /// Too few answers to tell, or not shown.
    Unclear,
}

impl From<Standing> for GapState {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::OnTarget => Self::OnTarget,
            Standing::Below => Self::Below,
            Standing::Above => Self::Above,
            Standing::Unclear => Self::Unclear,
        }
    }
}

/// One feeling; all numbers in percent of the people who answered. The measured ones are `None` where they may not
/// be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermGap {
    pub key: String,
    pub label: String,
    pub role: TermRole,
    pub low_percent: f64,
    pub high_percent: f64,
    pub percent: Option<f64>,
    /// The 95 % Wilson interval of the percentage.
    pub interval_low: Option<f64>,
    pub interval_high: Option<f64>,
    /// How far outside the band: negative below, positive above, 0 inside.
    pub gap: Option<f64>,
    pub state: GapState,
}

/// All feelings of a profile, those furthest from target first and those not shown last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmotionGap {
    /// How many answered; for employees rounded down to full fives below twenty.
    pub n: u64,
    pub terms: Vec<TermGap>,
    /// 100 times one minus the Jensen-Shannon distance of the choices from the target; `None` where nothing was
    /// chosen or it may not be shown.
    pub fit: Option<f64>,
    /// The fit that 95 % of groups of this size exactly on target reach.
    pub fit_by_chance: Option<f64>,
    /// Whether the distance is larger than chance alone explains.
    pub is_distinguishable: Option<bool>,
}

/// A seed for the simulation behind a fit, from what the fit is about; the same for the same parts on any machine.
#[must_use]
pub fn seed(parts: &[&str]) -> u64 {
    // FNV-1a with a separator that no part contains. It only has to be stable and different for different parts.
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn term_gap(term: &Term, languages: &[&str]) -> TermGap {
    TermGap {
        key: term.key.clone(),
        label: words_in(&term.label, languages).unwrap_or(&term.key).to_owned(),
        role: term.role,
        low_percent: term.low_percent,
        high_percent: term.high_percent,
        percent: None,
        interval_low: None,
        interval_high: None,
        gap: None,
        state: GapState::Unclear,
    }
}

impl TermGap {
    fn measured(mut self, picks: u64, people: u64, band: Band) -> Result<Self, Error> {
        let measured = gap::gap(picks, people, band, gap::CLEAR_FROM, CONFIDENCE)?;
        self.percent = Some(100.0 * measured.prevalence);
        self.interval_low = Some(100.0 * measured.interval.low);
        self.interval_high = Some(100.0 * measured.interval.high);
        self.gap = Some(100.0 * measured.gap);
        self.state = measured.standing.into();
        Ok(self)
    }
}

fn furthest_first(mut terms: Vec<TermGap>) -> Vec<TermGap> {
    let distance = |term: &TermGap| term.gap.map_or(-1.0, f64::abs);
    terms.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
    terms
}

/// The exact gap of customers.
///
/// # Errors
/// [`Error::Empty`] when nobody answered, [`Error::LengthMismatch`] when the palette has not the terms of the
/// profile, [`Error::OutOfRange`] when more chose a term than answered.
pub fn emotion_gap(
    profile: &TargetProfile,
    palette: &Palette,
    languages: &[&str],
    seed: u64,
) -> Result<EmotionGap, Error> {
    check(profile, &palette.picks)?;
    let rows = profile.terms().iter().zip(profile.bands()).zip(&palette.picks);
    let terms = rows
        .map(|((term, band), picks)| term_gap(term, languages).measured(*picks, palette.people, *band))
        .collect::<Result<Vec<_>, _>>()?;
    let fit = if palette.picks.iter().any(|picks| *picks > 0) {
        Some(null::fit(&palette.picks, profile.composition(), seed)?)
    } else {
        None
    };
    Ok(EmotionGap {
        n: palette.people,
        terms: furthest_first(terms),
        fit: fit.map(|fit| fit.fit),
        fit_by_chance: fit.map(|fit| 100.0 * (1.0 - fit.null_95)),
        is_distinguishable: fit.map(|fit| fit.is_distinguishable),
    })
}

fn check(profile: &TargetProfile, picks: &[u64]) -> Result<(), Error> {
    let (left, right) = (profile.terms().len(), picks.len());
    if left == right {
        Ok(())
    } else {
        Err(Error::LengthMismatch { what: "terms and their counts", left, right })
    }
}

/// The gap of employees that the gate permits; `None` below ten people.
///
/// From ten people a feeling is shown in fives if two chose it; from twenty exactly, and the fit with it if every
/// feeling may be shown.
///
/// # Errors
/// As [`emotion_gap`].
pub fn emotion_gap_released(
    profile: &TargetProfile,
    clearance: &PaletteClearance,
    languages: &[&str],
    seed: u64,
) -> Result<Option<EmotionGap>, Error> {
    let (people, picks) = (clearance.people(), clearance.picks());
    check(profile, picks)?;
    let step = match clearance.detail() {
        Detail::Nothing | Detail::Share => return Ok(None),
        Detail::Classes => Some(5),
        Detail::Histogram | Detail::Themes | Detail::Analysis => None,
    };
    if clearance.is_whole() && step.is_none() {
        let palette = Palette { people, picks: picks.to_vec() };
        return emotion_gap(profile, &palette, languages, seed).map(Some);
    }
    let shown = shown_people(people);
    let mut terms = Vec::with_capacity(picks.len());
    for (index, ((term, band), picks)) in profile.terms().iter().zip(profile.bands()).zip(picks).enumerate() {
        let blank = term_gap(term, languages);
        terms.push(match step {
            _ if !clearance.is_term_shown(index) => blank,
            None => blank.measured(*picks, people, *band)?,
            Some(_) if *picks < 2 => blank,
            Some(step) => {
                // Everything about the term follows from the rounded share and the rounded number of people.
                let percent = rounded_percent(*picks, people, step);
                let whole = ((percent * shown + 50) / 100).min(shown);
                let mut rounded = blank.measured(whole, shown, *band)?;
                let share = percent as f64;
                rounded.percent = Some(share);
                rounded.gap =
                    Some((share - term.high_percent).max(0.0) + (share - term.low_percent).min(0.0));
                rounded.interval_low = rounded.interval_low.map(|low| low.min(share));
                rounded.interval_high = rounded.interval_high.map(|high| high.max(share));
                rounded
            }
        });
    }
    Ok(Some(EmotionGap {
        n: shown,
        terms: furthest_first(terms),
        fit: None,
        fit_by_chance: None,
        is_distinguishable: None,
    }))
}

/// The fit as the figure of a metric, with a bootstrap interval. `None` when nothing was chosen.
///
/// # Errors
/// As [`emotion_gap`].
pub fn fit(profile: &TargetProfile, palette: &Palette, seed: u64) -> Result<Option<Figure>, Error> {
    check(profile, &palette.picks)?;
    if palette.people == 0 {
        return Err(Error::Empty);
    }
    if palette.picks.iter().all(|picks| *picks == 0) {
        return Ok(None);
    }
    let observed = null::fit(&palette.picks, profile.composition(), seed)?;
    let distance = null::interval(&palette.picks, profile.composition(), seed, CONFIDENCE)?;
    let interval =
        arki_stats::Interval { low: 100.0 * (1.0 - distance.high), high: 100.0 * (1.0 - distance.low) };
    let figure =
        Figure::new(observed.fit, interval, IntervalMethod::Bootstrap, FigureUnit::Percent, palette.people);
    Ok(Some(figure))
}

/// The fit of employees as the figure of a metric, where twenty people answered and every feeling may be shown.
///
/// # Errors
/// As [`emotion_gap`].
pub fn fit_released(
    profile: &TargetProfile,
    clearance: &PaletteClearance,
    seed: u64,
) -> Result<Option<Figure>, Error> {
    if clearance.detail() < Detail::Histogram || !clearance.is_whole() {
        return Ok(None);
    }
    let palette = Palette { people: clearance.people(), picks: clearance.picks().to_vec() };
    fit(profile, &palette, seed)
}
