//! Whether a request comes from who has the secret. Judged on the bytes as they came; comparisons take the same time
//! whatever is wrong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;

use super::Request;
use super::endpoint::Provider;

/// How old a signed request may be, and how far ahead the clock of who sends it (HubSpot, "Validating requests").
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// The header of those who can't set an address.
const KEY_HEADER: &str = "x-arki-intake-key";

/// Whether a request is proven by one of the secrets.
pub fn is_proven<'a>(
    provider: Provider,
    secrets: impl Iterator<Item = &'a str>,
    request: &Request,
    now: DateTime<Utc>,
) -> bool {
    // Every secret is tried, so that the time tells nothing of which one it was.
    secrets.fold(false, |proven, secret| {
        let fits = match provider {
            Provider::Hubspot => is_signed(secret, request, now),
            Provider::SalesforceOutbound => is_same(secret, request.parameter("code")),
            Provider::SalesforceCdc => {
                is_same(secret, request.parameter("code"))
                    | is_same(secret, request.header(KEY_HEADER).map(str::to_owned))
                    | is_same(secret, password(request))
            }
            Provider::Dynamics => {
                is_same(secret, request.parameter("code"))
                    | is_same(secret, request.header(KEY_HEADER).map(str::to_owned))
            }
        };
        proven | fits
    })
}

/// `X-HubSpot-Signature-v3`: base64 of HMAC-SHA256 over method, address, body and time.
fn is_signed(secret: &str, request: &Request, now: DateTime<Utc>) -> bool {
    let Some(stamp) = request.header("x-hubspot-request-timestamp") else { return false };
    let time = stamp.parse().ok().and_then(DateTime::from_timestamp_millis);
    if time.is_none_or(|time: DateTime<Utc>| (now - time).abs() > TOLERANCE) {
        return false;
    }
    let signature = request.header("x-hubspot-signature-v3").and_then(|text| STANDARD.decode(text).ok());
    let Some(signature) = signature else { return false };
    let signed =
        [request.method.as_bytes(), request.uri.as_bytes(), &request.body, stamp.as_bytes()].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, &signed, &signature).is_ok()
}

fn is_same(secret: &str, given: Option<String>) -> bool {
    let Some(given) = given else { return false };
    // Of equal length whatever was given, so that the comparison takes the same time.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"arki intake\n");
    hmac::verify(&key, secret.as_bytes(), hmac::sign(&key, given.as_bytes()).as_ref()).is_ok()
}

/// The password of Authorization: Basic (RFC 7617).
fn password(request: &Request) -> Option<String> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}
