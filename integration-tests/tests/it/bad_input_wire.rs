//! Bytes that are no gRPC, no gRPC-web and no protobuf: the caller's fault, told as such, and nobody falls over it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::Suite;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use prost::bytes::Bytes;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use tonic::{
    Code, Status,
    body::Body,
    transport::{Channel, Endpoint},
};
use tower::ServiceExt as _;

use crate::wirings::in_both_wirings;

in_both_wirings!(garbage_over_grpc_is_the_callers_fault, garbage_over_grpc_web_is_the_callers_fault);

const CREATE_UNIT: &str = "/arki.directory.v1.DirectoryService/CreateUnit";
const IMPORT_RESPONSES: &str = "/arki.survey.v1.SurveyService/ImportResponses";

/// Messages of random bytes that are tried.
const RANDOM: usize = 200;

/// A message in its frame, with whatever flag and length the frame claims.
pub(crate) fn framed(flag: u8, length: u32, message: &[u8]) -> Vec<u8> {
    [&[flag], &length.to_be_bytes()[..], message].concat()
}

/// A way to send bytes as a call.
pub(crate) struct Line {
    channel: Channel,
    key: String,
}

impl Line {
    async fn to(suite: &Suite) -> Result<Self> {
        Self::with_key(suite, &suite.key).await
    }

    pub(crate) async fn with_key(suite: &Suite, key: &str) -> Result<Self> {
        let endpoint = Endpoint::from_shared(suite.uri.clone())?.timeout(Duration::from_secs(20));
        Ok(Self { channel: endpoint.connect().await?, key: key.to_owned() })
    }

    /// The status of the call, wherever it stands: in the head, in the trailers, or behind the last message of
    /// gRPC-web.
    pub(crate) async fn send(
        &self,
        path: &str,
        content: &str,
        more: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> Result<Status> {
        let body = Body::new(Full::new(Bytes::from(body)));
        let mut request =
            Request::post(path).header("content-type", content).header("te", "trailers").body(body)?;
        let bearer = HeaderValue::try_from(format!("Bearer {}", self.key))?;
        request.headers_mut().insert("authorization", bearer);
        for (name, value) in more {
            request.headers_mut().insert(*name, HeaderValue::try_from(*value)?);
        }
        let (head, body) = self.channel.clone().oneshot(request).await?.into_parts();
        ensure!(!head.status.is_server_error(), "HTTP status {}", head.status);
        if let Some(status) = Status::from_header_map(&head.headers) {
            return Ok(status);
        }
        let body = body.collect().await?;
        if let Some(status) = body.trailers().and_then(Status::from_header_map) {
            return Ok(status);
        }
        let bytes = body.to_bytes();
        let trailers = String::from_utf8_lossy(&bytes).into_owned();
        let code = trailers.split("grpc-status:").nth(1).and_then(|rest| rest.split("\r\n").next());
        let code = code.with_context(|| format!("{} without a status: {trailers:?}", head.status))?;
        Ok(Status::new(Code::from_i32(code.trim().parse()?), trailers))
    }

    async fn grpc(&self, path: &str, body: Vec<u8>) -> Result<Status> {
        self.send(path, "application/grpc", &[], body).await
    }
}

fn reason(status: &Status) -> (Code, String) {
    (status.code(), arki_rpc::Failure::from_status(status).reason.to_string())
}

fn malformed() -> (Code, String) {
    (Code::InvalidArgument, "MALFORMED_REQUEST".to_owned())
}

/// Nothing was created, and a proper call still works.
async fn still_well(suite: &Suite) -> Result<()> {
    let api = suite.api();
    let units = api.get("/v1/units").await?.ok()?;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(0), "garbage created something");
    api.post("/v1/units", &json!({"displayName": "Sales"})).await?.ok()?;
    Ok(())
}

