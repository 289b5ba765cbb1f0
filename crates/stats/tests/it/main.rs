//! The statistics against reference vectors, and the laws that hold for any input.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod distribution;
mod histogram;
mod likert;
mod nps;
mod palette;
mod planning;
mod proportion;
mod vectors;
