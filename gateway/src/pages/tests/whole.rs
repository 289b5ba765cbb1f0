//! What every page holds to, whatever it shows.

use std::collections::BTreeSet;
use std::sync::Arc;

use arki_process::{Context, SystemClock, Tasks};
use arki_rpc::AssertionKey;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::DateTime;

use super::{Fake, Got, House, kaarna, message::message, preferences::preferences, respondent::survey};
use crate::pages::assets;
use crate::{Config, Gateway};

fn everything() -> Fake {
    preferences(message(survey(kaarna::fake()), false))
}

const PAGES: [&str; 11] = [
    "/s/abcdefghijklmnopqrstuvwxyz?lang=",
    "/s/closed-closed-closed-closed?lang=",
    "/m/abcdefghijklmnopqrstuvwxyz?lang=",
    "/u/abcdefghijklmnopqrstuvwxyz?lang=",
    "/console/sign-in?lang=",
    "/console/truth?lang=",
    "/console/truth?unit=unt_00000000000000000000000001&lang=",
    "/console/truth?unit=unt_nowhere&lang=",
    "/console/everyday?lang=",
    "/console/tell?lang=",
    "/console/tell?month=2027-02&lang=",
];

/// The pages in every language, each with a short name.
async fn all() -> Vec<(String, Got)> {
    let house = House::signed_in(everything()).await;
    let mut all = Vec::new();
    for (number, path) in PAGES.iter().enumerate() {
        for language in ["fi", "sv", "en"] {
            let got = house.get(&format!("{path}{language}")).await;
            all.push((format!("{number}-{language}"), got));
        }
    }
    all
}

#[tokio::test]
async fn every_page_is_well_built_in_every_language() {
    for (name, got) in all().await {
        let count = |text: &str| got.text.matches(text).count();
        assert_eq!((count("<h1"), count("<main"), count("<title>") > 0), (1, 1, true), "{name}");
        let language = name.rsplit('-').next().unwrap();
        assert!(got.has(&format!("<html lang=\"{language}\">")), "{name}");
        assert!(!got.has("Unknown localization"), "{name}: {}", got.text);
        let scripts = usize::from(got.has("<form class=\"questions\""));
        assert_eq!(count("<script"), scripts, "only questions run a script: {name}");
        assert_eq!(count("<script src=\"/assets/turns-"), scripts, "and it is a file of ours: {name}");
        for never in [" style=\"", "http://", "https://", "{ $", "onclick"] {
            assert!(!got.has(never), "{never} in {name}");
        }
        let ids: Vec<_> =
            got.text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "each id once in {name}: {ids:?}");
        for label in ["aria-labelledby=\"", "aria-describedby=\"", "for=\""] {
            for rest in got.text.split(label).skip(1) {
                assert!(ids.contains(&rest.split('"').next().unwrap()), "{label} leads somewhere in {name}");
            }
        }
        let marks = count("<svg") - count("<svg class=\"axis\" aria-hidden=\"true\"");
        assert_eq!(marks, count("role=\"img\""), "every chart is an image to a screen reader: {name}");
        assert_eq!(marks, count("<desc>"), "every chart is described: {name}");
        assert_eq!(got.header(header::CACHE_CONTROL), "no-store", "{name}");
    }
}

