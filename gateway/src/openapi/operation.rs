//! RPCs as operations.

use std::collections::BTreeSet;
use std::sync::Arc;

use prost_reflect::FieldDescriptor;
use serde_json::{Value, json};

use super::comment::{self, Comments};
use super::parameters::{self, PathForm};
use super::responses;
use super::schema::{Schemas, Use};
use crate::contract::{Access, Binding, Contract, Method};
use crate::rest::shape::Shapes;
use crate::rest::template::{Template, Variable};
use crate::rest::{JSON, NDJSON};

/// Describes operations.
pub(super) struct Operations<'a> {
    comments: &'a Comments,
    shapes: Shapes,
    /// Names that RPCs of several services have.
    ambiguous: BTreeSet<String>,
}

impl<'a> Operations<'a> {
    pub(super) fn new(contract: &Contract, comments: &'a Comments) -> Self {
        let (mut seen, mut ambiguous) = (BTreeSet::new(), BTreeSet::new());
        for method in contract.methods() {
            let name = method.descriptor.name().to_owned();
            if !seen.insert(name.clone()) {
                ambiguous.insert(name);
            }
        }
        Self { comments, shapes: Shapes::of(&contract.pool), ambiguous }
    }

    /// The path of a binding and what is done there.
    pub(super) fn describe(
        &mut self,
        method: &Arc<Method>,
        binding: &Binding,
        at: usize,
        schemas: &mut Schemas<'_>,
    ) -> Option<(String, Value)> {
        let template = Template::parse(&binding.path).ok()?;
        let PathForm { path, parameters: mut all } = path_form(&template, method, schemas, self.comments);
        let input = method.descriptor.input();
        let is_taken = |way: &[FieldDescriptor]| {
            let dotted = way.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
            // The header says it better.
            dotted == "request_id" && binding.body != "*"
                || way.first().is_some_and(|first| first.name() == binding.body)
                || template.variables.iter().any(|variable| *variable.field == *dotted)
        };
        if binding.body != "*" {
            all.extend(parameters::query(&self.shapes, &input, &is_taken, schemas, self.comments));
        }
        // Where the body is the whole request, it has the request id among its fields.
        if input.get_field_by_name("request_id").is_some() && binding.body != "*" {
            all.push(parameters::idempotency_key());
        }
        let has_etag = input.get_field_by_name("etag").is_some()
            || (matches!(binding.verb, http::Method::PATCH | http::Method::PUT)
                && input.get_field_by_name(&binding.body).is_some_and(|field| {
                    field.kind().as_message().is_some_and(|body| body.get_field_by_name("etag").is_some())
                }));
        if let Some(resource) = input.get_field_by_name(&binding.body)
            && let Some(resource) = resource.kind().as_message()
        {
            parameters::narrow_mask(&mut all, &schemas.clearable(resource));
        }
        let text = self.comments.of_method(&method.descriptor);
        let mut operation = json!({
            "operationId": self.id(method, at),
            "tags": [method.descriptor.parent_service().name()],
            "summary": comment::first_sentence(text),
            "description": described(text, &method.access, has_etag),
            "parameters": all,
            "responses": responses(method, binding, schemas),
        });
        if let Some(body) = request_body(method, binding, &is_taken, schemas) {
            operation["requestBody"] = body;
        }
        if method.access == Access::Public {
            operation["security"] = json!([]);
        }
        Some((path, operation))
    }

    fn id(&self, method: &Method, at: usize) -> String {
        let name = method.descriptor.name();
        let mut id = if self.ambiguous.contains(name) {
            let service = method.descriptor.parent_service();
            format!("{}_{name}", service.name().trim_end_matches("Service"))
        } else {
            name.to_owned()
        };
        if at > 0 {
            id.push_str(&format!("_{}", at + 1));
        }
        id
    }
}

