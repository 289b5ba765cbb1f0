//! Black-box tests of the whole Arki, through its public port alone.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod bad_input;
mod clients;
mod contract;
mod demonstration;
mod faults;
mod real_input;
mod tenants;
mod wirings;
