//! The edge's own pages: the API's documents, help on errors, and whether it is alive.

mod errors;
mod events;
mod page;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arki_process::Readiness;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::contract::Contract;
use crate::openapi;

/// The style of the documents.
const STYLE: &str = include_str!("docs/style.css");

/// How long a document may be kept; it changes with a release.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The mark of a reply that stands for "nothing is here", so that whoever knows the caller's language says it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nothing;

/// Says whether the process may be called, once somebody has told.
pub(crate) type Readied = Arc<OnceLock<Arc<dyn Readiness>>>;

/// Everything that is rendered once, at start.
pub(crate) struct Site {
    openapi: Document,
    index: Document,
    errors: BTreeMap<String, Document>,
    error_index: Document,
    events: Document,
    schemas: BTreeMap<String, Document>,
    readiness: Readied,
}

/// A document with its etag.
struct Document {
    content_type: &'static str,
    bytes: Bytes,
    etag: HeaderValue,
}

impl Document {
    fn new(content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let bytes = text.into();
        let hash = Sha256::digest(&bytes);
        let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        // Hexadecimal digits in quotes are a header's value in any case.
        let etag = HeaderValue::try_from(format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"0\""));
        Self { content_type, bytes, etag }
    }

    fn html(page: maud::Markup) -> Self {
        Self::new("text/html; charset=utf-8", page.into_string())
    }

    /// The document, or word that the caller has it already.
    fn reply(&self, headers: &HeaderMap) -> Response {
        let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
            value.to_str().is_ok_and(|tags| {
                let etag = self.etag.to_str().unwrap_or_default();
                tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
            })
        });
        let common = [(header::ETAG, self.etag.clone()), (header::CACHE_CONTROL, KEEP)];
        if known {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let content_type = HeaderValue::from_static(self.content_type);
        (common, [(header::CONTENT_TYPE, content_type)], Body::from(self.bytes.clone())).into_response()
    }
}

impl Site {
    /// Renders every document of the contract.
    pub(crate) fn new(contract: &Contract, readiness: Readied) -> Self {
        let comments = openapi::Comments::of(&contract.pool);
        let document = openapi::document(contract);
        // Maps and strings always have a JSON form.
        let json = serde_json::to_vec(&document).unwrap_or_default();
        let reasons = errors::reasons(contract, &comments);
        Self {
            openapi: Document::new("application/json", json),
            index: Document::html(page::index(contract, &comments)),
            error_index: Document::html(page::error_index(&reasons)),
            events: Document::html(events::index()),
            schemas: events::schemas()
                .map(|(name, schema)| (name, Document::new("application/schema+json", schema)))
                .collect(),
            errors: reasons
                .iter()
                .map(|reason| (reason.name.clone(), Document::html(page::error(reason))))
                .collect(),
            readiness,
        }
    }

    /// The routes, with further pages.
    pub(crate) fn router(self, pages: Router) -> Router {
        let site = Arc::new(self);
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/livez", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route(
                "/openapi.json",
                get(|State(site): Shared, headers: HeaderMap| async move { site.openapi.reply(&headers) }),
            )
            .route(
                "/docs",
                get(|State(site): Shared, headers: HeaderMap| async move { site.index.reply(&headers) }),
            )
            .route("/docs/", get(|| async { Redirect::permanent("/docs") }))
            .route("/docs/style.css", get(style))
            .route(
                "/docs/errors",
                get(
                    |State(site): Shared, headers: HeaderMap| async move { site.error_index.reply(&headers) },
                ),
            )
            .route("/docs/errors/{reason}", get(error))
            .route(
                "/docs/events",
                get(|State(site): Shared, headers: HeaderMap| async move { site.events.reply(&headers) }),
            )
            .route("/docs/events/{type}", get(schema))
            .with_state(site)
            .merge(pages)
            .fallback(nothing)
    }
}

type Shared = State<Arc<Site>>;

async fn ready(State(site): Shared) -> (StatusCode, String) {
    let readiness = site.readiness.get().cloned();
    let missing = match readiness {
        Some(readiness) => readiness.ready().await.err(),
        None => None,
    };
    missing.map_or_else(
        || (StatusCode::OK, "ok\n".to_owned()),
        |missing| (StatusCode::SERVICE_UNAVAILABLE, format!("{missing}\n")),
    )
}

async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")],
        STYLE,
    )
}

async fn error(State(site): Shared, Path(reason): Path<String>, headers: HeaderMap) -> Response {
    match site.errors.get(&reason) {
        Some(page) => page.reply(&headers),
        None => (StatusCode::NOT_FOUND, Html(page::no_such_error(&reason).into_string())).into_response(),
    }
}

async fn schema(State(site): Shared, Path(name): Path<String>, headers: HeaderMap) -> Response {
    match site.schemas.get(&name) {
        Some(schema) => schema.reply(&headers),
        None => nothing().await,
    }
}

async fn nothing() -> Response {
    let mut response = StatusCode::NOT_FOUND.into_response();
    response.extensions_mut().insert(Nothing);
    response
}
