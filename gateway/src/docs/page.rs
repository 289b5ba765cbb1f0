//! The documents as pages for people: every RPC with its path, its words and its needs, to be read and searched in.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, ServiceDescriptor};

use super::errors::Reason;
use crate::contract::{Access, Contract, Method};
use crate::openapi::{Comments, path_of};

pub(super) fn frame(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Arki" }
                link rel="stylesheet" href="/docs/style.css";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    nav aria-label="Documents" {
                        a href="/docs" { "API" }
                        a href="/docs/errors" { "Errors" }
                        a href="/docs/events" { "Events" }
                        a href="/openapi.json" { "OpenAPI" }
                    }
                }
                main id="main" { (body) }
            }
        }
    }
}

/// The index: every service and what it does.
pub(super) fn index(contract: &Contract, comments: &Comments) -> Markup {
    let services: Vec<_> = contract.services().collect();
    let body = html! {
        h1 { "The API of Arki" }
        p {
            "Every call below works as REST with JSON, as gRPC and as gRPC-web, on this one port. Send an API key as "
            code { "Authorization: Bearer arki_…" } ". Machines read "
            a href="/openapi.json" { "the OpenAPI document" } " or gRPC reflection."
        }
        nav.services aria-label="Services" {
            ul {
                @for service in &services {
                    li {
                        a href={ "#" (service.name()) } { (service.name()) }
                        " " (paragraphs(comments.of_service(service)))
                    }
                }
            }
        }
        @for service in &services { (section(contract, service, comments)) }
    };
    frame("API", &body)
}

fn section(contract: &Contract, service: &ServiceDescriptor, comments: &Comments) -> Markup {
    let methods = contract.methods().filter(|method| {
        method.access != Access::Internal
            && method.descriptor.parent_service().full_name() == service.full_name()
    });
    html! {
        section aria-labelledby=(service.name()) {
            h2 id=(service.name()) { (service.name()) }
            (paragraphs(comments.of_service(service)))
            @for method in methods { (describe(method, comments)) }
        }
    }
}

fn describe(method: &Method, comments: &Comments) -> Markup {
    let descriptor = &method.descriptor;
    let id = format!("{}.{}", descriptor.parent_service().name(), descriptor.name());
    html! {
        article id=(id) {
            h3 { a href={ "#" (id) } { (descriptor.name()) } }
            @for binding in &method.bindings {
                p.route { b { (binding.verb.as_str()) } " " code { (path_of(binding)) } }
            }
            p.route { b { "gRPC" } " " code { (method.path.path()) } }
            (paragraphs(comments.of_method(descriptor)))
            p.needs {
                @match &method.access {
                    Access::Scope(scope) => { "Scope " code { (scope) } }
                    Access::Public => { "Public: no key needed" }
                    Access::Internal => {}
                }
                @if descriptor.is_client_streaming() { " · takes a stream" }
                @if descriptor.is_server_streaming() { " · answers with a stream" }
            }
            (fields("Request", &descriptor.input(), comments))
            (fields("Reply", &descriptor.output(), comments))
        }
    }
}

fn fields(title: &str, message: &MessageDescriptor, comments: &Comments) -> Markup {
    html! {
        @if message.fields().len() > 0 {
            details {
                summary { (title) " " code { (message.name()) } }
                dl {
                    @for field in message.fields() {
                        dt { code { (field.json_name()) } " " span.kind { (kind(&field)) } }
                        dd { (paragraphs(comments.of_field(&field))) }
                        @if let Kind::Message(inner) = field.kind() {
                            @if inner.full_name().starts_with("arki.") && !inner.is_map_entry() {
                                dd { (inner_fields(&inner, comments)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The fields of a message in a message; deeper ones are in the OpenAPI document.
fn inner_fields(message: &MessageDescriptor, comments: &Comments) -> Markup {
    html! {
        dl {
            @for field in message.fields() {
                dt { code { (field.json_name()) } " " span.kind { (kind(&field)) } }
                dd { (paragraphs(comments.of_field(&field))) }
            }
        }
    }
}

fn kind(field: &FieldDescriptor) -> String {
    let single = match field.kind() {
        Kind::Message(message) => message.name().to_owned(),
        Kind::Enum(enumeration) => enumeration.name().to_owned(),
        kind => format!("{kind:?}").to_lowercase(),
    };
    if field.is_map() {
        "map".to_owned()
    } else if field.is_list() {
        format!("list of {single}")
    } else {
        single
    }
}

fn paragraphs(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) { p { (paragraph) } }
    }
}

/// All reasons of errors.
pub(super) fn error_index(reasons: &[Reason]) -> Markup {
    let body = html! {
        h1 { "Errors" }
        p { "Every refusal names its reason. Programs can rely on these names; the words around them may change." }
        dl {
            @for reason in reasons {
                dt {
                    a href={ "/docs/errors/" (reason.name) } { code { (reason.name) } }
                    @if !reason.service.is_empty() { " " span.kind { (reason.service) } }
                }
                dd { (summary(&reason.comment)) }
            }
        }
    };
    frame("Errors", &body)
}

/// One reason.
pub(super) fn error(reason: &Reason) -> Markup {
    let body = match &reason.page {
        // The pages are written by us and come with the binary.
        Some(page) => html! { (PreEscaped(page)) },
        None => html! {
            h1 { code { (reason.name) } }
            (paragraphs(&reason.comment))
        },
    };
    frame(&reason.name, &body)
}

/// A reason that is not in the contract.
pub(super) fn no_such_error(name: &str) -> Markup {
    let body = html! {
        h1 { "No such error" }
        p { "There is no reason " code { (name) } ". " a href="/docs/errors" { "These there are." } }
    };
    frame("No such error", &body)
}

/// What a reason means, without the sample that follows it in the contract.
fn summary(comment: &str) -> &str {
    comment.split("Sample:").next().unwrap_or_default().trim()
}
