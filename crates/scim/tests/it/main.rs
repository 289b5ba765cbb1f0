#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod bulk;
mod dialect_entra;
mod dialect_okta;
mod etag;
mod filter;
mod filter_laws;
mod list;
mod patch;
mod patch_laws;
mod patch_rfc;
mod path;
mod schema;
mod write;

use arki_scim::patch::Patch;
use arki_scim::schema::ResourceType;
use arki_scim::{Error, ScimType};
use serde_json::{Value, json};

/// A person with something in every corner.
fn ann() -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:extension:arki:2.0:User",
        ],
        "id": "per_1",
        "externalId": "Hr-7",
        "meta": {
            "resourceType": "User",
            "created": "2026-01-05T08:00:00Z",
            "lastModified": "2026-05-01T08:00:00+02:00",
        },
        "userName": "Ann@Example.com",
        "name": {"givenName": "Ann", "familyName": "Ahola"},
        "displayName": "Ann Ahola",
        "title": "Payroll Clerk",
        "active": true,
        "emails": [
            {"value": "ann@example.com", "type": "work", "primary": true},
            {"value": "ann@home.example", "type": "home"},
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "0042",
            "manager": {"value": "per_9"},
        },
        "urn:ietf:params:scim:schemas:extension:arki:2.0:User": {"employmentState": "active", "unit": "sales-fi"},
    })
}

fn team() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "id": "grp_1",
        "displayName": "Payroll",
        "members": [{"value": "per_1"}, {"value": "per_2"}, {"value": "per_3"}],
    })
}

fn operations(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

fn patched(kind: &ResourceType, resource: &Value, changes: Value) -> Result<Value, Error> {
    Patch::parse(&operations(changes))?.apply(kind, resource)
}

fn patched_user(changes: Value) -> Value {
    patched(&ResourceType::user(), &ann(), changes).unwrap()
}

fn patched_group(changes: Value) -> Value {
    patched(&ResourceType::group(), &team(), changes).unwrap()
}

/// Why a change of the person is refused.
fn refused(changes: Value) -> Option<ScimType> {
    patched(&ResourceType::user(), &ann(), changes).unwrap_err().scim_type
}
