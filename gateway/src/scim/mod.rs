//! SCIM 2.0 at `/scim/v2` (RFC 7644), for identity providers.
//!
//! The edge speaks the protocol's HTTP: paths, media types, conditions, status codes, bulk. What a resource, a filter or
//! a change means is applied by the directory, in the transaction that writes; see
//! `docs/rfcs/2026-11-27-scim-in-the-directory.md`. Whatever goes wrong is an error of RFC 7644, section 3.12.
//!
//! Start reading at [`Scim::serve`], then [`place`].

mod bulk;
mod place;
mod resources;

use std::borrow::Cow;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::scim_service_client::ScimServiceClient;
use arki_rpc::{Caller, Failure, Peer};
use arki_scim::bulk::Limits;
use arki_scim::list::{Asked, whole_response};
use arki_scim::schema::{Discovery, ResourceType, Scheme};
use arki_scim::{Error, ScimType, media};
use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use serde_json::Value;

use crate::refusal::Refusal;
use crate::rest::percent;
use crate::rest::request::collect;
use place::Place;

/// Where SCIM is.
const ROOT: &str = "/scim/v2";
/// What a caller must hold.
const SCOPE: &str = "scim";
/// How many resources a page has at most; the directory holds to the same number.
const MOST_RESULTS: u64 = 1_000;
/// How many operations a bulk request has at most.
const MOST_OPERATIONS: usize = 1_000;
/// The largest answer of the directory, in bytes: a group of a whole organisation.
const LARGEST: usize = 256 * 1024 * 1024;
/// No id is longer.
const LONGEST_ID: usize = 200;
/// The longest name of a host.
const LONGEST_HOST: usize = 300;

/// Whether a path belongs to SCIM.
pub(crate) fn is_at(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path is that of bulk requests, which may take longer than others.
pub(crate) fn is_bulk(path: &str) -> bool {
    path == "/scim/v2/Bulk"
}

/// SCIM over the directory.
#[derive(Clone)]
pub(crate) struct Scim {
    directory: ScimServiceClient<Peer>,
    largest_payload: usize,
    always_https: bool,
}

/// Why a request is not answered as asked: by SCIM's own words, or by those of the house, which are put into SCIM's
/// shape at the very end.
pub(crate) enum Fault {
    Scim(Error),
    House(Refusal),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Scim(error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::House(refusal)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::House(failure.into())
    }
}

impl From<tonic::Status> for Fault {
    fn from(status: tonic::Status) -> Self {
        Failure::from_status(&status).into()
    }
}

/// A request with what was found out about it.
struct Call<'r> {
    caller: &'r Caller,
    headers: &'r HeaderMap,
    /// Decoded.
    query: Query<'r>,
    /// Where the client reaches SCIM, without a slash at the end.
    base: String,
}

impl Scim {
    pub(crate) fn new(directory: Peer, largest_payload: usize, always_https: bool) -> Self {
        let directory = ScimServiceClient::new(directory).max_decoding_message_size(LARGEST);
        Self { directory, largest_payload, always_https }
    }

    /// Answers a request to a path under [`ROOT`].
    pub(crate) async fn serve(
        &self,
        request: Request<Body>,
        caller: &Caller,
        body_limit: usize,
    ) -> Result<Response<Body>, Fault> {
        let (head, body) = request.into_parts();
        let header = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        if !media::is_accepted(header(header::ACCEPT)) {
            return Err(Refusal::not_acceptable(header(header::ACCEPT).unwrap_or("?")).into());
        }
        if !caller.allows(SCOPE) {
            return Err(Failure::scope_missing(SCOPE).into());
        }
        let path = head.uri.path();
        let place = Place::find(path.strip_prefix(ROOT).unwrap_or_default())
            .ok_or_else(|| Refusal::not_found(path))?;
        let method = if head.method == Method::HEAD { Method::GET } else { head.method.clone() };
        if !place.methods().contains(&method) {
            return Err(Refusal::method_not_allowed(&head.method, &place.allow()).into());
        }
        let call = Call {
            caller,
            headers: &head.headers,
            query: query(head.uri.query().unwrap_or_default())?,
            base: self.base(&head.uri, &head.headers),
        };
        let mut response = if method == Method::GET || method == Method::DELETE {
            self.without_body(&call, &method, &place).await?
        } else {
            let bytes = collect(body, body_limit).await?;
            check_type(&head.headers, bytes.is_empty())?;
            self.with_body(&call, &method, &place, &bytes).await?
        };
        if head.method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        Ok(response)
    }

    async fn without_body(
        &self,
        call: &Call<'_>,
        method: &Method,
        place: &Place<'_>,
    ) -> Result<Response<Body>, Fault> {
        match place {
            Place::Config => Ok(json(StatusCode::OK, &self.discovery(call).config())),
            Place::ResourceTypes => {
                refuse_filter(call)?;
                Ok(json(StatusCode::OK, &whole_response(self.discovery(call).resource_types())))
            }
            Place::ResourceType(name) => {
                let document = self.discovery(call).resource_type(name);
                Ok(json(StatusCode::OK, &document.ok_or_else(|| Error::not_found(name))?))
            }
            Place::Schemas => {
                refuse_filter(call)?;
                Ok(json(StatusCode::OK, &whole_response(self.discovery(call).schemas())))
            }
            Place::Schema(urn) => {
                let document = self.discovery(call).schema(urn);
                Ok(json(StatusCode::OK, &document.ok_or_else(|| Error::not_found(urn))?))
            }
            Place::Root => self.search(call, &place::TYPES, &asked(call)?).await,
            Place::List(of) => self.search(call, &[*of], &asked(call)?).await,
            Place::Resource(of, id) if *method == Method::DELETE => {
                let operation = operation(pb::ScimMethod::Delete, *of, id, call, Vec::new());
                self.write(call, operation).await
            }
            Place::Resource(of, id) => self.get(call, *of, id).await,
            Place::Me => self.get(call, pb::ScimResourceType::User, &me(call.caller)?).await,
            Place::Search(_) | Place::Bulk => Err(Refusal::not_found(ROOT).into()),
        }
    }

