//! The whole edge, from the bytes of a stranger to a service and back, over a small garden service.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod garden;
mod grpc;
mod house;
mod limits;
mod rest;
mod site;
mod socket;
mod stream;
mod whole;
