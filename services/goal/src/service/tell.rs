//! What the other services hear of a change, written in its transaction.

use arki_database::Tx;
use arki_events::outbox::Draft;
use arki_ids::{TenantId, UnitId};
use arki_proto::event::v1::{CommitmentChanged, GoalChanged};
use chrono::{DateTime, Utc};

use crate::domain::{Commitment, Goal};

fn unit_name(unit: Option<UnitId>) -> String {
    unit.map(|unit| unit.name()).unwrap_or_default()
}

/// Tells that goals were created, changed or given another state.
pub(super) async fn goals_changed(
    tx: &Tx,
    tenant: TenantId,
    goals: &[Goal],
    now: DateTime<Utc>,
) -> Result<(), arki_database::Error> {
    let drafts: Vec<Draft> = goals
        .iter()
        .map(|goal| {
            let event = GoalChanged {
                goal: goal.id.name(),
                unit: unit_name(goal.place.unit),
                state: goal.state.as_str().to_owned(),
            };
            Draft::new(tenant, &event.goal, now, &event)
        })
        .collect();
    arki_events::append_all(tx, &drafts).await
}

/// Tells that someone of a unit moved on with a goal. Who it was stays here.
pub(super) async fn commitment_changed(
    tx: &Tx,
    tenant: TenantId,
    commitment: &Commitment,
    unit: Option<UnitId>,
    now: DateTime<Utc>,
) -> Result<(), arki_database::Error> {
    let event = CommitmentChanged {
        goal: commitment.goal.name(),
        unit: unit_name(unit),
        state: commitment.state.as_str().to_owned(),
    };
    arki_events::append(tx, tenant, &event.goal, now, &event).await
}
