//! Nobody hears from Arki after a no: not by a survey, not by a message.

use std::time::Duration;

use anyhow::{Context as _, Result};
use arki_integration_tests::{
    Suite,
    api::{Api, at_once, reply},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::wirings::in_both_wirings;

in_both_wirings!(
    a_no_holds_for_surveys_and_for_messages,
    a_survey_and_a_campaign_share_one_budget,
    one_click_unsubscribes_and_reading_the_page_does_not,
    a_leaver_is_asked_no_more,
);

const PATIENCE: Duration = Duration::from_secs(60);

fn text(value: &Value, field: &str) -> Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("no {field} in {value}"))
}

fn words(text: &str) -> Value {
    json!({"byLanguage": {"en": text}})
}

async fn person(api: &Api, kind: &str, name: &str) -> Result<String> {
    let email = format!("{}@example.com", name.to_lowercase());
    let person = json!({"kind": format!("PERSON_KIND_{kind}"), "displayName": name, "email": email});
    text(&api.post("/v1/people", &person).await?.ok()?, "name")
}

async fn says_no(api: &Api, person: &str, purpose: &str) -> Result<()> {
    let consent = json!({
        "person": person, "purpose": format!("CONTACT_PURPOSE_{purpose}"), "channel": "CONTACT_CHANNEL_EMAIL",
        "state": "CONSENT_STATE_WITHDRAWN", "source": "phone"
    });
    api.post("/v1/consents", &consent).await?.ok()?;
    Ok(())
}

async fn refusal(api: &Api, person: &str, purpose: &str) -> Result<String> {
    let path = format!("/v1/{person}:checkContact?purpose=CONTACT_PURPOSE_{purpose}");
    let answer = api.get(&path).await?.ok()?;
    Ok(answer["refusal"].as_str().unwrap_or_default().trim_start_matches("CONTACT_REFUSAL_").to_owned())
}

/// An open wave.
async fn wave(api: &Api, audience: &str) -> Result<String> {
    let questionnaire = json!({
        "displayName": "Short", "title": words("Short"), "purpose": words("To learn"), "languages": ["en"],
        "questions": [{"key": "recommend", "kind": "QUESTION_KIND_NPS", "text": words("Would you?"), "required": true}]
    });
    let questionnaire = text(&api.post("/v1/questionnaires", &questionnaire).await?.ok()?, "name")?;
    let version = api.post(&format!("/v1/{questionnaire}:publish"), &json!({})).await?.ok()?;
    let wave = json!({
        "displayName": "Short", "questionnaireVersion": version["name"],
        "audience": format!("WAVE_AUDIENCE_{audience}"), "anonymity": "ANONYMITY_CONFIDENTIAL",
        "sender": words("Example Oy")
    });
    let wave = text(&api.post("/v1/waves", &wave).await?.ok()?, "name")?;
    api.post(&format!("/v1/{wave}:open"), &json!({})).await?.ok()?;
    Ok(wave)
}

/// Those who were invited, each with the token of the link.
async fn invited(api: &Api, wave: &str) -> Result<Vec<(String, String)>> {
    let reply = api.get(&format!("/v1/{wave}/invitations?pageSize=1000")).await?.ok()?;
    let all = reply["invitations"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| Ok((text(one, "person")?, text(one, "token")?))).collect()
}

/// A message to everybody of a kind, due at once.
async fn campaign(api: &Api, kind: &str) -> Result<String> {
    let message = json!({
        "kind": "MESSAGE_KIND_FOCUS", "subject": words("One sees it through"),
        "body": words("From Monday on, one of us sees a case through."), "why": words("You asked for it.")
    });
    let message = text(&api.post("/v1/messages", &message).await?.ok()?, "name")?;
    let campaign = json!({
        "displayName": "Autumn", "message": message, "audience": {"kind": kind},
        "schedule": {"localStart": at_once()}
    });
    let campaign = text(&api.post("/v1/campaigns", &campaign).await?.ok()?, "name")?;
    api.post(&format!("/v1/{campaign}:activate"), &json!({})).await?.ok()?;
    Ok(campaign)
}

