//! A provider on this machine, a directory that knows it, and everybody who would like to be let in.

use std::sync::atomic::{AtomicUsize, Ordering};

use arki_rpc::Unreachable;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use jsonwebtoken::EncodingKey;
use prost::Message;
use serde_json::{Value, json};
use tonic::Status;
use tonic::body::Body;

use super::*;

/// Keys of Ed25519, made for these tests: PKCS 8, and the public half.
const FIRST: (&str, &str) = (
    "MC4CAQAwBQYDK2VwBCIEIKa0kdSRDVztGXGrKl5ytC4hF9jWdeA_halR83Sj28qT",
    "nj7HgJqd6ecDUGatksNz0laT0XhD0VJllo_QBvRq6nU",
);
const SECOND: (&str, &str) = (
    "MC4CAQAwBQYDK2VwBCIEIBDsBzA-yxErZGKb_-tVeeIug767hlal6fjkM4kc6d5K",
    "oqp98fsL9VS94VUvyqMcchF5OEeyaiTMj5_CKz3x5qY",
);

struct Moved(Mutex<DateTime<Utc>>);

impl Clock for Moved {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn jwk(kid: &str, key: (&str, &str)) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": key.1, "kid": kid, "use": "sig", "alg": "EdDSA"})
}

/// A provider that shows these keys, or is away.
#[derive(Clone, Default)]
struct Provider {
    keys: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    #[expect(clippy::disallowed_methods, reason = "the provider lives as long as the runtime of its test")]
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let (this, issuer) = (self.clone(), uri.clone());
        let keys = move || {
            let this = this.clone();
            async move {
                this.asked.fetch_add(1, Ordering::SeqCst);
                let keys = this.keys.lock().unwrap().clone();
                keys.map(Json).ok_or(http::StatusCode::BAD_GATEWAY)
            }
        };
        let discovery =
            move || async move { Json(json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks")})) };
        let routes = Router::new()
            .route("/jwks", get(keys))
            .route("/.well-known/openid-configuration", get(discovery));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        uri
    }

    fn shows(&self, keys: &[Value]) {
        *self.keys.lock().unwrap() = Some(json!({ "keys": keys }));
    }
}

fn framed(message: &impl Message) -> Response<Body> {
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.encoded_len()).unwrap().to_be_bytes());
    framed.extend(message.encode_to_vec());
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [http_body::Frame::data(Bytes::from(framed)), http_body::Frame::trailers(trailers)];
    let body = http_body_util::StreamBody::new(futures::stream::iter(frames.map(Ok::<_, Status>)));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// A directory with these providers, in which whoever is asked for is an employee of the group.
fn directory(providers: Vec<pb::TenantIdentityProvider>) -> Peer {
    Peer::new(tower::service_fn(move |request: Request<Body>| {
        let providers = providers.clone();
        async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            if path.ends_with("/FindIdentityProviders") {
                let asked = pb::FindIdentityProvidersRequest::decode(&body[5..]).unwrap();
                let of_issuer = |one: &pb::TenantIdentityProvider| {
                    one.identity_provider.as_ref().is_some_and(|provider| provider.issuer == asked.issuer)
                };
                let providers = providers.into_iter().filter(of_issuer).collect();
                return Ok::<_, Unreachable>(framed(&pb::FindIdentityProvidersResponse { providers }));
            }
            let asked = pb::ResolveSubjectRequest::decode(&body[5..]).unwrap();
            if asked.subject == "nobody" {
                return Ok(Status::permission_denied("no role").into_http());
            }
            Ok(framed(&pb::ResolveSubjectResponse {
                subject: format!("{}|{}|{}", asked.subject, asked.email, asked.groups.join("+")),
                scopes: vec!["goal.read".to_owned()],
                units: vec!["units/unt_00000000000000000000000001".to_owned()],
                ..Default::default()
            }))
        }
    }))
}

struct House {
    issuer: String,
    provider: Provider,
    clock: Arc<Moved>,
    oidc: Oidc,
}

fn known(issuer: &str, tenant: u128) -> pb::TenantIdentityProvider {
    let provider = pb::IdentityProvider {
        name: format!("identityProviders/idp_{tenant:026}"),
        issuer: issuer.to_owned(),
        audiences: vec!["arki".to_owned()],
        algorithms: vec!["EdDSA".to_owned(), "RS256".to_owned()],
        subject_claim: "sub".to_owned(),
        email_claim: "email".to_owned(),
        groups_claim: "groups".to_owned(),
        ..Default::default()
    };
    let tenant = TenantId::from_uuid(uuid::Uuid::from_u128(tenant)).name();
    pb::TenantIdentityProvider { tenant, identity_provider: Some(provider) }
}

