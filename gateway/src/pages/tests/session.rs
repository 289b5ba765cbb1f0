//! Signing in and out of the console, and what keeps others out.

use arki_proto::scorecard::v1 as scorecard;
use arki_rpc::Failure;
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use tonic::Status;

use super::{Fake, House, kaarna};

#[tokio::test]
async fn without_a_session_there_is_the_door() {
    let house = House::new(kaarna::fake());
    for room in ["/console/truth", "/console/everyday", "/console/tell", "/console/truth/met_1.csv"] {
        let got = house.get(&format!("{room}?unit=unt_1&lang=fi")).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER);
        assert_eq!(got.header(header::LOCATION), "/console/sign-in?unit=unt_1&lang=fi");
    }
    assert_eq!(house.get("/console?lang=sv").await.header(header::LOCATION), "/console/truth?lang=sv");
    let door = house.get("/console/sign-in?lang=fi").await;
    assert!(door.has("Avaimesi") && door.has(r#"type="password""#));
    assert_eq!(door.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn a_good_key_opens_and_its_cookie_holds_no_key() {
    let house = House::new(kaarna::fake());
    let got =
        house.post("/console/sign-in?unit=unt_00000000000000000000000001&lang=sv", "key=+arki_good+").await;
    assert_eq!(got.header(header::LOCATION), "/console/truth?unit=unt_00000000000000000000000001&lang=sv");
    let cookie = got.header(header::SET_COOKIE);
    assert!(cookie.starts_with("arki-session=") && !cookie.contains("arki_good"), "{cookie}");
    for part in ["; Path=/", "; Max-Age=43200", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"));
    assert_eq!(house.get("/console/truth").await.status, StatusCode::OK);
}

#[tokio::test]
async fn over_https_the_cookie_belongs_to_this_host_alone() {
    let is_bound = |got: super::Got| {
        let cookie = got.header(header::SET_COOKIE).to_owned();
        assert!(cookie.starts_with("__Host-arki-session=") && cookie.ends_with("; Secure"), "{cookie}");
    };
    let house = House::with(kaarna::fake(), true);
    is_bound(house.post("/console/sign-in", "key=arki_good").await);
    assert_eq!(house.get("/console/truth").await.status, StatusCode::OK);
    let house = House::new(kaarna::fake());
    let forwarded = Request::post("/console/sign-in").header("x-forwarded-proto", "https, http");
    is_bound(house.send(forwarded, "key=arki_good").await);
}

#[tokio::test]
async fn a_bad_key_is_told_and_never_repeated() {
    let house = House::new(kaarna::fake());
    for key in ["arki_bad", "nonsense", ""] {
        let got = house.post("/console/sign-in?lang=fi", &format!("key={key}")).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(got.has("Tämä avain ei toimi") && got.header(header::SET_COOKIE).is_empty());
        assert!(key.is_empty() || !got.has(key));
    }
    let away = House::new(Fake::default()).post("/console/sign-in", "key=arki_good").await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let house = House::signed_in(kaarna::fake()).await;
    house.passes(TimeDelta::hours(12) - TimeDelta::seconds(1));
    assert_eq!(house.get("/console/truth").await.status, StatusCode::OK);
    house.passes(TimeDelta::seconds(1));
    assert_eq!(house.get("/console/truth").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_forged_cookie_is_no_session() {
    let house = House::signed_in(kaarna::fake()).await;
    let good = house.cookie.lock().unwrap().clone();
    let mut changed = good.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'A' { 'B' } else { 'A' });
    let other_house = House::signed_in(kaarna::fake()).await;
    assert_ne!(*other_house.cookie.lock().unwrap(), good, "each session is another one");
    for cookie in [changed.as_str(), "arki-session=", "arki-session=x", ""] {
        cookie.clone_into(&mut house.cookie.lock().unwrap());
        assert_eq!(house.get("/console/truth").await.status, StatusCode::SEE_OTHER, "{cookie}");
    }
}

#[tokio::test]
async fn a_revoked_key_ends_its_session_within_seconds() {
    let works = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let still = works.clone();
    let fake = kaarna::fake().on(
        "directory.v1.DirectoryService/AuthenticateApiKey",
        move |_: arki_proto::directory::v1::AuthenticateApiKeyRequest| {
            if !still.load(std::sync::atomic::Ordering::SeqCst) {
                return Err(Status::unauthenticated("revoked"));
            }
            Ok(arki_proto::directory::v1::AuthenticateApiKeyResponse {
                tenant: arki_ids::TenantId::from_uuid(uuid::Uuid::from_u128(7)).name(),
                api_key: "apiKeys/key_1".to_owned(),
                scopes: vec!["admin".to_owned()],
            })
        },
    );
    let house = House::signed_in(fake).await;
    works.store(false, std::sync::atomic::Ordering::SeqCst);
    house.passes(TimeDelta::seconds(5));
    assert_eq!(house.get("/console/truth").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_out_takes_the_mark_of_the_own_page() {
    let house = House::signed_in(kaarna::fake()).await;
    let page = house.get("/console/truth?lang=fi").await;
    let mark = page.field("mark");
    for form in ["", "mark=", "mark=AAAA"] {
        let got = house.post("/console/sign-out?lang=fi", form).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{form}");
        assert!(got.has("Tämä tuli toiselta sivulta") && got.header(header::SET_COOKIE).is_empty());
    }
    let other = House::signed_in(kaarna::fake()).await;
    let foreign = other.post("/console/sign-out", &format!("mark={mark}")).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN, "the mark of another session");

    let got = house.post("/console/sign-out?lang=fi", &format!("mark={mark}")).await;
    assert_eq!(got.header(header::LOCATION), "/console/sign-in?lang=fi");
    assert!(got.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(house.get("/console/truth").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in() {
    let house = House::new(kaarna::fake());
    let request = Request::post("/console/sign-in").header("sec-fetch-site", "cross-site");
    let got = house.send(request, "key=arki_good").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(got.header(header::SET_COOKIE).is_empty());
}

#[tokio::test]
async fn whoever_follows_a_link_from_elsewhere_steps_inside_once() {
    let house = House::new(kaarna::fake());
    let request = Request::get("/console/truth?lang=fi").header("sec-fetch-site", "cross-site");
    let got = house.send(request, "").await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("refresh"), "0; url=/console/truth?lang=fi");
    let again = Request::get("/console/truth?lang=fi").header("sec-fetch-site", "same-origin");
    assert_eq!(house.send(again, "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_which_one_is_missing() {
    let fake = kaarna::fake().key(&["goal.read"]).on(
        "scorecard.v1.ScorecardService/ListMetrics",
        |_: scorecard::ListMetricsRequest| {
            Err::<scorecard::ListMetricsResponse, _>(Failure::scope_missing("scorecard.read").into())
        },
    );
    let house = House::signed_in(fake).await;
    let got = house.get("/console/truth?lang=fi").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(got.has("Tämä huone ei aukea avaimellasi") && got.has("<code>scorecard.read</code>"));
    assert!(got.has("/console/everyday"), "the other rooms stay in reach");
    let everyday = house.get("/console/everyday?lang=fi").await;
    assert_eq!(everyday.status, StatusCode::OK);
    assert!(!everyday.has("Kaarna Oy"), "the directory may not be read");
}

#[tokio::test]
async fn services_that_are_away_are_told_with_a_way_to_try_again() {
    let house = House::signed_in(Fake::default().key(&["admin"])).await;
    let path = "/console/truth?lang=fi";
    let got = house.get(path).await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.has("eivät juuri nyt vastaa") && got.has(&format!("href=\"{path}\"")), "{}", got.text);
}
