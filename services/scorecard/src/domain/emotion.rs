//! Lived feelings against those chosen as the target.
//!
//! A target profile names feelings with the share of people that should feel each. Answers come as a palette: how
//! many answered, and how many of them chose each feeling. The gap is told feeling by feeling, since that is what
//! can be worked on; one number for all, the fit, is told beside what chance alone makes of it.

mod gap;
mod named;
mod profile;
#[cfg(test)]
mod tests;

pub use gap::{EmotionGap, GapState, TermGap, emotion_gap, emotion_gap_released, fit, fit_released, seed};
pub use named::{Profile, ProfileAudience, ProfileChange, ProfileContent};
pub use profile::{Invalid, Palette, TargetProfile, Term, TermRole};
