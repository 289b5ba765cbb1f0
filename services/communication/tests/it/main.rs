//! The service by its contract, over both databases, with a directory and mail servers that do what a test says.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod answering;
mod calendar;
mod campaigns;
mod contact;
mod erasures;
mod folder;
mod messages;
mod planning;
mod purges;
mod rows;
mod server;
mod smtp;
mod storage;
mod tenants;
mod whole;
mod world;
