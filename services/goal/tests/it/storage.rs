use arki_database::page::PageRequest;
use arki_database::{Error, Store};
use arki_goal::domain::coverage::{ActiveGoal, Progress};
use arki_goal::domain::{
    Commitment, CommitmentState, Goal, GoalContent, Place, State, Vision, VisionContent,
};
use arki_goal::storage::goals::Filter;
use arki_goal::storage::{Migrator, commitments, goals, visions};
use arki_ids::{GoalId, MetricId, PersonId, RoleId, TenantId, UnitId, VisionId};
use arki_test_support::{TestDatabase, on_each_database};
use arki_words::Words;
use chrono::{DateTime, TimeDelta, Utc};

on_each_database!(
    what_is_written_is_read_back,
    another_tenant_finds_nothing,
    the_database_takes_one_vision_in_force,
    a_goal_needs_its_vision_and_a_commitment_its_goal,
    the_newest_migration_goes_down_and_up,
);

async fn store(database: &TestDatabase) -> Store {
    let store = Store::connect(&database.config).await.unwrap();
    store.migrate::<Migrator>().await.unwrap();
    store
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 123_456_000).unwrap()
}

fn vision() -> Vision {
    let content = VisionContent {
        statement: Words::new("en", "nobody waits \"alone\"").and("fi", "kukaan ei odota yksin 😀"),
        customer_meaning: Words::new("en", "I know what happens"),
        staff_meaning: Words::default(),
        strategy_reference: "chapter 2".to_owned(),
        sponsor: Some(PersonId::generate()),
    };
    Vision::draft(VisionId::generate(), content, now())
}

fn goal(vision: VisionId, parent: Option<GoalId>) -> Goal {
    let place = Place { unit: Some(UnitId::generate()), role: Some(RoleId::generate()) };
    let content = GoalContent {
        title: Words::new("en", "nobody waits"),
        everyday_text: Words::new("sv", "Jag berättar"),
        to_do: vec![Words::new("en", "greet"), Words::new("fi", "tervehdi")],
        enough: vec![Words::new("en", "once")],
        not_asked: Vec::new(),
        owner: Some(PersonId::generate()),
        metric: Some(MetricId::generate()),
        weight: 1_000,
    };
    Goal::draft(GoalId::generate(), vision, parent, place, content, now())
}

