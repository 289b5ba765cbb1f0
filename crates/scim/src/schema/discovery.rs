//! The documents by which a client learns what there is: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`
//! (RFC 7643, sections 5 to 7). No member is ever null: Entra ID's schema discovery trips over nulls.

use serde_json::{Map, Value, json};

use super::{Attribute, DataType, Mutability, ResourceType, Returned, Schema, Uniqueness};

const CONFIG_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// How a client proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// `oauthbearertoken` or `oauth2` (RFC 7643, section 5).
    pub kind: &'static str,
    pub name: &'static str,
    pub description: &'static str,
}

/// What a server offers, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// Where SCIM is served, without a slash at the end: `https://arki.example/scim/v2`.
    pub base: String,
    pub kinds: Vec<ResourceType>,
    /// How many resources a page has at most.
    pub most_results: u64,
    pub bulk: crate::bulk::Limits,
    pub schemes: Vec<Scheme>,
}

impl Discovery {
    /// The document at `/ServiceProviderConfig`.
    pub fn config(&self) -> Value {
        let on = json!({"supported": true});
        let schemes: Vec<Value> = self
            .schemes
            .iter()
            .enumerate()
            .map(|(index, scheme)| {
                json!({
                    "type": scheme.kind,
                    "name": scheme.name,
                    "description": scheme.description,
                    "primary": index == 0,
                })
            })
            .collect();
        json!({
            "schemas": [CONFIG_SCHEMA],
            "patch": on,
            "bulk": {
                "supported": true,
                "maxOperations": self.bulk.most_operations,
                "maxPayloadSize": self.bulk.largest_payload,
            },
            "filter": {"supported": true, "maxResults": self.most_results},
            "changePassword": {"supported": false},
            "sort": on,
            "etag": on,
            "authenticationSchemes": schemes,
            "meta": self.meta("ServiceProviderConfig", "/ServiceProviderConfig"),
        })
    }

    /// The documents of the list at `/ResourceTypes`.
    pub fn resource_types(&self) -> Vec<Value> {
        self.kinds.iter().map(|kind| self.resource_type_document(kind)).collect()
    }

    /// The document at `/ResourceTypes/{name}`.
    pub fn resource_type(&self, name: &str) -> Option<Value> {
        self.kinds.iter().find(|kind| kind.name == name).map(|kind| self.resource_type_document(kind))
    }

    /// The documents of the list at `/Schemas`.
    pub fn schemas(&self) -> Vec<Value> {
        self.every_schema().map(|schema| self.schema_document(schema)).collect()
    }

    /// The document at `/Schemas/{urn}`.
    pub fn schema(&self, urn: &str) -> Option<Value> {
        let found = self.every_schema().find(|schema| schema.id.eq_ignore_ascii_case(urn));
        found.map(|schema| self.schema_document(schema))
    }

    fn every_schema(&self) -> impl Iterator<Item = &Schema> {
        self.kinds.iter().flat_map(|kind| std::iter::once(&kind.core).chain(&kind.extensions))
    }

    fn meta(&self, kind: &str, path: &str) -> Value {
        json!({"resourceType": kind, "location": format!("{}{path}", self.base)})
    }

    fn resource_type_document(&self, kind: &ResourceType) -> Value {
        let extensions: Vec<Value> =
            kind.extensions.iter().map(|schema| json!({"schema": schema.id, "required": false})).collect();
        json!({
            "schemas": [RESOURCE_TYPE_SCHEMA],
            "id": kind.name,
            "name": kind.name,
            "endpoint": kind.endpoint,
            "description": kind.description,
            "schema": kind.core.id,
            "schemaExtensions": extensions,
            "meta": self.meta("ResourceType", &format!("/ResourceTypes/{}", kind.name)),
        })
    }

    fn schema_document(&self, schema: &Schema) -> Value {
        json!({
            "schemas": [SCHEMA_SCHEMA],
            "id": schema.id,
            "name": schema.name,
            "description": schema.description,
            "attributes": schema.attributes.iter().map(attribute_document).collect::<Vec<_>>(),
            "meta": self.meta("Schema", &format!("/Schemas/{}", schema.id)),
        })
    }
}

fn attribute_document(attribute: &Attribute) -> Value {
    let mut document = Map::new();
    let mut say = |name: &str, value: Value| document.insert(name.to_owned(), value);
    say("name", attribute.name.into());
    say("type", type_word(attribute.data_type).into());
    say("multiValued", attribute.multi_valued.into());
    say("description", attribute.description.into());
    say("required", attribute.required.into());
    say("caseExact", attribute.case_exact.into());
    say("mutability", mutability_word(attribute.mutability).into());
    say("returned", returned_word(attribute.returned).into());
    say("uniqueness", uniqueness_word(attribute.uniqueness).into());
    if !attribute.canonical_values.is_empty() {
        say("canonicalValues", attribute.canonical_values.into());
    }
    if !attribute.reference_types.is_empty() {
        say("referenceTypes", attribute.reference_types.into());
    }
    if !attribute.sub_attributes.is_empty() {
        say("subAttributes", attribute.sub_attributes.iter().map(attribute_document).collect());
    }
    Value::Object(document)
}

fn type_word(data_type: DataType) -> &'static str {
    match data_type {
        DataType::String => "string",
        DataType::Boolean => "boolean",
        DataType::Decimal => "decimal",
        DataType::Integer => "integer",
        DataType::DateTime => "dateTime",
        DataType::Binary => "binary",
        DataType::Reference => "reference",
        DataType::Complex => "complex",
    }
}

fn mutability_word(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadOnly => "readOnly",
        Mutability::ReadWrite => "readWrite",
        Mutability::Immutable => "immutable",
        Mutability::WriteOnly => "writeOnly",
    }
}

fn returned_word(returned: Returned) -> &'static str {
    match returned {
        Returned::Always => "always",
        Returned::Never => "never",
        Returned::Default => "default",
        Returned::Request => "request",
    }
}

fn uniqueness_word(uniqueness: Uniqueness) -> &'static str {
    match uniqueness {
        Uniqueness::None => "none",
        Uniqueness::Server => "server",
        Uniqueness::Global => "global",
    }
}
