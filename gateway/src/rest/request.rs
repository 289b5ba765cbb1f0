//! An HTTP request as a message: path, query, headers and body each fill their fields.

use std::error::Error as _;

use arki_rpc::Failure;
use axum::body::Body as HttpBody;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};
use http_body_util::BodyExt;
use prost_reflect::{DynamicMessage, Value};

use super::mistakes::Mistakes;
use super::read::{self, Malformed, Parsed, Presence};
use super::route::{Body, Mask, Route};
use super::scalar;
use super::shape::Shapes;
use super::tree::Captured;
use super::{media, parameter};
use crate::refusal::Refusal;
use crate::stack::TooLarge;

/// The header that makes a repetition harmless.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// No key and no etag is longer.
const LONGEST_TAG: usize = 64;

/// A request ready to be sent.
#[derive(Debug)]
pub(crate) struct Assembled {
    /// The message.
    pub(crate) message: DynamicMessage,
    /// It carries a request id, so the service knows a repetition.
    pub(crate) repeatable: bool,
}

/// Reads a body to its end.
///
/// # Errors
/// When it is larger than `limit`, which the body itself enforces, or breaks off.
pub(crate) async fn collect(body: HttpBody, limit: usize) -> Result<Bytes, Refusal> {
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(broken_body(&error, limit)),
    }
}

/// What a body that can't be read to its end is refused with.
pub(crate) fn broken_body(error: &axum::Error, limit: usize) -> Refusal {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<TooLarge>() {
            return Refusal::body_too_large(limit);
        }
        cause = error.source();
    }
    Refusal::malformed("the body broke off before its end", "", "broke off before its end".to_owned())
}

/// Checks that a body is declared to be what is read here, and as it is. Callers without a body need no type.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub(crate) fn check_type(headers: &HeaderMap, wanted: &'static str, is_empty: bool) -> Result<(), Refusal> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
    if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Refusal::unsupported_encoding(encoding));
    }
    match media::content_is(headers, wanted) {
        Some(true) => Ok(()),
        None if is_empty => Ok(()),
        _ => {
            let given = headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
            Err(Refusal::unsupported_media_type(given, wanted))
        }
    }
}

/// Makes the message of a request whose body is at hand.
///
/// # Errors
/// Everything that is wrong with the parameters at once, or the first mistake of the body.
pub(crate) fn assemble(
    shapes: &Shapes,
    route: &Route,
    parts: &Parts,
    captured: &Captured,
    body: &[u8],
) -> Result<Assembled, Refusal> {
    let (mut message, present) = read_body(shapes, route, body)?;
    let mut mistakes = Mistakes::default();
    let query = parts.uri.query().unwrap_or_default();
    parameter::fill(shapes, &route.parameters, query, &mut message, &mut mistakes);
    bind_path(shapes, route, captured, &mut message, &mut mistakes);
    bind_headers(route, &parts.headers, &mut message, &mut mistakes);
    mistakes.finish()?;
    derive_mask(route, &present, &mut message)?;
    let repeatable = route
        .request_id
        .as_ref()
        .is_some_and(|field| message.get_field(field).as_str().is_some_and(|id| !id.is_empty()));
    Ok(Assembled { message, repeatable })
}

/// Makes one message of a stream: the line fills it, the path has the last word.
///
/// # Errors
/// The first mistake of the line.
pub(crate) fn assemble_line(
    shapes: &Shapes,
    route: &Route,
    captured: &Captured,
    line: &[u8],
    number: usize,
) -> Result<DynamicMessage, Refusal> {
    let parsed = read::message(shapes, route.input, line, Presence::Ignored).map_err(|mut malformed| {
        malformed.line = number;
        refuse(&malformed, "")
    })?;
    let mut message = parsed.message;
    let mut mistakes = Mistakes::default();
    bind_path(shapes, route, captured, &mut message, &mut mistakes);
    mistakes.finish().map(|()| message)
}

fn read_body<'a>(
    shapes: &'a Shapes,
    route: &'a Route,
    body: &[u8],
) -> Result<(DynamicMessage, Vec<&'a str>), Refusal> {
    let empty = || DynamicMessage::new(shapes.message(route.input).descriptor.clone());
    if body.is_empty() {
        return match &route.body {
            Body::None | Body::Whole => Ok((empty(), Vec::new())),
            Body::Field(field, _) => {
                let missing = format!("there is no body, send the {} as JSON", field.json_name());
                Err(Refusal::malformed(missing, field.name(), "must be given".to_owned()))
            }
        };
    }
    let presence = match &route.mask {
        None => Presence::Ignored,
        Some(Mask { resource: None, .. }) => Presence::OfWhole,
        Some(Mask { resource: Some(field), .. }) => Presence::OfField(field),
    };
    match &route.body {
        Body::None => Ok((empty(), Vec::new())),
        Body::Whole => {
            let Parsed { message, present } = read::message(shapes, route.input, body, presence)
                .map_err(|malformed| refuse(&malformed, ""))?;
            Ok((message, present))
        }
        Body::Field(field, id) => {
            let parsed = read::message(shapes, *id, body, presence)
                .map_err(|malformed| refuse(&malformed, field.json_name()))?;
            let mut message = empty();
            message.set_field(field, Value::Message(parsed.message));
            Ok((message, parsed.present))
        }
    }
}

