use std::sync::atomic::{AtomicUsize, Ordering};

use arki_rpc::Unreachable;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt;
use prost::Message;
use tonic::Status;
use tonic::body::Body;

use super::*;

/// A directory that knows one key, and counts how often it is asked.
#[derive(Clone, Default)]
struct Directory {
    asked: Arc<AtomicUsize>,
    away: bool,
}

impl Directory {
    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Unreachable> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.away {
            return Err(Unreachable::new("nobody is here"));
        }
        assert!(request.extensions().get::<Caller>().is_some_and(|caller| caller.allows("internal")));
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let asked = pb::AuthenticateApiKeyRequest::decode(&body[5..]).unwrap();
        if asked.key_hash[..] != Sha256::digest(b"arki_good")[..] {
            return Ok(Status::not_found("no such key").into_http());
        }
        let answer = pb::AuthenticateApiKeyResponse {
            tenant: tenant().name(),
            api_key: "apiKeys/key_1".to_owned(),
            scopes: vec!["goal.read".to_owned()],
        };
        let mut framed = vec![0];
        framed.extend(u32::try_from(answer.encoded_len()).unwrap().to_be_bytes());
        framed.extend(answer.encode_to_vec());
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        let frames = [http_body::Frame::data(Bytes::from(framed)), http_body::Frame::trailers(trailers)];
        let body = http_body_util::StreamBody::new(futures::stream::iter(frames.map(Ok::<_, Status>)));
        let mut response = Response::new(Body::new(body));
        let grpc = HeaderValue::from_static("application/grpc");
        response.headers_mut().insert(header::CONTENT_TYPE, grpc);
        Ok(response)
    }

    fn peer(&self) -> Peer {
        let directory = self.clone();
        Peer::new(tower::service_fn(move |request| directory.clone().answer(request)))
    }
}

fn tenant() -> TenantId {
    TenantId::from_uuid(uuid::Uuid::from_u128(7))
}

/// A clock that stands until it is moved.
struct Standing(Mutex<DateTime<Utc>>);

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

struct House {
    directory: Directory,
    clock: Arc<Standing>,
    authenticator: Authenticator,
}

fn house(directory: Directory, most: usize) -> House {
    let clock = Arc::new(Standing(Mutex::new(DateTime::UNIX_EPOCH)));
    let authenticator = Authenticator::new(directory.peer(), clock.clone(), most);
    House { directory, clock, authenticator }
}

impl House {
    fn passes(&self, milliseconds: i64) {
        *self.clock.0.lock().unwrap() += TimeDelta::milliseconds(milliseconds);
    }

    fn asked(&self) -> usize {
        self.directory.asked.load(Ordering::SeqCst)
    }

    async fn knock(&self, key: &str) -> Result<Caller, Code> {
        self.authenticator.caller_of_key(key).await.map_err(|failure| failure.code)
    }
}

#[tokio::test]
async fn a_good_key_is_its_caller_for_five_seconds() {
    let house = house(Directory::default(), 10);
    let caller = house.knock("arki_good").await.unwrap();
    assert_eq!((caller.tenant, &*caller.subject), (tenant(), "apiKeys/key_1"));
    assert!(caller.allows("goal.read") && !caller.allows("goal.write"));
    house.passes(4_999);
    house.knock("arki_good").await.unwrap();
    assert_eq!(house.asked(), 1);
    house.passes(1);
    house.knock("arki_good").await.unwrap();
    assert_eq!(house.asked(), 2);
}

#[tokio::test]
async fn a_bad_key_is_refused_for_a_second_without_asking() {
    let house = house(Directory::default(), 10);
    for _ in 0..3 {
        assert_eq!(house.knock("arki_bad").await, Err(Code::Unauthenticated));
    }
    assert_eq!(house.asked(), 1);
    house.passes(1_000);
    assert_eq!(house.knock("arki_bad").await, Err(Code::Unauthenticated));
    assert_eq!(house.asked(), 2);
}

#[tokio::test]
async fn what_can_be_no_key_is_refused_without_asking() {
    let house = house(Directory::default(), 10);
    for key in ["", "good", "arki-good", &format!("arki_{}", "x".repeat(200))] {
        assert_eq!(house.knock(key).await, Err(Code::Unauthenticated), "{key}");
    }
    assert_eq!(house.asked(), 0);
}

