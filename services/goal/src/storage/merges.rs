//! People who turned out to be others.

use arki_database::{Error, Tx};
use arki_ids::{PersonId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entity::{commitment, goal, vision};
use super::row;

/// Gives all of the one to the other.
pub async fn follow(
    tx: &Tx,
    tenant: TenantId,
    duplicate: PersonId,
    survivor: PersonId,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let (from, to) = (duplicate.to_string(), survivor.to_string());
    macro_rules! hand_over {
        ($($table:ident.$column:ident;)*) => {
            $($table::Entity::update_many()
                .col_expr($table::Column::$column, Expr::value(to.as_str()))
                .col_expr($table::Column::Revision, Expr::col($table::Column::Revision).add(1))
                .col_expr($table::Column::UpdateTime, Expr::value(now))
                .filter($table::Column::TenantId.eq(row::tenant(tenant)))
                .filter($table::Column::$column.eq(from.as_str()))
                .exec(tx)
                .await?;)*
        };
    }
    hand_over! {
        goal.Owner;
        vision.Sponsor;
    }
    let of_duplicate =
        commitment::Entity::in_tenant(tenant).filter(commitment::Column::PersonId.eq(from.as_str()));
    for theirs in of_duplicate.all(tx).await? {
        let of_goal = |person: &str| {
            commitment::Entity::delete_many()
                .filter(commitment::Column::TenantId.eq(row::tenant(tenant)))
                .filter(commitment::Column::GoalId.eq(theirs.goal_id.as_str()))
                .filter(commitment::Column::PersonId.eq(person))
        };
        let own = commitment::Entity::in_tenant(tenant)
            .filter(commitment::Column::GoalId.eq(theirs.goal_id.as_str()))
            .filter(commitment::Column::PersonId.eq(to.as_str()))
            .one(tx)
            .await?;
        if own.is_some_and(|own| own.update_time >= theirs.update_time) {
            of_goal(&from).exec(tx).await?;
            continue;
        }
        of_goal(&to).exec(tx).await?;
        commitment::Entity::update_many()
            .col_expr(commitment::Column::PersonId, Expr::value(to.as_str()))
            .filter(commitment::Column::TenantId.eq(row::tenant(tenant)))
            .filter(commitment::Column::GoalId.eq(theirs.goal_id.as_str()))
            .filter(commitment::Column::PersonId.eq(from.as_str()))
            .exec(tx)
            .await?;
    }
    Ok(())
}
