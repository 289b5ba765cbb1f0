use std::collections::HashSet;

use arki_database::page::{Cursor, PageRequest};
use arki_ids::{MetricId, TenantId, UnitId, WaveId};
use arki_stats::Histogram;
use chrono::NaiveDate;

use super::provenance::{Language, sentence};
use super::scene::{ANYBODY, Asked, Scene};
use super::{Error, Scorecard};
use crate::domain::emotion::{TargetProfile, seed};
use crate::domain::metric::{Metric, MetricKind};
use crate::domain::reading::{Figure, Provenance, Reading};
use crate::domain::{emotion, results};
use crate::storage::{answers, profiles};

/// Which readings are asked for.
#[derive(Clone, Debug)]
pub struct ReadingsQuery {
    pub metric: MetricId,
    pub wave: Option<WaveId>,
    /// This unit and those right below it; none for the whole tree.
    pub unit: Option<UnitId>,
    /// Only these units, as they are within the caller's reach; none for every unit.
    pub within: Option<HashSet<UnitId>>,
    /// Empty for the tenant's.
    pub language: String,
}

/// A page of readings, each with the sentence that says where it comes from.
#[derive(Clone, Debug)]
pub struct ReadingsPage {
    pub metric: MetricId,
    pub readings: Vec<(Reading, String)>,
    pub next: Option<Cursor>,
}

impl Scorecard {
    /// The readings of a metric over the tree of a wave, parents before children.
    ///
    /// The cursor holds the wave and the place of the last reading: a list that began with the newest wave goes on with
    /// it when another one was released meanwhile.
    pub async fn list_readings(
        &self,
        tenant: TenantId,
        query: &ReadingsQuery,
        page: &PageRequest,
    ) -> Result<ReadingsPage, Error> {
        let metric = self.get_metric(tenant, query.metric).await?.value;
        let rules = self.rules(tenant).await?;
        let (wave, after) = match page.after.as_deref() {
            Some([wave, unit]) => (Some(wave.parse().map_err(|_| Error::PageTokenInvalid)?), Some(unit)),
            _ => (query.wave, None),
        };
        let computation = &metric.content().computation;
        let asked = Asked {
            wave,
            question: &computation.question,
            kind: computation.kind.question_kind(),
            audiences: ANYBODY,
        };
        let scene = self.scene(tenant, &asked, &rules).await?;
        let mut listed = scene.listed(query.unit)?;
        if let Some(within) = &query.within {
            // The tree of the wave is that of its day: what was below a unit then may be somebody else's today.
            let unit = |place: &usize| scene.hierarchy.places()[*place].unit;
            listed.retain(|place| unit(place).is_some_and(|unit| within.contains(&unit)));
        }
        let from = after.map_or(Ok(0), |unit| place_after(&scene, &listed, unit))?;
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let places: Vec<usize> = listed.iter().copied().skip(from).take(size).collect();
        let figures = self.figures(tenant, &metric, &scene, places.clone()).await?;
        let has_more = listed.len() > from.saturating_add(size);
        let next = places.last().filter(|_| has_more).map(|last| {
            let unit = scene.hierarchy.places()[*last].unit;
            vec![scene.wave.to_string(), unit.map(|unit| unit.to_string()).unwrap_or_default()]
        });
        let teller = Teller {
            metric: &metric,
            scene: &scene,
            sentences: Language::of(&query.language, &rules.default_language),
            languages: [query.language.to_ascii_lowercase(), rules.default_language.to_ascii_lowercase()],
            today: rules.day(self.clock.now()),
        };
        let readings = places.iter().zip(figures).map(|(place, figure)| teller.reading(*place, figure));
        Ok(ReadingsPage { metric: query.metric, readings: readings.collect(), next })
    }

    /// The figures at some places.
    async fn figures(
        &self,
        tenant: TenantId,
        metric: &Metric,
        scene: &Scene,
        places: Vec<usize>,
    ) -> Result<Vec<Option<Figure>>, Error> {
        let computation = &metric.content().computation;
        if computation.kind == MetricKind::EmotionFit {
            return self.fits(tenant, metric, scene, places).await;
        }
        let db = self.store.reader();
        let counts = answers::sum_cells(db, tenant, scene.wave, &computation.question).await?;
        let cells: Vec<Histogram> = scene.hierarchy.roll_up(counts)?;
        Ok(results::ratings(computation, &cells, scene.plan.as_ref(), &places)?)
    }

    async fn fits(
        &self,
        tenant: TenantId,
        metric: &Metric,
        scene: &Scene,
        places: Vec<usize>,
    ) -> Result<Vec<Option<Figure>>, Error> {
        let computation = &metric.content().computation;
        // A metric of this kind was not stored without its profile, and no profile is ever deleted.
        let missing =
            || arki_database::Error::Corrupt("metric.target_profile_id: there is no such".to_owned());
        let id = computation.target_profile.ok_or_else(missing)?;
        let profile = profiles::find(self.store.reader(), tenant, id).await?.ok_or_else(missing)?;
        let target = checked(profile.value.content.target())?;
        let cells = self.palettes(tenant, scene, &computation.question, &target).await?;
        let (plan, wave) = (scene.plan.clone(), scene.wave.to_string());
        let units: Vec<String> = scene
            .hierarchy
            .places()
            .iter()
            .map(|place| place.unit.map(|unit| unit.to_string()).unwrap_or_default())
            .collect();
        // Thousands of simulated samples for each place, which must not hold up those who only wait for the database.
        let figures = tokio::task::spawn_blocking(move || {
            let seed = |place: usize| seed(&[&wave, &units[place], &id.to_string()]);
            results::fits(&target, &cells, plan.as_ref(), &places, seed)
        });
        Ok(figures.await??)
    }
}

/// What is the same in all readings of a page.
struct Teller<'a> {
    metric: &'a Metric,
    scene: &'a Scene,
    sentences: Language,
    /// The one asked for and the tenant's.
    languages: [String; 2],
    today: NaiveDate,
}

impl Teller<'_> {
    fn reading(&self, place: usize, figure: Option<Figure>) -> (Reading, String) {
        let Self { metric, scene, sentences, languages, today } = self;
        let at = &scene.hierarchy.places()[place];
        let provenance = Provenance {
            metric_version: metric.version(),
            wave: Some(scene.wave),
            unit: at.unit,
            unit_name: at.name.clone(),
            days: scene.days(place),
            answered: figure.as_ref().map(|_| scene.answered(place)),
        };
        let interval = figure.as_ref().map(|figure| figure.interval);
        let said = sentence(*sentences, &provenance, interval, scene.opening.open_day);
        let languages = languages.each_ref().map(String::as_str);
        (Reading::new(metric, figure, provenance, &languages, *today), said)
    }
}

/// What was checked when it was stored.
pub(super) fn checked(
    target: Result<TargetProfile, Vec<emotion::Invalid>>,
) -> Result<TargetProfile, arki_database::Error> {
    target.map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        arki_database::Error::Corrupt(format!("target_profile.terms: {}", faults.join("; ")))
    })
}

/// How many of the listed places lie before what follows a unit, or the whole tenant.
fn place_after(scene: &Scene, listed: &[usize], unit: &str) -> Result<usize, Error> {
    let place = if unit.is_empty() {
        scene.hierarchy.whole()
    } else {
        scene.hierarchy.of_unit(unit.parse().map_err(|_| Error::PageTokenInvalid)?)
    };
    let place = place.ok_or(Error::PageTokenInvalid)?;
    Ok(listed.partition_point(|listed| *listed <= place))
}
