//! The load under which servers are taken away, and the comparison of what was acknowledged with what is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use arki_integration_tests::{Suite, api, api::Api, api::Reply};
use futures::StreamExt as _;
use reqwest::Method;
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::{Value, json};

/// Calls under way at once.
const CLIENTS: usize = 16;

/// How long everything may take to be as it should be after a fault.
const PATIENCE: Duration = Duration::from_secs(60);

const SERVICES: [&str; 5] = ["directory", "survey", "scorecard", "goal", "communication"];

/// What the scorecard hears from whom, and by which of its consumers.
const HEARD: [(&str, &str, &str); 2] = [
    ("directory", "arki.directory.unit.changed", "scorecard.organisation"),
    ("survey", "arki.survey.%", "scorecard.answers"),
];

/// A wave of one question, open, with a link for each of its customers.
pub(crate) struct Asked {
    pub(crate) question: String,
    pub(crate) wave: String,
    pub(crate) tokens: Vec<String>,
}

/// Asks so many customers.
pub(crate) async fn asked(api: &Api, people: usize) -> Result<Asked> {
    let mut crm = "id,name\n".to_owned();
    for person in 0..people {
        crm.push_str(&format!("C{person},Kaisa Koe {person}\n"));
    }
    let columns = json!({"id": "person_id", "name": "name"});
    let report = api
        .post("/v1/crmFiles:import", &json!({"content": crm, "mapping": {"columns": columns}}))
        .await?
        .ok()?;
    assert_eq!(report["errorCount"], "0", "{report}");
    let words = json!({"byLanguage": {"en": "Would you recommend us?"}});
    let questionnaire = json!({
        "displayName": "Burst", "title": words, "purpose": words, "languages": ["en"],
        "questions": [{"key": "recommend", "kind": "QUESTION_KIND_NPS", "text": words, "required": true}]
    });
    let questionnaire = api.post("/v1/questionnaires", &questionnaire).await?.ok()?;
    let name = questionnaire["name"].as_str().context("no name")?;
    let version = api.post(&format!("/v1/{name}:publish"), &json!({})).await?.ok()?;
    let wave = json!({
        "displayName": "Burst", "questionnaireVersion": version["name"], "audience": "WAVE_AUDIENCE_CUSTOMERS",
        "anonymity": "ANONYMITY_CONFIDENTIAL", "sender": words
    });
    let wave = api.post("/v1/waves", &wave).await?.ok()?;
    let wave = wave["name"].as_str().context("no name")?.to_owned();
    api.post(&format!("/v1/{wave}:open"), &json!({})).await?.ok()?;
    let question = format!("{name}/questions/recommend");
    let mut asked = Asked { question, wave, tokens: Vec::new() };
    let mut page = String::new();
    loop {
        let path = format!("/v1/{}/invitations?pageSize=1000&pageToken={page}", asked.wave);
        let reply = api.get(&path).await?.ok()?;
        let invitations = reply["invitations"].as_array().context("no invitations")?;
        asked.tokens.extend(
            invitations.iter().filter_map(|invitation| invitation["token"].as_str().map(str::to_owned)),
        );
        page = reply["nextPageToken"].as_str().unwrap_or_default().to_owned();
        if page.is_empty() {
            return Ok(asked);
        }
    }
}

/// The answer of the customer at a place; the same one each time.
pub(crate) fn answer(place: usize) -> Value {
    json!({"answers": [{"question": "recommend", "number": place % 11}]})
}

/// What came of one call.
pub(crate) struct Outcome {
    pub(crate) place: usize,
    pub(crate) reply: Result<Reply>,
    pub(crate) took: Duration,
}

impl Outcome {
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.reply.as_ref().is_ok_and(|reply| reply.status.is_success())
    }
}

/// The customers at these places answer, several at once; `seen` hears of each.
pub(crate) async fn respond(
    api: &Api,
    tokens: &[String],
    places: impl IntoIterator<Item = usize>,
    seen: impl Fn(&Outcome),
) -> Vec<Outcome> {
    let api = api.with_key("");
    futures::stream::iter(places)
        .map(|place| {
            let (api, token) = (api.clone(), &tokens[place]);
            async move {
                let began = Instant::now();
                let reply = api.post(&format!("/v1/forms/{token}:submit"), &answer(place)).await;
                Outcome { place, reply, took: began.elapsed() }
            }
        })
        .buffer_unordered(CLIENTS)
        .inspect(seen)
        .collect()
        .await
}

