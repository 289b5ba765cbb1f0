//! A peer that answers RPCs from a table of functions, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use arki_proto::directory::v1 as directory;
use arki_rpc::{Caller, Peer, Unreachable};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::BodyExt as _;
use prost::Message;
use sha2::{Digest as _, Sha256};
use tonic::{Status, body::Body};

type Answer = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, Status> + Send + Sync>;

/// What was asked, by path, oldest first.
pub(super) type Asked = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// The paths that anybody may call.
const PUBLIC: [&str; 6] = [
    "GetForm",
    "SubmitResponse",
    "GetMessagePage",
    "AnswerComprehension",
    "PreferenceService/GetPreferences",
    "PreferenceService/UpdatePreference",
];

/// A peer in the making. What is in no table is UNAVAILABLE, as when the service is away.
#[derive(Clone, Default)]
pub(super) struct Fake {
    answers: HashMap<String, Answer>,
    pub(super) asked: Asked,
}

impl Fake {
    /// Answers an RPC, such as `goal.v1.GoalService/ListGoals`; a later answer takes the place of an earlier one.
    pub(super) fn on<Q: Message + Default, A: Message>(
        mut self,
        rpc: &str,
        answer: impl Fn(Q) -> Result<A, Status> + Send + Sync + 'static,
    ) -> Self {
        let answer: Answer = Arc::new(move |bytes| Ok(answer(Q::decode(bytes).unwrap())?.encode_to_vec()));
        self.answers.insert(format!("/arki.{rpc}"), answer);
        self
    }

    /// Knows one key, `arki_good`, with these scopes.
    pub(super) fn key(self, scopes: &[&str]) -> Self {
        let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.on(
            "directory.v1.DirectoryService/AuthenticateApiKey",
            move |asked: directory::AuthenticateApiKeyRequest| {
                if asked.key_hash[..] != Sha256::digest(b"arki_good")[..] {
                    return Err(Status::not_found("no such key"));
                }
                let tenant = arki_ids::TenantId::from_uuid(uuid::Uuid::from_u128(7)).name();
                let scopes = scopes.clone();
                Ok(directory::AuthenticateApiKeyResponse {
                    tenant,
                    api_key: "apiKeys/key_1".to_owned(),
                    scopes,
                })
            },
        )
    }

    /// The requests that came to an RPC.
    pub(super) fn requests<Q: Message + Default>(asked: &Asked, rpc: &str) -> Vec<Q> {
        let path = format!("/arki.{rpc}");
        let asked = asked.lock().unwrap();
        asked
            .iter()
            .filter(|(own, _)| *own == path)
            .map(|(_, bytes)| Q::decode(&bytes[..]).unwrap())
            .collect()
    }

    pub(super) fn peer(&self) -> Peer {
        let fake = self.clone();
        Peer::new(tower::service_fn(move |request| fake.clone().answer(request)))
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Unreachable> {
        let path = request.uri().path().to_owned();
        let is_public = PUBLIC.iter().any(|method| path.ends_with(method));
        let has_caller = request.extensions().get::<Caller>().is_some();
        assert_eq!(
            has_caller, !is_public,
            "{path} is called on behalf of the visitor, or of nobody where it is public"
        );
        let body = request.into_body().collect().await.unwrap().to_bytes();
        self.asked.lock().unwrap().push((path.clone(), body[5..].to_vec()));
        let answer = self.answers.get(&path).ok_or_else(|| Status::unavailable(path));
        match answer.and_then(|answer| answer(&body[5..])) {
            Ok(message) => Ok(framed(&message)),
            Err(status) => Ok(status.into_http()),
        }
    }
}

/// A message as gRPC carries it.
fn framed(message: &[u8]) -> Response<Body> {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [http_body::Frame::data(Bytes::from(frame)), http_body::Frame::trailers(trailers)];
    let mut response = Response::new(Body::new(http_body_util::StreamBody::new(futures::stream::iter(
        frames.map(Ok::<_, Status>),
    ))));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
