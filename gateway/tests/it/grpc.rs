//! gRPC and gRPC-web over one real port.

use std::time::Duration;

use arki_gateway::Config;
use arki_process::Tasks;
use prost_reflect::{DynamicMessage, Value};
use tokio::net::TcpListener;
use tonic::client::Grpc;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::{v1, v1alpha};

use crate::garden::{Dynamic, field};
use crate::house::{House, READER, WRITER, pool};

/// A house with a door.
struct Served {
    house: House,
    tasks: Tasks,
    channel: Channel,
}

async fn served(config: Config) -> Served {
    let house = House::with(config).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tasks = Tasks::new();
    tasks.spawn("port", arki_gateway::serve(listener, house.gateway.clone(), tasks.clone()));
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    Served { house, tasks, channel }
}

impl Served {
    async fn call(
        &self,
        rpc: &str,
        key: Option<&str>,
        json: serde_json::Value,
    ) -> Result<DynamicMessage, Status> {
        self.call_within(rpc, key, json, None).await
    }

    async fn call_within(
        &self,
        rpc: &str,
        key: Option<&str>,
        json: serde_json::Value,
        time: Option<Duration>,
    ) -> Result<DynamicMessage, Status> {
        let service = pool().get_service_by_name("arki.goal.v1.GardenService").unwrap();
        let method = service.methods().find(|method| method.name() == rpc).unwrap();
        let message = DynamicMessage::deserialize(method.input(), json).unwrap();
        let mut request = Request::new(message);
        if let Some(key) = key {
            let value = MetadataValue::try_from(format!("Bearer {key}")).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        if let Some(time) = time {
            request.set_timeout(time);
        }
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.unwrap();
        let path = format!("/arki.goal.v1.GardenService/{rpc}").parse().unwrap();
        Ok(grpc.unary(request, path, Dynamic(method.output())).await?.into_inner())
    }
}

fn plant(name: &str) -> serde_json::Value {
    serde_json::json!({"name": name})
}

#[tokio::test]
async fn calls_pass_with_their_caller_and_come_back() {
    let served = served(Config::default()).await;
    let reply = served.call("GetPlant", Some(READER), plant("plants/mint")).await.unwrap();
    let Value::Message(plant) = field(&reply, "plant") else { panic!("no plant") };
    assert_eq!(field(&plant, "display_name"), Value::String("Mint".to_owned()));
    let (_, _, subject) = served.house.notebook.all().pop().unwrap();
    assert_eq!(subject.as_deref(), Some("apiKeys/arki_reader"));
    let reply = served.call("ShowSeed", None, serde_json::json!({"token": "t"})).await.unwrap();
    assert_eq!(field(&reply, "display_name"), Value::String("Oak".to_owned()));
}

#[tokio::test]
async fn refusals_are_statuses() {
    let served = served(Config::default()).await;
    for (rpc, key, name, code) in [
        ("GetPlant", None, "plants/mint", Code::Unauthenticated),
        ("GetPlant", Some("arki_unknown"), "plants/mint", Code::Unauthenticated),
        ("DeletePlant", Some(READER), "plants/mint", Code::PermissionDenied),
        ("GetPlant", Some(READER), "plants/missing", Code::NotFound),
        ("GetPlant", Some(READER), "plants/bug", Code::Internal),
    ] {
        let status = served.call(rpc, key, plant(name)).await.unwrap_err();
        assert_eq!(status.code(), code, "{rpc} {name}");
        let failure = arki_rpc::Failure::from_status(&status);
        assert!(!failure.reason.is_empty());
    }
    let status = served.call("PrunePlants", Some(WRITER), serde_json::json!({})).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented, "an internal rpc is not there from outside");
}

#[tokio::test]
async fn a_caller_that_a_stranger_asserts_is_not_believed() {
    let served = served(Config::default()).await;
    let method = pool().get_message_by_name("arki.goal.v1.ShowSeedRequest").unwrap();
    let mut request = Request::new(DynamicMessage::new(method));
    request.metadata_mut().insert("arki-caller", MetadataValue::from_static("e30.e30"));
    let mut grpc = Grpc::new(served.channel.clone());
    grpc.ready().await.unwrap();
    let path = "/arki.goal.v1.GardenService/ShowSeed".parse().unwrap();
    let output = pool().get_message_by_name("arki.goal.v1.ShowSeedResponse").unwrap();
    grpc.unary(request, path, Dynamic(output)).await.unwrap();
    assert_eq!(served.house.notebook.all().pop().unwrap().2, None);
}

#[tokio::test]
async fn the_deadline_of_a_call_is_kept() {
    let served = served(Config::default()).await;
    let time = Some(Duration::from_millis(100));
    let status = served.call_within("GetPlant", Some(READER), plant("plants/slow"), time).await.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
}