async fn house_with(change: impl FnOnce(&mut Vec<pb::TenantIdentityProvider>)) -> House {
    let provider = Provider::default();
    provider.shows(&[jwk("one", FIRST)]);
    let issuer = provider.serve().await;
    let mut providers = vec![known(&issuer, 7)];
    change(&mut providers);
    let clock = Arc::new(Moved(Mutex::new(start())));
    let fetch = Fetch::new(Policy { allow_loopback: true, allow_private: false }).unwrap();
    let oidc = Oidc::new(directory(providers), clock.clone(), fetch, TimeDelta::seconds(10));
    House { issuer, provider, clock, oidc }
}

async fn house() -> House {
    house_with(|_| {}).await
}

impl House {
    fn claims(&self) -> Value {
        let now = self.clock.now().timestamp();
        json!({
            "iss": self.issuer, "aud": ["other", "arki"], "sub": "ann", "exp": now + 300, "nbf": now, "iat": now,
            "email": "ann@example.com", "groups": ["cx", "all"]
        })
    }

    fn with(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        } else {
            claims[claim] = value;
        }
        claims
    }

    async fn caller(&self, token: &str) -> Option<Caller> {
        self.oidc.caller(token).await.unwrap().map(|(caller, _)| caller)
    }

    fn passes(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

fn header_of(kid: &str) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(kid.to_owned());
    header
}

fn signed_as(header: &Header, claims: &Value, key: (&str, &str)) -> String {
    let key = EncodingKey::from_ed_der(&URL_SAFE_NO_PAD.decode(key.0).unwrap());
    jsonwebtoken::encode(header, claims, &key).unwrap()
}

fn signed(claims: &Value) -> String {
    signed_as(&header_of("one"), claims, FIRST)
}

#[tokio::test]
async fn a_token_of_a_known_provider_is_its_subject_with_roles_and_reach() {
    let house = house().await;
    let caller = house.caller(&signed(&house.claims())).await.unwrap();
    assert_eq!(caller.tenant, TenantId::from_uuid(uuid::Uuid::from_u128(7)));
    assert_eq!(caller.subject, "ann|ann@example.com|cx+all");
    assert!(caller.allows("goal.read") && !caller.allows("goal.write"));
    assert_eq!(caller.reach.rows().unwrap().units.len(), 1);
    let failure = house.oidc.caller(&signed(&house.with("sub", json!("nobody")))).await.unwrap_err();
    assert_eq!(failure.code, Code::PermissionDenied, "known, and nothing is bound");
    let unverified = house.with("email_verified", json!(false));
    assert_eq!(house.caller(&signed(&unverified)).await.unwrap().subject, "ann||cx+all");
}

#[tokio::test]
async fn a_token_that_is_not_for_us_or_not_for_now_is_refused() {
    let house = house().await;
    let now = start().timestamp();
    for (claim, value) in [
        ("iss", json!("https://id.example.com")),
        ("iss", json!(format!("{}/", house.issuer))),
        ("iss", Value::Null),
        ("aud", json!("another")),
        ("aud", Value::Null),
        ("aud", json!([])),
        ("exp", json!(now - 31)),
        ("exp", json!("never")),
        ("exp", Value::Null),
        ("nbf", json!(now + 31)),
        ("iat", json!(now + 31)),
        ("sub", Value::Null),
        ("sub", json!("")),
    ] {
        assert!(house.caller(&signed(&house.with(claim, value.clone()))).await.is_none(), "{claim} {value}");
    }
    for (claim, value) in [("exp", json!(now - 29)), ("nbf", json!(now + 29)), ("aud", json!("arki"))] {
        assert!(house.caller(&signed(&house.with(claim, value.clone()))).await.is_some(), "{claim} {value}");
    }
}

#[tokio::test]
async fn nobody_signs_with_nothing_with_a_public_key_or_with_a_key_they_bring() {
    let house = house().await;
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = encode(&house.claims());
    for algorithm in ["none", "None", "NONE", ""] {
        let header = encode(&json!({"alg": algorithm, "typ": "at+jwt", "kid": "one"}));
        assert!(house.caller(&format!("{header}.{claims}.")).await.is_none(), "{algorithm}");
    }
    // The public key is known to all: as the secret of an HMAC it would let everybody in.
    let public = URL_SAFE_NO_PAD.decode(FIRST.1).unwrap();
    for secret in [public, FIRST.1.as_bytes().to_vec()] {
        let mut header = header_of("one");
        header.alg = Algorithm::HS256;
        let token =
            jsonwebtoken::encode(&header, &house.claims(), &EncodingKey::from_secret(&secret)).unwrap();
        assert!(house.caller(&token).await.is_none());
    }
    // A key that the token brings along is nobody's word for it.
    let mut header = header_of("two");
    header.jwk = Some(serde_json::from_value(jwk("two", SECOND)).unwrap());
    header.jku = Some(format!("{}/jwks", house.issuer));
    assert!(house.caller(&signed_as(&header, &house.claims(), SECOND)).await.is_none());
    for kid in ["one", "../one", "one' OR '1'='1", "/dev/null", ""] {
        assert!(house.caller(&signed_as(&header_of(kid), &house.claims(), SECOND)).await.is_none(), "{kid}");
    }
    let token = signed(&house.claims());
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = rest.split_once('.').unwrap();
    let wider = encode(&house.with("groups", json!(["admins"])));
    assert!(house.caller(&format!("{head}.{wider}.{signature}")).await.is_none(), "changed after signing");
    assert!(house.caller(&format!("{token}{}", "A".repeat(LONGEST))).await.is_none());
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt"] {
        let mut header = header_of("one");
        header.typ = Some(typ.to_owned());
        assert!(house.caller(&signed_as(&header, &house.claims(), FIRST)).await.is_none(), "{typ}");
    }
    let mut header = header_of("one");
    header.crit = Some(vec!["b64".to_owned()]);
    assert!(house.caller(&signed_as(&header, &house.claims(), FIRST)).await.is_none());
}

