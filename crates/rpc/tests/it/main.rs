//! The two stacks, called as services call them.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod callers;
mod contract;
mod deadlines;
mod echo;
mod limits;
mod panics;
mod retries;
mod rows;
mod traces;
mod unread;
