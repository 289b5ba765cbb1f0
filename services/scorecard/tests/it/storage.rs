//! What is kept, read back by the verbs that keep it.

use std::collections::BTreeMap;

use arki_database::{Error, Store};
use arki_ids::{QuestionnaireId, TenantId, UnitId, WaveId};
use arki_scorecard::domain::hierarchy::{Hierarchy, Place};
use arki_scorecard::domain::metric::QuestionBinding;
use arki_scorecard::domain::reading::Days;
use arki_scorecard::domain::release::MinimumGroup;
use arki_scorecard::domain::tree::UnitVersion;
use arki_scorecard::domain::wave::{Audience, Opening, Question, Wave, WaveState};
use arki_scorecard::storage::answers::{Counted, Respondents};
use arki_scorecard::storage::releases::Release;
use arki_scorecard::storage::{Migrator, answers, organisation, releases, waves};
use arki_stats::Histogram;
use arki_test_support::{TestDatabase, on_each_database};

use crate::wave::march;

on_each_database!(
    waves_and_their_questions_are_read_back_by_their_own_tenant,
    counts_are_summed_for_their_own_tenant,
    units_are_replaced_and_read_back_by_their_own_tenant,
    a_release_is_read_back_by_its_own_tenant,
    the_newest_migration_goes_down_and_up,
);

async fn store(database: &TestDatabase) -> Store {
    let store = Store::connect(&database.config).await.unwrap();
    store.migrate::<Migrator>().await.unwrap();
    store
}

fn question(key: &str) -> QuestionBinding {
    let questionnaire: QuestionnaireId = "qst_00000000000000000000000001".parse().unwrap();
    QuestionBinding { questionnaire, question: key.to_owned() }
}

fn closed(audience: Audience) -> Wave {
    Wave {
        id: WaveId::generate(),
        opening: Some(Opening {
            display_name: "Spring".to_owned(),
            audience,
            anonymity: "confidential".to_owned(),
            open_day: march(1),
            minimum_group: MinimumGroup::new(7).unwrap(),
        }),
        state: WaveState::Closed,
        close_time: Some("2026-03-21T12:00:00.123456Z".parse().unwrap()),
    }
}

async fn waves_and_their_questions_are_read_back_by_their_own_tenant(database: TestDatabase) {
    let store = store(&database).await;
    let (tenant, other, db) = (TenantId::generate(), TenantId::generate(), store.reader());
    let (unheard, mut wave) = (Wave::unheard(WaveId::generate()), closed(Audience::Employees));
    let felt = Question { kind: "emotion_palette".to_owned(), options: vec!["calm".into(), "glad".into()] };
    let saved = |wave: &Wave, asks: &[(QuestionBinding, Question)]| {
        let (store, wave, asks) = (store.clone(), wave.clone(), asks.to_vec());
        async move {
            let saved: Result<(), Error> = store
                .write("Test", move |tx| {
                    let (wave, asks) = (wave.clone(), asks.clone());
                    Box::pin(async move {
                        waves::save(tx, tenant, &wave).await?;
                        waves::insert_questions(tx, tenant, wave.id, &asks).await
                    })
                })
                .await;
            saved.unwrap();
        }
    };
    saved(&unheard, &[]).await;
    saved(&wave, &[(question("felt"), felt.clone())]).await;
    for known in [&unheard, &wave] {
        assert_eq!(waves::find(db, tenant, known.id).await.unwrap().as_ref(), Some(known));
        assert_eq!(waves::find(db, other, known.id).await.unwrap(), None);
    }
    assert_eq!(waves::find_question(db, tenant, wave.id, &question("felt")).await.unwrap(), Some(felt));
    assert_eq!(waves::find_question(db, tenant, wave.id, &question("heard")).await.unwrap(), None);
    assert_eq!(waves::find_question(db, other, wave.id, &question("felt")).await.unwrap(), None);
    assert_eq!(waves::list_closed(db, tenant).await.unwrap(), [wave.clone()]);
    assert_eq!(waves::list_closed(db, other).await.unwrap(), []);

    let (question, all) = (question("felt"), [Audience::Employees, Audience::Customers]);
    let newest = async |tenant, kind, audiences: &[Audience]| {
        waves::find_newest_shown(db, tenant, &question, kind, audiences).await.unwrap()
    };
    assert_eq!(newest(tenant, "emotion_palette", &all).await, None, "it is not released");
    wave.state = WaveState::Released;
    saved(&wave, &[]).await;
    assert_eq!(newest(tenant, "emotion_palette", &all).await, Some(wave));
    assert_eq!(newest(tenant, "emotion_palette", &[Audience::Customers]).await, None);
    assert_eq!(newest(tenant, "nps", &all).await, None);
    assert_eq!(newest(other, "emotion_palette", &all).await, None);
}

