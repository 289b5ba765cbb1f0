//! What is released must not depend on which member of a class of people gave which answers.
//!
//! Two tenants have the same units, waves, metrics and profiles under the same names, and the same people in the same
//! units. In the second, the people of each class that the released units tell apart have exchanged their answers.
//! Every reply must be the same to the byte.

use std::collections::BTreeMap;

use arki_database::Error;
use arki_ids::{TenantId, UnitId};
use arki_proto::scorecard::v1 as pb;
use arki_stats::disclosure;
use arki_test_support::{TestDatabase, on_each_database};
use prost::Message;
use sea_orm::{ConnectionTrait, Statement};

use crate::wave::{Answers, Wave, counted, march, unit_changed};
use crate::world::World;

on_each_database!(exchanging_answers_within_a_class_of_people_leaves_every_reply_as_it_was);

/// A small generator, so that a failure comes again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn answers(&mut self) -> Answers {
        let one = |chance: &mut Self, least: i32, count: u64| {
            (chance.below(8) > 0).then(|| least + i32::try_from(chance.below(count)).unwrap())
        };
        let felt = (0..4).filter(|_| self.below(3) == 0).collect();
        Answers {
            recommend: one(self, 0, 11),
            // Many agree, so that the rule about agreement has something to hide.
            heard: one(self, 4, 2).map(|value| if self.below(4) == 0 { value - 3 } else { value }),
            pleased: one(self, 1, 5),
            felt: (self.below(8) > 0).then_some(felt),
        }
    }
}

/// An organisation: the parents of its units, which come before them, and the people of each.
fn organisation(chance: &mut Chance) -> (Vec<Option<usize>>, Vec<u64>) {
    let units = 4 + usize::try_from(chance.below(8)).unwrap();
    let parents = (0..units).map(|unit| {
        let above = chance.below(u64::try_from(unit).unwrap().max(1));
        (unit > 0).then(|| usize::try_from(above).unwrap())
    });
    let parents: Vec<_> = parents.collect();
    let people = parents.iter().map(|_| if chance.below(5) == 0 { 25 } else { chance.below(14) }).collect();
    (parents, people)
}

/// Turns the answers of all people of a class around by one.
fn exchanged(
    parents: &[Option<usize>],
    people: &[(usize, Answers)],
    shown: &[bool],
) -> Vec<(usize, Answers)> {
    let mut classes: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (person, (unit, _)) in people.iter().enumerate() {
        let above = std::iter::successors(Some(*unit), |unit| parents[*unit]);
        classes.entry(above.filter(|unit| shown[*unit]).collect()).or_default().push(person);
    }
    let mut after = people.to_vec();
    for members in classes.into_values() {
        for (index, person) in members.iter().enumerate() {
            let giver = members[(index + 1) % members.len()];
            after[*person].1 = people[giver].1.clone();
        }
    }
    after
}

async fn execute(world: &World, sql: String) {
    let done: Result<(), Error> = world
        .store
        .write("Test", move |tx| {
            let sql = sql.clone();
            Box::pin(async move {
                tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

/// Gives a tenant what another one has, under the same names.
async fn copies(world: &World, from: TenantId, to: TenantId) {
    for (table, columns) in [
        (
            "metric",
            "id, display_name, role, headline, owner_id, relevance_score, relevance_evidence, review_day, meanings, \
             is_retired, revision, create_time, update_time",
        ),
        (
            "metric_version",
            "metric_id, number, kind, questionnaire_id, question, reversed, target_profile_id",
        ),
        (
            "target_profile",
            "id, display_name, audience, questionnaire_id, question, terms, revision, create_time, update_time",
        ),
    ] {
        execute(
            world,
            format!(
                "INSERT INTO {table} (tenant_id, {columns}) SELECT '{to}', {columns} FROM {table} \
                 WHERE tenant_id = '{from}'"
            ),
        )
        .await;
    }
}

/// Every reply about the wave, in bytes.
async fn replies(world: &World, metrics: &[String], profile: &str, units: &[UnitId]) -> Vec<Vec<u8>> {
    let mut replies = Vec::new();
    for metric in metrics {
        for unit in std::iter::once(String::new()).chain(units.iter().map(UnitId::name)) {
            for language in ["fi", "en"] {
                let request = pb::ListReadingsRequest {
                    metric: metric.clone(),
                    unit: unit.clone(),
                    language: language.to_owned(),
                    page_size: 3,
                    ..Default::default()
                };
                replies.push(world.reads(request).await.unwrap().encode_to_vec());
            }
        }
    }
    for unit in std::iter::once(String::new()).chain(units.iter().map(UnitId::name)) {
        let request =
            pb::GetEmotionGapRequest { target_profile: profile.to_owned(), unit, ..Default::default() };
        replies.push(world.gap(request).await.unwrap().encode_to_vec());
    }
    replies
}

async fn exchanging_answers_within_a_class_of_people_leaves_every_reply_as_it_was(database: TestDatabase) {
    let mut world = World::start(database).await;
    let (mut moved, mut shown_units) = (0, 0);
    for seed in 1..=6 {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let (parents, sizes) = organisation(&mut chance);
        let people: Vec<(usize, Answers)> = sizes
            .iter()
            .enumerate()
            .flat_map(|(unit, size)| (0..*size).map(move |_| unit))
            .map(|unit| (unit, chance.answers()))
            .collect();
        let shown = disclosure::publishable(&parents, &sizes, 5);
        let after = exchanged(&parents, &people, &shown);
        moved += people.iter().zip(&after).filter(|(before, after)| before != after).count();
        shown_units += shown.iter().filter(|shown| **shown).count();

        let units: Vec<UnitId> = parents.iter().map(|_| UnitId::generate()).collect();
        let wave = Wave::of("employees", world.questionnaire);
        let first = TenantId::generate();
        world.tenant = first;
        let profile = world.creates_profile(world.whole_profile()).await.unwrap().name;
        let fit = pb::Metric {
            target_profile: profile.clone(),
            ..world.whole_metric(pb::MetricKind::EmotionFit, "felt")
        };
        let metrics = [
            world.metric(pb::MetricKind::Enps, "recommend").await,
            world.metric(pb::MetricKind::Favourable, "heard").await,
            world.metric(pb::MetricKind::Csat, "pleased").await,
            world.creates_metric(fit).await.unwrap().name,
        ];
        let mut seen = Vec::new();
        for (tenant, people) in [(first, people), (TenantId::generate(), after)] {
            if tenant != first {
                copies(&world, first, tenant).await;
            }
            world.tenant = tenant;
            for (place, unit) in units.iter().enumerate() {
                let above = parents[place].map(|parent| units[parent]);
                world.hears(&unit_changed(*unit, above, &format!("Unit {place}"), 1)).await;
            }
            world.hears(&wave.opened()).await;
            let rows: Vec<_> = people
                .into_iter()
                .enumerate()
                .map(|(person, (unit, given))| {
                    (Some(units[unit]), march(1 + u32::try_from(person % 9).unwrap()), given)
                })
                .collect();
            world.hears(&counted(&wave, &rows)).await;
            let invited: Vec<_> = units.iter().map(|unit| (Some(*unit), 30)).collect();
            world.closes(&wave, &invited).await;
            seen.push(replies(&world, &metrics, &profile, &units).await);
        }
        assert_eq!(seen[0], seen[1], "organisation {seed}: {parents:?} with {sizes:?}");
    }
    assert!(moved > 100 && shown_units > 10, "{moved} people moved and {shown_units} units were shown");
}
