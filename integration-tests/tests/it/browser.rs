//! The web pages in a real browser: Debian's Chromium, driven by keyboard, judged by axe, watched for complaints.
//!
//! What is tested stands in `tests/clients/browser_*.mjs`, one file for each kind of visitor; here the world is made
//! that they visit, and what arrived is looked at from the other side.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};
use arki_integration_tests::{
    Suite, Wiring,
    api::{Api, Reply},
    tools,
};
use arki_process::{Clock as _, SystemClock};
use arki_suite::{demo, progress::Progress};
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use serde_json::{Value, json};

const PACKAGES: &[&str] = &["playwright-core@1.65.1", "axe-core@4.14.1"];

/// The visitors, the quickest first.
const VISITORS: [&str; 4] =
    ["browser_respondent.mjs", "browser_reader.mjs", "browser_console.mjs", "browser_every_page.mjs"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_use_the_pages_in_a_real_browser() {
    let chromium = on_path(&["chromium", "chromium-browser", "google-chrome"]);
    let (Some(chromium), Some(_)) = (&chromium, on_path(&["node"])) else {
        eprintln!(
            "left out: no Chromium or no node on the PATH, so no page was opened in a browser; \
             `apt-get install chromium nodejs npm` brings them"
        );
        return;
    };
    visit(chromium).await.unwrap();
}

async fn visit(chromium: &Path) -> Result<()> {
    let suite = Suite::start(Wiring::Alone).await?.context("Arki alone needs no servers")?;
    let world = World::make(&suite).await?;
    let file = suite.folder.path().join("world.json");
    std::fs::write(&file, world.told(&suite, chromium).to_string())?;

    let folder = tools::node("browser", PACKAGES)?;
    for script in VISITORS.iter().chain(&["browser.mjs"]) {
        // Node finds packages from the folder of the script, so it is run from a copy beside them.
        std::fs::copy(tools::here("tests/clients").join(script), folder.join(script))?;
    }
    let mut failed = Vec::new();
    for script in VISITORS {
        let mut visitor = Command::new("node");
        visitor.args(["--test-reporter=spec", script]).arg(&file).current_dir(&folder);
        // One visitor's trouble does not keep the others from looking.
        match tools::succeed(&mut visitor) {
            Ok(said) => eprintln!("{said}"),
            Err(error) => failed.push(error.to_string()),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    world.holds_what_was_answered(&suite).await
}

/// The demonstration's organisation with a survey of every kind of question that is open.
struct World {
    wave: String,
    unit: String,
    respond: Vec<String>,
    closed: String,
    message: String,
    read: String,
    unread: Vec<String>,
}

impl World {
    async fn make(suite: &Suite) -> Result<Self> {
        let server = suite.server().await?;
        let now = SystemClock.now();
        let summary = Box::pin(demo::run(&server, &suite.outbox(), now, &Progress::start())).await?;
        let summary = serde_json::to_value(summary)?;
        let api = suite.api();

        let units = list(&api, "/v1/units?pageSize=1000", "units").await?;
        let unit = units.iter().find(|unit| unit["externalId"] == "D2-5").context("no unit D2-5")?;
        let unit = text(unit, "name")?;
        // The demonstration has just asked the same customers.
        api.patch("/v1/contactRules", &json!({"customers": {"maxContacts": 0}})).await?.ok()?;
        let wave = open_wave(&api, &unit).await?;
        let respond = tokens(&api, &wave, "CREATED").await?;
        let asked = summary["waves"][0]["wave"].as_str().context("no wave in the summary")?;
        let closed = tokens(&api, asked, "EXPIRED").await?.pop().context("everybody answered")?;

        let messages = list(&api, "/v1/messages?pageSize=100", "messages").await?;
        let message =
            messages.iter().find(|message| message["comprehension"].is_object()).context("no message")?;
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for token in links(&suite.outbox())?.into_iter().take(60) {
            let page = api.get(&format!("/v1/messagePages/{token}")).await?.ok()?;
            let page = page.get("page").unwrap_or(&page);
            if page["answered"] == true { read.push(token) } else { unread.push(token) }
        }
        let read = read.pop().context("nobody read the message")?;
        Ok(Self { wave, unit, respond, closed, message: text(message, "name")?, read, unread })
    }

    /// What the visitors are told of it.
    fn told(&self, suite: &Suite, chromium: &Path) -> Value {
        json!({
            "chromium": chromium,
            "uri": suite.uri,
            "key": suite.key,
            "unit": self.unit.trim_start_matches("units/"),
            "respond": self.respond[1..],
            // The first who answers in the scripts makes this link a used one.
            "used": self.respond[1],
            "open": self.respond[0],
            "closed": self.closed,
            "message": self.message,
            "messages": self.unread[1..],
            "unread": self.unread[0],
            "read": self.read,
        })
    }

    /// Whether every answer that a visitor gave has arrived as it was given, and no other.
    async fn holds_what_was_answered(&self, suite: &Suite) -> Result<()> {
        let mut expected = BTreeMap::new();
        for language in ["fi", "sv", "en"] {
            for place in ["desk", "phone"] {
                let said = format!("{place} {language}");
                let answers = json!({
                    "recommend": {"n": 9}, "satisfied": {"n": 4}, "easy": {"n": 6}, "heard": {"n": 1},
                    "channel": {"c": "phone"}, "own_words": {"t": said},
                    "feelings": [["calm", 3], ["welcome", 1]],
                });
                expected.insert(said, answers);
            }
        }
        let no_script = json!({"recommend": {"n": 0}, "own_words": {"t": "no script"}, "feelings": []});
        expected.insert("no script".to_owned(), no_script);

        let wave = suite.api().get(&format!("/v1/{}", self.wave)).await?.ok()?;
        let count = wave.get("wave").unwrap_or(&wave)["responses"].clone();
        assert_eq!(count, expected.len().to_string(), "the wave counts the answers");

        let url = format!("sqlite://{}?mode=ro", suite.folder.path().join("data/survey.db").display());
        let sql = "SELECT answers FROM response WHERE wave_id = ?";
        let wave = [self.wave.trim_start_matches("waves/").into()];
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, wave);
        let mut arrived = BTreeMap::new();
        for row in Database::connect(url).await?.query_all_raw(statement).await? {
            let mut answers: Value = serde_json::from_str(&row.try_get::<String>("", "answers")?)?;
            let chosen = answers["feelings"]["f"]["c"].as_array().cloned().unwrap_or_default();
            let mut chosen: Vec<_> =
                chosen.iter().map(|feeling| json!([feeling["k"], feeling["i"]])).collect();
            // They are stored in the order in which they were drawn for the person.
            chosen.sort_by_key(Value::to_string);
            answers["feelings"] = Value::Array(chosen);
            arrived.insert(answers["own_words"]["t"].as_str().unwrap_or_default().to_owned(), answers);
        }
        assert_eq!(arrived, expected);
        Ok(())
    }
}

/// An open wave that asks the customers of a unit every kind of question, in three languages.
async fn open_wave(api: &Api, unit: &str) -> Result<String> {
    let words = |fi: &str, sv: &str, en: &str| json!({"byLanguage": {"fi": fi, "sv": sv, "en": en}});
    let option = |key: &str, fi: &str, sv: &str, en: &str| json!({"key": key, "label": words(fi, sv, en)});
    let question = |key: &str, kind: &str, fi: &str, sv: &str, en: &str| json!({"key": key, "kind": format!("QUESTION_KIND_{kind}"), "text": words(fi, sv, en)});
    let mut questions = vec![
        question(
            "recommend",
            "NPS",
            "Kuinka todennäköisesti suosittelisit meitä?",
            "Hur sannolikt är det att du rekommenderar oss?",
            "How likely are you to recommend us?",
        ),
        question(
            "feelings",
            "EMOTION_PALETTE",
            "Mitkä kuvaavat, miltä sinusta tuntui?",
            "Vilka beskriver hur det kändes?",
            "Which describe how it felt?",
        ),
        question(
            "satisfied",
            "CSAT",
            "Kuinka tyytyväinen olit?",
            "Hur nöjd var du?",
            "How satisfied were you?",
        ),
        question("easy", "CES", "Asiointi oli helppoa.", "Det var lätt.", "It was made easy."),
        question("heard", "AGREEMENT", "Minua kuunneltiin.", "Man lyssnade på mig.", "I was listened to."),
        question(
            "channel",
            "SINGLE_CHOICE",
            "Missä asioit?",
            "Var träffade du oss?",
            "Where did you meet us?",
        ),
        question(
            "own_words",
            "OPEN_TEXT",
            "Mitä muuttaisit?",
            "Vad skulle du ändra?",
            "What would you change?",
        ),
    ];
    questions[0]["required"] = true.into();
    questions[1]["options"] = json!([
        option("calm", "levollinen", "lugn", "calm"),
        option("welcome", "tervetullut", "välkommen", "welcome"),
        option("cared_for", "huolehdittu", "omhändertagen", "cared for"),
        option("confident", "varma asiastaan", "trygg", "confident"),
        option("hurried", "kiirehditty", "jäktad", "hurried"),
        option("uncertain", "epävarma", "osäker", "uncertain"),
        option("frustrated", "turhautunut", "frustrerad", "frustrated"),
        option("indifferent", "yhdentekevä", "likgiltig", "indifferent"),
    ]);
    questions[4]["help"] =
        words("Ajattele viime käyntiä.", "Tänk på senaste besöket.", "Think of the last visit.");
    questions[5]["options"] = json!([
        option("counter", "Tiskillä", "Vid disken", "At the counter"),
        option("phone", "Puhelimessa", "På telefon", "On the phone"),
    ]);
    let questionnaire = json!({
        "displayName": "Every kind of question",
        "title": words("Miltä asiointi tuntui?", "Hur kändes mötet?", "How did it feel?"),
        "purpose": words("Jotta osaamme muuttaa arkeamme.", "Så att vi kan ändra.", "So that we can change."),
        "languages": ["fi", "sv", "en"],
        "questions": questions,
    });
    let questionnaire = text(&api.post("/v1/questionnaires", &questionnaire).await?.ok()?, "name")?;
    let version = text(&api.post(&format!("/v1/{questionnaire}:publish"), &json!({})).await?.ok()?, "name")?;
    let wave = json!({
        "displayName": "Every kind of question",
        "questionnaireVersion": version,
        "audience": "WAVE_AUDIENCE_CUSTOMERS",
        "anonymity": "ANONYMITY_CONFIDENTIAL",
        "units": [unit],
        "sender": words("Kaarna (esimerkki)", "Kaarna (exempel)", "Kaarna (example)"),
        "resultsDay": {"year": 2030, "month": 12, "day": 15},
    });
    let wave = text(&api.post("/v1/waves", &wave).await?.ok()?, "name")?;
    api.post(&format!("/v1/{wave}:open"), &json!({})).await?.ok()?;
    Ok(wave)
}

/// The secret parts of the links of a wave whose invitations stand so, once everybody is invited.
async fn tokens(api: &Api, wave: &str, state: &str) -> Result<Vec<String>> {
    let path = format!("/v1/{wave}/invitations?pageSize=1000");
    let some = |reply: &Reply| reply.body["invitations"].as_array().is_some_and(|all| all.len() >= 20);
    let reply = api.get_until(&path, Duration::from_secs(60), some).await?.ok()?;
    let all = reply["invitations"].as_array().context("no invitations")?;
    let state = format!("INVITATION_STATE_{state}");
    let standing = all.iter().filter(|invitation| invitation["state"] == state);
    standing.map(|invitation| text(invitation, "token")).collect()
}

async fn list(api: &Api, path: &str, field: &str) -> Result<Vec<Value>> {
    let reply = api.get(path).await?.ok()?;
    reply[field].as_array().cloned().with_context(|| format!("no {field} in {reply}"))
}

fn text(value: &Value, field: &str) -> Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("no {field} in {value}"))
}

/// The secret parts of the message links in the mails of a folder, by the order of the mails' names.
fn links(folder: &Path) -> Result<Vec<String>> {
    let mut mails: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    mails.sort();
    let mut links = Vec::new();
    for mail in mails {
        // Long lines are folded by `=` at their end (RFC 2045, section 6.7).
        let mail = std::fs::read_to_string(mail)?.replace("=\r\n", "").replace("=\n", "");
        if let Some((_, rest)) = mail.split_once("/m/") {
            let secret = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            links.push(rest.chars().take_while(secret).collect());
        }
    }
    Ok(links)
}

/// The first of these programs that is on the PATH.
fn on_path(programs: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut files =
        programs.iter().flat_map(|program| folders.iter().map(move |folder| folder.join(program)));
    files.find(|file| file.is_file())
}