/// What became of a campaign for each of so many people, once it is decided: state and problem.
async fn outcomes(api: &Api, campaign: &str, people: usize) -> Result<Vec<(String, String, String)>> {
    let is_done = |one: &Value| {
        let state = one["state"].as_str().unwrap_or_default();
        !state.ends_with("PENDING") && !state.ends_with("SENDING")
    };
    let path = format!("/v1/{campaign}/deliveries?pageSize=1000");
    let reply = api
        .get_until(&path, PATIENCE, |reply| {
            let all = reply.body["deliveries"].as_array();
            all.is_some_and(|all| all.len() == people && all.iter().all(is_done))
        })
        .await?;
    let all = reply.body["deliveries"].as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|one| {
            let state = text(one, "state")?.trim_start_matches("DELIVERY_STATE_").to_owned();
            let problem = one["problem"].as_str().unwrap_or_default().to_owned();
            Ok((text(one, "person")?, state, problem))
        })
        .collect()
}

async fn a_no_holds_for_surveys_and_for_messages(suite: Suite) -> Result<()> {
    let api = suite.api();
    let eeva = person(&api, "CUSTOMER", "Eeva").await?;
    let otto = person(&api, "CUSTOMER", "Otto").await?;
    for purpose in ["SURVEY", "COMMUNICATION"] {
        says_no(&api, &eeva, purpose).await?;
    }
    assert_eq!(refusal(&api, &eeva, "SURVEY").await?, "WITHDRAWN");
    let wave = wave(&api, "CUSTOMERS").await?;
    let asked: Vec<_> = invited(&api, &wave).await?.into_iter().map(|(person, _)| person).collect();
    assert_eq!(asked, std::slice::from_ref(&otto));
    let rate = api.get(&format!("/v1/{wave}/responseRate")).await?.ok()?;
    assert_eq!(rate["ineligible"], json!([{"reason": "withdrawn", "people": "1"}]));
    let campaign = campaign(&api, "customer").await?;
    for (person, state, problem) in outcomes(&api, &campaign, 2).await? {
        let expected =
            if person == eeva { ("SKIPPED", "the person wants no such messages") } else { ("SENT", "") };
        assert_eq!((state.as_str(), problem.as_str()), expected);
    }
    let mails = mails(&suite)?;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("otto@example.com") && !mails[0].contains("eeva@example.com"));
    Ok(())
}

async fn a_survey_and_a_campaign_share_one_budget(suite: Suite) -> Result<()> {
    let api = suite.api();
    let otto = person(&api, "CUSTOMER", "Otto").await?;
    api.patch("/v1/contactRules", &json!({"customers": {"maxContacts": 1, "windowDays": 7}})).await?.ok()?;
    let wave = wave(&api, "CUSTOMERS").await?;
    assert_eq!(invited(&api, &wave).await?.len(), 1);
    assert_eq!(refusal(&api, &otto, "COMMUNICATION").await?, "OVER_BUDGET");
    let campaign = campaign(&api, "customer").await?;
    let (_, state, problem) = outcomes(&api, &campaign, 1).await?.remove(0);
    let expected = ("SKIPPED", "the person was contacted as often as the rules allow");
    assert_eq!((state.as_str(), problem.as_str()), expected);
    assert!(mails(&suite)?.is_empty());
    Ok(())
}

