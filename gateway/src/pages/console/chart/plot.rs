//! An interval dot plot: things under each other, on one scale.

use maud::{Markup, html};

use super::{Marks, Scale, axis, drawn};
use crate::pages::words::Words;

/// A plot of several things.
pub(in super::super) struct Plot {
    /// What it shows.
    pub(in super::super) title: String,
    /// The one scale.
    pub(in super::super) scale: Scale,
    /// A number to compare with, such as that of the whole.
    pub(in super::super) reference: Option<f64>,
    /// The things, in their order.
    pub(in super::super) rows: Vec<Row>,
    /// The same as a table.
    pub(in super::super) table: Markup,
    /// The address of the same as CSV.
    pub(in super::super) file: String,
}

/// One thing.
pub(in super::super) struct Row {
    /// What it is called.
    pub(in super::super) name: String,
    /// Where more is told about it.
    pub(in super::super) link: Option<String>,
    /// Its marks; none where they may not be shown.
    pub(in super::super) marks: Option<Marks>,
    /// The number in words.
    pub(in super::super) value: String,
    /// A word on where it stands, so that this is not told by colour alone; empty where there is nothing to say.
    pub(in super::super) note: String,
    /// The number with its interval, for those who do not see the marks.
    pub(in super::super) description: String,
}

/// The plot, with its table behind it.
pub(in super::super) fn plot(words: &Words, plot: &Plot) -> Markup {
    html! {
        figure .plot {
            figcaption { h3 { (plot.title) } }
            ul .rows {
                @for row in &plot.rows { (line(words, plot, row)) }
            }
            div .row .foot { (axis(words, plot.scale)) }
            details .data {
                summary { (words.text("as-table")) }
                div .scroll tabindex="0" role="region" aria-label=(plot.title) { (plot.table) }
                p { a href=(plot.file) download { (words.text("as-csv")) } }
            }
        }
    }
}

fn line(words: &Words, plot: &Plot, row: &Row) -> Markup {
    html! {
        li .row {
            span .name {
                @if let Some(link) = &row.link { a href=(link) { (row.name) } } @else { (row.name) }
            }
            @if let Some(marks) = &row.marks {
                span .track {
                    svg .marks role="img" width="100%" height="100%" {
                        title { (row.name) }
                        desc { (row.description) }
                        @if let Some(reference) = plot.reference {
                            @let place = plot.scale.place(reference);
                            line .reference x1=(place) x2=(place) y1="0" y2="100%" {}
                        }
                        (drawn(plot.scale, marks))
                    }
                }
                span .value .off[marks.is_off] {
                    (row.value)
                    @if !row.note.is_empty() { " " small { (row.note) } }
                }
            } @else {
                span .unshown { (words.text("not-shown")) }
            }
        }
    }
}
