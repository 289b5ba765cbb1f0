//! OAuth 2.0 client credentials (RFC 6749 section 4.4): an API key is exchanged for an access token of an hour.
//!
//! The client is the key: its id is the key's name, its secret the key's secret. Errors have OAuth's shape (section 5.2).

use std::net::{IpAddr, SocketAddr};

use arki_rpc::Scopes;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use serde_json::{Value, json};
use tonic::Code;

use crate::auth::token::LIFETIME;
use crate::auth::{Authenticator, hash_of};
use crate::problem::whole_seconds;

const FORM: &str = "application/x-www-form-urlencoded";

/// What a client that can't be believed hears, and how else it may say who it is.
const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"arki\"");

/// Every scope that a token can have; the directory knows the same words.
const SCOPES: [&str; 19] = [
    "admin",
    "audit.read",
    "communication.admin",
    "communication.read",
    "communication.write",
    "directory.admin",
    "directory.read",
    "directory.write",
    "goal.admin",
    "goal.read",
    "goal.write",
    "scim",
    "scorecard.admin",
    "scorecard.read",
    "scorecard.write",
    "survey.admin",
    "survey.read",
    "survey.respond",
    "survey.write",
];

/// The routes.
pub(crate) fn router(authenticator: Authenticator, always_https: bool) -> Router {
    let metadata = move |uri: Uri, headers: HeaderMap| async move { describe(&uri, &headers, always_https) };
    Router::new()
        .route("/oauth2/token", post(token))
        .with_state(authenticator)
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

/// A refusal in OAuth's shape.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into(), header: None }
    }

    fn client() -> Self {
        let description = "the client is unknown, or its secret is wrong, expired or revoked";
        let header = Some((header::WWW_AUTHENTICATE, BASIC));
        Self { status: StatusCode::UNAUTHORIZED, header, ..Self::new("invalid_client", description) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, error, description, header } = self;
        let mut response =
            (status, Json(json!({"error": error, "error_description": description}))).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        uncached(response)
    }
}

/// Tokens, and what is said of them, are nobody's to keep (RFC 6749 section 5.1).
fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Answers a token request.
async fn token(
    State(authenticator): State<Authenticator>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let from = from.map(|Extension(ConnectInfo(address))| address.ip());
    match grant(&authenticator, from, &headers, &body).await {
        Ok(answer) => uncached(Json(answer).into_response()),
        Err(refusal) => refusal.into_response(),
    }
}

async fn grant(
    authenticator: &Authenticator,
    from: Option<IpAddr>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, Refusal> {
    let form = Form::read(headers, body)?;
    let (client, secret) = form.client(headers)?;
    match form.field("grant_type")? {
        Some("client_credentials") => {}
        Some(other) => {
            let description = format!("grant_type {other:?} is not served, use client_credentials");
            return Err(Refusal::new("unsupported_grant_type", description));
        }
        None => return Err(Refusal::new("invalid_request", "grant_type is missing, use client_credentials")),
    }
    // Only a key is a client: whoever could exchange a token for a token would never have to come back with the key.
    if !secret.starts_with(crate::auth::KEY_PREFIX) {
        authenticator.count_stranger();
        return Err(Refusal::client());
    }
    let caller = authenticator.caller_of(&secret, from).await.map_err(|failure| match failure.code {
        Code::Unauthenticated => {
            authenticator.count_stranger();
            Refusal::client()
        }
        Code::ResourceExhausted => later(StatusCode::TOO_MANY_REQUESTS, failure.retry_after),
        _ => later(StatusCode::SERVICE_UNAVAILABLE, failure.retry_after),
    })?;
    if caller.subject != client && caller.subject.strip_prefix("apiKeys/") != Some(client.as_str()) {
        authenticator.count_stranger();
        return Err(Refusal::client());
    }
    let asked = Scopes::parse(form.field("scope")?.unwrap_or_default());
    let beyond = asked.iter().find(|word| !caller.allows(word));
    if let Some(word) = beyond {
        return Err(Refusal::new("invalid_scope", format!("the client does not hold scope {word:?}")));
    }
    let scopes = if asked.is_empty() { caller.scopes } else { asked };
    let token = authenticator.issue(hash_of(&secret), &scopes);
    let token = token.ok_or_else(|| later(StatusCode::SERVICE_UNAVAILABLE, None))?;
    Ok(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LIFETIME.num_seconds(),
        "scope": scopes.to_string(),
    }))
}

fn later(status: StatusCode, after: Option<std::time::Duration>) -> Refusal {
    let after = whole_seconds(after.unwrap_or(arki_rpc::failure::RETRY_AFTER));
    let header = Some((header::RETRY_AFTER, after.into()));
    Refusal { status, header, ..Refusal::new("temporarily_unavailable", "try again later") }
}

/// The fields of a request.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let given =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !given.split(';').next().is_some_and(|given| given.trim().eq_ignore_ascii_case(FORM)) {
            return Err(Refusal::new("invalid_request", format!("the body must be {FORM}")));
        }
        let fields = serde_urlencoded::from_bytes(body);
        fields.map(Self).map_err(|_| Refusal::new("invalid_request", "the body is no form"))
    }

    /// A field; an empty one is as if it were not there (RFC 6749 section 3.2).
    fn field(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
        let first = values.next().filter(|value| !value.is_empty());
        if values.next().is_some() {
            return Err(Refusal::new("invalid_request", format!("{name} is there twice")));
        }
        Ok(first)
    }

    /// Who asks: in the header or in the body, and not in both (RFC 6749 section 2.3).
    fn client(&self, headers: &HeaderMap) -> Result<(String, String), Refusal> {
        let in_body = (self.field("client_id")?, self.field("client_secret")?);
        match (headers.get(header::AUTHORIZATION), in_body) {
            (Some(_), (_, Some(_))) => Err(Refusal::new(
                "invalid_request",
                "the client's secret is both in the header and in the body",
            )),
            (Some(value), _) => value.to_str().ok().and_then(basic).ok_or_else(Refusal::client),
            (None, (Some(id), Some(secret))) => Ok((id.to_owned(), secret.to_owned())),
            (None, _) => Err(Refusal::client()),
        }
    }
}

/// Id and secret of a Basic header; both are form-encoded in it (RFC 6749 section 2.3.1).
fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("a={text}")).ok()?;
        pairs.into_iter().next().map(|(_, value)| value)
    };
    Some((decoded(id)?, decoded(secret)?))
}

/// The metadata of RFC 8414.
fn describe(uri: &Uri, headers: &HeaderMap, always_https: bool) -> Response {
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let proxy = header(HeaderName::from_static("x-forwarded-proto")).unwrap_or_default();
    let is_https = always_https || proxy.split(',').next().is_some_and(|first| first.trim() == "https");
    // HTTP/2 has the host in the address.
    let host =
        uri.authority().map(|authority| authority.as_str()).or(header(header::HOST)).unwrap_or("localhost");
    let issuer = format!("{}://{host}", if is_https { "https" } else { "http" });
    let document = json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": SCOPES,
    });
    Json(document).into_response()
}
