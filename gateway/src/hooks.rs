//! What CRM systems tell by webhook, at `/hooks/{endpoint}`.
//!
//! The edge knows no secret and keeps nothing: it hands the bytes as they came to the directory, which proves them, and
//! answers once they are on disk there. Whoever has no proof is counted, told of in the audit log, and kept waiting when
//! there were too many from the same address.

use std::net::{IpAddr, SocketAddr};

use arki_ids::TenantId;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::intake_service_client::IntakeServiceClient;
use arki_rpc::{Caller, Failure, Peer, client};
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::routing::post;
use axum::{Extension, Router};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use tonic::Code;

use crate::auth::Authenticator;
use crate::config::Hooks;
use crate::refusal::Refusal;
use crate::request_id;

/// The largest body, in bytes. Salesforce sends 100 records at most, Dynamics 256 KB, HubSpot 100 events.
const LARGEST: usize = 1024 * 1024;

/// The longest address that is handed on.
const LONGEST_URI: usize = 8_000;

/// The headers that a proof or a form may need.
const HEADERS: [&str; 7] = [
    "authorization",
    "content-encoding",
    "content-type",
    "x-arki-intake-key",
    "x-hubspot-request-timestamp",
    "x-hubspot-signature-v3",
    "x-ms-dynamics-msg-size-exceeded",
];

#[derive(Clone)]
struct Intake {
    directory: IntakeServiceClient<Peer>,
    authenticator: Authenticator,
    config: Hooks,
    always_https: bool,
}

/// The route.
pub(crate) fn router(
    directory: Peer,
    authenticator: Authenticator,
    config: Hooks,
    always_https: bool,
) -> Router {
    let directory = IntakeServiceClient::new(directory);
    Router::new().route("/hooks/{endpoint}", post(take)).with_state(Intake {
        directory,
        authenticator,
        config,
        always_https,
    })
}

async fn take(
    State(intake): State<Intake>,
    Path(endpoint): Path<String>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
) -> Response<Body> {
    let from = from.map(|Extension(ConnectInfo(address))| address.ip());
    match intake.receive(endpoint, from, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_http(&request_id::current(), false),
    }
}

impl Intake {
    async fn receive(
        &self,
        endpoint: String,
        from: Option<IpAddr>,
        request: Request,
    ) -> Result<Response<Body>, Refusal> {
        if let Some(failure) = from.and_then(|from| self.authenticator.keeps_waiting(from)) {
            return Err(failure.into());
        }
        let (head, body) = request.into_parts();
        // The stack bounds what is read. To the end, so that the caller hears the answer and not that it was cut off.
        let body = axum::body::to_bytes(body, usize::MAX).await.ok().filter(|body| body.len() <= LARGEST);
        let body = body.ok_or_else(|| Refusal::body_too_large(LARGEST))?;
        let uri = public_uri(&self.config, self.always_https, &head.uri, &head.headers);
        if uri.len() > LONGEST_URI || endpoint.len() > 200 {
            return Err(Refusal::not_found("/hooks"));
        }
        let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let header = |name: &str| {
            let value = text(name).filter(|value| value.len() <= 4_000)?;
            Some(pb::IntakeHeader { name: name.to_owned(), value: value.to_owned() })
        };
        let request = pb::ReceiveIntakeRequest {
            endpoint,
            method: head.method.to_string(),
            uri,
            headers: HEADERS.into_iter().filter_map(header).collect(),
            body,
        };
        let nobody = Caller::service("gateway", TenantId::from_uuid(uuid::Uuid::nil()));
        let received = self.directory.clone().receive_intake(client::with_caller(request, &nobody)).await;
        let pb::ReceiveIntakeResponse { accepted: _, content_type, body } = match received {
            Ok(received) => received.into_inner(),
            Err(status) => {
                let failure = Failure::from_status(&status);
                if failure.code == Code::Unauthenticated {
                    self.authenticator.refused(from);
                }
                return Err(failure.into());
            }
        };
        let mut response = Response::new(Body::from(body));
        match HeaderValue::from_str(&content_type) {
            Ok(content_type) if !content_type.is_empty() => {
                response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            }
            _ => *response.status_mut() = StatusCode::NO_CONTENT,
        }
        Ok(response)
    }
}

/// The address as the caller has it, which is part of what HubSpot signs: as it is configured, else as a proxy that
/// may be trusted says, else as it came.
fn public_uri(config: &Hooks, always_https: bool, uri: &Uri, headers: &HeaderMap) -> String {
    let path = uri.path_and_query().map_or(uri.path(), http::uri::PathAndQuery::as_str);
    if let Some(public) = &config.public_url {
        return format!("{}{path}", public.trim_end_matches('/'));
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let told = |name: &str| {
        let list = text(name).filter(|_| config.trust_forwarded)?;
        list.split(',').next().map(|first| first.trim().to_owned())
    };
    let scheme = told("x-forwarded-proto").filter(|scheme| scheme == "https" || scheme == "http");
    let scheme = scheme.unwrap_or_else(|| if always_https { "https" } else { "http" }.to_owned());
    // HTTP/2 has the host in the address.
    let host = told("x-forwarded-host")
        .or_else(|| uri.authority().map(ToString::to_string))
        .or_else(|| text("host").map(str::to_owned));
    format!("{scheme}://{}{path}", host.unwrap_or_else(|| "localhost".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(config: &Hooks, always_https: bool, uri: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        public_uri(config, always_https, &uri.parse().unwrap(), &map)
    }

    #[test]
    fn the_address_is_the_one_that_the_caller_has() {
        let path = "/hooks/ink_x?a=%2F";
        let own = [("host", "10.0.0.7:8080")];
        let proxied = [
            ("host", "10.0.0.7:8080"),
            ("x-forwarded-proto", "https, http"),
            ("x-forwarded-host", "a.example.org, b"),
        ];
        let plain = Hooks::default();
        assert_eq!(uri(&plain, false, path, &own), "http://10.0.0.7:8080/hooks/ink_x?a=%2F");
        assert_eq!(uri(&plain, true, path, &own), "https://10.0.0.7:8080/hooks/ink_x?a=%2F");
        assert_eq!(uri(&plain, false, "http://c.example.org/hooks/x", &[]), "http://c.example.org/hooks/x");
        // What anybody can send is not believed, unless a proxy is trusted to have replaced it.
        assert_eq!(uri(&plain, false, path, &proxied), "http://10.0.0.7:8080/hooks/ink_x?a=%2F");
        let trusting = Hooks { trust_forwarded: true, ..Hooks::default() };
        assert_eq!(uri(&trusting, false, path, &proxied), "https://a.example.org/hooks/ink_x?a=%2F");
        assert_eq!(uri(&trusting, false, path, &own), "http://10.0.0.7:8080/hooks/ink_x?a=%2F");
        let told = Hooks { public_url: Some("https://arki.example.org".to_owned()), trust_forwarded: true };
        assert_eq!(uri(&told, false, path, &proxied), "https://arki.example.org/hooks/ink_x?a=%2F");
    }
}
