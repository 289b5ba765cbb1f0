//! How the schema came to be, oldest first. A migration must suit the code before it too, which runs on while it is
//! applied; what was released is never edited.

mod m20261122_000001_create;
mod m20261127_000001_scim;
mod m20261127_000004_webhook;
mod m20261127_000005_audit;
mod m20261127_000005_binding;
mod m20261127_000006_people;
mod m20261127_000061_merge;
mod m20261127_000062_serves;
mod m20261128_000001_crm;
mod m20261128_000002_contact;
mod m20261128_000003_privacy;
mod m20261128_000004_import;
mod m20261128_000005_retention;
mod m20261128_000006_workforce;
mod shapes;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Every migration of the directory.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(arki_database::request::Migration),
            Box::new(arki_events::outbox::Migration),
            Box::new(arki_events::inbox::Migration),
            Box::new(m20261122_000001_create::Migration),
            Box::new(m20261127_000001_scim::Migration),
            Box::new(m20261127_000004_webhook::Migration),
            Box::new(m20261127_000005_audit::Migration),
            Box::new(m20261127_000005_binding::Migration),
            Box::new(m20261127_000006_people::Migration),
            Box::new(m20261127_000061_merge::Migration),
            Box::new(m20261127_000062_serves::Migration),
            Box::new(m20261128_000001_crm::Migration),
            Box::new(m20261128_000002_contact::Migration),
            Box::new(m20261128_000003_privacy::Migration),
            Box::new(m20261128_000004_import::Migration),
            Box::new(m20261128_000005_retention::Migration),
            Box::new(m20261128_000006_workforce::Migration),
        ]
    }
}
