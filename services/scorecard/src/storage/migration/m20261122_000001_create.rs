#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, date, date_null, integer, integer_null, json_binary, string, string_null, text,
    text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

/// Makes the tables of metrics and target profiles, of the organisation as it was told, and of counted answers.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

type MakeTable = fn() -> TableCreateStatement;

const TABLES: [(&str, MakeTable); 13] = [
    ("metric", metric),
    ("metric_version", metric_version),
    ("metric_review", metric_review),
    ("target_profile", target_profile),
    ("organisation_unit", organisation_unit),
    ("organisation_version", organisation_version),
    ("wave", wave),
    ("wave_question", wave_question),
    ("wave_response", wave_response),
    ("wave_invited", wave_invited),
    ("cell", cell),
    ("respondents", respondents),
    ("released_place", released_place),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (_, table) in TABLES {
            manager.create_table(table()).await?;
        }
        for index in [
            // The cap is counted over these few.
            "CREATE INDEX metric_headline_idx ON metric (tenant_id) WHERE headline",
            // The metrics that measure by a profile which is about to change.
            "CREATE INDEX metric_version_profile_idx ON metric_version (tenant_id, target_profile_id) \
             WHERE target_profile_id IS NOT NULL",
            // The newest wave with a question.
            "CREATE INDEX wave_question_question_idx ON wave_question (tenant_id, questionnaire_id, question)",
            // Those few that wait for news of the organisation.
            "CREATE INDEX wave_closed_idx ON wave (tenant_id) WHERE state = 'closed'",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _) in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// The primary key of a table, the tenant first.
fn key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    key.col("tenant_id");
    for column in columns {
        key.col(*column);
    }
    key
}

fn metric() -> TableCreateStatement {
    Table::create()
        .table("metric")
        .col(string("tenant_id"))
        .col(string("id"))
        .col(string("display_name"))
        .col(string("role"))
        .col(boolean("headline"))
        .col(string("owner_id"))
        .col(integer_null("relevance_score"))
        .col(text_null("relevance_evidence"))
        .col(date("review_day"))
        .col(json_binary("meanings"))
        .col(boolean("is_retired"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(&mut key(&["id"]))
        .take()
}

fn metric_version() -> TableCreateStatement {
    Table::create()
        .table("metric_version")
        .col(string("tenant_id"))
        .col(string("metric_id"))
        .col(integer("number"))
        .col(string("kind"))
        .col(string("questionnaire_id"))
        .col(string("question"))
        .col(boolean("reversed"))
        .col(string_null("target_profile_id"))
        .primary_key(&mut key(&["metric_id", "number"]))
        .foreign_key(&mut of_metric("metric_version"))
        .take()
}

fn metric_review() -> TableCreateStatement {
    Table::create()
        .table("metric_review")
        .col(string("tenant_id"))
        .col(string("metric_id"))
        .col(big_integer("revision"))
        .col(string("outcome"))
        .col(text("reason"))
        .col(date_null("next_review_day"))
        .col(string("reviewer"))
        .col(timestamp_with_time_zone("create_time"))
        .primary_key(&mut key(&["metric_id", "revision"]))
        .foreign_key(&mut of_metric("metric_review"))
        .take()
}

fn of_metric(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_metric_fkey"))
        .from(table, ("tenant_id", "metric_id"))
        .to("metric", ("tenant_id", "id"))
        .take()
}

fn target_profile() -> TableCreateStatement {
    Table::create()
        .table("target_profile")
        .col(string("tenant_id"))
        .col(string("id"))
        .col(string("display_name"))
        .col(string("audience"))
        .col(string("questionnaire_id"))
        .col(string("question"))
        .col(json_binary("terms"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(&mut key(&["id"]))
        .take()
}

fn organisation_unit() -> TableCreateStatement {
    Table::create()
        .table("organisation_unit")
        .col(string("tenant_id"))
        .col(string("unit_id"))
        .col(big_integer("revision"))
        .primary_key(&mut key(&["unit_id"]))
        .take()
}

fn organisation_version() -> TableCreateStatement {
    Table::create()
        .table("organisation_version")
        .col(string("tenant_id"))
        .col(string("unit_id"))
        .col(date("valid_from"))
        .col(string_null("parent_id"))
        .col(string("display_name"))
        .col(date_null("valid_to"))
        .primary_key(&mut key(&["unit_id", "valid_from"]))
        .take()
}

fn wave() -> TableCreateStatement {
    Table::create()
        .table("wave")
        .col(string("tenant_id"))
        .col(string("id"))
        .col(string("state"))
        .col(string_null("display_name"))
        .col(string_null("audience"))
        .col(string_null("anonymity"))
        .col(date_null("open_day"))
        .col(integer_null("minimum_group"))
        .col(timestamp_with_time_zone_null("close_time"))
        .primary_key(&mut key(&["id"]))
        .take()
}

fn wave_question() -> TableCreateStatement {
    Table::create()
        .table("wave_question")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("questionnaire_id"))
        .col(string("question"))
        .col(string("kind"))
        .col(json_binary("options"))
        .primary_key(&mut key(&["wave_id", "questionnaire_id", "question"]))
        .take()
}

fn wave_response() -> TableCreateStatement {
    Table::create()
        .table("wave_response")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("unit_id"))
        .col(date("day"))
        .col(big_integer("people"))
        .primary_key(&mut key(&["wave_id", "unit_id", "day"]))
        .take()
}

fn wave_invited() -> TableCreateStatement {
    Table::create()
        .table("wave_invited")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("unit_id"))
        .col(big_integer("people"))
        .primary_key(&mut key(&["wave_id", "unit_id"]))
        .take()
}

fn cell() -> TableCreateStatement {
    Table::create()
        .table("cell")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("questionnaire_id"))
        .col(string("question"))
        .col(string("unit_id"))
        .col(date("day"))
        .col(integer("value"))
        .col(big_integer("people"))
        .primary_key(&mut key(&["wave_id", "questionnaire_id", "question", "unit_id", "day", "value"]))
        .take()
}

fn respondents() -> TableCreateStatement {
    Table::create()
        .table("respondents")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("questionnaire_id"))
        .col(string("question"))
        .col(string("unit_id"))
        .col(date("day"))
        .col(big_integer("people"))
        .primary_key(&mut key(&["wave_id", "questionnaire_id", "question", "unit_id", "day"]))
        .take()
}

fn released_place() -> TableCreateStatement {
    Table::create()
        .table("released_place")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(integer("place"))
        .col(integer_null("parent_place"))
        .col(string_null("unit_id"))
        .col(string("display_name"))
        .col(big_integer("people"))
        .col(boolean("is_shown"))
        .primary_key(&mut key(&["wave_id", "place"]))
        .take()
}
