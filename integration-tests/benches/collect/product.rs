//! `arki` under load: a wave of customers, each with a link, and 256 connections that answer.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use arki_integration_tests::{api::Api, processes::Process};
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How many are invited; each answers once.
const INVITED: usize = 100_000;
/// How many answer in a round.
const ROUND: usize = 20_000;
const CONNECTIONS: usize = 256;

/// One `arki` with its wave.
pub(crate) struct Side {
    api: Api,
    address: String,
    wave: String,
    tokens: Mutex<VecDeque<String>>,
    acknowledged: AtomicUsize,
    _process: Process,
    _folder: TempDir,
}

impl Side {
    pub(crate) async fn start(postgres: Option<&str>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let mut config = "[process.telemetry]\nfilter = \"warn\"\n".to_owned();
        if let Some(url) = postgres {
            let name = format!("bench_{}", rand::random::<u32>());
            Database::connect(url).await?.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
            let url = url
                .rsplit_once('/')
                .map(|(server, _)| format!("{server}/{name}"))
                .context("a database url")?;
            for service in ["directory", "survey", "scorecard", "goal", "communication"] {
                config.push_str(&format!("[{service}.database]\nurl = {url:?}\nschema = {service:?}\n"));
            }
        }
        let file = folder.path().join("arki.toml");
        std::fs::write(&file, config)?;
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            data.to_str().context("a name")?,
            "--config",
            file.to_str().context("a name")?,
        ];
        let process = Process::start("arki", &arguments, folder.path(), &[])?;
        let deadline = Instant::now() + Duration::from_secs(60);
        let uri = loop {
            if let Ok(uri) = std::fs::read_to_string(data.join("address")) {
                break uri.trim().to_owned();
            }
            if Instant::now() > deadline {
                bail!("arki does not start: {}", process.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let api = Api::new(&uri, std::fs::read_to_string(data.join("admin.key"))?.trim());
        let (wave, tokens) = wave(&api).await?;
        rest(&process).await?;
        Ok(Self {
            api,
            address: uri.trim_start_matches("http://").to_owned(),
            wave,
            tokens: Mutex::new(tokens.into()),
            acknowledged: AtomicUsize::new(0),
            _process: process,
            _folder: folder,
        })
    }

    /// Responses a second over one round.
    pub(crate) async fn round(&self) -> Result<f64> {
        let tokens: Vec<String> = {
            let mut left = self.tokens.lock().unwrap();
            let count = ROUND.min(left.len());
            left.drain(..count).collect()
        };
        let all = tokens.len();
        // What is sent is made before the clock runs: the load shares the cores with what it measures.
        let work: Vec<Vec<u8>> = tokens.iter().map(|token| submission(token)).collect();
        let work = Arc::new(Mutex::new(work));
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(TcpStream::connect(&self.address).await?);
        }
        let start = Instant::now();
        let answers = connections.into_iter().map(|stream| connection(stream, work.clone()));
        for done in futures::future::join_all(answers).await {
            done?;
        }
        let seconds = start.elapsed().as_secs_f64();
        self.acknowledged.fetch_add(all, Ordering::Relaxed);
        Ok(all as f64 / seconds)
    }

    pub(crate) async fn every_acknowledged_is_stored(&self) -> Result<()> {
        let closed = self.api.post(&format!("/v1/{}:close", self.wave), &json!({})).await?.ok()?;
        let stored = closed["responses"].as_str().context("no count")?.parse::<usize>()?;
        let acknowledged = self.acknowledged.load(Ordering::Relaxed);
        if stored != acknowledged {
            bail!("{acknowledged} acknowledged, {stored} stored");
        }
        Ok(())
    }
}

/// Waits until the process does nothing: the import of so many people is told to every service, and what is measured
/// here is the taking of answers alone.
async fn rest(process: &Process) -> Result<()> {
    let stat = format!("/proc/{}/stat", process.id());
    // The 14th and 15th field, in hundredths of a second.
    let spent = || -> Result<u64> {
        let text = std::fs::read_to_string(&stat)?;
        let fields = text.rsplit(')').next().context("no stat")?.split_whitespace().skip(11).take(2);
        fields.map(|ticks| Ok(ticks.parse::<u64>()?)).sum()
    };
    let deadline = Instant::now() + Duration::from_secs(600);
    let mut before = spent()?;
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = spent()?;
        if now - before <= 6 {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("arki does not come to rest");
        }
        before = now;
    }
}

/// The request of one respondent.
fn submission(token: &str) -> Vec<u8> {
    let answers: Vec<_> =
        (0..10).map(|place| json!({"question": format!("q{place}"), "number": 1 + place % 5})).collect();
    let body = json!({"answers": answers}).to_string();
    let length = body.len();
    format!(
        "POST /v1/forms/{token}:submit HTTP/1.1\r\nhost: arki\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// One connection answers for one respondent after the other.
async fn connection(mut stream: TcpStream, work: Arc<Mutex<Vec<Vec<u8>>>>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0_u8; 16 * 1024];
    loop {
        let Some(request) = work.lock().unwrap().pop() else { return Ok(()) };
        stream.write_all(&request).await?;
        let mut filled = 0;
        while !is_whole(&buffer[..filled])? {
            let read = stream.read(&mut buffer[filled..]).await?;
            if read == 0 {
                bail!("the connection was closed");
            }
            filled += read;
        }
        if !buffer.starts_with(b"HTTP/1.1 200") {
            bail!("refused: {}", String::from_utf8_lossy(&buffer[..filled]));
        }
    }
}

/// Whether an answer is there with its whole body.
fn is_whole(answer: &[u8]) -> Result<bool> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(body) = head.parse(answer)? else { return Ok(false) };
    let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.context("no content-length")?;
    let length: usize = std::str::from_utf8(length.value)?.parse()?;
    Ok(answer.len() >= body + length)
}

async fn wave(api: &Api) -> Result<(String, Vec<String>)> {
    for part in 0..10 {
        let mut crm = "id,name\n".to_owned();
        for person in part * (INVITED / 10)..(part + 1) * (INVITED / 10) {
            crm.push_str(&format!("C{person},Kaisa Koe {person}\n"));
        }
        let columns = json!({"id": "person_id", "name": "name"});
        let report = api
            .post("/v1/crmFiles:import", &json!({"content": crm, "mapping": {"columns": columns}}))
            .await?
            .ok()?;
        if report["errorCount"] != "0" {
            bail!("the customers were refused: {report}");
        }
    }
    let words = json!({"byLanguage": {"en": "How far do you agree?"}});
    let question =
        |place: usize| json!({"key": format!("q{place}"), "kind": "QUESTION_KIND_AGREEMENT", "text": words});
    let questionnaire = json!({
        "displayName": "Ten questions", "title": words, "purpose": words, "languages": ["en"],
        "questions": (0..10).map(question).collect::<Vec<_>>()
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
    let mut tokens = Vec::new();
    let mut page = String::new();
    loop {
        let reply = api.get(&format!("/v1/{wave}/invitations?pageSize=1000&pageToken={page}")).await?.ok()?;
        let invitations = reply["invitations"].as_array().context("no invitations")?;
        tokens.extend(invitations.iter().filter_map(|one| one["token"].as_str().map(str::to_owned)));
        page = reply["nextPageToken"].as_str().unwrap_or_default().to_owned();
        if page.is_empty() {
            return Ok((wave, tokens));
        }
    }
}
