//! One whole in its parts.

use maud::{Markup, html};

use crate::pages::words::Words;

/// A part of a whole.
pub(in super::super) struct Part {
    /// The class that gives it its colour.
    pub(in super::super) class: &'static str,
    /// What it is called.
    pub(in super::super) name: String,
    /// How many.
    pub(in super::super) count: i64,
}

/// The parts beside each other. Colours repeat what the legend says in words and numbers.
pub(in super::super) fn bar(words: &Words, title: &str, parts: &[Part]) -> Markup {
    let whole: i64 = parts.iter().map(|part| part.count).sum();
    let told: Vec<_> =
        parts.iter().map(|part| format!("{} {}", part.name, words.count(part.count))).collect();
    html! {
        svg .stack role="img" width="100%" height="1.9rem" {
            title { (title) }
            desc { (told.join(", ")) }
            @for (from, part) in starts(parts) {
                @if part.count > 0 {
                    rect .(part.class) x=(share(from, whole)) y="0" width=(share(part.count, whole)) height="100%" {}
                }
            }
        }
    }
}

fn starts(parts: &[Part]) -> impl Iterator<Item = (i64, &Part)> {
    parts.iter().scan(0, |from, part| {
        let start = *from;
        *from += part.count;
        Some((start, part))
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
fn share(count: i64, whole: i64) -> String {
    format!("{:.3}%", 100.0 * count as f64 / whole.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_behind_each_other_and_fill_the_whole() {
        let part = |count| Part { class: "seen", name: "Seen".to_owned(), count };
        let page = bar(&Words::of("en"), "Reach", &[part(1), part(0), part(3)]).into_string();
        assert!(page.contains(r#"x="0.000%" y="0" width="25.000%""#), "{page}");
        assert!(page.contains(r#"x="25.000%" y="0" width="75.000%""#), "{page}");
        assert_eq!(page.matches("<rect").count(), 2);
        assert!(page.contains("<desc>Seen 1, Seen 0, Seen 3</desc>"), "{page}");
    }
}