async fn garbage_over_grpc_is_the_callers_fault(suite: Suite) -> Result<()> {
    let line = Line::to(&suite).await?;
    for (what, body) in [
        ("a wire type that does not exist", framed(0, 2, &[0x0f, 0xff])),
        ("a string that is no UTF-8", framed(0, 6, &[0x0a, 4, 0x12, 2, 0xc3, 0x28])),
        ("a length beyond the message", framed(0, 2, &[0x0a, 0x7f])),
        ("groups without an end", framed(0, 1000, &[0x0b; 1000])),
        ("messages in messages without an end", framed(0, 4, &[0x0a, 0xff, 0xff, 0x7f])),
        ("a frame that ends early", framed(0, 1000, b"\x0a\x02")),
        ("half of a frame's head", vec![0, 0]),
        ("no message at all", Vec::new()),
        ("a flag that does not exist", framed(7, 2, &[0x0a, 0])),
        ("compression that was not announced", framed(1, 2, &[0x1f, 0x8b])),
    ] {
        assert_eq!(reason(&line.grpc(CREATE_UNIT, body).await?), malformed(), "{what}");
    }
    let gzip = [("grpc-encoding", "gzip")];
    let packed = line.send(CREATE_UNIT, "application/grpc", &gzip, framed(1, 2, &[0x1f, 0x8b])).await?;
    assert_eq!(reason(&packed), (Code::Unimplemented, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    let large = line.grpc(CREATE_UNIT, framed(0, 5 << 20, &vec![0; 5 << 20])).await?;
    assert_eq!(reason(&large), (Code::ResourceExhausted, "BODY_TOO_LARGE".to_owned()));
    let claimed = line.grpc(CREATE_UNIT, framed(0, u32::MAX, &[0x0a, 0])).await?;
    assert_eq!(reason(&claimed), (Code::ResourceExhausted, "BODY_TOO_LARGE".to_owned()));
    let nowhere = line.grpc("/arki.directory.v1.DirectoryService/CreateGaol", framed(0, 0, &[])).await?;
    assert_eq!(reason(&nowhere), (Code::Unimplemented, "ROUTE_NOT_FOUND".to_owned()));
    // A stream is read by its handler, message by message.
    let stream = line.grpc(IMPORT_RESPONSES, framed(0, 2, &[0x0f, 0xff])).await?;
    assert_eq!(reason(&stream), malformed(), "{stream:?}");

    let seed = rand::random();
    eprintln!("random messages of seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for round in 0..RANDOM {
        let length = random.random_range(1..400);
        let message: Vec<u8> = (0..length).map(|_| random.random()).collect();
        let status = line.grpc(CREATE_UNIT, framed(0, length as u32, &message)).await?;
        let (code, reason) = reason(&status);
        let told = ["MALFORMED_REQUEST", "INVALID_FIELDS"].contains(&reason.as_str());
        assert!(code == Code::InvalidArgument && told, "message {round} of seed {seed}: {status:?}");
    }
    still_well(&suite).await
}

async fn garbage_over_grpc_web_is_the_callers_fault(suite: Suite) -> Result<()> {
    let line = Line::to(&suite).await?;
    for (what, content, body) in [
        ("a wire type that does not exist", "application/grpc-web+proto", framed(0, 2, &[0x0f, 0xff])),
        ("a frame that ends early", "application/grpc-web", framed(0, 1000, b"\x0a\x02")),
        ("text", "application/grpc-web", b"POST me a unit".to_vec()),
        ("text that is no base64", "application/grpc-web-text", b"%%%%%%%%".to_vec()),
        ("base64 of garbage", "application/grpc-web-text+proto", b"BwAAAAL//w==".to_vec()),
        ("nothing", "application/grpc-web+proto", Vec::new()),
    ] {
        let status = line.send(CREATE_UNIT, content, &[], body).await.context(what)?;
        assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status:?}");
    }
    // A type of its own that nobody speaks, and gRPC where it cannot work.
    let (api, key) = (suite.api(), format!("Bearer {}", suite.key));
    let client = reqwest::Client::builder().http1_only().build()?;
    for content in ["application/grpc+thrift", "application/grpc"] {
        let request = client.post(format!("{}{CREATE_UNIT}", suite.uri)).header("content-type", content);
        let reply = request.header("authorization", &key).body(framed(0, 0, &[])).send().await?;
        assert!(!reply.status().is_server_error(), "{content}: {}", reply.status());
    }
    let reply = arki_integration_tests::api::reply(
        api.request(reqwest::Method::POST, CREATE_UNIT).json(&json!({"unit": {"displayName": "A"}})),
    )
    .await?;
    assert_eq!((reply.status.as_u16(), reply.reason()), (404, "ROUTE_NOT_FOUND"), "{}", reply.body);
    still_well(&suite).await
}