#[tokio::test]
async fn a_large_message_is_refused_as_exhausting() {
    let served = served(Config { body_limit_bytes: 1000, ..Config::default() }).await;
    let big = serde_json::json!({"plant": {"displayName": "x".repeat(5000)}});
    let status = served.call("CreatePlant", Some(WRITER), big).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert!(served.house.notebook.all().is_empty());
}

#[tokio::test]
async fn garbage_in_a_frame_is_the_callers_fault() {
    let served = served(Config::default()).await;
    // A message whose first field has a wire type that does not exist.
    let garbage: &[u8] = &[0, 0, 0, 0, 2, 0x0f, 0xff];
    let answer = web(&served, "application/grpc-web+proto", garbage, Some(READER)).await;
    assert!(answer.status == 200);
    assert_ne!(status_in_trailers(&answer.body), Some("0".to_owned()));
}

#[tokio::test]
async fn health_is_told_for_the_whole_and_for_each_service() {
    let served = served(Config::default()).await;
    let mut health = HealthClient::new(served.channel.clone());
    for service in ["", "arki.goal.v1.GardenService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let status = health.check(request).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
    }
    let unknown = HealthCheckRequest { service: "arki.none.v1.None".to_owned() };
    assert_eq!(health.check(unknown).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_tells_the_contract_without_what_is_internal() {
    let served = served(Config::default()).await;
    let ask = |message| v1::ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let requests = futures::stream::iter([
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("arki.goal.v1.GardenService".to_owned())),
    ]);
    let mut client = ServerReflectionClient::new(served.channel.clone());
    let mut answers = client.server_reflection_info(requests).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(list)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no list")
    };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    assert!(
        names.contains(&"arki.goal.v1.GardenService") && names.contains(&"grpc.health.v1.Health"),
        "{names:?}"
    );
    let Some(MessageResponse::FileDescriptorResponse(files)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no file")
    };
    let text = String::from_utf8_lossy(&files.file_descriptor_proto[0]).into_owned();
    assert!(text.contains("GetPlant") && !text.contains("PrunePlants\x12"), "{text}");
}

#[tokio::test]
async fn reflection_is_told_to_older_tools_too() {
    use v1alpha::server_reflection_request::MessageRequest as Old;
    let served = served(Config::default()).await;
    let ask = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(Old::ListServices(String::new())),
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(served.channel.clone());
    let answers = client.server_reflection_info(futures::stream::iter([ask])).await;
    assert!(answers.unwrap().into_inner().message().await.unwrap().is_some());
}

/// The status in the trailers that gRPC-web puts behind the messages.
fn status_in_trailers(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("grpc-status:")?;
    rest.split("\r\n").next().map(|status| status.trim().to_owned())
}

async fn web(
    served: &Served,
    content_type: &'static str,
    frame: &[u8],
    key: Option<&str>,
) -> crate::house::Answer {
    let mut request = crate::house::request("POST", "/arki.goal.v1.GardenService/GetPlant", "");
    *request.body_mut() = axum::body::Body::from(frame.to_vec());
    request.headers_mut().insert("content-type", http::HeaderValue::from_static(content_type));
    if let Some(key) = key {
        crate::house::authorize(&mut request, key);
    }
    served.house.send(request).await
}

/// `GetPlantRequest { name: "plants/mint" }` in its frame.
const ASK_FOR_MINT: &[u8] = b"\x00\x00\x00\x00\x0d\x0a\x0bplants/mint";

#[tokio::test]
async fn a_page_calls_by_grpc_web_with_trailers_in_the_body() {
    let served = served(Config::default()).await;
    let answer = web(&served, "application/grpc-web+proto", ASK_FOR_MINT, Some(READER)).await;
    assert_eq!(answer.header("content-type"), Some("application/grpc-web+proto"));
    assert_eq!(answer.body[0], 0);
    assert!(String::from_utf8_lossy(&answer.body).contains("Mint"));
    assert_eq!(status_in_trailers(&answer.body), Some("0".to_owned()));
}

#[tokio::test]
async fn grpc_web_refusals_carry_their_status_where_a_page_can_read_it() {
    let served = served(Config::default()).await;
    let answer = web(&served, "application/grpc-web+proto", ASK_FOR_MINT, None).await;
    assert_eq!(answer.header("grpc-status"), Some("16"));
    assert_eq!(answer.header("content-type"), Some("application/grpc-web+proto"));
}

#[tokio::test]
async fn the_port_closes_in_order() {
    let served = served(Config::default()).await;
    served.call("GetPlant", Some(READER), plant("plants/mint")).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    served.tasks.shutdown(deadline).await.unwrap();
    assert!(served.call("GetPlant", Some(READER), plant("plants/mint")).await.is_err());
}
