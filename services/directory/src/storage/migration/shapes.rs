//! What the tables of this schema have in common.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text;

/// A table whose primary key is the tenant and these columns.
pub(super) fn table(name: &'static str, key: &[&'static str]) -> TableCreateStatement {
    let mut primary = Index::create();
    primary.col("tenant_id");
    for column in key {
        primary.col(*column);
    }
    Table::create().table(name).col(text("tenant_id")).primary_key(&mut primary).take()
}

/// An index over columns of a table.
pub(super) fn index(name: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}