    async fn with_body(
        &self,
        call: &Call<'_>,
        method: &Method,
        place: &Place<'_>,
        bytes: &[u8],
    ) -> Result<Response<Body>, Fault> {
        let verb = match *method {
            Method::PUT => pb::ScimMethod::Put,
            Method::PATCH => pb::ScimMethod::Patch,
            _ => pb::ScimMethod::Post,
        };
        match place {
            Place::Bulk => Box::pin(self.bulk(call, &parsed(bytes)?, bytes.len())).await,
            Place::Search(types) => self.search(call, types, &Asked::from_search(&parsed(bytes)?)?).await,
            Place::List(of) => self.write(call, operation(verb, *of, "", call, bytes.to_vec())).await,
            Place::Resource(of, id) => self.write(call, operation(verb, *of, id, call, bytes.to_vec())).await,
            _ => Err(Refusal::not_found(ROOT).into()),
        }
    }

    /// Where the client reaches SCIM: by the scheme that the proxy in front tells, or the one that is configured, and
    /// the host that the client named.
    fn base(&self, uri: &Uri, headers: &HeaderMap) -> String {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let told = text("x-forwarded-proto").and_then(|list| list.split(',').next()).map(str::trim);
        let is_https = self.always_https || told.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        let host = uri.authority().map(http::uri::Authority::as_str).or_else(|| text("host"));
        let host = host.filter(|host| host.len() <= LONGEST_HOST).unwrap_or("localhost");
        format!("{}://{host}{ROOT}", if is_https { "https" } else { "http" })
    }

    fn discovery(&self, call: &Call<'_>) -> Discovery {
        Discovery {
            base: call.base.clone(),
            kinds: vec![ResourceType::user(), ResourceType::group()],
            most_results: MOST_RESULTS,
            bulk: Limits { most_operations: MOST_OPERATIONS, largest_payload: self.largest_payload },
            schemes: vec![Scheme {
                kind: "oauthbearertoken",
                name: "OAuth Bearer Token",
                description: "A key with the scope scim, sent as Authorization: Bearer",
            }],
        }
    }
}

/// RFC 7644, section 4: documents of discovery can't be filtered, and a client must hear so.
fn refuse_filter(call: &Call<'_>) -> Result<(), Fault> {
    if call.query.iter().any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(Error::plain(403, "this list can't be filtered").into());
    }
    Ok(())
}

/// The user who calls. A key is nobody's.
fn me(caller: &Caller) -> Result<String, Error> {
    let person = caller.subject.strip_prefix("people/");
    let nobody = || Error::plain(404, "whoever calls is no user: a key stands for a program");
    person.map(str::to_owned).ok_or_else(nobody)
}

/// The names and values of a query, in the order in which they come.
type Query<'q> = Vec<(Cow<'q, str>, Cow<'q, str>)>;

fn query(text: &str) -> Result<Query<'_>, Error> {
    let decoded = |text| {
        percent::decode(text, true)
            .ok_or_else(|| Error::of(ScimType::InvalidValue, "the query is not percent-encoded UTF-8"))
    };
    percent::pairs(text).map(|(name, value)| Ok((decoded(name)?, decoded(value)?))).collect()
}

fn asked(call: &Call<'_>) -> Result<Asked, Error> {
    Asked::from_parameters(call.query.iter().map(|(name, value)| (&**name, &**value)))
}

fn parsed(bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes).map_err(|fault| {
        let at = format!("line {}, column {}", fault.line(), fault.column());
        Error::of(ScimType::InvalidSyntax, format!("the body is no JSON ({at})"))
    })
}

fn check_type(headers: &HeaderMap, is_empty: bool) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let encoding = text(header::CONTENT_ENCODING);
    if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Refusal::unsupported_encoding(encoding));
    }
    let given = text(header::CONTENT_TYPE);
    if is_empty || media::is_read(given) {
        return Ok(());
    }
    Err(Refusal::unsupported_media_type(given.unwrap_or_default(), media::TYPE))
}

/// One write as the directory takes it.
fn operation(
    method: pb::ScimMethod,
    of: pb::ScimResourceType,
    id: &str,
    call: &Call<'_>,
    body: Vec<u8>,
) -> pb::ScimOperation {
    let if_match = call.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    pb::ScimOperation {
        method: method.into(),
        r#type: of.into(),
        id: id.to_owned(),
        body: body.into(),
        if_match: if_match.unwrap_or_default().to_owned(),
    }
}

fn json(status: StatusCode, body: &Value) -> Response<Body> {
    // What was made from JSON has a JSON form.
    answer(status, serde_json::to_vec(body).unwrap_or_default().into())
}

fn answer(status: StatusCode, body: bytes::Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media::TYPE));
    response
}

/// The answer to what went wrong in SCIM's own words.
pub(crate) fn error(error: &Error) -> Response<Body> {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, &error.body())
}