#[tokio::test]
async fn a_secret_among_the_keys_is_no_key() {
    let house = house().await;
    let secret = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode("secret"), "kid": "one", "alg": "HS256"});
    house.provider.shows(&[secret]);
    let mut header = header_of("one");
    header.alg = Algorithm::HS256;
    let token = jsonwebtoken::encode(&header, &house.claims(), &EncodingKey::from_secret(b"secret")).unwrap();
    assert!(house.caller(&token).await.is_none());
}

#[tokio::test]
async fn keys_rotate_without_a_restart_and_unknown_ones_cause_few_questions() {
    let house = house().await;
    assert!(house.caller(&signed(&house.claims())).await.is_some());
    assert_eq!(house.provider.asked.load(Ordering::SeqCst), 1);
    let new = signed_as(&header_of("two"), &house.claims(), SECOND);
    for _ in 0..50 {
        assert!(house.caller(&new).await.is_none());
    }
    assert_eq!(house.provider.asked.load(Ordering::SeqCst), 1, "whoever invents keys causes no questions");
    house.provider.shows(&[jwk("one", FIRST), jwk("two", SECOND)]);
    house.passes(10);
    assert!(house.caller(&new).await.is_some(), "the new one");
    assert!(house.caller(&signed(&house.claims())).await.is_some(), "and the old one beside it");
    house.provider.shows(&[jwk("two", SECOND)]);
    house.passes(600);
    let late = signed_as(&header_of("two"), &house.claims(), SECOND);
    assert!(house.caller(&late).await.is_some());
    assert!(house.caller(&signed(&house.claims())).await.is_none(), "the old one was withdrawn");
}

#[tokio::test]
async fn keys_that_are_known_outlive_the_outage_of_their_provider() {
    let house = house().await;
    assert!(house.caller(&signed(&house.claims())).await.is_some());
    *house.provider.keys.lock().unwrap() = None;
    house.passes(3_600);
    assert!(house.caller(&signed(&house.claims())).await.is_some());
    let empty = house_with(|_| {}).await;
    *empty.provider.keys.lock().unwrap() = None;
    let failure = empty.oidc.caller(&signed(&empty.claims())).await.unwrap_err();
    assert_eq!(failure.code, Code::Unavailable, "nobody can say whether it is good");
}

#[tokio::test]
async fn an_algorithm_that_the_provider_does_not_allow_is_refused() {
    let house = house_with(|providers| {
        providers[0].identity_provider.as_mut().unwrap().algorithms = vec!["RS256".to_owned()];
    })
    .await;
    assert!(house.caller(&signed(&house.claims())).await.is_none());
}

#[tokio::test]
async fn one_issuer_of_two_tenants_needs_the_claim_that_tells_them_apart() {
    let both = house_with(|providers| {
        let issuer = providers[0].identity_provider.as_ref().unwrap().issuer.clone();
        providers.push(known(&issuer, 8));
    })
    .await;
    assert!(both.caller(&signed(&both.claims())).await.is_none(), "it could be either's");
    let told = house_with(|providers| {
        let issuer = providers[0].identity_provider.as_ref().unwrap().issuer.clone();
        providers.push(known(&issuer, 8));
        for (provider, value) in providers.iter_mut().zip(["seven", "eight"]) {
            let provider = provider.identity_provider.as_mut().unwrap();
            provider.tenant_claim = "tid".to_owned();
            provider.tenant_value = value.to_owned();
        }
    })
    .await;
    let caller = told.caller(&signed(&told.with("tid", json!("eight")))).await.unwrap();
    assert_eq!(caller.tenant, TenantId::from_uuid(uuid::Uuid::from_u128(8)));
    for value in [json!("nine"), json!(8), Value::Null] {
        assert!(told.caller(&signed(&told.with("tid", value))).await.is_none());
    }
}
