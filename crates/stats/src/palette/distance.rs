//! Distances between two compositions. All are symmetric, and zero for equal compositions.
//!
//! The headline is the Jensen-Shannon distance (Lin 1991; Endres and Schindelin 2003): a metric, finite where a
//! feeling was never chosen, bounded, and its square is a sum over the feelings, so that the drill-down explains
//! the headline. The total variation is its plain-language companion: the share of feelings that would have to
//! change.
//!
//! Every function fails with [`Error::LengthMismatch`] for compositions of different palettes, and only so.

use super::Composition;
use crate::Error;

/// The part of one feeling in the divergence, in bits; a part can be slightly negative, only the sum cannot.
fn part(p: f64, t: f64) -> f64 {
    let middle = f64::midpoint(p, t);
    let half = |share: f64| if share > 0.0 { 0.5 * share * (share / middle).log2() } else { 0.0 };
    half(p) + half(t)
}

/// The Jensen-Shannon divergence in bits, in `[0, 1]`.
///
/// # Errors
/// As the module says.
pub fn jensen_shannon_divergence(p: &Composition, t: &Composition) -> Result<f64, Error> {
    // Rounding can give -1e-17 for equal compositions, whose root would not be a number.
    Ok(p.pairs(t)?.map(|(p, t)| part(p, t)).sum::<f64>().clamp(0.0, 1.0))
}

/// The Jensen-Shannon distance, the root of the divergence in bits, in `[0, 1]`.
///
/// # Errors
/// As the module says.
pub fn jensen_shannon(p: &Composition, t: &Composition) -> Result<f64, Error> {
    Ok(jensen_shannon_divergence(p, t)?.sqrt())
}

/// What one feeling adds to the divergence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// The part of the divergence, in bits.
    pub bits: f64,
    /// The observed share minus the target share: positive when the feeling is more common than aimed at.
    pub direction: f64,
}

/// What each feeling adds to the divergence of the observed composition `p` from the target `t`, in the order of
/// the palette; the bits sum to the divergence.
///
/// # Errors
/// As the module says.
pub fn contributions(p: &Composition, t: &Composition) -> Result<Vec<Contribution>, Error> {
    Ok(p.pairs(t)?.map(|(p, t)| Contribution { bits: part(p, t), direction: p - t }).collect())
}

/// Half the sum of absolute differences, in `[0, 1]`.
///
/// # Errors
/// As the module says.
pub fn total_variation(p: &Composition, t: &Composition) -> Result<f64, Error> {
    Ok((p.pairs(t)?.map(|(p, t)| (p - t).abs()).sum::<f64>() / 2.0).clamp(0.0, 1.0))
}

/// The Hellinger distance, in `[0, 1]`.
///
/// # Errors
/// As the module says.
pub fn hellinger(p: &Composition, t: &Composition) -> Result<f64, Error> {
    let squares: f64 = p.pairs(t)?.map(|(p, t)| (p.sqrt() - t.sqrt()).powi(2)).sum();
    Ok((squares / 2.0).sqrt().clamp(0.0, 1.0))
}

/// One minus the cosine of the angle, in `[0, 1]`; insensitive to small unwanted feelings, for comparison only.
///
/// # Errors
/// As the module says.
pub fn cosine(p: &Composition, t: &Composition) -> Result<f64, Error> {
    let (mut product, mut pp, mut tt) = (0.0, 0.0, 0.0);
    for (p, t) in p.pairs(t)? {
        product += p * t;
        pp += p * p;
        tt += t * t;
    }
    Ok((1.0 - product / (pp * tt).sqrt()).clamp(0.0, 1.0))
}
