//! From the counts of all places of a wave to what is shown at some of them.
//!
//! With a plan the figures are those that the gate permits; without one they are exact. The gate decides on all places
//! at once, so it sees the whole hierarchy even where few places are asked for.

use arki_stats::Histogram;

use super::emotion::{self, EmotionGap, Palette, TargetProfile};
use super::metric::Computation;
use super::reading::{self, Figure};
use super::release::{self, Plan};

/// Why there are no results. That one may not be shown is no error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Reading(#[from] reading::Error),
    #[error(transparent)]
    Release(#[from] release::Error),
    #[error(transparent)]
    Statistics(#[from] arki_stats::Error),
}

/// The figures of ratings at `places`, in their order; `cells[i]` are the counts of place `i` with all below it.
///
/// # Errors
/// [`Error`] when the counts do not fit the metric or the plan.
pub fn ratings(
    computation: &Computation,
    cells: &[Histogram],
    plan: Option<&Plan>,
    places: &[usize],
) -> Result<Vec<Option<Figure>>, Error> {
    let Some(plan) = plan else {
        return places.iter().map(|place| exact(computation, &cells[*place])).collect();
    };
    let classes =
        cells.iter().map(|cell| reading::classes(computation, cell)).collect::<Result<Vec<_>, _>>()?;
    let clearances = plan.clear(&classes)?;
    let figure =
        |place: &usize| Ok(reading::measure_released(computation, &cells[*place], &clearances[*place])?);
    places.iter().map(figure).collect()
}

fn exact(computation: &Computation, cell: &Histogram) -> Result<Option<Figure>, Error> {
    match reading::measure(computation, cell) {
        // Nobody has rated yet.
        Err(reading::Error::Statistics(arki_stats::Error::Empty)) => Ok(None),
        measured => Ok(Some(measured?)),
    }
}

/// The fit of a palette as a figure at `places`, in their order; `seed` gives each place its own.
///
/// # Errors
/// As [`ratings`].
pub fn fits(
    profile: &TargetProfile,
    cells: &[Palette],
    plan: Option<&Plan>,
    places: &[usize],
    seed: impl Fn(usize) -> u64,
) -> Result<Vec<Option<Figure>>, Error> {
    let Some(plan) = plan else {
        let figure = |place: &usize| match emotion::fit(profile, &cells[*place], seed(*place)) {
            Err(arki_stats::Error::Empty) => Ok(None),
            fit => Ok(fit?),
        };
        return places.iter().map(figure).collect();
    };
    let clearances = plan.clear_palette(&counts(cells))?;
    let figure = |place: &usize| Ok(emotion::fit_released(profile, &clearances[*place], seed(*place))?);
    places.iter().map(figure).collect()
}

/// The gap of a palette at one place; `None` where nothing may be shown or nobody has answered.
///
/// # Errors
/// As [`ratings`].
pub fn gap(
    profile: &TargetProfile,
    cells: &[Palette],
    plan: Option<&Plan>,
    place: usize,
    languages: &[&str],
    seed: u64,
) -> Result<Option<EmotionGap>, Error> {
    let Some(plan) = plan else {
        return match emotion::emotion_gap(profile, &cells[place], languages, seed) {
            Err(arki_stats::Error::Empty) => Ok(None),
            gap => Ok(Some(gap?)),
        };
    };
    let clearances = plan.clear_palette(&counts(cells))?;
    Ok(emotion::emotion_gap_released(profile, &clearances[place], languages, seed)?)
}

fn counts(cells: &[Palette]) -> Vec<(u64, Vec<u64>)> {
    cells.iter().map(|Palette { people, picks }| (*people, picks.clone())).collect()
}
