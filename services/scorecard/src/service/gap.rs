use arki_ids::{TargetProfileId, TenantId, UnitId, WaveId};

use super::readings::checked;
use super::scene::Asked;
use super::{Error, Scorecard};
use crate::domain::emotion::{EmotionGap, seed};
use crate::domain::metric::MetricKind;
use crate::domain::results;

/// Which gap is asked for.
#[derive(Clone, Debug)]
pub struct GapQuery {
    pub profile: TargetProfileId,
    pub wave: Option<WaveId>,
    /// None for the whole tenant.
    pub unit: Option<UnitId>,
    /// Empty for the tenant's.
    pub language: String,
}

/// How far the lived feelings are from the chosen ones.
#[derive(Clone, Debug)]
pub struct Gap {
    pub profile: TargetProfileId,
    pub wave: WaveId,
    pub unit: Option<UnitId>,
    /// None where it may not be shown, or nobody has answered.
    pub gap: Option<EmotionGap>,
}

impl Scorecard {
    pub async fn emotion_gap(&self, tenant: TenantId, query: GapQuery) -> Result<Gap, Error> {
        let profile = self.get_profile(tenant, query.profile).await?.value;
        let rules = self.rules(tenant).await?;
        let question = &profile.content.question;
        let asked = Asked {
            wave: query.wave,
            question,
            kind: MetricKind::EmotionFit.question_kind(),
            audiences: profile.content.audience.of_waves(),
        };
        let scene = self.scene(tenant, &asked, &rules).await?;
        let place = match query.unit {
            Some(unit) => Some(scene.hierarchy.of_unit(unit).ok_or(Error::UnitNotFound(unit))?),
            None => scene.hierarchy.whole(),
        };
        let answered = |gap| Gap { profile: query.profile, wave: scene.wave, unit: query.unit, gap };
        let Some(place) = place else { return Ok(answered(None)) };
        let target = checked(profile.content.target())?;
        let cells = self.palettes(tenant, &scene, question, &target).await?;
        // The same seed as in a list, where the whole tenant is the only root by its name.
        let unit = scene.hierarchy.places()[place].unit;
        let unit = unit.map(|unit| unit.to_string()).unwrap_or_default();
        let seed = seed(&[&scene.wave.to_string(), &unit, &query.profile.to_string()]);
        let plan = scene.plan.clone();
        let languages = [query.language.to_ascii_lowercase(), rules.default_language.to_ascii_lowercase()];
        // Thousands of simulated samples, which must not hold up those who only wait for the database.
        let gap = tokio::task::spawn_blocking(move || {
            let languages = languages.each_ref().map(String::as_str);
            results::gap(&target, &cells, plan.as_ref(), place, &languages, seed)
        });
        Ok(answered(gap.await??))
    }
}
