//! Black-box tests of the whole Arki, through its public port alone.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod audit;
mod bad_input;
mod bad_input_json;
mod bad_input_references;
mod bad_input_tenants;
mod bad_input_tokens;
mod bad_input_wire;
mod browser;
mod client_credentials;
mod clients;
mod contact;
mod contract;
mod demonstration;
mod faults;
mod faults_bus;
mod faults_database;
mod faults_load;
mod idempotency;
mod manifests;
mod people;
mod readme;
mod real_input;
mod scim;
mod scim_entra;
mod scim_guides;
mod scim_okta;
mod scim_provider;
mod scim_suites;
mod sign_in;
mod tenants;
mod tracing;
mod tracing_sink;
mod webhooks;
mod wirings;
