//! The stylesheets, served under names that change with their content, so that browsers may keep them for good.

use std::sync::LazyLock;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use sha2::{Digest as _, Sha256};

pub(super) const STYLE: &str = include_str!("../../assets/arki.css");
pub(super) const CONSOLE_STYLE: &str = include_str!("../../assets/console.css");

/// The address of the stylesheet of every page.
pub(super) static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| address("arki", STYLE));

/// The address of what the console needs beyond that; respondents are spared the bytes.
pub(super) static CONSOLE_STYLE_ADDRESS: LazyLock<String> =
    LazyLock::new(|| address("console", CONSOLE_STYLE));

fn address(name: &str, sheet: &str) -> String {
    let hash = Sha256::digest(sheet.as_bytes());
    format!("/assets/{name}-{:02x}{:02x}{:02x}{:02x}.css", hash[0], hash[1], hash[2], hash[3])
}

pub(super) fn router() -> Router {
    Router::new()
        .route(&STYLE_ADDRESS, get(|| async { sheet(STYLE) }))
        .route(&CONSOLE_STYLE_ADDRESS, get(|| async { sheet(CONSOLE_STYLE) }))
}

fn sheet(text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, text)
}
