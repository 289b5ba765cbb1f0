//! The services behind the gateway under test: a garden that does as its plants are called, and a directory of two keys.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use arki_ids::TenantId;
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Failure};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use http::{Request, Response};
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage, SerializeOptions, Value,
};
use sha2::{Digest, Sha256};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{
    ClientStreamingService, Grpc, NamedService, ServerStreamingService, StreamingService, UnaryService,
};
use tonic::{Status, Streaming};
use tower::Service;

/// Messages by their descriptor.
#[derive(Clone)]
pub(crate) struct Dynamic(pub(crate) MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let decoded = DynamicMessage::decode(self.0.clone(), buffer);
        decoded.map(Some).map_err(|error| Status::invalid_argument(error.to_string()))
    }
}

/// The RPC that was asked for, the request as JSON without defaults, and the caller's subject.
type Note = (String, serde_json::Value, Option<String>);

/// What the garden was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notebook(Arc<Mutex<Vec<Note>>>);

impl Notebook {
    fn note(&self, rpc: &str, message: &DynamicMessage, caller: Option<&Caller>) {
        let subject = caller.map(|caller| caller.subject.clone());
        self.0.lock().unwrap().push((rpc.to_owned(), json(message), subject));
    }

    pub(crate) fn all(&self) -> Vec<Note> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> serde_json::Value {
        self.all().pop().unwrap().1
    }
}

fn json(message: &DynamicMessage) -> serde_json::Value {
    message.serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new()).unwrap()
}

/// A garden: a plant called `missing` is missing, and so on.
#[derive(Clone)]
pub(crate) struct Garden {
    pool: DescriptorPool,
    notebook: Notebook,
}

impl Garden {
    pub(crate) fn new(pool: DescriptorPool, notebook: Notebook) -> Self {
        Self { pool, notebook }
    }

    fn message(&self, name: &str, json: serde_json::Value) -> DynamicMessage {
        let descriptor = self.pool.get_message_by_name(&format!("arki.goal.v1.{name}")).unwrap();
        DynamicMessage::deserialize(descriptor, json).unwrap()
    }

    async fn answer(&self, rpc: &str, request: DynamicMessage) -> Result<DynamicMessage, Status> {
        let asked = json(&request);
        let name = asked["name"].as_str().unwrap_or_default();
        match name.strip_prefix("plants/").unwrap_or_default() {
            "missing" => {
                let reason = arki_proto::directory::v1::ErrorReason::UnitNotFound;
                return Err(Failure::not_found(reason, "there is no plant plants/missing")
                    .with("name", name)
                    .into());
            }
            "bug" => return Err(Failure::internal("a secret that nobody may see").into()),
            "full" => return Err(Failure::overloaded(std::time::Duration::from_millis(1500)).into()),
            "panic" => panic!("the gardener fell"),
            "slow" => std::future::pending().await,
            _ => {}
        }
        let plant = serde_json::json!({
            "name": name, "displayName": "Mint", "habit": "HABIT_PERENNIAL", "etag": "7",
            "seeds": "9007199254740993", "createTime": "2026-01-31T12:00:00Z",
        });
        Ok(match rpc {
            "GetPlant" => self.message("GetPlantResponse", serde_json::json!({"plant": plant})),
            "CreatePlant" => {
                let mut plant = asked["plant"].clone();
                plant["name"] = "plants/new".into();
                plant["etag"] = "1".into();
                self.message("CreatePlantResponse", serde_json::json!({"plant": plant}))
            }
            "UpdatePlant" if !matches!(asked["plant"]["etag"].as_str(), None | Some("7")) => {
                return Err(Failure::etag_mismatch("7").into());
            }
            "UpdatePlant" => {
                self.message("UpdatePlantResponse", serde_json::json!({"plant": asked["plant"]}))
            }
            "ListPlants" => self.message("ListPlantsResponse", serde_json::json!({"plants": [plant]})),
            "WaterPlant" => {
                self.message("WaterPlantResponse", serde_json::json!({"plant": plant, "etag": "8"}))
            }
            "DeletePlant" => self.message("DeletePlantResponse", serde_json::json!({})),
            "ShowSeed" => self.message("ShowSeedResponse", serde_json::json!({"displayName": "Oak"})),
            "ImportCatalogue" => {
                let size = asked["content"].as_str().unwrap_or_default().len().to_string();
                self.message("ImportCatalogueResponse", serde_json::json!({"size": size}))
            }
            _ => return Err(Failure::no_such_method(rpc).into()),
        })
    }

    async fn count(&self, mut requests: Streaming<DynamicMessage>) -> Result<DynamicMessage, Status> {
        let (mut count, mut bed) = (0, serde_json::Value::Null);
        while let Some(request) = requests.message().await? {
            let asked = json(&request);
            self.notebook.note("CountPlants", &request, None);
            bed = asked["bed"].clone();
            count += 1;
        }
        Ok(self.message("CountPlantsResponse", serde_json::json!({"count": count, "bed": bed})))
    }

