//! The OpenAPI 3.1 document of the REST edge, made from the same descriptors that serve it.
//!
//! Nothing here is written by hand per RPC: comments become descriptions, declared bounds become JSON Schema, the
//! HTTP bindings become paths. What the document says is what the edge does, strictness included.

mod bound;
mod comment;
mod form;
mod operation;
mod parameters;
mod responses;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub(crate) use comment::Comments;
use operation::Operations;
pub(crate) use operation::path_of;
use schema::Schemas;

use crate::contract::{Access, Contract};

/// The document.
pub(crate) fn document(contract: &Contract) -> Value {
    let comments = Comments::of(&contract.pool);
    let mut schemas = Schemas::new(contract, &comments);
    let mut operations = Operations::new(contract, &comments);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut described = BTreeSet::new();
    for method in contract.methods().filter(|method| method.access != Access::Internal) {
        for (at, binding) in method.bindings.iter().enumerate() {
            let Some((path, operation)) = operations.describe(method, binding, at, &mut schemas) else {
                continue;
            };
            described.insert(method.descriptor.parent_service().full_name().to_owned());
            paths.entry(path).or_default().insert(binding.verb.as_str().to_lowercase(), operation);
        }
    }
    let tags: Vec<_> = contract
        .services()
        .filter(|service| described.contains(service.full_name()))
        .map(|service| json!({"name": service.name(), "description": comments.of_service(&service)}))
        .collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Arki",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Listens to customers and employees, tells the truth about it, and turns it into everyday goals.",
            "description": INTRODUCTION,
            "contact": {"name": "Whoever runs this Arki"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.into_components(),
            "responses": responses::components(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: `Authorization: Bearer arki_…`.",
                },
            },
        },
    })
}

const INTRODUCTION: &str = "\
The REST edge of Arki. The same services are reached by gRPC and gRPC-web on the same port.

**Bodies** are proto JSON in its strict form: unknown fields are refused, and so is `null` (leave a field out instead). \
Answers hold every field that has a value, and those without presence also at their default. 64-bit numbers are strings.

**Errors** are problem details (RFC 9457) with a `reason` that programs can rely on; `type` leads to a page about it.

**Partial updates** (`PATCH`) change the fields that the body names, each as a whole, or those in `updateMask`. To clear a field, name it in \
`updateMask` and leave it out of the body.

**Retries** are safe with an `Idempotency-Key`: the same key with the same body is answered as the first time.

**Lost updates** are refused: send back the `etag` that you read, or its `ETag` as `If-Match`. With the field another \
version by now is 409, with the header 412; give one of them.

**Statuses** tell the two kinds of refusal apart: 400 says that the request is wrong by itself, whatever is stored; 404 \
and 409 say that what is stored decides.";

#[cfg(test)]
mod tests;
