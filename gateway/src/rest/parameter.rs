//! Query parameters: which fields of a request they fill, and what their text means.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::mistakes::Mistakes;
use super::percent;
use super::route::FieldPath;
use super::scalar;
use super::shape::{Is, Known, Shapes, known};

/// Deeper fields are out of reach of a query; a request that needs them has a body.
const DEEPEST: usize = 4;

/// What a list's page tokens look like. Another text is no token of any list; whether one of this form is a token of this
/// list, the service knows.
pub(crate) const PAGE_TOKEN: &str = "^(|[A-Za-z0-9_-]{27,2000})$";

fn is_page_token(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.is_empty() || ((27..=2000).contains(&text.len()) && text.bytes().all(is_token))
}

/// One parameter.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) path: FieldPath,
    pub(crate) is: Is,
    pub(crate) repeated: bool,
}

/// The parameters of a request, under their JSON names and their proto names.
pub(crate) fn of(
    shapes: &Shapes,
    message: &MessageDescriptor,
    is_taken: &dyn Fn(&[FieldDescriptor]) -> bool,
) -> HashMap<Box<str>, Parameter> {
    let mut found = HashMap::new();
    let mut all = Vec::new();
    collect(shapes, message, &mut Vec::new(), is_taken, true, &mut all);
    for parameter in all {
        let join = |name: fn(&FieldDescriptor) -> &str| -> Box<str> {
            parameter.path.steps().iter().map(name).collect::<Vec<_>>().join(".").into()
        };
        found.insert(join(FieldDescriptor::name), parameter.clone());
        found.insert(join(FieldDescriptor::json_name), parameter);
    }
    found
}

/// The parameters of a request, in the order of their declaration: a day is one of them, not three.
pub(crate) fn list(
    shapes: &Shapes,
    message: &MessageDescriptor,
    is_taken: &dyn Fn(&[FieldDescriptor]) -> bool,
) -> Vec<Parameter> {
    let mut found = Vec::new();
    collect(shapes, message, &mut Vec::new(), is_taken, false, &mut found);
    found
}

fn collect(
    shapes: &Shapes,
    message: &MessageDescriptor,
    way: &mut Vec<FieldDescriptor>,
    is_taken: &dyn Fn(&[FieldDescriptor]) -> bool,
    parts_of_days: bool,
    found: &mut Vec<Parameter>,
) {
    let Some(shape) = shapes.find(message).map(|id| shapes.message(id)) else { return };
    for field in &shape.fields {
        way.push(field.descriptor.clone());
        if !is_taken(way) && !field.descriptor.is_map() {
            let mut is_one_value = true;
            if let Kind::Message(inner) = field.descriptor.kind() {
                let is_day = inner.full_name() == scalar::DAY;
                is_one_value = is_day || known(&inner).is_some_and(|known| known != Known::Free);
                // Fields of a list's items can't be told apart in a query, and a message may contain itself.
                let has_parts = known(&inner).is_none() && (!is_day || parts_of_days);
                if has_parts && !field.descriptor.is_list() && way.len() < DEEPEST {
                    collect(shapes, &inner, way, is_taken, parts_of_days, found);
                }
            }
            if is_one_value {
                found.push(Parameter {
                    path: way
                        .iter()
                        .skip(1)
                        .fold(FieldPath::top(way[0].clone()), |path, step| path.then(step.clone())),
                    is: field.is,
                    repeated: field.descriptor.is_list(),
                });
            }
        }
        way.pop();
    }
}

/// Fills the fields that a query names, and notes whatever is wrong with it.
pub(crate) fn fill(
    shapes: &Shapes,
    parameters: &HashMap<Box<str>, Parameter>,
    query: &str,
    message: &mut DynamicMessage,
    mistakes: &mut Mistakes,
) {
    let mut lists: HashMap<String, (FieldPath, Vec<Value>)> = HashMap::new();
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in percent::pairs(query) {
        let (Some(decoded_name), Some(text)) = (percent::decode(name, true), percent::decode(value, true))
        else {
            mistakes.note(name, "is not percent-encoded UTF-8");
            continue;
        };
        let Some(parameter) = parameters.get(&*decoded_name) else {
            mistakes.note(decoded_name, "is not a parameter here");
            continue;
        };
        let path = parameter.path.dotted();
        if path == "page_token" && !is_page_token(&text) {
            mistakes.note_page_token(path);
            continue;
        }
        match scalar::from_text(shapes, parameter.is, &text) {
            Err(problem) => mistakes.note(path, problem),
            Ok(value) if parameter.repeated => {
                lists.entry(path).or_insert_with(|| (parameter.path.clone(), Vec::new())).1.push(value);
            }
            Ok(value) => {
                if seen.contains(&path) {
                    mistakes.note(path, "is given twice");
                } else {
                    parameter.path.set(message, value);
                    seen.push(path);
                }
            }
        }
    }
    for (path, values) in lists.into_values() {
        path.set(message, Value::List(values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_tokens_are_as_the_document_says() {
        let form = regex::Regex::new(PAGE_TOKEN).unwrap();
        for text in ["", "x", "a b", &"A".repeat(26), &"A_-9".repeat(7), &"A".repeat(2001), &"ä".repeat(30)]
        {
            assert_eq!(is_page_token(text), form.is_match(text), "{text}");
        }
    }
}
