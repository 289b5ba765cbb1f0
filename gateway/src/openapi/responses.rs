//! What an operation can answer when it does not do what was asked.

use serde_json::{Map, Value, json};

/// Every status, with what it means here.
const REFUSALS: [(&str, &str, &str); 15] = [
    ("400", "BadRequest", "The request breaks the contract, whatever is stored."),
    ("401", "Unauthenticated", "There is no key, or one that is unknown, expired or revoked."),
    ("403", "PermissionDenied", "The key may not do this."),
    ("404", "NotFound", "There is no such thing, or no such page of the list."),
    ("405", "MethodNotAllowed", "The path is there, but not for this method."),
    ("406", "NotAcceptable", "The caller accepts no JSON."),
    (
        "409",
        "Conflict",
        "Something is taken or in the wrong state, somebody else was faster, or the request id was used before.",
    ),
    ("412", "PreconditionFailed", "The resource changed since the etag in If-Match was read."),
    ("413", "BodyTooLarge", "The body is larger than the limit."),
    ("415", "UnsupportedMediaType", "The body is of another type than the one that is read here."),
    ("429", "TooManyRequests", "The key or the tenant called too often, or a queue is full."),
    ("500", "InternalError", "A fault inside Arki; the log holds it under the request id."),
    ("501", "NotImplemented", "The service behind the edge does not have this yet."),
    ("503", "Unavailable", "A service or its database is away."),
    ("504", "DeadlineExceeded", "The answer was not ready in time."),
];

/// References to all refusals, by status.
pub(super) fn references(is_public: bool) -> Map<String, Value> {
    REFUSALS
        .iter()
        .filter(|(status, ..)| !(is_public && *status == "401"))
        .map(|(status, name, _)| {
            ((*status).to_owned(), json!({"$ref": format!("#/components/responses/{name}")}))
        })
        .collect()
}

/// The refusals themselves.
pub(super) fn components() -> Map<String, Value> {
    let mut components = Map::new();
    for (status, name, description) in REFUSALS {
        let mut response = json!({
            "description": description,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
            },
        });
        let seconds = || json!({"schema": {"type": "integer", "minimum": 0}});
        match status {
            "429" | "503" => {
                response["headers"]["Retry-After"] = seconds();
                response["headers"]["Retry-After"]["description"] =
                    "Seconds to wait before trying again.".into();
            }
            "405" => {
                response["headers"]["Allow"] =
                    json!({"description": "The methods that work.", "schema": {"type": "string"}});
            }
            _ => {}
        }
        components.insert(name.to_owned(), response);
    }
    components
}

/// The schema of every refusal.
pub(super) fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "Problem details, RFC 9457.",
        "required": ["type", "title", "status", "detail", "instance", "reason", "metadata", "violations"],
        "properties": {
            "type": {"type": "string", "description": "A page about the reason."},
            "title": {"type": "string", "description": "What kind of refusal it is."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What is wrong and what would be right."},
            "instance": {"type": "string", "description": "The request id."},
            "reason": {"type": "string", "description": "The reason, for programs.", "examples": ["INVALID_FIELDS"]},
            "metadata": {
                "type": "object",
                "description": "Everything dynamic in the detail, for programs.",
                "additionalProperties": {"type": "string"},
            },
            "violations": {
                "type": "array",
                "description": "The fields that are wrong.",
                "items": {
                    "type": "object",
                    "required": ["field", "description"],
                    "properties": {
                        "field": {"type": "string", "description": "The path of the field."},
                        "description": {"type": "string", "description": "What is wrong with it."},
                    },
                },
            },
        },
    })
}