#[tokio::test]
async fn stylesheets_are_kept_for_good_under_the_name_of_their_content() {
    let house = House::new(everything());
    let page = house.get("/console/sign-in").await;
    let (_, rest) = page.text.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let got = house.get(rest.split('"').next().unwrap()).await;
    assert_eq!((got.status, got.header(header::CONTENT_TYPE)), (StatusCode::OK, "text/css; charset=utf-8"));
    assert!(got.header(header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(got.text, assets::STYLE);
}

#[tokio::test]
async fn the_script_and_the_icon_are_files_of_ours() {
    let house = House::new(everything());
    let page = house.get("/s/abcdefghijklmnopqrstuvwxyz").await;
    for (mark, media_type) in
        [("<script src=\"", "text/javascript; charset=utf-8"), ("svg+xml\" href=\"", "image/svg+xml")]
    {
        let (_, rest) = page.text.split_once(mark).unwrap();
        let got = house.get(rest.split('"').next().unwrap()).await;
        assert_eq!((got.status, got.header(header::CONTENT_TYPE)), (StatusCode::OK, media_type));
        assert!(got.header(header::CACHE_CONTROL).contains("immutable"));
    }
}

#[tokio::test]
async fn the_edge_leaves_the_policy_of_the_pages_as_it_is() {
    let clock = Arc::new(SystemClock);
    let assertion = AssertionKey::generate(|| DateTime::UNIX_EPOCH);
    let context = Context { clock, tasks: Tasks::new(), assertion };
    let peers = super::peers(&everything().peer());
    let gateway = Gateway::build(Config::default(), peers, &context).await.unwrap();
    for path in ["/console/sign-in", "/s/abcdefghijklmnopqrstuvwxyz", "/m/abcdefghijklmnopqrstuvwxyz"] {
        let response = gateway.answer(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policies: Vec<_> = response.headers().get_all(header::CONTENT_SECURITY_POLICY).iter().collect();
        assert_eq!(policies.len(), 1);
        let policy = policies[0].to_str().unwrap();
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(policy.contains("script-src 'self'"), path.starts_with("/s/"), "{path}: {policy}");
        assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "DENY");
    }
    let response = gateway.answer(Request::get("/console/tell").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()[header::LOCATION], "/console/sign-in");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

/// The colours of text and of marks that carry meaning, against what they stand on.
#[test]
fn contrast_is_enough_in_light_and_dark() {
    for scheme in [light(), dark()] {
        for (front, back, least) in [
            ("ink", "paper", 4.5),
            ("ink", "sheet", 4.5),
            ("ink", "wash", 4.5),
            ("quiet", "paper", 4.5),
            ("quiet", "sheet", 4.5),
            ("quiet", "wash", 4.5),
            ("accent", "paper", 4.5),
            ("accent", "sheet", 4.5),
            ("accent", "wash", 4.5),
            ("on-accent", "accent", 4.5),
            ("off", "paper", 4.5),
            ("off", "sheet", 4.5),
            ("ink", "band", 4.5),
            ("off", "band", 3.0),
        ] {
            let ratio = contrast(colour(scheme, front), colour(scheme, back));
            assert!(ratio >= least, "{front} on {back} has {ratio:.2} in {scheme}");
        }
    }
}

fn light() -> &'static str {
    assets::STYLE.split("@media").next().unwrap()
}

fn dark() -> &'static str {
    assets::STYLE.split("@media").nth(1).unwrap()
}

fn colour(scheme: &str, name: &str) -> [f64; 3] {
    let (_, rest) = scheme.split_once(&format!("--{name}: #")).unwrap();
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&rest[at..at + 2], 16).unwrap()) / 255.0)
}

/// WCAG 2.2, contrast ratio of relative luminances.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let linear = |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Lays the pages out as files, with their styles inside, for a look in a browser:
/// `ARKI_PAGES_TO=FOLDER cargo nextest run -p arki-gateway pages_can_be_laid_out`.
#[tokio::test]
async fn pages_can_be_laid_out_as_files() {
    let kept = std::env::var_os("ARKI_PAGES_TO").map(std::path::PathBuf::from);
    let scratch = tempfile::tempdir().unwrap();
    let folder = kept.as_deref().unwrap_or(scratch.path());
    std::fs::create_dir_all(folder).unwrap();
    let styles = format!("<style>{}{}</style></head>", assets::STYLE, assets::CONSOLE_STYLE);
    let pages = all().await;
    for (name, got) in &pages {
        let page = got.text.replacen("</head>", &styles, 1);
        assert!(page.contains("--paper"), "{name}");
        std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
    assert_eq!(
        std::fs::read_dir(scratch.path()).unwrap().count(),
        if kept.is_some() { 0 } else { pages.len() }
    );
}
