//! Routes: what an HTTP binding means, worked out at start.

use std::collections::HashMap;
use std::sync::Arc;

use arki_rpc::Peer;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use super::parameter::{self, Parameter};
use super::shape::{Is, MessageId, Repeat, Shapes, known};
use super::template::{Segment, Template};
use crate::contract::{Binding, Error, Method, binding_error};

/// A field of a request, from the request down.
#[derive(Clone, Debug)]
pub(crate) struct FieldPath(Vec<FieldDescriptor>);

impl FieldPath {
    /// A field of the request itself.
    pub(crate) fn top(field: FieldDescriptor) -> Self {
        Self(vec![field])
    }

    /// This field's own field.
    #[must_use]
    pub(crate) fn then(&self, field: FieldDescriptor) -> Self {
        Self(self.0.iter().cloned().chain([field]).collect())
    }

    /// The field at the end.
    pub(crate) fn last(&self) -> Option<&FieldDescriptor> {
        self.0.last()
    }

    /// The descriptors on the way.
    pub(crate) fn steps(&self) -> &[FieldDescriptor] {
        &self.0
    }

    /// The path in proto names.
    pub(crate) fn dotted(&self) -> String {
        self.0.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
    }

    /// Sets the field, making the messages on the way where they are absent.
    pub(crate) fn set(&self, message: &mut DynamicMessage, value: Value) {
        let Some((last, way)) = self.0.split_last() else { return };
        let mut at = message;
        for field in way {
            match at.get_field_mut(field) {
                Value::Message(inner) => at = inner,
                _ => return,
            }
        }
        at.set_field(last, value);
    }

    /// The field's text, if it is there.
    pub(crate) fn text(&self, message: &DynamicMessage) -> Option<String> {
        let (first, rest) = self.0.split_first()?;
        let value = message.get_field(first);
        if rest.is_empty() {
            return value.as_str().map(str::to_owned);
        }
        Self(rest.to_vec()).text(value.as_message()?)
    }
}

/// A stretch of the path and the field that it fills.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) path: FieldPath,
    pub(crate) is: Is,
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) to_the_end: bool,
}

/// What the HTTP body is.
#[derive(Debug)]
pub(crate) enum Body {
    /// Nothing; a body is ignored.
    None,
    /// The whole request.
    Whole,
    /// One message of the request.
    Field(FieldDescriptor, MessageId),
}

/// Where the mask of a partial update goes and what it is about.
#[derive(Debug)]
pub(crate) struct Mask {
    pub(crate) field: FieldDescriptor,
    /// The resource inside a body that is the whole request; none when the body is the resource.
    pub(crate) resource: Option<Box<str>>,
}

/// What of the reply is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) message: MessageId,
    /// The place of the only field that is sent; none for all of it.
    pub(crate) field: Option<usize>,
    /// The numbers of the fields that lead to the etag.
    pub(crate) etag: Option<Vec<u32>>,
}

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Arc<Method>,
    pub(crate) peer: Peer,
    pub(crate) template: Template,
    /// `/v1/goals/*`, for spans and metrics.
    pub(crate) label: Arc<str>,
    pub(crate) input: MessageId,
    pub(crate) bounds: Vec<Bound>,
    pub(crate) body: Body,
    pub(crate) parameters: HashMap<Box<str>, Parameter>,
    pub(crate) mask: Option<Mask>,
    pub(crate) etag: Option<FieldPath>,
    pub(crate) request_id: Option<FieldDescriptor>,
    pub(crate) reply: Reply,
}

impl Route {
    /// Works out a binding.
    ///
    /// # Errors
    /// When it names fields that are not there or can't be used so.
    pub(crate) fn compile(
        shapes: &Shapes,
        method: &Arc<Method>,
        binding: &Binding,
        peer: Peer,
    ) -> Result<Self, Error> {
        let compiler = Compiler { shapes, method, binding };
        compiler.compile(peer).map_err(|problem| binding_error(&method.descriptor, &binding.path, problem))
    }
}

struct Compiler<'a> {
    shapes: &'a Shapes,
    method: &'a Arc<Method>,
    binding: &'a Binding,
}