fn refuse(malformed: &Malformed, prefix: &str) -> Refusal {
    let Malformed { field, description, line, column } = malformed;
    let path = match (prefix.is_empty(), field.is_empty()) {
        (true, _) => field.clone(),
        (false, true) => prefix.to_owned(),
        (false, false) => format!("{prefix}.{field}"),
    };
    let place = format!("line {line}, column {column}");
    let message = if path.is_empty() {
        format!("the body is not JSON at {place}: {description}")
    } else {
        format!("the body is wrong at {place}: {path} {description}")
    };
    Refusal::malformed(message, path, description.clone()).with("line", line).with("column", column)
}

fn bind_path(
    shapes: &Shapes,
    route: &Route,
    captured: &Captured,
    message: &mut DynamicMessage,
    mistakes: &mut Mistakes,
) {
    for bound in &route.bounds {
        let text = captured.value(bound.first, bound.end, bound.to_the_end);
        match scalar::from_text(shapes, bound.is, &text) {
            Ok(value) => bound.path.set(message, value),
            Err(description) => mistakes.note(bound.path.dotted(), description),
        }
    }
}

fn bind_headers(route: &Route, headers: &HeaderMap, message: &mut DynamicMessage, mistakes: &mut Mistakes) {
    let mut refuse = |header: &HeaderName, description: &str| mistakes.note(header.as_str(), description);
    if let Some(value) = headers.get(IDEMPOTENCY_KEY)
        && let Some(field) = &route.request_id
    {
        let key = value.to_str().ok().map(unquote).filter(|key| is_plain(key));
        let given = message.get_field(field).as_str().unwrap_or_default().to_owned();
        match key {
            None => refuse(&IDEMPOTENCY_KEY, "is not a key of letters, digits and _.:+/=-"),
            Some(key) if !given.is_empty() && given != key => {
                refuse(&IDEMPOTENCY_KEY, "differs from the request_id of the request, give one of them");
            }
            Some(key) => message.set_field(field, Value::String(key.to_owned())),
        }
    }
    if let Some(value) = headers.get(header::IF_MATCH) {
        match (&route.etag, value.to_str()) {
            (_, Err(_)) => refuse(&header::IF_MATCH, "is not visible ASCII"),
            // "Whatever there is" asks for no comparison.
            (_, Ok("*")) => {}
            (None, Ok(_)) => refuse(&header::IF_MATCH, "has nothing to be compared with here, leave it out"),
            (Some(_), Ok(tags)) if tags.contains(',') => {
                refuse(&header::IF_MATCH, "names more than one etag")
            }
            (Some(_), Ok(tag)) if !is_plain(entity(tag)) => {
                refuse(&header::IF_MATCH, "is not an etag of letters, digits and _.:+/=-");
            }
            (Some(path), Ok(tag)) => {
                let tag = entity(tag);
                match path.text(message).filter(|given| !given.is_empty() && given != tag) {
                    Some(_) => {
                        refuse(&header::IF_MATCH, "differs from the etag of the body, give one of them")
                    }
                    None => path.set(message, Value::String(tag.to_owned())),
                }
            }
        }
    }
}

/// The etag itself, whether it says that it is weak or not.
fn entity(tag: &str) -> &str {
    unquote(tag.strip_prefix("W/").unwrap_or(tag))
}

/// Whether a key or an etag is one that `/openapi.json` allows.
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:+/=-".contains(&byte);
    (1..=LONGEST_TAG).contains(&text.len()) && text.bytes().all(is_plain)
}

/// The text of a structured-field string, whose quotes many callers leave out.
fn unquote(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// A partial update without a mask changes what its body names. The name and the etag say which resource and which
/// version of it; they are not changed.
fn derive_mask(route: &Route, present: &[&str], message: &mut DynamicMessage) -> Result<(), Refusal> {
    let Some(mask) = &route.mask else { return Ok(()) };
    if message.has_field(&mask.field) {
        return Ok(());
    }
    let changed = present.iter().filter(|name| !matches!(**name, "name" | "etag"));
    let paths: Vec<Value> = changed.map(|name| Value::String((*name).to_owned())).collect();
    if paths.is_empty() {
        // For a service an empty mask means every field, which a body that names none can't be meant to change.
        let description = "names nothing to change, name the fields in the body or here";
        return Err(Failure::invalid_field(mask.field.name(), description).into());
    }
    if let Value::Message(field) = message.get_field_mut(&mask.field) {
        field.set_field_by_name("paths", Value::List(paths));
    }
    Ok(())
}
