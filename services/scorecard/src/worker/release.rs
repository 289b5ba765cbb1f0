//! Deciding once what may be shown of a wave.

use std::collections::BTreeSet;

use arki_database::Tx;
use arki_events::{HandlerError, append};
use arki_ids::{TenantId, UnitId};
use arki_proto::event::v1::ReadingsReleased;
use chrono::{DateTime, Utc};

use super::poison;
use crate::domain::hierarchy::Hierarchy;
use crate::domain::release::Plan;
use crate::domain::tree::{self, Tree, UnitVersion};
use crate::domain::wave::{Opening, Wave, WaveState};
use crate::storage::releases::Release;
use crate::storage::{answers, organisation, releases, waves};

/// What a wave waits for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Waiting {
    #[error("its opening has not been heard of")]
    Opening,
    #[error("{0} of its units, or of those above them, have not been heard of")]
    Units(usize),
    #[error(transparent)]
    Tree(#[from] tree::Error),
}

/// Releases a wave that has ended, once everything that the decision rests on has been heard of: its opening, and for
/// employees every unit that was asked and those above it. Until then the wave waits, and shows nothing; whatever
/// brings the missing news tries again. So the decision is the same in whichever order the news came, and no operator is
/// needed.
pub(super) async fn release_if_known(
    tx: &Tx,
    tenant: TenantId,
    wave: Wave,
    now: DateTime<Utc>,
) -> Result<Option<Waiting>, HandlerError> {
    if wave.state != WaveState::Closed {
        return Ok(None);
    }
    let Some(opening) = wave.opening.clone() else { return Ok(Some(Waiting::Opening)) };
    let responses = answers::sum_responses(tx, tenant, wave.id).await?;
    let invited = answers::list_invited(tx, tenant, wave.id).await?;
    let versions = organisation::list_versions(tx, tenant).await?;
    let known = organisation::list_known(tx, tenant).await?;
    let Opening { display_name: _, audience, anonymity: _, open_day, minimum_group } = opening;
    let tree = match Tree::as_of(&versions, open_day) {
        Ok(tree) => tree,
        Err(error) => return Ok(Some(error.into())),
    };
    let named: BTreeSet<UnitId> = responses.keys().chain(invited.keys()).copied().flatten().collect();
    let unheard = named.difference(&known).count() + unknown_parents(&tree, &versions, &known);
    if audience.is_gated() && unheard > 0 {
        return Ok(Some(Waiting::Units(unheard)));
    }
    let has_outsiders = responses.keys().any(|unit| unit.is_none_or(|unit| tree.number(unit).is_none()));
    let hierarchy = Hierarchy::of(&tree, has_outsiders);
    let own = hierarchy.own(responses).map_err(poison)?;
    let plan = Plan::new(&hierarchy.parents(), &own, minimum_group).map_err(poison)?;
    let is_shown = |place: usize| {
        if audience.is_gated() { plan.is_shown(place) } else { plan.people(place) > 0 }
    };
    let shown: Vec<bool> = (0..own.len()).map(is_shown).collect();
    let units = (0..own.len()).filter(|place| shown[*place] && !hierarchy.is_tenant(*place)).count();
    if audience.is_gated() {
        releases::insert(tx, tenant, wave.id, &Release { hierarchy, own, shown }).await?;
    }
    let released = ReadingsReleased { wave: wave.id.name(), units: i32::try_from(units).unwrap_or(i32::MAX) };
    waves::save(tx, tenant, &Wave { state: WaveState::Released, ..wave }).await?;
    append(tx, tenant, &released.wave, now, &released).await?;
    Ok(None)
}

/// How many units stand as roots only because the one above them has never been heard of.
fn unknown_parents(tree: &Tree, versions: &[UnitVersion], known: &BTreeSet<UnitId>) -> usize {
    let orphans: BTreeSet<UnitId> = tree.orphans().iter().copied().collect();
    let parents = versions.iter().filter(|version| orphans.contains(&version.unit));
    parents.filter_map(|version| version.parent).filter(|parent| !known.contains(parent)).count()
}
