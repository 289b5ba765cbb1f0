//! The directory through its contract, on both databases. `TEST_POSTGRES_URL` names a PostgreSQL database in which
//! schemas may be made; without it the tests on PostgreSQL say that they were left out.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod access;
mod accounts;
mod ambassadors;
mod api_keys;
mod attributes;
mod audience;
mod audit;
mod audit_tampering;
mod consents;
mod contacts;
mod contacts_moves;
mod contacts_race;
mod crm;
mod employments;
mod erasures;
mod events;
mod growth;
mod identities;
mod import;
mod import_brake;
mod import_user;
mod imports;
mod intake;
mod isolation;
mod merges;
mod organisation;
mod outcomes;
mod people;
mod places;
mod requests;
mod retention;
mod roles;
mod rows;
mod scim;
mod scim_people;
mod scim_user;
mod server;
mod serves;
mod storage;
mod tenants;
mod units;
mod user;
mod webhook_user;
mod webhooks;
mod webhooks_queue;
mod workforce;
mod workforce_rows;
