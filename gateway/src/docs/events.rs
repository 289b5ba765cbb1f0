//! The types of events that webhooks carry, each with the schema of its data, from the contract.

use arki_webhooks::Catalogue;
use maud::{Markup, html};

use super::page::frame;

/// All types for people.
pub(super) fn index() -> Markup {
    let body = html! {
        h1 { "Events" }
        p {
            "What a webhook endpoint can hear of, as CloudEvents 1.0 in JSON, signed as Standard Webhooks 1.0 says. "
            "The schema of a type describes the member " code { "data" } ". Order is not promised: an older event of "
            "the same " code { "subject" } " has the earlier " code { "time" } ", and the lower " code { "revision" }
            " where the data has one."
        }
        @for known in Catalogue::get().types() {
            article id=(known.name) {
                h2 { a href={ "/docs/events/" (known.name) } { code { (known.name) } } }
                p { (known.description) }
            }
        }
    };
    frame("Events", &body)
}

/// The schema of each type, by its name.
pub(super) fn schemas() -> impl Iterator<Item = (String, String)> {
    Catalogue::get().types().map(|known| (known.name.clone(), known.schema().to_string()))
}