async fn counts_are_summed_for_their_own_tenant(database: TestDatabase) {
    let store = store(&database).await;
    let (tenant, other, db) = (TenantId::generate(), TenantId::generate(), store.reader());
    let (wave, unit) = (WaveId::generate(), Some(UnitId::generate()));
    let invited = BTreeMap::from([(None, 3), (unit, 40)]);
    let mut counted = Counted::default();
    for day in [2, 5] {
        counted.responses.insert((unit, march(day)), 4);
        counted.respondents.insert((question("heard"), unit, march(day)), 3);
        counted.cells.insert((question("heard"), unit, march(day), 5), 2);
        counted.cells.insert((question("heard"), unit, march(day), -1), 1);
        counted.cells.insert((question("felt"), None, march(day), 0), 7);
    }
    let added: Result<(), Error> = store
        .write("Test", move |tx| {
            let (counted, invited) = (counted.clone(), invited.clone());
            Box::pin(async move {
                answers::add(tx, tenant, wave, &counted).await?;
                answers::add(tx, tenant, wave, &counted).await?;
                answers::insert_invited(tx, tenant, wave, &invited).await
            })
        })
        .await;
    added.unwrap();
    let heard = question("heard");
    assert_eq!(answers::sum_responses(db, tenant, wave).await.unwrap(), BTreeMap::from([(unit, 16)]));
    let days = Days { first: march(2), last: march(5) };
    let respondents = BTreeMap::from([(unit, Respondents { people: 12, days })]);
    assert_eq!(answers::sum_respondents(db, tenant, wave, &heard).await.unwrap(), respondents);
    let histogram = Histogram::from_counts([(5, 8), (-1, 4)]).unwrap();
    assert_eq!(
        answers::sum_cells(db, tenant, wave, &heard).await.unwrap(),
        BTreeMap::from([(unit, histogram)])
    );
    assert_eq!(
        answers::list_invited(db, tenant, wave).await.unwrap(),
        BTreeMap::from([(None, 3), (unit, 40)])
    );

    assert!(answers::sum_responses(db, other, wave).await.unwrap().is_empty());
    assert!(answers::sum_respondents(db, other, wave, &heard).await.unwrap().is_empty());
    assert!(answers::sum_cells(db, other, wave, &heard).await.unwrap().is_empty());
    assert!(answers::list_invited(db, other, wave).await.unwrap().is_empty());
}

async fn units_are_replaced_and_read_back_by_their_own_tenant(database: TestDatabase) {
    let store = store(&database).await;
    let (tenant, other, db) = (TenantId::generate(), TenantId::generate(), store.reader());
    let (unit, above) = (UnitId::generate(), UnitId::generate());
    let version = |name: &str, from, to: Option<u32>| UnitVersion {
        unit,
        parent: Some(above),
        name: name.to_owned(),
        valid_from: march(from),
        valid_to: to.map(march),
    };
    let first = [version("Old", 1, None)];
    let second = [version("Old \"1\"", 1, Some(5)), version("Uusi 😀", 5, None)];
    for (tenant, revision, versions) in [(other, 9, &first[..]), (tenant, 1, &first), (tenant, 2, &second)] {
        let versions = versions.to_vec();
        let replaced: Result<(), Error> = store
            .write("Test", move |tx| {
                let versions = versions.clone();
                Box::pin(async move { organisation::replace(tx, tenant, unit, revision, &versions).await })
            })
            .await;
        replaced.unwrap();
    }
    assert_eq!(organisation::list_versions(db, tenant).await.unwrap(), second);
    assert_eq!(organisation::list_versions(db, other).await.unwrap(), first, "it has its own");
    assert_eq!(organisation::find_revision(db, tenant, unit).await.unwrap(), Some(2));
    assert_eq!(organisation::find_revision(db, tenant, above).await.unwrap(), None);
    assert_eq!(organisation::list_known(db, tenant).await.unwrap(), [unit].into());
    let nobody = TenantId::generate();
    assert_eq!(organisation::find_revision(db, nobody, unit).await.unwrap(), None);
    assert!(organisation::list_known(db, nobody).await.unwrap().is_empty());
    assert!(organisation::list_versions(db, nobody).await.unwrap().is_empty());
}

async fn a_release_is_read_back_by_its_own_tenant(database: TestDatabase) {
    let store = store(&database).await;
    let (tenant, other, db) = (TenantId::generate(), TenantId::generate(), store.reader());
    let wave = WaveId::generate();
    // More places than one statement takes.
    let whole = Place { unit: None, name: String::new(), parent: None };
    let team = |number: usize| Place {
        unit: Some(UnitId::generate()),
        name: format!("Team {number}"),
        parent: Some(number.saturating_sub(7)),
    };
    let places: Vec<Place> = std::iter::once(whole).chain((1..250).map(team)).collect();
    let release = Release {
        hierarchy: Hierarchy::restore(places).unwrap(),
        own: (0..250).collect(),
        shown: (0..250).map(|place| place % 3 == 0).collect(),
    };
    let kept = release.clone();
    let inserted: Result<(), Error> = store
        .write("Test", move |tx| {
            let release = kept.clone();
            Box::pin(async move { releases::insert(tx, tenant, wave, &release).await })
        })
        .await;
    inserted.unwrap();
    assert_eq!(releases::find(db, tenant, wave).await.unwrap(), release);
    let plan = release.plan(MinimumGroup::DEFAULT).unwrap();
    assert!(
        (0..250).all(|place| plan.is_shown(place) == (place % 3 == 0)),
        "what is stored is not decided again"
    );
    assert!(releases::find(db, other, wave).await.unwrap().own.is_empty());
}

async fn the_newest_migration_goes_down_and_up(database: TestDatabase) {
    let store = store(&database).await;
    store.migrate_down::<Migrator>(1).await.unwrap();
    assert!(!store.migrations_current::<Migrator>().await.unwrap());
    store.migrate::<Migrator>().await.unwrap();
    assert!(waves::list_closed(store.reader(), TenantId::generate()).await.unwrap().is_empty());
}