async fn one_click_unsubscribes_and_reading_the_page_does_not(suite: Suite) -> Result<()> {
    let api = suite.api();
    let otto = person(&api, "CUSTOMER", "Otto").await?;
    let first = campaign(&api, "customer").await?;
    assert_eq!(outcomes(&api, &first, 1).await?[0].1, "SENT");
    let mail = mails(&suite)?.remove(0);
    let header = mail.lines().find(|line| line.starts_with("List-Unsubscribe: <")).context("no header")?;
    let (_, token) = header.rsplit_once("/u/").context("no link")?;
    let link = format!("/u/{}", token.trim_end().trim_end_matches('>'));
    assert!(mail.contains("or get no more: ") && mail.trim_end().ends_with(&link), "{mail}");

    let anybody = api.with_key("");
    let page = anybody.request(Method::GET, &link).send().await?;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await?;
    assert!(page.contains("What you get from us") && page.matches("value=\"less\"").count() == 3, "{page}");
    assert_eq!(refusal(&api, &otto, "COMMUNICATION").await?, "UNSPECIFIED");

    // As a mail program does it: no key, no cookie, and twice when the first answer got lost.
    for _ in 0..2 {
        let click = form(anybody.request(Method::POST, &link), ONE_CLICK);
        assert_eq!(reply(click).await?.status, StatusCode::OK);
    }
    assert_eq!(refusal(&api, &otto, "COMMUNICATION").await?, "SUPPRESSED");
    assert_eq!(refusal(&api, &otto, "SURVEY").await?, "UNSPECIFIED");
    let consents = api.get(&format!("/v1/{otto}/consents")).await?.ok()?;
    assert_eq!(consents["consents"].as_array().map(Vec::len), Some(1));
    let second = campaign(&api, "customer").await?;
    let (_, state, problem) = outcomes(&api, &second, 1).await?.remove(0);
    assert_eq!((state.as_str(), problem.as_str()), ("SKIPPED", "nothing is sent to the address any more"));

    let again = form(anybody.request(Method::POST, &link), "purpose=communication&choice=more&language=en");
    assert_eq!(reply(again).await?.status, StatusCode::OK);
    assert_eq!(refusal(&api, &otto, "COMMUNICATION").await?, "UNSPECIFIED");
    let stranger = format!("/u/{}", "A".repeat(43));
    let click = form(anybody.request(Method::POST, &stranger), ONE_CLICK);
    assert_eq!(reply(click).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

/// What a mail program sends (RFC 8058).
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// A request with the fields of a form.
fn form(request: reqwest::RequestBuilder, fields: &'static str) -> reqwest::RequestBuilder {
    request.header("content-type", "application/x-www-form-urlencoded").body(fields)
}

async fn a_leaver_is_asked_no_more(suite: Suite) -> Result<()> {
    let api = suite.api();
    for name in ["Aino", "Eero", "Ilona", "Juho", "Kerttu", "Leena"] {
        person(&api, "EMPLOYEE", name).await?;
    }
    let wave = wave(&api, "EMPLOYEES").await?;
    let (leaver, token) = invited(&api, &wave).await?.remove(0);
    let form = api.with_key("").get(&format!("/v1/forms/{token}")).await?.ok()?;
    assert_eq!(form["state"], "FORM_STATE_ANSWERABLE");
    let left = json!({"state": "EMPLOYMENT_STATE_LEFT"});
    api.post(&format!("/v1/{leaver}:changeEmployment"), &left).await?.ok()?;
    let path = format!("/v1/forms/{token}");
    let closed = |reply: &arki_integration_tests::api::Reply| reply.body["state"] == "FORM_STATE_CLOSED";
    api.with_key("").get_until(&path, PATIENCE, closed).await?;
    let page = api.with_key("").request(Method::GET, &format!("/s/{token}")).send().await?;
    assert_eq!(page.status(), StatusCode::GONE);
    assert_eq!(page.headers()["cache-control"], "no-store");
    let page = page.text().await?;
    assert!(page.contains("<h1>") && !page.contains("name=\"q.recommend\""), "{page}");
    let answer = json!({"answers": [{"question": "recommend", "number": 9}]});
    let late = api.with_key("").post(&format!("/v1/forms/{token}:submit"), &answer).await?;
    assert_eq!(late.reason(), "WAVE_STATE_WRONG");
    let campaign = campaign(&api, "employee").await?;
    let told = outcomes(&api, &campaign, 5).await?;
    assert!(told.iter().all(|(person, state, _)| *person != leaver && state == "SENT"), "{told:?}");
    Ok(())
}

/// The mails in the outbox, with folded lines joined.
fn mails(suite: &Suite) -> Result<Vec<String>> {
    let mut mails = Vec::new();
    let Ok(folder) = std::fs::read_dir(suite.outbox()) else { return Ok(mails) };
    for entry in folder {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            mails.push(std::fs::read_to_string(path)?.replace("=\r\n", ""));
        }
    }
    Ok(mails)
}

/// The commands of the guide, as they are printed there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_guide_do_what_they_say() {
    check_guide().await.unwrap();
}

async fn check_guide() -> Result<()> {
    let suite =
        Suite::start(arki_integration_tests::Wiring::Alone).await?.context("arki alone needs nothing")?;
    let path = arki_integration_tests::tools::here("../docs/guides/respect-consent.md");
    let guide = std::fs::read_to_string(path)?;
    let blocks: Vec<&str> =
        guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    let commands = blocks.join("\n").replace("http://127.0.0.1:8080", &suite.uri);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-e", "-c", &commands]).env("TOKEN", &suite.key);
    let said = arki_integration_tests::tools::succeed(&mut shell).with_context(|| commands.clone())?;
    assert!(!said.contains("\"reason\":\"INVALID"), "{said}");
    assert!(said.contains("CONTACT_REFUSAL_WITHDRAWN"), "{said}");
    assert!(said.contains("SUPPRESSION_REASON_COMPLAINT"), "{said}");
    let rules = suite.api().get("/v1/contactRules").await?.ok()?;
    assert_eq!(rules["customers"]["maxContacts"], 3);
    Ok(())
}
