//! Parameters of an operation: path, query and headers.

use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::{Value, json};

use super::comment::Comments;
use super::form;
use super::schema::{DATE, Schemas, Use, is_many};
use crate::rest::parameter;
use crate::rest::route::FieldPath;
use crate::rest::shape::Shapes;
use crate::rest::template::{Segment, Template, Variable};

/// The template as OpenAPI writes paths, with a parameter for each wildcard: `/v1/goals/{goal}:publish`.
pub(super) struct PathForm {
    pub(super) path: String,
    pub(super) parameters: Vec<Value>,
}

/// Works out the path of a template over the fields that it fills.
pub(super) fn path(
    template: &Template,
    field_of: &dyn Fn(&Variable) -> Option<FieldDescriptor>,
    schemas: &Schemas<'_>,
    comments: &Comments,
) -> PathForm {
    let mut form = PathForm { path: String::new(), parameters: Vec::new() };
    let mut names: Vec<String> = Vec::new();
    let mut before = "";
    for (at, segment) in template.segments.iter().enumerate() {
        form.path.push('/');
        if let Segment::Literal(word) = segment {
            form.path.push_str(word);
            before = word;
            continue;
        }
        let variable =
            template.variables.iter().find(|variable| (variable.first..variable.end).contains(&at));
        let field = variable.and_then(field_of);
        let is_whole = variable.is_some_and(|variable| variable.end - variable.first == 1);
        let mut name = match (&field, is_whole) {
            (Some(field), true) => field.json_name().to_owned(),
            _ => singular(before),
        };
        while names.contains(&name) {
            name.push_str("Id");
        }
        form.path.push_str(&format!("{{{name}}}"));
        let mut schema = json!({"type": "string", "minLength": 1, "pattern": "^[^/\\x00]+$"});
        if let (Some(field), Some(variable)) = (&field, variable) {
            let declared = schemas.pattern(field).and_then(|pattern| part(&pattern, template, variable, at));
            match declared.or_else(|| schemas.pattern_of_one(before)) {
                Some(pattern) => schema["pattern"] = pattern.into(),
                None if is_whole => schemas.bound(field, &mut schema),
                None => {}
            }
        }
        let comment = field.as_ref().map(|field| comments.of_field(field)).unwrap_or_default();
        form.parameters.push(json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": comment,
            "schema": schema,
        }));
        names.push(name);
    }
    if let Some(verb) = &template.verb {
        form.path.push_str(&format!(":{verb}"));
    }
    form
}

/// `^goals/gol_[…]{26}$` of a whole name as `^gol_[…]{26}$` of its wildcard.
fn part(pattern: &str, template: &Template, variable: &Variable, at: usize) -> Option<String> {
    let text = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let pieces = split_outside_brackets(text);
    if pieces.len() != variable.end - variable.first {
        return None;
    }
    for (piece, segment) in pieces.iter().zip(&template.segments[variable.first..variable.end]) {
        if let Segment::Literal(word) = segment
            && *piece != &**word
        {
            return None;
        }
    }
    let piece = pieces.get(at - variable.first)?;
    Some(format!("^{piece}$"))
}

/// `^goals/gol_[…]{26}$` as the collection and the pattern of one of it.
pub(super) fn collection(pattern: &str) -> Option<(String, String)> {
    let text = pattern.strip_prefix('^')?.strip_suffix('$')?;
    match split_outside_brackets(text).as_slice() {
        [collection, one] if collection.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Some(((*collection).to_owned(), format!("^{one}$")))
        }
        _ => None,
    }
}

fn split_outside_brackets(pattern: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut depth) = (Vec::new(), 0_usize, 0_usize);
    for (at, letter) in pattern.char_indices() {
        match letter {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                pieces.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&pattern[start..]);
    pieces
}

/// What one of a collection is called.
fn singular(collection: &str) -> String {
    match collection {
        "people" => "person".to_owned(),
        "" => "id".to_owned(),
        _ => {
            if let Some(stem) = collection.strip_suffix("ies") {
                format!("{stem}y")
            } else {
                collection.strip_suffix('s').unwrap_or(collection).to_owned()
            }
        }
    }
}

/// The query parameters of a request.
pub(super) fn query(
    shapes: &Shapes,
    message: &MessageDescriptor,
    is_taken: &dyn Fn(&[FieldDescriptor]) -> bool,
    schemas: &mut Schemas<'_>,
    comments: &Comments,
) -> Vec<Value> {
    let mut parameters = Vec::new();
    for parameter in parameter::list(shapes, message, is_taken) {
        let Some(field) = parameter.path.last() else { continue };
        let name = json_path(&parameter.path);
        let is_date = field.kind().as_message().is_some_and(|message| message.full_name() == DATE);
        let mut schema = match is_date {
            true => json!({"type": "string", "format": "date", "examples": ["2026-01-31"]}),
            false => schemas.field(field, Use::Request),
        };
        if let Some(schema) = schema.as_object_mut() {
            for word in ["description", "readOnly", "writeOnly"] {
                schema.remove(word);
            }
        }
        parameters.push(json!({
            "name": name,
            "in": "query",
            "required": parameter.path.steps().iter().all(|step| schemas.is_required(step)),
            "description": comments.of_field(field),
            "schema": schema,
            "style": "form",
            "explode": is_many(field),
        }));
    }
    parameters
}

fn json_path(path: &FieldPath) -> String {
    path.steps().iter().map(FieldDescriptor::json_name).collect::<Vec<_>>().join(".")
}

/// The header that makes a repetition harmless.
pub(super) fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "Makes a retry safe: the same key with the same body is answered as the first time. Kept 24 hours.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_.:+/=-]+$"},
    })
}

/// Gives the update mask the fields that it can name.
pub(super) fn narrow_mask(parameters: &mut [Value], clearable: &[String]) {
    for parameter in parameters.iter_mut().filter(|parameter| parameter["name"] == "updateMask") {
        parameter["schema"] = form::mask(clearable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_have_a_singular() {
        for (many, one) in
            [("goals", "goal"), ("people", "person"), ("entries", "entry"), ("checkIns", "checkIn")]
        {
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn the_pattern_of_a_name_gives_that_of_its_wildcard() {
        let template = Template::parse("/v1/{name=goals/*/checkIns/*}").unwrap();
        let variable = &template.variables[0];
        let pattern = "^goals/gol_[0-9/]{26}/checkIns/[0-9]+$";
        assert_eq!(part(pattern, &template, variable, 2).as_deref(), Some("^gol_[0-9/]{26}$"));
        assert_eq!(part(pattern, &template, variable, 4).as_deref(), Some("^[0-9]+$"));
        assert_eq!(part("^other/x$", &template, variable, 2), None);
    }
}
