//! The gRPC call that a REST request stands for, made from the contract alone.

use anyhow::{Context as _, Result};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, ReflectMessage as _, Value,
};
use serde_json::json;

use crate::bad_input_wire::{Line, framed};

/// Makes calls by the names that `/openapi.json` has for them.
pub(crate) struct SameByGrpc {
    pool: DescriptorPool,
    line: Line,
}

impl SameByGrpc {
    pub(crate) fn over(line: Line) -> Result<Self> {
        Ok(Self { pool: DescriptorPool::decode(arki_proto::DESCRIPTOR)?, line })
    }

    /// Sends what the operation would send at this address with this body.
    pub(crate) async fn send(
        &self,
        operation: &serde_json::Value,
        address: &str,
        body: Option<serde_json::Value>,
    ) -> Result<tonic::Status> {
        let method = self.method(operation).with_context(|| format!("no RPC for {operation}"))?;
        let (template, body_field) = self.binding(&method, address).context("no HTTP rule")?;
        let mut message = json!({});
        match (body, body_field.as_str()) {
            (None, _) | (Some(_), "") => {}
            (Some(body), "*") => message = body,
            (Some(body), field) => {
                let changed = body.as_object().context("no object")?.keys().cloned();
                if method.input().get_field_by_name("update_mask").is_some() {
                    message["updateMask"] = json!(changed.collect::<Vec<_>>().join(","));
                }
                message[field] = body;
            }
        }
        let mut message = DynamicMessage::deserialize(method.input(), message)?;
        // The variable of the path, `{unit.name=units/*}`, says which field takes the name, and how long it is.
        let (prefix, variable) = template.split_once('{').context("no variable")?;
        let (path, pattern) = variable.split_once('=').context("no pattern")?;
        let segments = pattern.split_once('}').context("no end")?.0.split('/').count();
        let rest = address.strip_prefix(prefix).context("another path")?;
        let name = rest.split('/').take(segments).collect::<Vec<_>>().join("/");
        let name = name.split(':').next().unwrap_or_default();
        set(&mut message, path, name).with_context(|| format!("no {path} in {}", method.full_name()))?;
        let bytes = message.encode_to_vec();
        let address = format!("/{}/{}", method.parent_service().full_name(), method.name());
        self.line
            .send(&address, "application/grpc", &[], framed(0, u32::try_from(bytes.len())?, &bytes))
            .await
    }

    fn method(&self, operation: &serde_json::Value) -> Option<MethodDescriptor> {
        let (service, id) = (operation["tags"][0].as_str()?, operation["operationId"].as_str()?);
        // `Survey_ListDeadLetters` where several services have an RPC of the name, `GetUnit_2` for a second binding.
        let is_of = |method: &MethodDescriptor| id.split('_').any(|part| part == method.name());
        self.pool
            .services()
            .filter(|one| one.name() == service)
            .flat_map(|one| one.methods().collect::<Vec<_>>())
            .find(is_of)
    }

    /// The template of the path and the field that the body fills, of the binding that has this address.
    fn binding(&self, method: &MethodDescriptor, address: &str) -> Option<(String, String)> {
        let http = self.pool.get_extension_by_name("google.api.http")?;
        let options = method.options();
        let rule = options.get_extension(&http);
        let rule = rule.as_message()?;
        let more = rule.get_field_by_name("additional_bindings")?;
        let more = more.as_list()?.iter().filter_map(Value::as_message);
        std::iter::once(rule).chain(more).find_map(|rule| {
            let text = |field: &str| Some(rule.get_field_by_name(field)?.as_str()?.to_owned());
            let verbs = ["get", "post", "patch", "delete", "put"];
            let template = verbs.into_iter().filter_map(text).find(|template| !template.is_empty())?;
            let (prefix, _) = template.split_once('{')?;
            address.starts_with(prefix).then_some(())?;
            Some((template, text("body")?))
        })
    }
}

/// Sets a string somewhere in a message; the messages on the way are made.
fn set(message: &mut DynamicMessage, path: &str, text: &str) -> Option<()> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let field: FieldDescriptor = message.descriptor().get_field_by_name(first)?;
    match (field.kind(), rest) {
        (Kind::String, "") => message.set_field(&field, Value::String(text.to_owned())),
        (Kind::Message(_), rest) => {
            let mut inner = message.get_field(&field).as_message()?.clone();
            set(&mut inner, rest, text)?;
            message.set_field(&field, Value::Message(inner));
        }
        _ => return None,
    }
    Some(())
}
