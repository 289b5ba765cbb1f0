//! The balance of the kinds told. Whoever tells only of success is not believed when it gets hard.

use arki_proto::communication::v1::MessageKind;
use maud::{Markup, html};

use super::{Told, class};
use crate::pages::words::Words;

/// What a month should hold something of. Invitations and reminders tell nothing by themselves.
const KINDS: [MessageKind; 5] = [
    MessageKind::Uncertainty,
    MessageKind::NextStep,
    MessageKind::Success,
    MessageKind::Focus,
    MessageKind::Strategy,
];

/// How many messages are drawn one by one; the number tells the rest.
const SQUARES: usize = 31;

/// The section of the balance.
pub(super) fn section(words: &Words, told: &[Told]) -> Markup {
    let count = |kind: MessageKind| told.iter().filter(|told| told.occurrence.kind() == kind).count();
    let counts = KINDS.map(|kind| (kind, count(kind)));
    let never: Vec<_> = counts.iter().filter(|(_, count)| *count == 0).map(|(kind, _)| *kind).collect();
    html! {
        section .balance aria-labelledby="balance" {
            h2 #balance { (words.text("balance-heading")) }
            @if never.contains(&MessageKind::Uncertainty) {
                p .lead .missing { (words.text("balance-no-uncertainty")) }
            } @else if !never.is_empty() {
                @let kinds: Vec<_> =
                    never.iter().map(|kind| words.text(&format!("kind-{}", class(*kind)))).collect();
                p .lead {
                    (words.with("balance-missing", [("count", never.len().into()), ("kinds", kinds.join(", ").into())]))
                }
            } @else {
                p .lead { (words.text("balance-whole")) }
            }
            ul .kinds {
                @for (kind, count) in counts {
                    li .none[count == 0] {
                        span .kind { (words.text(&format!("kind-{}", class(kind)))) }
                        strong { (words.count(i64::try_from(count).unwrap_or(i64::MAX))) }
                        span .squares aria-hidden="true" {
                            @for _ in 0..count.min(SQUARES) { span .swatch .(class(kind)) {} }
                        }
                    }
                }
            }
            p .quiet .small { (words.text("balance-how")) }
        }
    }
}