    fn watch(&self, request: &DynamicMessage) -> Vec<Result<DynamicMessage, Status>> {
        let asked = json(request);
        let count = asked["count"].as_i64().unwrap_or_default().min(100);
        let mut items: Vec<_> = (0..count)
            .map(|at| {
                let plant = serde_json::json!({"displayName": format!("Mint {at}")});
                Ok(self.message("WatchPlantsResponse", serde_json::json!({"plant": plant})))
            })
            .collect();
        if asked["fail"] == true {
            items.push(Err(Failure::overloaded(std::time::Duration::from_secs(1)).into()));
        }
        items
    }
}

type Answers = BoxStream<'static, Result<DynamicMessage, Status>>;

/// One RPC of the garden in all four forms; tonic calls the one that the dispatch chose.
struct Rpc(Garden, String);

impl UnaryService<DynamicMessage> for Rpc {
    type Response = DynamicMessage;
    type Future = BoxFuture<'static, Result<tonic::Response<DynamicMessage>, Status>>;

    fn call(&mut self, request: tonic::Request<DynamicMessage>) -> Self::Future {
        let Self(garden, rpc) = Self(self.0.clone(), self.1.clone());
        async move {
            let caller = request.extensions().get::<Caller>().cloned();
            garden.notebook.note(&rpc, request.get_ref(), caller.as_ref());
            garden.answer(&rpc, request.into_inner()).await.map(tonic::Response::new)
        }
        .boxed()
    }
}

impl ServerStreamingService<DynamicMessage> for Rpc {
    type Response = DynamicMessage;
    type ResponseStream = Answers;
    type Future = BoxFuture<'static, Result<tonic::Response<Answers>, Status>>;

    fn call(&mut self, request: tonic::Request<DynamicMessage>) -> Self::Future {
        let items = self.0.watch(request.get_ref());
        async move { Ok(tonic::Response::new(stream::iter(items).boxed())) }.boxed()
    }
}

impl ClientStreamingService<DynamicMessage> for Rpc {
    type Response = DynamicMessage;
    type Future = BoxFuture<'static, Result<tonic::Response<DynamicMessage>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<DynamicMessage>>) -> Self::Future {
        let garden = self.0.clone();
        async move { garden.count(request.into_inner()).await.map(tonic::Response::new) }.boxed()
    }
}

impl StreamingService<DynamicMessage> for Rpc {
    type Response = DynamicMessage;
    type ResponseStream = Answers;
    type Future = BoxFuture<'static, Result<tonic::Response<Answers>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<DynamicMessage>>) -> Self::Future {
        let garden = self.0.clone();
        let answers = request.into_inner().map(move |request| {
            let name = json(&request?)["plant"]["displayName"].clone();
            Ok(garden.message("PlantRowResponse", serde_json::json!({"displayName": name})))
        });
        async move { Ok(tonic::Response::new(answers.boxed())) }.boxed()
    }
}

impl Service<Request<Body>> for Garden {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let garden = self.clone();
        let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        let service = garden.pool.get_service_by_name(Self::NAME).unwrap();
        let method = service.methods().find(|method| method.name() == name).unwrap();
        async move {
            let mut grpc = Grpc::new(Dynamic(method.input()));
            let rpc = Rpc(garden, name);
            Ok(match (method.is_client_streaming(), method.is_server_streaming()) {
                (false, false) => grpc.unary(rpc, request).await,
                (false, true) => grpc.server_streaming(rpc, request).await,
                (true, false) => grpc.client_streaming(rpc, request).await,
                (true, true) => grpc.streaming(rpc, request).await,
            })
        }
        .boxed()
    }
}

impl NamedService for Garden {
    const NAME: &'static str = "arki.goal.v1.GardenService";
}

/// A directory of two keys.
#[derive(Clone)]
pub(crate) struct Directory;

impl Directory {
    fn find(hash: &[u8]) -> Result<pb::AuthenticateApiKeyResponse, Status> {
        let keys = [("arki_writer", "goal.write"), ("arki_reader", "goal.read")];
        let (key, scope) = keys
            .into_iter()
            .find(|(key, _)| Sha256::digest(key.as_bytes())[..] == *hash)
            .ok_or_else(|| Status::not_found("no such key"))?;
        Ok(pb::AuthenticateApiKeyResponse {
            tenant: TenantId::from_uuid(uuid::Uuid::from_u128(7)).name(),
            api_key: format!("apiKeys/{key}"),
            scopes: vec![scope.to_owned()],
        })
    }
}

impl UnaryService<pb::AuthenticateApiKeyRequest> for Directory {
    type Response = pb::AuthenticateApiKeyResponse;
    type Future = BoxFuture<'static, Result<tonic::Response<Self::Response>, Status>>;

    fn call(&mut self, request: tonic::Request<pb::AuthenticateApiKeyRequest>) -> Self::Future {
        async move { Self::find(&request.get_ref().key_hash).map(tonic::Response::new) }.boxed()
    }
}

impl Service<Request<Body>> for Directory {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        async move { Ok(Grpc::new(tonic_prost::ProstCodec::default()).unary(Self, request).await) }.boxed()
    }
}

impl NamedService for Directory {
    const NAME: &'static str = "arki.directory.v1.DirectoryService";
}

/// The field of a message, for assertions.
pub(crate) fn field(message: &DynamicMessage, name: &str) -> Value {
    assert!(message.descriptor().get_field_by_name(name).is_some(), "{name}");
    message.get_field_by_name(name).unwrap().into_owned()
}
