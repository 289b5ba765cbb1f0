//! Reasons of errors: from the contract, with a page of help where one is written.

use prost_reflect::EnumDescriptor;
use pulldown_cmark::{Options, Parser, html};

use crate::contract::Contract;
use crate::openapi::Comments;

/// What the contract puts before each reason.
const PREFIX: &str = "ERROR_REASON_";

/// The pages of help, as Markdown.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/error_pages.rs"));

/// A reason of an error.
pub(super) struct Reason {
    /// As programs know it.
    pub(super) name: String,
    /// Whose reason it is, such as `goal`; empty for those that every service gives.
    pub(super) service: String,
    /// What the contract says about it.
    pub(super) comment: String,
    /// The page of help as HTML.
    pub(super) page: Option<String>,
}

/// All reasons of the contract, those of every service first.
pub(super) fn reasons(contract: &Contract, comments: &Comments) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for enumeration in contract.pool.all_enums().filter(is_reason) {
        let package = enumeration.package_name();
        let service = package.split('.').nth(1).filter(|name| *name != "type").unwrap_or_default();
        for value in enumeration.values().filter(|value| value.number() != 0) {
            let name = value.name().strip_prefix(PREFIX).unwrap_or(value.name()).to_owned();
            let page = PAGES.iter().find(|(reason, _)| *reason == name).map(|(_, text)| to_html(text));
            let comment = comments.of_value(&value).to_owned();
            reasons.push(Reason { name, service: service.to_owned(), comment, page });
        }
    }
    reasons.sort_by(|a, b| (&a.service, &a.name).cmp(&(&b.service, &b.name)));
    reasons
}

fn is_reason(enumeration: &EnumDescriptor) -> bool {
    enumeration.name() == "ErrorReason" && enumeration.full_name().starts_with("arki.")
}

fn to_html(markdown: &str) -> String {
    let mut page = String::new();
    html::push_html(&mut page, Parser::new_ext(markdown, Options::ENABLE_TABLES));
    page
}
