//! The stylesheets, the script and the icon, served under names that change with their content, so that browsers may keep them for good.

use std::sync::LazyLock;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use sha2::{Digest as _, Sha256};

pub(super) const STYLE: &str = include_str!("../../assets/arki.css");
pub(super) const CONSOLE_STYLE: &str = include_str!("../../assets/console.css");
const TURNS: &str = include_str!("../../assets/turns.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// The address of the stylesheet of every page.
pub(super) static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| address("arki", "css", STYLE));

/// The address of what the console needs beyond that; respondents are spared the bytes.
pub(super) static CONSOLE_STYLE_ADDRESS: LazyLock<String> =
    LazyLock::new(|| address("console", "css", CONSOLE_STYLE));

/// The address of the script that shows one question at a time.
pub(super) static TURNS_ADDRESS: LazyLock<String> = LazyLock::new(|| address("turns", "js", TURNS));

/// The address of the icon; browsers ask every page for one.
pub(super) static ICON_ADDRESS: LazyLock<String> = LazyLock::new(|| address("icon", "svg", ICON));

fn address(name: &str, ending: &str, text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    format!("/assets/{name}-{:02x}{:02x}{:02x}{:02x}.{ending}", hash[0], hash[1], hash[2], hash[3])
}

pub(super) fn router() -> Router {
    Router::new()
        .route(&STYLE_ADDRESS, get(|| async { kept("text/css; charset=utf-8", STYLE) }))
        .route(&CONSOLE_STYLE_ADDRESS, get(|| async { kept("text/css; charset=utf-8", CONSOLE_STYLE) }))
        .route(&TURNS_ADDRESS, get(|| async { kept("text/javascript; charset=utf-8", TURNS) }))
        .route(&ICON_ADDRESS, get(|| async { kept("image/svg+xml", ICON) }))
}

fn kept(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, text)
}
