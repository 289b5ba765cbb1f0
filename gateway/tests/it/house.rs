//! A gateway over a garden and a directory, all in this process.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use arki_gateway::{Authenticator, Config, Gateway, Peers};
use arki_process::{Context, SystemClock};
use arki_rpc::{Peer, Unreachable, client, server};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use prost_reflect::DescriptorPool;
use tonic::service::Routes;

use crate::garden::{Directory, Garden, Notebook};

/// A key that may read and write.
pub(crate) const WRITER: &str = "arki_writer";
/// A key that may only read.
pub(crate) const READER: &str = "arki_reader";

/// The encoded contract of the garden.
pub(crate) fn descriptor() -> &'static [u8] {
    static DESCRIPTOR: OnceLock<Vec<u8>> = OnceLock::new();
    DESCRIPTOR.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let includes = ["tests/proto", "../proto", "../proto/vendor"].map(|folder| root.join(folder));
        let mut compiler = protox::Compiler::new(includes).unwrap();
        compiler.include_imports(true).include_source_info(true);
        compiler.open_file("arki/goal/v1/garden.proto").unwrap();
        compiler.encode_file_descriptor_set()
    })
}

/// The descriptors of the garden.
pub(crate) fn pool() -> DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| DescriptorPool::decode(descriptor()).unwrap()).clone()
}

/// A gateway with what stands behind it.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) notebook: Notebook,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the reason of a refusal, after a look at its form.
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["instance"], self.header("x-request-id").unwrap());
        let reason = problem["reason"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("/docs/errors/{reason}"));
        (self.status.as_u16(), reason)
    }
}

impl House {
    /// A house with the default settings.
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    /// A house with these settings.
    pub(crate) async fn with(config: Config) -> Self {
        let context = Context::alone(Arc::new(SystemClock));
        let notebook = Notebook::default();
        let routes = Routes::new(Garden::new(pool(), notebook.clone()));
        let options = server::Options::new(descriptor(), context.assertion.clone());
        let garden = client::stack(server::stack(routes, options).unwrap(), context.assertion.clone());
        let directory = arki_rpc::in_process(Routes::new(Directory));
        let nobody = || -> Peer {
            Peer::new(tower::service_fn(|_| async { Err(Unreachable::new("nobody is here")) }))
        };
        let peers = Peers {
            directory: directory.clone(),
            survey: nobody(),
            scorecard: nobody(),
            goal: garden,
            communication: nobody(),
        };
        let authenticator = Authenticator::new(directory, Arc::clone(&context.clock), 100);
        let gateway = Gateway::assemble(descriptor(), config, peers, authenticator, Router::new(), &context)
            .await
            .unwrap();
        Self { gateway, notebook }
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.gateway.answer(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request by the writer, with a JSON body where there is one.
    pub(crate) async fn call(&self, method: &str, uri: &str, body: &str) -> Answer {
        self.call_with(method, uri, body, &[]).await
    }

    /// The same, with further headers.
    pub(crate) async fn call_with(
        &self,
        method: &str,
        uri: &str,
        body: &str,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let mut request = request(method, uri, body);
        authorize(&mut request, WRITER);
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::try_from(*value).unwrap());
        }
        self.send(request).await
    }
}

/// A request without a key.
pub(crate) fn request(method: &str, uri: &str, body: &str) -> Request<Body> {
    let mut request = Request::new(Body::from(body.to_owned()));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = uri.parse().unwrap();
    if !body.is_empty() {
        request.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    }
    request
}

/// Puts a key on a request.
pub(crate) fn authorize<B>(request: &mut Request<B>, key: &str) {
    let value = HeaderValue::try_from(format!("Bearer {key}")).unwrap();
    request.headers_mut().insert("authorization", value);
}