impl Compiler<'_> {
    fn compile(&self, peer: Peer) -> Result<Route, String> {
        let template = Template::parse(&self.binding.path)?;
        let input = self.method.descriptor.input();
        let bounds = template
            .variables
            .iter()
            .map(|variable| {
                let path = self.resolve(&variable.field)?;
                let field = path.last().ok_or("a variable without a field")?;
                if field.is_list() || field.is_map() {
                    return Err(format!("{} is repeated, a path holds one value", variable.field));
                }
                let is = self.is(field)?;
                if matches!(is, Is::Message(_)) {
                    return Err(format!("{} is a message, a path holds text", variable.field));
                }
                let to_the_end = template.segments[variable.first..variable.end].contains(&Segment::Rest);
                Ok(Bound { path, is, first: variable.first, end: variable.end, to_the_end })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let body = self.body()?;
        if self.method.descriptor.is_client_streaming() && !matches!(body, Body::Whole) {
            return Err("a stream of requests needs body \"*\"".to_owned());
        }
        let parameters = match body {
            Body::Whole => HashMap::new(),
            Body::None | Body::Field(..) => {
                parameter::of(self.shapes, &input, &|path| self.is_taken(path, &bounds))
            }
        };
        Ok(Route {
            label: template.to_string().into(),
            mask: self.mask(&body),
            etag: self.etag(&body),
            request_id: string_field(&input, "request_id"),
            reply: self.reply()?,
            input: self.shapes.find(&input).ok_or("the request is not in the pool")?,
            method: Arc::clone(self.method),
            peer,
            template,
            bounds,
            body,
            parameters,
        })
    }

    fn resolve(&self, dotted: &str) -> Result<FieldPath, String> {
        let mut message = self.method.descriptor.input();
        let mut steps: Vec<FieldDescriptor> = Vec::new();
        let count = dotted.split('.').count();
        for (at, name) in dotted.split('.').enumerate() {
            let field = message
                .get_field_by_name(name)
                .ok_or_else(|| format!("{} has no field {name}", message.full_name()))?;
            if at + 1 < count {
                message = match field.kind() {
                    Kind::Message(inner) if !field.is_list() && !field.is_map() => inner,
                    _ => return Err(format!("{name} has no fields of its own")),
                };
            }
            steps.push(field);
        }
        Ok(FieldPath(steps))
    }

    fn is(&self, field: &FieldDescriptor) -> Result<Is, String> {
        let id = self.shapes.find(field.parent_message()).ok_or("a message outside the pool")?;
        let shape = self.shapes.message(id);
        let at = shape.by_number(field.number()).ok_or("a field outside the pool")?;
        Ok(shape.fields[at].is)
    }

    fn body(&self) -> Result<Body, String> {
        match self.binding.body.as_str() {
            "" => Ok(Body::None),
            "*" => Ok(Body::Whole),
            name => {
                let field = self
                    .method
                    .descriptor
                    .input()
                    .get_field_by_name(name)
                    .ok_or_else(|| format!("the body {name} is not a field of the request"))?;
                match (self.is(&field)?, field.is_list() || field.is_map()) {
                    (Is::Message(id), false) => Ok(Body::Field(field, id)),
                    _ => Err(format!("the body {name} is not one message")),
                }
            }
        }
    }

    /// Whether a field is given by the path or the body, so that it is no query parameter.
    fn is_taken(&self, path: &[FieldDescriptor], bounds: &[Bound]) -> bool {
        let in_body = path.first().is_some_and(|first| first.name() == self.binding.body);
        in_body || bounds.iter().any(|bound| bound.path.steps() == path)
    }

    fn mask(&self, body: &Body) -> Option<Mask> {
        let input = self.method.descriptor.input();
        let is_mask = |field: &FieldDescriptor| {
            field.kind().as_message().is_some_and(|inner| inner.full_name() == "google.protobuf.FieldMask")
        };
        let field = input.get_field_by_name("update_mask").filter(is_mask)?;
        let resource = match body {
            Body::None => return None,
            Body::Field(..) => None,
            Body::Whole => {
                // The resource is the one message of the request that is no well-known type.
                let resource = input.fields().find(|field| {
                    field.kind().as_message().is_some_and(|inner| known(inner).is_none()) && !field.is_list()
                })?;
                Some(resource.name().into())
            }
        };
        (self.binding.verb == http::Method::PATCH).then_some(Mask { field, resource })
    }

    /// The etag that `If-Match` fills: the request's own, else that of the resource that the body changes. What is
    /// only being created has none to compare.
    fn etag(&self, body: &Body) -> Option<FieldPath> {
        if let Some(field) = string_field(&self.method.descriptor.input(), "etag") {
            return Some(FieldPath::top(field));
        }
        let Body::Field(resource, _) = body else { return None };
        if !matches!(self.binding.verb, http::Method::PATCH | http::Method::PUT) {
            return None;
        }
        let field = string_field(resource.kind().as_message()?, "etag")?;
        Some(FieldPath::top(resource.clone()).then(field))
    }

    fn reply(&self) -> Result<Reply, String> {
        let output = self.method.descriptor.output();
        let message = self.shapes.find(&output).ok_or("the reply is not in the pool")?;
        let shape = self.shapes.message(message);
        if self.binding.response_body.is_empty() {
            let etag = string_field(&output, "etag").map(|field| vec![field.number()]);
            return Ok(Reply { message, field: None, etag });
        }
        let name = &self.binding.response_body;
        let field = shape.by_name(name).ok_or_else(|| format!("the reply has no field {name}"))?;
        let etag = match (field.is, field.repeat) {
            (Is::Message(inner), Repeat::Single) => {
                string_field(&self.shapes.message(inner).descriptor, "etag")
                    .map(|etag| vec![field.number, etag.number()])
            }
            _ => None,
        };
        Ok(Reply { message, field: shape.by_number(field.number), etag })
    }
}

fn string_field(message: &prost_reflect::MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_name(name).filter(|field| field.kind() == Kind::String && !field.is_list())
}