/// Creates the unit of that number, so that creating it again is the same.
pub(crate) async fn create_unit(api: &Api, number: usize) -> Result<Reply> {
    let request =
        api.request(Method::POST, "/v1/units").header("idempotency-key", format!("\"unit-{number}\""));
    api::reply(request.json(&json!({"displayName": format!("Unit {number}")}))).await
}

/// Creates units that must be acknowledged.
pub(crate) async fn create_units(api: &Api, numbers: std::ops::Range<usize>) -> Result<()> {
    for number in numbers {
        create_unit(api, number).await?.ok()?;
    }
    Ok(())
}

/// Every answer must have been acknowledged.
pub(crate) fn all_acknowledged(outcomes: &[Outcome]) -> Result<()> {
    let refused = outcomes.iter().find(|outcome| !outcome.is_acknowledged());
    match refused {
        Some(Outcome { place, reply, took }) => bail!("{place} after {took:?}: {reply:?}"),
        None => Ok(()),
    }
}

/// Looks past the public port, at what the services keep.
pub(crate) struct Behind {
    database: DatabaseConnection,
}

impl Behind {
    pub(crate) async fn of(suite: &Suite) -> Result<Self> {
        Ok(Self { database: Database::connect(suite.database_url()?).await? })
    }

    async fn texts(&self, sql: &str) -> Result<BTreeSet<String>> {
        let rows =
            self.database.query_all_raw(Statement::from_string(DbBackend::Postgres, sql.to_owned())).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    async fn count(&self, table: &str) -> Result<i64> {
        let sql = format!("SELECT count(*) FROM {table}");
        let row = self.database.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        Ok(row.context("a count")?.try_get_by_index(0)?)
    }

    /// Events that each service has still to tell, where it is not none.
    pub(crate) async fn waiting(&self, services: &[&str]) -> Result<BTreeMap<String, i64>> {
        let mut waiting = BTreeMap::new();
        for service in services {
            let count = self.count(&format!("{service}.outbox WHERE publish_time IS NULL")).await?;
            if count > 0 {
                waiting.insert((*service).to_owned(), count);
            }
        }
        Ok(waiting)
    }

    /// Waits until the outboxes of these services are empty.
    pub(crate) async fn told(&self, services: &[&str]) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let waiting = self.waiting(services).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "events still wait: {waiting:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until every event was told and the scorecard has taken in what concerns it, and fails when one was given
    /// up on.
    pub(crate) async fn drained(&self) -> Result<()> {
        let began = Instant::now();
        self.told(&SERVICES).await?;
        let unheard = HEARD.map(|(service, subject, consumer)| {
            format!(
                "{service}.outbox o WHERE o.subject LIKE '{subject}' AND NOT EXISTS (SELECT 1 FROM \
                 scorecard.inbox i WHERE i.event_id = o.id AND i.consumer = '{consumer}')"
            )
        });
        for unheard in &unheard {
            while self.count(unheard).await? > 0 {
                ensure!(began.elapsed() < PATIENCE, "the scorecard has not heard of: {unheard}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let units = self.texts("SELECT id FROM directory.unit").await?;
        assert_eq!(self.texts("SELECT unit_id FROM scorecard.organisation_unit").await?, units);
        for service in SERVICES {
            assert_eq!(
                self.count(&format!("{service}.dead_letter")).await?,
                0,
                "{service} gave up on events"
            );
        }
        eprintln!("all events were told and {} units known after {:?}", units.len(), began.elapsed());
        Ok(())
    }
}

/// How many answers the scorecard counts of a wave.
pub(crate) async fn counted(api: &Api, asked: &Asked) -> Result<u64> {
    let person = json!({"kind": "PERSON_KIND_EMPLOYEE", "displayName": "Olli Omistaja"});
    let owner = api.post("/v1/people", &person).await?.ok()?;
    let metric = json!({
        "displayName": "Recommendation", "kind": "METRIC_KIND_NPS", "role": "METRIC_ROLE_CONSEQUENCE",
        "question": asked.question, "owner": owner["name"], "reviewDay": {"year": 2099, "month": 1, "day": 1}
    });
    let metric = api.post("/v1/metrics", &metric).await?.ok()?;
    let path = format!("/v1/{}/readings?wave={}", metric["name"].as_str().context("no name")?, asked.wave);
    let reply = api.get(&path).await?.ok()?;
    let of_all = reply["readings"].as_array().context("no readings")?.iter().find(|one| one["unit"] == "");
    let n = of_all.and_then(|reading| reading["figure"]["n"].as_str()?.parse().ok());
    n.with_context(|| format!("no figure of the whole in {reply}"))
}