#[tokio::test]
async fn a_burst_with_one_key_asks_once() {
    let house = house(Directory::default(), 10);
    let knocks = futures::future::join_all((0..50).map(|_| house.knock("arki_good"))).await;
    assert!(knocks.iter().all(Result::is_ok));
    assert_eq!(house.asked(), 1);
}

#[tokio::test]
async fn no_more_keys_are_remembered_than_there_is_room_for() {
    let house = house(Directory::default(), 3);
    for key in 0..20 {
        let _ = house.knock(&format!("arki_{key}")).await;
    }
    assert!(house.authenticator.inner.entries.lock().unwrap().len() <= 3);
    house.knock("arki_good").await.unwrap();
}

#[tokio::test]
async fn a_directory_that_is_away_is_no_verdict_on_the_key() {
    let house = house(Directory { away: true, ..Directory::default() }, 10);
    for _ in 0..2 {
        assert_eq!(house.knock("arki_good").await, Err(Code::Unavailable));
    }
    assert_eq!(house.asked(), 2);
}

#[tokio::test]
async fn the_key_is_read_from_the_authorization_header() {
    let house = house(Directory::default(), 10);
    for (value, accepted) in [
        ("Bearer arki_good", true),
        ("bearer  arki_good", true),
        ("Basic arki_good", false),
        ("arki_good", false),
        ("Bearer", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        assert_eq!(house.authenticator.caller(&headers).await.is_ok(), accepted, "{value}");
    }
    assert!(house.authenticator.caller(&HeaderMap::new()).await.is_err());
}

fn believing(house: House, failures_per_minute: u32) -> House {
    let House { directory, clock, authenticator } = house;
    let fetch = crate::oidc::Fetch::new(crate::oidc::Policy::default()).unwrap();
    let oidc = Oidc::new(directory.peer(), clock.clone(), fetch, TimeDelta::seconds(10));
    let authenticator = authenticator.believing(oidc, Issuer::new(b"secret"), failures_per_minute);
    House { directory, clock, authenticator }
}

#[tokio::test]
async fn an_address_with_too_many_bad_keys_waits_and_who_is_known_does_not() {
    let house = believing(house(Directory::default(), 10), 2);
    let [one, other]: [IpAddr; 2] = [[192, 0, 2, 1].into(), [192, 0, 2, 2].into()];
    let knock = |key: &'static str, from: IpAddr| {
        let authenticator = house.authenticator.clone();
        async move { authenticator.caller_of(key, Some(from)).await }
    };
    knock("arki_good", one).await.unwrap();
    for key in ["arki_bad", "a.b.c"] {
        assert_eq!(knock(key, one).await.unwrap_err().code, Code::Unauthenticated, "{key}");
    }
    let waits = knock("arki_another", one).await.unwrap_err();
    assert_eq!(waits.code, Code::ResourceExhausted);
    assert!(waits.retry_after.is_some());
    knock("arki_good", one).await.unwrap();
    assert_eq!(knock("arki_another", other).await.unwrap_err().code, Code::Unauthenticated);
    house.passes(30_000);
    assert_eq!(knock("arki_another", one).await.unwrap_err().code, Code::Unauthenticated);
}

#[tokio::test]
async fn a_token_is_its_key_with_no_more_than_its_scopes() {
    let house = believing(house(Directory::default(), 10), 0);
    let token = house.authenticator.issue(hash_of("arki_good"), &Scopes::parse("")).unwrap();
    let caller = house.authenticator.caller_of(&token, None).await.unwrap();
    assert_eq!(caller.subject, "apiKeys/key_1");
    assert!(!caller.allows("goal.read"), "it was asked for nothing");
    let gone = house.authenticator.issue(hash_of("arki_revoked"), &Scopes::parse("goal.read")).unwrap();
    assert_eq!(house.authenticator.caller_of(&gone, None).await.unwrap_err().code, Code::Unauthenticated);
    house.passes(3_600_000);
    assert_eq!(house.authenticator.caller_of(&token, None).await.unwrap_err().code, Code::Unauthenticated);
}