async fn insert(
    store: &Store,
    tenant: TenantId,
    new_visions: &[Vision],
    new_goals: &[Goal],
) -> Result<(), Error> {
    let (new_visions, new_goals) = (new_visions.to_vec(), new_goals.to_vec());
    store
        .write("Test", move |tx| {
            let (new_visions, new_goals) = (new_visions.clone(), new_goals.clone());
            Box::pin(async move {
                for vision in &new_visions {
                    visions::insert(tx, tenant, vision).await?;
                }
                for goal in &new_goals {
                    goals::insert(tx, tenant, goal).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn save(store: &Store, tenant: TenantId, commitment: &Commitment) -> Result<(), Error> {
    let commitment = commitment.clone();
    store
        .write("Test", move |tx| {
            let commitment = commitment.clone();
            Box::pin(async move { commitments::save(tx, tenant, &commitment).await })
        })
        .await
}

async fn what_is_written_is_read_back(database: TestDatabase) {
    let store = store(&database).await;
    let (tenant, reader) = (TenantId::generate(), store.reader());
    let vision = vision();
    let top = goal(vision.id, None);
    let mut bottom = goal(vision.id, Some(top.id));
    insert(&store, tenant, std::slice::from_ref(&vision), &[top.clone(), bottom.clone()]).await.unwrap();
    assert_eq!(visions::find(reader, tenant, vision.id).await.unwrap(), Some(vision.clone()));
    assert_eq!(goals::find(reader, tenant, top.id).await.unwrap(), Some(top.clone()));
    assert_eq!(goals::line(reader, tenant, bottom.id).await.unwrap(), [bottom.id, top.id]);

    bottom.state = State::Active;
    bottom.place.role = None;
    bottom.content.metric = None;
    bottom.revision = 2;
    bottom.update_time += TimeDelta::microseconds(1);
    let active = vision.clone().activate(now());
    assert!(active.is_err(), "the staff meaning is missing");
    let changed = Vision { state: State::Active, revision: 2, ..vision };
    let (vision, goal) = (changed.clone(), bottom.clone());
    let update = store.write("Test", move |tx| {
        let (vision, goal) = (vision.clone(), goal.clone());
        Box::pin(async move {
            visions::update(tx, tenant, &vision).await?;
            goals::update(tx, tenant, &goal).await
        })
    });
    let updated: Result<(), Error> = update.await;
    updated.unwrap();
    assert_eq!(visions::find_active(reader, tenant).await.unwrap(), Some(changed.clone()));
    assert_eq!(goals::list_below(reader, tenant, top.id).await.unwrap(), [bottom.clone()]);
    let active = goals::list_active(reader, tenant, changed.id).await.unwrap();
    assert_eq!(active, [ActiveGoal { id: bottom.id, place: bottom.place }]);

    let mut commitment = Commitment::unseen(bottom.id, PersonId::generate(), now());
    save(&store, tenant, &commitment).await.unwrap();
    commitment.state = CommitmentState::Objected;
    commitment.own_words = "I call first".to_owned();
    commitment.objection = "the counter closes".to_owned();
    save(&store, tenant, &commitment).await.unwrap();
    let on_a_draft = Commitment::unseen(top.id, commitment.person, now());
    save(&store, tenant, &on_a_draft).await.unwrap();
    let found = commitments::find(reader, tenant, bottom.id, commitment.person).await.unwrap();
    assert_eq!(found, Some(commitment.clone()));
    let progress = commitments::list_progress(reader, tenant, changed.id).await.unwrap();
    let Commitment { goal, person, state, .. } = commitment;
    assert_eq!(progress, [Progress { goal, person, state }], "goals that are not in force don't count");
}

async fn another_tenant_finds_nothing(database: TestDatabase) {
    let store = store(&database).await;
    let (tenant, stranger, reader) = (TenantId::generate(), TenantId::generate(), store.reader());
    let vision = Vision { state: State::Active, ..vision() };
    let top = Goal { state: State::Active, ..goal(vision.id, None) };
    let bottom = goal(vision.id, Some(top.id));
    insert(&store, tenant, std::slice::from_ref(&vision), &[top.clone(), bottom.clone()]).await.unwrap();
    let commitment = Commitment::unseen(top.id, PersonId::generate(), now());
    save(&store, tenant, &commitment).await.unwrap();
    let page = PageRequest::default();
    for (who, expected) in [(tenant, true), (stranger, false)] {
        let filter = Filter { vision: Some(vision.id), ..Filter::default() };
        let finds = [
            visions::find(reader, who, vision.id).await.unwrap().is_some(),
            visions::find_active(reader, who).await.unwrap().is_some(),
            !visions::list(reader, who, &page).await.unwrap().items.is_empty(),
            goals::find(reader, who, top.id).await.unwrap().is_some(),
            goals::line(reader, who, bottom.id).await.unwrap().len() == 2,
            !goals::list_below(reader, who, top.id).await.unwrap().is_empty(),
            !goals::list(reader, who, Filter::default(), &page).await.unwrap().items.is_empty(),
            !goals::list(reader, who, filter, &page).await.unwrap().items.is_empty(),
            !goals::list_active(reader, who, vision.id).await.unwrap().is_empty(),
            commitments::find(reader, who, top.id, commitment.person).await.unwrap().is_some(),
            !commitments::list_of_person(reader, who, commitment.person, &page)
                .await
                .unwrap()
                .items
                .is_empty(),
            !commitments::list_progress(reader, who, vision.id).await.unwrap().is_empty(),
        ];
        assert_eq!(finds, [expected; 12]);
    }
}

async fn the_database_takes_one_vision_in_force(database: TestDatabase) {
    let store = store(&database).await;
    let active = || Vision { state: State::Active, ..vision() };
    let (tenant, other) = (TenantId::generate(), TenantId::generate());
    insert(&store, tenant, &[active(), vision()], &[]).await.unwrap();
    insert(&store, other, &[active()], &[]).await.unwrap();
    let second = insert(&store, tenant, &[active()], &[]).await;
    assert!(matches!(second, Err(Error::Conflict { .. })), "{second:?}");
}

async fn a_goal_needs_its_vision_and_a_commitment_its_goal(database: TestDatabase) {
    let store = store(&database).await;
    let tenant = TenantId::generate();
    let orphan = insert(&store, tenant, &[], &[goal(VisionId::generate(), None)]).await;
    assert!(matches!(orphan, Err(Error::ForeignKey)), "{orphan:?}");
    let vision = vision();
    let under = goal(vision.id, Some(GoalId::generate()));
    let orphan = insert(&store, tenant, &[vision], &[under]).await;
    assert!(matches!(orphan, Err(Error::ForeignKey)), "{orphan:?}");
    let commitment = Commitment::unseen(GoalId::generate(), PersonId::generate(), now());
    let orphan = save(&store, tenant, &commitment).await;
    assert!(matches!(orphan, Err(Error::ForeignKey)), "{orphan:?}");
}

async fn the_newest_migration_goes_down_and_up(database: TestDatabase) {
    let store = store(&database).await;
    store.migrate_down::<Migrator>(1).await.unwrap();
    assert!(!store.migrations_current::<Migrator>().await.unwrap());
    store.migrate::<Migrator>().await.unwrap();
    assert!(store.migrations_current::<Migrator>().await.unwrap());
    insert(&store, TenantId::generate(), &[vision()], &[]).await.unwrap();
}
