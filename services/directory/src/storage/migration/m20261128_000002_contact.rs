#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, boolean, json_binary, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use super::shapes::{index, table};

/// Makes the tables of consent, suppression and contacts, and takes over who had opted out before there were any.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 6] =
    ["consent", "suppression", "contact_key", "contact_rules", "contact_head", "contact"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [consent(), suppression(), contact_key(), contact_rules(), contact_head(), contact()] {
            manager.create_table(table).await?;
        }
        // An address has one entry of each kind.
        let columns = ["tenant_id", "address_hash", "channel", "purpose", "reason"];
        let once = index("suppression_tenant_id_address_hash_key", "suppression", &columns).unique().take();
        manager.create_index(once).await?;
        // What is given back or confirmed of one wave or occurrence.
        let of = index("contact_reservation_idx", "contact", &["tenant_id", "reservation"]);
        manager.create_index(of).await?;
        // Identity providers told of objections that nothing obeyed. The time is when the person was last written, since
        // nobody knows a better one.
        for channel in ["email", "sms"] {
            let sql = format!(
                "INSERT INTO consent (tenant_id, person_id, purpose, channel, time, state, source, text_version) \
                 SELECT tenant_id, id, 'survey', '{channel}', update_time, 'withdrawn', 'scim', '' FROM person \
                 WHERE attributes ->> 'surveyOptOut' = 'true'"
            );
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// What was said is its own key: heard of twice, it is there once.
fn consent() -> TableCreateStatement {
    table("consent", &["person_id", "purpose", "channel", "time", "state"])
        .col(text("person_id"))
        .col(text("purpose"))
        .col(text("channel"))
        .col(timestamp_with_time_zone("time"))
        .col(text("state"))
        .col(text("source"))
        .col(text("text_version"))
        .take()
}

fn suppression() -> TableCreateStatement {
    table("suppression", &["id"])
        .col(text("id"))
        .col(binary("address_hash"))
        .col(text("channel"))
        .col(text("purpose"))
        .col(text("reason"))
        .col(text("source"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone_null("expire_time"))
        .take()
}

fn contact_key() -> TableCreateStatement {
    table("contact_key", &[]).col(binary("key")).col(boolean("is_sealed")).take()
}

fn contact_rules() -> TableCreateStatement {
    table("contact_rules", &[])
        .col(json_binary("rules"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("update_time"))
        .take()
}

/// A row for each person who was ever to be contacted: whoever counts the contacts of people holds these first, in the
/// order of the ids, so that two never count at once and never wait for each other in a circle.
fn contact_head() -> TableCreateStatement {
    table("contact_head", &["person_id"]).col(text("person_id")).take()
}

fn contact() -> TableCreateStatement {
    table("contact", &["person_id", "reservation"])
        .col(text("person_id"))
        .col(text("reservation"))
        .col(text("purpose"))
        .col(text("channel"))
        .col(timestamp_with_time_zone("time"))
        .col(boolean("is_relational"))
        .col(timestamp_with_time_zone_null("lease_end"))
        .take()
}