/// What an RPC does, and what it needs.
fn described(text: &str, access: &Access, has_etag: bool) -> String {
    let mut text = text.to_owned();
    // Not a parameter: a schema can't say that the header and the field must be the same.
    if has_etag {
        text.push_str("\n\nTakes `If-Match` with the `ETag` that was read instead of `etag`.");
    }
    match access {
        Access::Scope(scope) => text.push_str(&format!("\n\nNeeds the scope `{scope}`.")),
        Access::Public => text.push_str("\n\nNeeds no key."),
        Access::Internal => {}
    }
    text
}

fn path_form(template: &Template, method: &Method, schemas: &Schemas<'_>, comments: &Comments) -> PathForm {
    let field_of = |variable: &Variable| {
        let mut message = Some(method.descriptor.input());
        let mut found = None;
        for name in variable.field.split('.') {
            let field = message?.get_field_by_name(name)?;
            message = field.kind().as_message().cloned();
            found = Some(field);
        }
        found
    };
    parameters::path(template, &field_of, schemas, comments)
}

/// A binding's path for people: `/v1/goals/{name}`-like text is the template itself without field names.
pub(crate) fn path_of(binding: &Binding) -> String {
    Template::parse(&binding.path).map_or_else(|_| binding.path.clone(), |template| template.to_string())
}

fn request_body(
    method: &Method,
    binding: &Binding,
    is_taken: &dyn Fn(&[FieldDescriptor]) -> bool,
    schemas: &mut Schemas<'_>,
) -> Option<Value> {
    let input = method.descriptor.input();
    let usage = if binding.verb == http::Method::PATCH { Use::Patch } else { Use::Request };
    if method.descriptor.is_client_streaming() {
        let one = schemas.message(&input, Use::Request);
        return Some(json!({
            "required": true,
            "description": "One message a line, or a list of them where they are few.",
            "content": {
                NDJSON: {"schema": lines_of(&one)},
                JSON: {"schema": {"type": "array", "items": one}},
            },
        }));
    }
    let (schema, required) = match binding.body.as_str() {
        "" => return None,
        "*" => {
            let schema = schemas.object(&input, usage, &|field| is_taken(std::slice::from_ref(field)));
            let required = schema.get("required").is_some();
            (schema, required)
        }
        name => {
            let field = input.get_field_by_name(name)?;
            (schemas.message(field.kind().as_message()?, usage), true)
        }
    };
    Some(json!({"required": required, "content": {JSON: {"schema": schema}}}))
}

/// Text whose every line is a document of the schema.
fn lines_of(schema: &Value) -> Value {
    json!({"type": "string", "contentMediaType": NDJSON, "contentSchema": schema})
}

fn responses(method: &Method, binding: &Binding, schemas: &mut Schemas<'_>) -> Value {
    let output = method.descriptor.output();
    let field = output.get_field_by_name(&binding.response_body);
    let schema = match &field {
        Some(field) => {
            let mut schema = schemas.field(field, Use::Whole);
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("description");
                schema.remove("readOnly");
            }
            schema
        }
        None => schemas.message(&output, Use::Whole),
    };
    let content = if method.descriptor.is_server_streaming() {
        json!({NDJSON: {"schema": lines_of(&schema)}})
    } else {
        json!({JSON: {"schema": schema}})
    };
    let has_etag = match &field {
        Some(field) => {
            field.kind().as_message().is_some_and(|m| m.get_field_by_name("etag").is_some())
                && !field.is_list()
        }
        None => output.get_field_by_name("etag").is_some(),
    };
    let mut headers = json!({
        "X-Request-Id": {"description": "The id of this request.", "schema": {"type": "string"}},
    });
    if has_etag {
        headers["ETag"] = json!({"description": "The version of the resource, for If-Match.", "schema": {"type": "string"}});
    }
    let mut all = responses::references(method.access == Access::Public);
    all.insert("200".to_owned(), json!({"description": "Done.", "headers": headers, "content": content}));
    Value::Object(all)
}
