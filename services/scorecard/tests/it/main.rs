//! The scorecard as its callers see it, on both databases.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod customers;
mod dead_letters;
mod emotions;
mod employees;
mod erasures;
mod events;
mod metrics;
mod permutations;
mod profiles;
mod rows;
mod storage;
mod tenants;
mod wave;
mod world;
