//! The survey service through its contract, on each database.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod anonymity;
mod answers;
mod closing;
mod contact;
mod erasures;
mod events;
mod faults;
mod house;
mod imports;
mod invitations;
mod purges;
mod questionnaires;
mod samples;
mod storage;
mod tenancy;
mod waves;
